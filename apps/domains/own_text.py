"""The blocks of the front's Caddyfile for the names that the panel answers itself."""

from __future__ import annotations

from string import Template

PANEL = Template("""https://$host {
	import secure
	$tls
	log
	route {
		import hidden
		@upload path_regexp ^/api/v1/(databases/[0-9]+|backups)/upload/$$
		@other not path_regexp ^/api/v1/(databases/[0-9]+|backups)/upload/$$
		request_body @upload {
			max_size ${upload_mb}MiB
		}
		request_body @other {
			max_size 64MiB
		}
		encode zstd gzip
		reverse_proxy "unix/$socket" {
			header_up -Forwarded
			header_up -X-Real-Ip
		}
	}
	import down
}
""")

# Without a log: what people look for in their databases stands in the addresses.
BROWSER = Template("""https://$host {
	import secure
	$tls
	route {
		request_body {
			max_size 16MiB
		}
		encode zstd gzip
		reverse_proxy "unix/$socket" {
			header_up -Forwarded
			header_up -X-Real-Ip
		}
	}
	import down
}
""")
