"""The words of the front's Caddyfile. ``$name`` is filled in by ``caddyfile``; braces are Caddy's own."""

from __future__ import annotations

from string import Template, ascii_uppercase

# No redirections by Caddy: it drops a port other than 443. No trusted proxies: so the X-Forwarded-For that
# a visitor sends is replaced by the visitor's address on the way to a site or to the panel.
OPTIONS = Template("""{
	admin "unix/$admin|0660"
	persist_config off
	storage file_system "$storage"
	skip_install_trust
	auto_https disable_redirects
	http_port $http_port
	https_port $https_port
	$bind
	$acme
	grace_period 15s
	metrics
	servers {
		strict_sni_host on
		timeouts {
			read_header 10s
			idle 2m
		}
	}
	log default {
		output file "$logs/caddy.log" {
			mode 0640
			roll_size 20MiB
			roll_keep 5
		}
		format json
		exclude http.log.access
	}
	log access {
		output file "$logs/access.json" {
			mode 0640
			roll_size 20MiB
			roll_keep 5
		}
		format json
		include http.log.access
	}
}
""")

# Host names are the same in upper and lower case, but a map compares letter by letter: a name that is written
# otherwise is put right first. Caddy has no word for that, so it is done letter by letter.
LOWER = "\n".join(f"\trequest_header @upper Host {letter} {letter.lower()}" for letter in ascii_uppercase)

# "method": the file server answers 405 to a POST, and whoever posts to a stopped site should see its page too.
SNIPPETS = Template("""(plain) {
	$plain
}
(secure) {
	$secure
}
(pages) {
	header Cache-Control no-store
	header Retry-After {args[1]}
	header Content-Security-Policy "default-src 'none'; style-src 'unsafe-inline'"
	root * "$pages"
	method GET
	rewrite * /{args[0]}.html
	file_server {
		status 503
	}
}
(hidden) {
	@hidden path /.frankenpanel /.frankenpanel/*
	respond @hidden 404
}
(lower) {
	@upper header_regexp Host [A-Z]
$lower
}
(worker) {
	request_body {
		max_size 2GiB
	}
	reverse_proxy 127.0.0.1:{args[0]} {
		{block}
		header_up X-Site-Id {sid}
		lb_try_duration 3s
		lb_try_interval 100ms
		transport http {
			dial_timeout 1s
			response_header_timeout 620s
		}
	}
}
(down) {
	handle_errors {
		@down vars {err.status_code} 502 503 504
		handle @down {
			import pages down 30
		}
	}
}
http:// {
	import plain
	log
	respond 404
}
""")

INHERITED = {
    "plain": "bind fd/3",
    "secure": "bind fd/4 {\n\t\tprotocols h1 h2\n\t}\n\tbind fdgram/5 {\n\t\tprotocols h3\n\t}",
}
"""The sockets that the front inherits: a reload then leaves them, and who waits in them, alone."""
OWN_SOCKETS = {"plain": "# on the port for HTTP", "secure": "# on the port for HTTPS"}

REDIRECT = Template("""$names {
	import plain
	log
	redir $origin{uri} 308
}
""")

INTERNAL = "tls internal"
PUBLIC = "header ?Strict-Transport-Security max-age=31536000"

# What a request may carry, and how long it may take, is each site's own: its worker and PHP see to that. Here stands
# the most that any may have (apps/sites/settings.py): one block serves all.
# Only a site in maintenance looks at cookies: its link sets whatever it names, and the second map knows who passes.
SITES = Template("""$names {
	import $socket
	$tls
	log
	route {
		$lower
		map {host} {up} {sid} {
$rows
		}
		@hidden path /.frankenpanel /.frankenpanel/*
		handle @hidden {
			@link {
				vars {up} maintenance
				path_regexp link ^/\\.frankenpanel/pass/([A-Za-z0-9_-]{43})$$
			}
			handle @link {
				header Cache-Control no-store
				header Set-Cookie "$cookie={re.link.1}; Path=/; Secure; HttpOnly; SameSite=Lax"
				redir * / 303
			}
			respond 404
		}
		@unknown vars {up} unknown
		handle @unknown {
			respond 404
		}
		@off vars {up} stopped suspended failed
		handle @off {
			import pages {up} 3600
		}
		@maintenance vars {up} maintenance
		handle @maintenance {
			map {host}/{cookie.$cookie} {way} {
$passes
				default shut
			}
			@shut vars {way} shut
			handle @shut {
				import pages maintenance 600
			}
			handle {
$with_pass
			}
		}
		@starting vars {up} starting
		handle @starting {
			header Refresh 3
			import pages starting 5
		}
		@broken vars {up} down
		handle @broken {
			import pages down 30
		}
		handle {
$up
		}
	}
	import down
}
""")
