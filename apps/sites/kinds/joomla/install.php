<?php
/*
 * Installs the Joomla of the current directory: php install.php < {"options","socket","config"}.
 *
 * Joomla's own command does it (installation/joomla.php, since 4.3), in this process, so that no password stands in
 * a program's arguments. A run that died before is begun again; where Joomla is installed already, only the
 * administrator's password is set. At the end configuration.php is the panel's, in place of Joomla's.
 */

ini_set('display_errors', '0');
ini_set('zend.exception_ignore_args', '1'); // no password in a message
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$home = getcwd();
$finished = false;
$input = [];
ob_start();
register_shutdown_function('finish');

try {
    $input = json_decode(file_get_contents('php://stdin'), true, 8, JSON_THROW_ON_ERROR);
    if (is_whole()) {
        forget_what_died();
        install();
    }
} catch (Throwable $error) {
    give_up($error->getMessage());
}

/** Joomla removes its installation last, and these files of it first. */
function is_whole(): bool
{
    return is_file('installation/joomla.php') && is_file('installation/index.php');
}

/** The command refuses to begin where there is a configuration, and keeps old tables under other names. */
function forget_what_died(): void
{
    if (is_file('configuration.php')) {
        unlink('configuration.php');
    }
    $database = database();
    $database->query('SET FOREIGN_KEY_CHECKS = 0');
    foreach ($database->query('SHOW TABLES')->fetch_all() as [$table]) {
        $database->query('DROP TABLE `' . str_replace('`', '``', $table) . '`');
    }
}

/** Ends the script, as every command of Joomla does: what is left to do is done by finish(). */
function install(): void
{
    $options = $GLOBALS['input']['options'];
    if (str_contains((string) @file_get_contents('installation/forms/setup.xml'), '"public_folder"')) {
        $options['public-folder'] = '';
    }
    $arguments = ['joomla.php', 'install', '--no-interaction', '--no-ansi'];
    foreach ($options as $name => $value) {
        $arguments[] = "--$name=$value";
    }
    $GLOBALS['argv'] = $_SERVER['argv'] = $arguments;
    $GLOBALS['argc'] = $_SERVER['argc'] = count($arguments);
    putenv('OSTYPE=OS400'); // there Joomla's console prints into PHP's own output, where its words can be read
    putenv('JOOMLA_INSTALLATION_DISABLE_LOCALHOST_CHECK=1'); // a server behind a Unix socket is this machine's
    require getcwd() . '/installation/joomla.php';
}

/** Runs however Joomla's command ended: its code is not told, so that the database has to say how it went. */
function finish(): void
{
    if ($GLOBALS['finished']) {
        return;
    }
    chdir($GLOBALS['home']);
    $said = said();
    try {
        $error = error_get_last();
        if ($error && ($error['type'] & (E_ERROR | E_PARSE | E_COMPILE_ERROR | E_CORE_ERROR))) {
            throw new RuntimeException($error['message']);
        }
        make_administrator($GLOBALS['input']['options'], $said);
        remove('installation');
        if (file_exists('installation')) {
            throw new RuntimeException('its folder installation cannot be removed');
        }
        write_config($GLOBALS['input']['config']);
    } catch (Throwable $error) {
        give_up($error->getMessage());
    }
    $GLOBALS['finished'] = true;
}

/** The last words of Joomla's command. */
function said(): string
{
    $text = '';
    while (ob_get_level()) {
        $text = ob_get_clean() . $text;
    }
    return trim(implode(' ', array_slice(array_filter(array_map('trim', explode("\n", $text))), -3)));
}

/** Makes sure that the administrator is there and can log in with the password, or throws Joomla's last words. */
function make_administrator(array $options, string $said): void
{
    $found = administrator($options);
    if (!$found) {
        throw new RuntimeException($said ?: 'its own installer made no administrator');
    }
    if (!password_verify($options['admin-password'], $found['password'])) {
        $hash = password_hash($options['admin-password'], PASSWORD_BCRYPT);
        $table = "{$options['db-prefix']}users";
        database()->prepare("UPDATE $table SET password = ? WHERE id = ?")->execute([$hash, $found['id']]);
    }
}

/** The administrator's id and password, null where Joomla made none. Group 8 is its "Super Users". */
function administrator(array $options): ?array
{
    $prefix = $options['db-prefix'];
    if (!database()->query("SHOW TABLES LIKE '{$prefix}user\_usergroup\_map'")->num_rows) {
        return null;
    }
    $asked = database()->prepare(
        "SELECT u.id, u.password FROM {$prefix}users u JOIN {$prefix}user_usergroup_map m ON m.user_id = u.id
         WHERE u.username = ? AND m.group_id = 8"
    );
    $asked->execute([$options['admin-username']]);
    return $asked->get_result()->fetch_assoc() ?: null;
}

function database(): mysqli
{
    static $database = null;
    $options = $GLOBALS['input']['options'];
    return $database ??= new mysqli(
        'localhost',
        $options['db-user'],
        $options['db-pass'],
        $options['db-name'],
        null,
        $GLOBALS['input']['socket'],
    );
}

function remove(string $path): void
{
    if (is_dir($path) && !is_link($path)) {
        foreach (array_diff(scandir($path), ['.', '..']) as $name) {
            remove("$path/$name");
        }
        @rmdir($path);
    } elseif (file_exists($path) || is_link($path)) {
        @unlink($path);
    }
}

function write_config(string $text): void
{
    $beside = '.configuration.php.new';
    umask(0027);
    if (file_put_contents($beside, $text) !== strlen($text) || !rename($beside, 'configuration.php')) {
        throw new RuntimeException('configuration.php cannot be written');
    }
    chmod('configuration.php', 0640);
}

/** After an end somewhere below, FrankenPHP would tell code 0: that must not look like success. */
function give_up(string $reason): never
{
    $GLOBALS['finished'] = true;
    $plain = mb_strimwidth(trim(preg_replace('/\s+/', ' ', $reason)), 0, 300, '…');
    file_put_contents('php://stderr', "Joomla could not be installed: $plain\n");
    posix_kill(posix_getpid(), 9);
    exit(1);
}
