#!/bin/bash
# A WordPress site made by hand: what the panel's own creation is measured against.
# The release lies unpacked in the cache; MariaDB and the front run. The folder KIT holds the texts that somebody
# would have typed, and in KIT/names the paths and names in them. Prints the time after each part.
set -euo pipefail
kit=$1
. "$kit/names"
umask 027
after() { echo "$EPOCHREALTIME $1"; }

after begin
install -d -m 0750 -g "$gid" "$site"
install -d -m 0755 "$logs"
install -d -m 0750 -o "$uid" -g "$gid" "$site/public" "$site/private" "$logs/site" "$sockets"
install -d -m 0700 -o "$uid" -g "$gid" "$site/tmp" "$site/tmp/sessions"
cd "$site/public"
"${as_site[@]}" cp -R "$tree/." .
after files

mariadb --no-defaults --socket="$mysql" < "$kit/database.sql"
after database

install -m 0640 -o "$uid" -g "$gid" "$kit/wp-config.php" wp-config.php
install -m 0640 -o "$uid" -g "$gid" "$kit/must-use.php" wp-content/mu-plugins/frankenpanel.php
"${as_site[@]}" "$frankenphp" php-cli "$kit/install.php" < "$kit/answers.json" > /dev/null
after installation

setsid "${as_site[@]}" "$frankenphp" run --config "$kit/worker.json" < /dev/null > "$logs/worker.log" 2>&1 &
echo $! > "$kit/pid"
# A request before PHP is started hangs for ever, so the log is asked first
until grep -q 'serving initial configuration' "$logs/worker.log"; do sleep 0.005; done
until curl -sf --max-time 1 "http://127.0.0.1:$port/.frankenpanel/php" > /dev/null; do sleep 0.005; done
after worker

curl -sf --unix-socket "$front" -H 'Content-Type: text/caddyfile' --data-binary "@$kit/Caddyfile" http://127.0.0.1/load
after front

ask=(curl -s --cacert "$authority" --resolve "$host:$https:127.0.0.1" -o "$kit/page.html" -w '%{http_code}')
until [ "$("${ask[@]}" "https://$host:$https/")" = 200 ]; do sleep 0.005; done
after page
