"""Snippets written out, where Caddy would import them.

Each ``import`` costs it more the more there are in a file: with those of a hundred special sites it took more than four
times as long as with the same text written out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import dedent, indent

SNIPPET = re.compile(r"^\((\w+)\) \{\n(.*?)^\}\n", re.DOTALL | re.MULTILINE)
WORDS, BLOCK = r"((?: [^\s{]\S*| \{\w+\})*)", r"(?: \{\n((?:.*\n)*?)[ \t]*\})?"
IMPORT = re.compile(rf"^([ \t]*)import (\w+){WORDS}{BLOCK}$", re.MULTILINE)


def snippets_in(text: str) -> dict[str, str]:
    """The snippets that *text* defines, by name."""
    return {found[1]: dedent(found[2]) for found in SNIPPET.finditer(text)}


def written_out(text: str, snippets: Mapping[str, str]) -> str:
    """*text* with every snippet in the place of its import, and those that these import in turn."""

    def one(found: re.Match[str]) -> str:
        body = snippets[found[2]].replace("\t{block}\n", indent(dedent(found[4] or ""), "\t"))
        for number, word in enumerate(found[3].split()):
            body = body.replace(f"{{args[{number}]}}", word)
        return indent(written_out(body, snippets).rstrip("\n"), found[1])

    return IMPORT.sub(one, text)
