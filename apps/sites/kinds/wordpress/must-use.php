<?php
/*
 * Plugin Name: FrankenPanel
 * Description: What WordPress must know of the server it runs on.
 */

if (!defined('ABSPATH') || !defined('FRANKENPANEL_FRONT')) {
    return;
}

/*
 * WordPress calls itself, for its scheduled tasks and its health check. The site's name may not lead to this server
 * yet, or only from outside, so such a request goes straight to the web server's door on this machine.
 */
add_action('http_api_curl', static function ($handle, $arguments, $url) {
    $asked = wp_parse_url($url);
    $own = wp_parse_url(home_url());
    if (isset($asked['host'], $own['host']) && 'https' === ($asked['scheme'] ?? '')
        && 0 === strcasecmp($asked['host'], $own['host'])
        && ($asked['port'] ?? 443) === ($own['port'] ?? 443)
    ) {
        curl_setopt($handle, CURLOPT_CONNECT_TO, [sprintf('%s:%d:%s', $asked['host'], $asked['port'] ?? 443, FRANKENPANEL_FRONT)]);
    }
}, 10, 3);

/* Permalinks need no .htaccess here: without this the settings page puts "index.php" into every one of them. */
add_filter('got_url_rewrite', '__return_true');

/* When the panel looks at a page, no scheduled task is begun: it would compete with the first visitor's page. */
if (isset($_SERVER['HTTP_X_FRANKENPANEL_VISIT'])) {
    remove_action('init', 'wp_cron');
}
