"""Values from the environment."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from frankenpanel import environment


def test_each_source_may_be_the_administrator_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRANKENPANEL_APP_SOURCE", "/srv/app.tar.gz")
    monkeypatch.setenv("FRANKENPANEL_OTHER_SHA256", "ab")
    assert environment.sources(["app", "other"]) == {"app": "/srv/app.tar.gz", "other.sha256": "ab"}


def test_a_source_that_no_kind_has_stops_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRANKENPANEL_WORDPRES_SOURCE", "/srv/app.tar.gz")
    with pytest.raises(ImproperlyConfigured, match=r"WORDPRES_SOURCE is for no kind.*are app, wordpress\."):
        environment.sources(["wordpress", "app"])
