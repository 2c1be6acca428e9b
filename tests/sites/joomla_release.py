"""A small archive in the form of Joomla's release, and a vendor's site that has it.

Its command takes the options that Joomla's documentation names, and does what Joomla's does as far as the panel sees.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from apps.sites.kinds import KINDS
from apps.sites.kinds.base import Source
from tests.host.releases import zipped
from tests.host.webserver import Web

COMMAND = """<?php
function fail($words) {
    echo "\\n [ERROR] $words\\n\\n";
    exit(1);
}
file_put_contents(__DIR__ . '/../tmp/arguments', file_get_contents('/proc/self/cmdline'));
$root = dirname(__DIR__);
if (is_file("$root/configuration.php")) {
    fail('configuration.php already present! Nothing to install, exiting.');
}
$options = [];
foreach (array_slice($_SERVER['argv'], 2) as $argument) {
    [$name, $value] = explode('=', substr($argument, 2), 2) + [1 => null];
    $options[$name] = $value;
}
if ($_SERVER['argv'][1] !== 'install' || $options['public-folder'] !== '' || strlen($options['admin-password']) < 12) {
    fail('Value for public-folder or admin-password is wrong');
}
[$host, $socket] = explode(':', $options['db-host'], 2);
if (getenv('JOOMLA_INSTALLATION_DISABLE_LOCALHOST_CHECK') !== '1') {
    fail('You are trying to use a database host which is not on your local server.');
}
try {
    $db = new mysqli($host, $options['db-user'], $options['db-pass'], $options['db-name'], null, $socket);
} catch (mysqli_sql_exception $error) {
    fail('Could not connect to the database. ' . $error->getMessage());
}
$prefix = $options['db-prefix'];
$db->query("CREATE TABLE {$prefix}users (id INT PRIMARY KEY, username TEXT, email TEXT, password TEXT)");
$db->query("CREATE TABLE {$prefix}user_usergroup_map (user_id INT REFERENCES {$prefix}users (id), group_id INT)");
file_put_contents("$root/configuration.php", "<?php class JConfig { public \\$sitename = 'as Joomla made it'; }");
if (is_file("$root/die")) {
    posix_kill(posix_getpid(), 9);
}
$hash = password_hash($options['admin-password'], PASSWORD_BCRYPT);
$insert = $db->prepare("INSERT INTO {$prefix}users VALUES (42, ?, ?, ?)");
$insert->execute([$options['admin-username'], $options['admin-email'], $hash]);
$db->query("INSERT INTO {$prefix}user_usergroup_map VALUES (42, 8)");
foreach (['joomla.php', 'index.php', 'forms/setup.xml'] as $name) {
    unlink(__DIR__ . "/$name");
}
rmdir(__DIR__ . '/forms');
rmdir(__DIR__);
exit(0);
"""
INDEX = """<?php
require __DIR__ . '/configuration.php';
$config = new JConfig();
[$host, $socket] = explode(':', $config->host, 2);
$db = new mysqli($host, $config->user, $config->password, $config->db, null, $socket);
$users = $db->query("SELECT username FROM {$config->dbprefix}users")->fetch_all();
?>
<!doctype html><html><head><meta name="generator" content="Joomla! - Open Source Content Management">
<title>Home - <?= htmlspecialchars($config->sitename) ?></title></head><body><?= count($users) ?> user</body></html>
"""
FILES = {
    "administrator/manifests/files/joomla.xml": "<extension><version>5.10.2</version></extension>",
    "administrator/index.php": "<?php echo 'log in';",
    "api/index.php": "<?php echo 'api ' . $_SERVER['REQUEST_URI'];",
    "configuration.php": "<?php // of another site",
    "htaccess.txt": "for Apache",
    "images/e.php": "<?php echo 'run';",
    "index.php": INDEX,
    "installation/forms/setup.xml": '<field name="public_folder"/>',
    "installation/index.php": "<?php echo 'install me';",
    "installation/joomla.php": COMMAND,
    "tmp/index.html": "",
}


def published(web: Web) -> Source:
    """Joomla's source, with *web* in its vendor's place."""
    source = KINDS["joomla"].source
    assert source
    archive = zipped(FILES)
    name = "Joomla_5.10.2-Stable-Full_Package.zip"
    versions = ("6.1.0", "5.9.9", "5.10.2", "3.10.12")
    branches = [{"branch": f"Joomla! {version[0]}", "version": version} for version in versions]
    entry = {"filename": name, "md5": "0" * 32, "sha512": hashlib.sha512(archive).hexdigest()}
    web.pages["/api/v1/latest/cms"] = json.dumps({"branches": branches}, indent=1).encode()
    web.pages["/api/v1/signatures/cms/5-10-2"] = json.dumps({"files": [entry]}).encode()
    web.pages[f"/joomla/joomla-cms/releases/download/5.10.2/{name}"] = archive
    vendors = ("https://downloads.joomla.org", "https://github.com")
    latest, checksum, archive_url = source.latest, source.checksum, source.archive
    for vendor in vendors:
        latest, checksum, archive_url = (url.replace(vendor, web.url("")) for url in (latest, checksum, archive_url))
    return replace(source, latest=latest, checksum=checksum, archive=archive_url)
