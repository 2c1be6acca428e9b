<?php
// Shows that PHP answers; it knows of no database.
echo 'ready';
