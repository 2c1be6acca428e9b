"""What the front shows in a site's place: one page, which differs in its words, its sign and the sign's colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


class Colour(NamedTuple):
    """By day and by night."""

    light: str
    dark: str


GREY, BLUE, AMBER = Colour("#6b7280", "#9aa4b2"), Colour("#2563eb", "#7aa7ff"), Colour("#b45309", "#f0b35e")

WARNING = SafeString('<path d="M12 4 2.8 20h18.4L12 4Z"/><path d="M12 10v4.5M12 17.2v.1"/>')


@dataclass(frozen=True)
class Page:
    """*aside* is for whoever the site belongs to. *sign*: what stands in an SVG of 24 by 24."""

    title: str
    text: str
    aside: str
    colour: Colour
    sign: SafeString


PAGES = {
    "down": Page(
        "This page cannot be shown right now",
        "The server behind it gives no answer. Please try again in a minute.",
        "Is it yours? Your control panel shows what is wrong.",
        AMBER,
        WARNING,
    ),
    "failed": Page(
        "This site has failed",
        "It broke down again and again, and is off until its owner has looked at it. Please come back later.",
        "Is it yours? Your control panel shows its last words, and starts it again.",
        AMBER,
        WARNING,
    ),
    "stopped": Page(
        "This site is switched off",
        "Its owner has stopped it for now. Please come back later.",
        "Is it yours? Start it from your control panel.",
        GREY,
        SafeString('<circle cx="12" cy="12" r="9"/><path d="M10 9v6M14 9v6"/>'),
    ),
    "starting": Page(
        "This site is starting",
        "It will be here in a few seconds.",
        "This page reloads by itself.",
        BLUE,
        SafeString('<circle cx="12" cy="12" r="9" opacity=".25"/><path class="turn" d="M21 12a9 9 0 0 0-9-9"/>'),
    ),
    "suspended": Page(
        "This site is suspended",
        "Its host has switched it off. Please come back later.",
        "Is it yours? Please ask your host about it.",
        GREY,
        SafeString(
            '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/>'
            '<path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.2v2.2"/>'
        ),
    ),
    "maintenance": Page(
        "We will be back soon",
        "This site is being worked on. Please try again in a few minutes.",
        "Are you working on it? Open it with the link that your control panel shows.",
        BLUE,
        SafeString(
            '<path d="M14.7 6.3a1 1 0 0 0 0 1.4l1.6 1.6a1 1 0 0 0 1.4 0l3.6-3.6a6 6 0 0 1-7.9 7.9l-6.8 6.8a2.1 2.1 0 0'
            ' 1-3-3l6.8-6.8a6 6 0 0 1 7.9-7.9l-3.6 3.6Z"/>'
        ),
    ),
}


def rendered_pages() -> Iterator[tuple[str, str]]:
    """``(file name, text)`` of each."""
    for name, page in PAGES.items():
        yield f"{name}.html", render_to_string("front/page.html", {"page": page})
