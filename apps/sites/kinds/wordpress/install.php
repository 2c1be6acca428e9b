<?php
/*
 * Installs the WordPress of the current directory: php install.php < {"title","url","user","email","password"}.
 *
 * All rows come in one transaction, so that a run that died leaves an empty database behind and can be repeated.
 * Where WordPress is installed already, only the administrator's password is set. Prints one line of JSON.
 */

ini_set('display_errors', '0');
$finished = false;
ob_start();
register_shutdown_function(static function () use (&$finished) {
    $said = trim(preg_replace('/\s+/', ' ', strip_tags((string) ob_get_clean())));
    if (!$finished) {
        $last = error_get_last();
        file_put_contents('php://stderr', 'WordPress could not be installed: ' . ($said ?: ($last['message'] ?? 'it ended early')) . "\n");
        exit(1);
    }
});

$input = json_decode(file_get_contents('php://stdin'), true, 8, JSON_THROW_ON_ERROR);

$address = parse_url($input['url']);
$_SERVER['HTTPS'] = 'on';
$_SERVER['HTTP_HOST'] = $address['host'] . (isset($address['port']) ? ':' . $address['port'] : '');
$_SERVER['SERVER_NAME'] = $address['host'];
$_SERVER['REQUEST_URI'] = '/wp-admin/install.php';
$_SERVER['REQUEST_METHOD'] = 'GET';

define('WP_INSTALLING', true);
define('WP_REPAIRING', true); // tables without rows, left by a run that died, are no reason to stop
define('WP_SITEURL', $input['url']);
define('WP_HOME', $input['url']);
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);

/* WordPress would mail the password. */
function wp_new_blog_notification(...$unused)
{
}

require getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

/** Runs $work with all its rows or with none. */
function in_one_transaction(callable $work): void
{
    global $wpdb;
    $wpdb->query('START TRANSACTION');
    try {
        $work();
    } catch (Throwable $error) {
        $wpdb->query('ROLLBACK');
        throw $error;
    }
    $wpdb->query('COMMIT');
}

function is_installed(): bool
{
    global $wpdb;
    $quiet = $wpdb->suppress_errors();
    $url = $wpdb->get_var("SELECT option_value FROM $wpdb->options WHERE option_name = 'siteurl'");
    $wpdb->suppress_errors($quiet);
    return !empty($url);
}

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

function administrator(array $input): WP_User
{
    $user = get_user_by('login', $input['user']);
    if ($user instanceof WP_User) {
        wp_set_password(wp_slash($input['password']), $user->ID);
        return $user;
    }
    $id = wp_insert_user([
        'user_login' => $input['user'],
        'user_email' => $input['email'],
        'user_pass' => wp_slash($input['password']),
        'role' => 'administrator',
    ]);
    if (is_wp_error($id)) {
        throw new RuntimeException($id->get_error_message());
    }
    return new WP_User($id);
}

try {
    $fresh = !is_installed();
    if ($fresh) {
        make_db_current_silent(); // tables first: making one would end the transaction
    }
    in_one_transaction(static function () use ($fresh, $input) {
        if ($fresh) {
            install($input);
        }
        $user = administrator($input);
        if (!user_can($user, 'manage_options') || !wp_check_password(wp_slash($input['password']), get_userdata($user->ID)->user_pass)) {
            throw new RuntimeException('the administrator cannot log in');
        }
    });
    if (!is_installed()) {
        throw new RuntimeException('the database took no rows');
    }
} catch (Throwable $error) {
    echo $error->getMessage();
    exit(1);
}

ob_clean();
$finished = true;
file_put_contents('php://stdout', json_encode(['installed' => $fresh, 'version' => $wp_version, 'user' => $input['user'], 'url' => get_option('siteurl')]) . "\n");
