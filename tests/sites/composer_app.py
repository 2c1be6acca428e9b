"""A small application in the form of Composer's: it reads its .env as vlucas/phpdotenv does, and stays in memory."""

from __future__ import annotations

from pathlib import Path

from tests.host.releases import tar

AUTOLOAD = r"""<?php
function env_of(string $base): array
{
    $line = '/^([A-Z_]+)=(?:"((?:[^"\\\\]|\\\\.)*)"|\'([^\']*)\'|([^\s\'"]*))\n/m';
    preg_match_all($line, file_get_contents("$base/.env"), $found, PREG_SET_ORDER | PREG_UNMATCHED_AS_NULL);
    $meaning = ['\\n' => "\n", '\\r' => "\r", '\\\\' => '\\', '\\"' => '"', '\\$' => '$'];
    $values = [];
    foreach ($found as [, $name, $double, $single, $plain]) {
        $values[$name] = $single ?? $plain ?? strtr($double, $meaning);
    }
    return $values;
}
function connect(array $env): mysqli
{
    $names = ['DB_HOST', 'DB_USERNAME', 'DB_PASSWORD', 'DB_DATABASE'];
    return new mysqli(...array_map(fn ($name) => $env[$name], $names), port: null, socket: $env['DB_SOCKET']);
}
function answer(array $env, string $started, int $served): void
{
    $base = dirname(__DIR__);
    foreach (['storage/framework/views', 'storage/logs', 'bootstrap/cache'] as $folder) {
        file_put_contents("$base/$folder/written", $env['APP_KEY']);
    }
    $tables = isset($env['DB_DATABASE']) ? connect($env)->query('SHOW TABLES')->num_rows : 'no';
    $key = strlen(base64_decode(substr($env['APP_KEY'], 7), true));
    echo '<title>', htmlspecialchars($env['APP_NAME']), "</title>started $started, served $served, ";
    echo "key $key, tables $tables, at $_SERVER[REQUEST_URI]";
}
"""
INDEX = """<?php
require dirname(__DIR__) . '/vendor/autoload.php';
answer(env_of(dirname(__DIR__)), 'anew', 1);
"""
WORKER = """<?php
$base = $_SERVER['APP_BASE_PATH'];
require "$base/vendor/autoload.php";
[$env, $started, $served] = [env_of($base), bin2hex(random_bytes(4)), 0];
$answer = function () use ($env, $started, &$served) {
    answer($env, $started, ++$served);
};
while ($served < $_SERVER['MAX_REQUESTS'] && frankenphp_handle_request($answer)) {
}
"""
ARTISAN = """#!/usr/bin/env php
<?php
require __DIR__ . '/vendor/autoload.php';
if (array_slice($_SERVER['argv'], 1, 2) !== ['migrate', '--force']) {
    exit(2);
}
connect(env_of(__DIR__))->query('CREATE TABLE IF NOT EXISTS users (id INT)');
echo "\\n  INFO  Running migrations.\\n";
exit(0);
"""
FILES = {
    ".env": "APP_KEY=of-another-site\n",
    "artisan": ARTISAN,
    "bootstrap/cache/config.php": "<?php // of another site",
    "composer.json": "{}",
    "public/frankenphp-worker.php": WORKER,
    "public/index.php": INDEX,
    "public/robots.txt": "User-agent: *",
    "public/storage/upload.php": "<?php echo 'run';",
    "vendor/autoload.php": AUTOLOAD,
}


def archive_in(folder: Path, **changed: str | None) -> Path:
    """An archive of the application. *changed* has other texts for its files by their bare names, None: without it."""
    files = {name: changed.get(Path(name).stem.replace("-", "_"), text) for name, text in FILES.items()}
    archive = folder / "shop.tar.gz"
    archive.write_bytes(tar({name: text for name, text in files.items() if text is not None}))
    return archive
