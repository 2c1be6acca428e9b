<?php
// Runs before every script of a site whose application is kept in memory. While that is started anew nobody has it in
// memory, and PHP would run its worker script as a page, which fails: its own front controller answers instead.
if (empty($_SERVER['FRANKENPHP_WORKER']) && ($_SERVER['SCRIPT_FILENAME'] ?? '') === ($_SERVER['FRANKENPANEL_MEMORY'] ?? null)) {
    chdir(dirname($_SERVER['SCRIPT_FILENAME']));
    $_SERVER['SCRIPT_FILENAME'] = getcwd() . '/index.php';
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
    require $_SERVER['SCRIPT_FILENAME'];
    exit;
}
