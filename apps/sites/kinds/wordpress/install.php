<?php
/*
 * Installs the WordPress of the current directory: php install.php < {"title","url","user","email","password"}.
 *
 * All rows come in one transaction, so that a run that died leaves nothing but empty tables and can be repeated.
 * Where WordPress is installed already, only the administrator's password is set. Prints one line of JSON.
 */

ini_set('display_errors', '0');
ini_set('zend.exception_ignore_args', '1'); // no password in a message
$finished = false;
ob_start();
register_shutdown_function('end_badly');

/* Before there are tables, every part of WordPress that looks for its options writes an error to the log. */
$wp_filter = [
    'muplugins_loaded' => [0 => [['function' => 'be_quiet', 'accepted_args' => 0]]],
    'wp_die_handler' => [0 => [['function' => 'how_to_die', 'accepted_args' => 0]]],
];

try {
    $input = json_decode(file_get_contents('php://stdin'), true, 8, JSON_THROW_ON_ERROR);
    pretend_request(parse_url($input['url']));
    define('WP_INSTALLING', true);
    define('WP_REPAIRING', true); // tables without rows, left by a run that died, are no reason to stop
    define('WP_SITEURL', $input['url']);
    define('WP_HOME', $input['url']);
    define('DISABLE_WP_CRON', true);
    define('WP_HTTP_BLOCK_EXTERNAL', true);
    require getcwd() . '/wp-load.php';
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    $fresh = !is_installed();
    if ($fresh) {
        make_db_current_silent(); // tables first: making one would end the transaction
    }
    in_one_transaction(static function () use ($fresh, $input) {
        if ($fresh) {
            install($input);
        }
        make_administrator($input);
    });
    $report = ['installed' => $fresh, 'version' => $wp_version, 'user' => $input['user'], 'url' => get_option('siteurl')];
} catch (Throwable $error) {
    complain(($EZSQL_ERROR ?? null) ? $EZSQL_ERROR[0]['error_str'] : $error->getMessage());
    $finished = true;
    exit(1);
}

ob_clean();
$finished = true;
file_put_contents('php://stdout', json_encode($report, JSON_UNESCAPED_SLASHES) . "\n");

function install(array $input): void
{
    global $wp_rewrite;
    // with a structure that is set, WordPress does not try out which one works by calling itself
    $structure = static fn () => '/%postname%/';
    add_filter('pre_option_permalink_structure', $structure);
    wp_install($input['title'], $input['user'], $input['email'], true, '', wp_slash($input['password']));
    remove_filter('pre_option_permalink_structure', $structure);
    $wp_rewrite->init();
    $wp_rewrite->set_permalink_structure('/%postname%/');
    flush_rewrite_rules(false);
}

/** Makes the user an administrator who can log in with the password, or throws. */
function make_administrator(array $input): void
{
    $password = wp_slash($input['password']); // as the login form hands it on
    $user = get_user_by('login', $input['user']);
    $id = $user ? $user->ID : wp_insert_user(['user_login' => $input['user'], 'user_email' => $input['email'], 'user_pass' => $password]);
    if (is_wp_error($id)) {
        throw new RuntimeException($id->get_error_message());
    }
    if (!wp_check_password($password, get_userdata($id)->user_pass, $id)) {
        wp_set_password($password, $id);
    }
    (new WP_User($id))->set_role('administrator');
    if (!user_can($id, 'manage_options')) {
        throw new RuntimeException('the administrator has no rights');
    }
}

/** Runs $work with all its rows or with none: WordPress itself goes on after a row that was not taken. */
function in_one_transaction(callable $work): void
{
    global $wpdb, $EZSQL_ERROR;
    $EZSQL_ERROR = [];
    $wpdb->query('START TRANSACTION');
    try {
        $work();
        if ($EZSQL_ERROR || !is_installed()) {
            throw new RuntimeException('the database did not take every row');
        }
    } catch (Throwable $error) {
        $wpdb->query('ROLLBACK');
        throw $error;
    }
    $wpdb->query('COMMIT');
}

function is_installed(): bool
{
    global $wpdb;
    return !empty($wpdb->get_var("SELECT option_value FROM $wpdb->options WHERE option_name = 'siteurl'"));
}

function pretend_request(array $address): void
{
    $_SERVER['HTTPS'] = 'on';
    $_SERVER['HTTP_HOST'] = $address['host'] . (isset($address['port']) ? ':' . $address['port'] : '');
    $_SERVER['SERVER_NAME'] = $address['host'];
    $_SERVER['REQUEST_URI'] = '/wp-admin/install.php';
    $_SERVER['REQUEST_METHOD'] = 'GET';
}

/** Called by WordPress, which would mail the password. */
function wp_new_blog_notification(...$unused): void
{
}

function be_quiet(): void
{
    $GLOBALS['wpdb']->suppress_errors(true);
}

function how_to_die(): callable
{
    return static function ($message): void {
        $text = is_wp_error($message) ? $message->get_error_message() : (string) $message;
        throw new RuntimeException($text);
    };
}

function complain(string $reason): void
{
    $words = html_entity_decode(preg_replace('/<[^>]*>/', ' ', $reason));
    $plain = mb_strimwidth(trim(preg_replace('/\s+/', ' ', $words)), 0, 300, '…');
    file_put_contents('php://stderr', "WordPress could not be installed: $plain\n");
}

/** FrankenPHP ends with code 0 after a die() somewhere below; that must not look like success. */
function end_badly(): void
{
    $said = (string) ob_get_clean();
    if (!$GLOBALS['finished']) {
        complain($said ?: (error_get_last()['message'] ?? 'it ended early'));
        posix_kill(posix_getpid(), 9);
    }
}
