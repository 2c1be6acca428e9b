<?php
/* Logs in to a database as the site's own PHP does: < {"socket", "user", "password", "database"}, > "in". */
ini_set('display_errors', '0');
ini_set('zend.exception_ignore_args', '1'); // no password in a message
$told = json_decode(file_get_contents('php://stdin'), true);
mysqli_report(MYSQLI_REPORT_OFF);
$in = @mysqli_init()->real_connect('localhost', $told['user'], $told['password'], $told['database'], 0, $told['socket']);
if (!$in) {
    fwrite(STDERR, 'code ' . mysqli_connect_errno() . "\n");
    exit(1);
}
echo 'in';
