<?php
/* Adminer for one database. Whatever a request names, it is this server, this account and this database. */

final class Opened
{
    public static string $name;
    public static string $password;
    public static string $socket;
}

Opened::$name = $_SERVER['BROWSER_DATABASE'];
Opened::$password = hex2bin($_SERVER['BROWSER_PASSWORD']);
Opened::$socket = $_SERVER['BROWSER_SOCKET'];
session_id($_SERVER['BROWSER_SESSION']); // the process has one visitor, who shows the panel's cookie to the panel
foreach (['DATABASE', 'PASSWORD', 'SOCKET', 'SESSION'] as $told) {
    unset($_SERVER["BROWSER_$told"], $_ENV["BROWSER_$told"]);
}
if (isset($_POST['logout'])) {
    header('X-Browser-Ended: 1'); // whoever stands before us ends all of it
    exit;
}
$asked = $_GET;
foreach (['server', 'sqlite', 'sqlite2', 'pgsql', 'oracle', 'mssql', 'mongo', 'elastic', 'import'] as $other) {
    unset($_GET[$other]);
}
unset($_POST['auth']);
$_GET = ['username' => Opened::$name, 'db' => Opened::$name] + array_diff_key($_GET, ['username' => 0, 'db' => 0]);
if ($asked != $_GET) {
    $_SERVER['REQUEST_URI'] = '/adminer/?' . http_build_query($_GET); // links on a page begin with its own address
}
$_COOKIE = ['adminer_sid' => session_id(), 'adminer_version' => '0']; // which version there is, the panel decides

function adminer_object()
{
    class OneDatabase extends Adminer
    {
        function name()
        {
            return "<span id='h1'>Adminer</span>";
        }

        function head()
        {
            echo '<meta name="viewport" content="width=device-width, initial-scale=1">';
            echo '<style>#dbs, #menu a[href$="import="] { display: none; }'; // there is one; and the panel imports
            echo '@media (max-width: 880px) { .logout { position: static; margin: .6em; }';
            echo ' #content { overflow-x: auto; } #content h2 { margin-right: 0; } }</style>';
            return parent::head();
        }

        function credentials()
        {
            return ['localhost:' . Opened::$socket, Opened::$name, Opened::$password];
        }

        function login($login, $password)
        {
            return true;
        }

        function loginForm()
        {
            echo '<p>Close this page, and open the database from the panel again.</p>';
        }

        function permanentLogin($create = false)
        {
            return false;
        }

        function database()
        {
            return Opened::$name;
        }

        function databases($flush = true)
        {
            return [Opened::$name];
        }

        function serverName($server)
        {
            return h(Opened::$name);
        }

        function importServerPath()
        {
            return null;
        }
    }

    set_password('server', '', Opened::$name, ''); // so it takes a visitor for one who has logged in
    return new OneDatabase();
}

chdir(__DIR__ . '/adminer');
include './index.php';
