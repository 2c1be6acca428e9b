"""How long ago something was, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils.timezone import now

from apps.operations.ages import age


@pytest.mark.parametrize(
    ("since", "words", "short"),
    [
        (timedelta(), "just now", "just now"),
        (timedelta(seconds=59), "just now", "just now"),
        (timedelta(seconds=-30), "just now", "just now"),
        (timedelta(seconds=61), "1 minute ago", "1 minute ago"),
        (timedelta(hours=3, minutes=5, seconds=7), "3 hours, 5 minutes ago", "3 hours ago"),
        (timedelta(days=2), "2 days ago", "2 days ago"),
        (timedelta(days=13), "1 week, 6 days ago", "1 week ago"),
    ],
)
def test_an_age_is_told_in_words(since: timedelta, words: str, short: str) -> None:
    at = now() - since
    assert (age(at).replace("\xa0", " "), age(at, 1).replace("\xa0", " ")) == (words, short)


def test_templates_tell_it_by_the_same_function() -> None:
    assert Template("{% load ages %}{{ at|age }}").render(Context({"at": now()})) == "just now"
