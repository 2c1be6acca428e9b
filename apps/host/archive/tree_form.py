"""How a tree goes from the program that reads one to the program that makes one: a HEAD for each entry, and texts.

Behind the HEAD comes the entry's path, then a second text (where a link points, what a warning says), and then a
file's content. A folder comes before what is in it, and END when all has come.
"""

from __future__ import annotations

import struct

HEAD = struct.Struct("!cHHHqQ")
"""Kind, bytes of the path, bytes of the second text, mode, time, bytes of the content."""
FOLDER, FILE, LINK, WARNING, END = b"d", b"f", b"l", b"w", b"e"
