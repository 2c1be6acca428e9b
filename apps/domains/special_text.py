"""The words of a special site's blocks, beside those that all sites share."""

from __future__ import annotations

from string import Template

OWN = Template("tls $file $file")
BARE = "# no certificate"

OWN_BLOCK = Template("""$names {
	import $socket
	$tls
	log
	route {
		import hidden
		map {host} {up} {sid} {
			default $target $id
		}
$worker
	}
	import down
}
""")

TO_PRIMARY = Template("""$names {
	import $socket
	$tls
	log
	route {
		import hidden
		redir $origin{uri} 308
	}
}
""")

# What a certificate's authority looks for may be fetched by everybody: a file, for no worker runs PHP there.
PASSWORD = Template("""@guarded not path_regexp $open
basic_auth @guarded argon2id {
	$user $hash
}
""")
LEADS = Template("""@$name {
	host $host
	path $path
}
redir @$name $target $status
""")
