// Fills a WordPress site: what a person would have typed and uploaded in some years. Runs after wp-load.php.
require_once ABSPATH . 'wp-admin/includes/image.php';
$folder = wp_upload_dir();
for ($i = 1; $i <= UPLOADS; $i++) {
    $file = $folder['path'] . "/upload-$i.png";
    $image = imagecreatetruecolor(24, 16);
    imagefill($image, 0, 0, imagecolorallocate($image, $i % 256, intdiv($i, 2), 128));
    imagepng($image, $file);
    $about = ['post_mime_type' => 'image/png', 'post_title' => "Upload $i", 'post_status' => 'inherit'];
    $attachments[$i] = wp_insert_attachment($about, $file);
    $size = ['width' => 24, 'height' => 16, 'file' => _wp_relative_upload_path($file)];
    update_post_meta($attachments[$i], '_wp_attachment_metadata', $size);
}
for ($i = 1; $i <= POSTS; $i++) {
    $address = wp_get_attachment_url($attachments[$i]);
    $link = home_url('/post-1/');
    wp_insert_post([
        'post_title' => "Post $i",
        'post_status' => 'publish',
        'post_date' => sprintf('2026-01-%02d 08:00:00', $i % 28 + 1),
        'post_content' => "<p>Text of post $i, with <a href='$link'>the first</a>.</p><img src='$address' alt='number $i'>",
    ]);
}
$deep = ['home' => home_url('/'), 'list' => [home_url('/a/'), serialize(['deep' => home_url("/\u{e4}/")])]];
update_option('fp_options', $deep);
$text = ['title' => 'Where', 'text' => 'Come to ' . home_url('/visit/')];
update_option('widget_text', [2 => $text, '_multiwidget' => 1]);
echo wp_count_posts()->publish, ' ', count($attachments);
