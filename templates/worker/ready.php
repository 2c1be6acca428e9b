<?php
// Shows that PHP itself answers in this worker, and which start and configuration of it.
header('Content-Type: text/plain; charset=utf-8');
header('Cache-Control: no-store');
header('X-Worker-Config: ' . $_SERVER['FRANKENPANEL_CONFIG']);
echo $_SERVER['FRANKENPANEL_ANSWER'];
