"""What a job may do: one of three forms, none of which is a shell's.

    GET /wp-cron.php?all=1        a page of the site, fetched from its worker, without the way round by the front
    php private/report.php --all  a script of the site, run by its FrankenPHP on the command line
    private/bin/report --all      a program of the site's own

Whoever may write a job may write a script, so that no list of programs would keep anybody from anything: what keeps
the machine safe is that the job is the site's user, with its limits. The forms are few so that what somebody pastes
from another panel (a pipe, ``> /dev/null``, a path outside the site) is refused with a sentence, not run by half.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

LONGEST = 500
PAGE = re.compile(r"GET (/[!-~]*)")
FILE = re.compile(r"(public|private)(/[A-Za-z0-9_@+][A-Za-z0-9_@+.-]*)+")
PUNCTUATION = "();<>|&"
"""What only a shell understands."""
WANTED = (
    "a page of the site (GET /cron.php), a script of it (php private/report.php --all)"
    " or a program of it (private/bin/report): files lie below public or private"
)


@dataclass(frozen=True)
class Page:
    path: str


@dataclass(frozen=True)
class Program:
    """*file* lies below the site's folder. With *php* its FrankenPHP runs it."""

    file: str
    arguments: tuple[str, ...]
    php: bool


def parsed(text: str) -> Page | Program:
    """Raises ValueError with the end of the sentence "A command is …"."""
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"one line of at most {LONGEST} characters")
    if text.startswith("GET "):
        page = PAGE.fullmatch(text)
        if page is None:
            raise ValueError("GET and a path of the site without blanks, as in GET /cron.php?key=1")
        return Page(page[1])
    return _program(text)


def checked(text: str) -> str:
    """The same as the text to be kept."""
    text = text.strip()
    parsed(text)
    return text


def _program(text: str) -> Program:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=PUNCTUATION)
    lexer.whitespace_split = True
    try:
        words, apart = shlex.split(text), list(lexer)
    except ValueError as error:
        raise ValueError("words with each quotation mark closed") from error
    if any(set(word) <= set(PUNCTUATION) for word in apart if word):
        raise ValueError("anything that runs without a shell: what needs one (>, |, ;) goes into a script of the site")
    php = words[:1] == ["php"]
    file, *arguments = words[1:] or [""] if php else words or [""]
    if not FILE.fullmatch(file):
        raise ValueError(WANTED)
    return Program(file, tuple(arguments), php)
