"""A front that refuses: what it serves already is served on, and the new site goes back."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from apps.domains.caddyfile import render
from apps.host.host import Host
from tests.lifecycle.driving import ask, assert_undone, drive
from tests.operations.inventory import Inventory, inventory
from tests.parts.front import RunningFront

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]


def no_caddyfile(text: str) -> str:
    return f"{text}\nhttps://broken.localhost {{\n\tno_such_directive\n}}\n"


def one_name_more(text: str) -> str:
    """Caddy would take it: only the records say that nobody asked for this name."""
    return f"{text}\nhttps://smuggled.localhost {{\n\ttls internal\n\trespond 404\n}}\n"


def another_port(text: str) -> str:
    return text.replace("reverse_proxy 127.0.0.1:{args[0]}", "reverse_proxy 127.0.0.1:2019")


def no_certificate(text: str) -> str:
    """A stranger's, where the site has none of its own."""
    return instead_of_the_last_tls(text, "tls /nowhere/cert.pem /nowhere/key.pem")


def no_authority(text: str) -> str:
    """Good grammar, so that only loading it shows that it cannot be served."""
    return instead_of_the_last_tls(text, "tls {\n\t\tca_root /nowhere/root.pem\n\t}")


def instead_of_the_last_tls(text: str, new: str) -> str:
    before, _, after = text.rpartition("tls internal")
    return f"{before}{new}{after}"


@pytest.mark.parametrize(
    "case",
    [
        (no_caddyfile, "caddyfile", ["Caddy refuses the front's configuration", "no_such_directive"]),
        (one_name_more, "caddyfile", ["smuggled.localhost would be 404 instead of left out"]),
        (another_port, "caddyfile", ["would be 127.0.0.1:2019 instead of"]),
        (no_certificate, "caddyfile", ["certificate /nowhere/cert.pem would be key /nowhere/key.pem"]),
        (no_authority, "caddy-reload", ["Caddy refuses the front's configuration", "/nowhere/root.pem"]),
    ],
    ids=lambda case: case[0].__name__,
)
def test_a_front_that_refuses_serves_on_and_the_site_goes_back(
    machine: Host, parts: RunningFront, before: Inventory, case: tuple[Callable[[str], str], str, list[str]]
) -> None:
    spoil, step, words = case
    drive(ask("First", database=False), machine)
    served = inventory(machine)
    accepted = machine.places.caddyfile.read_text()
    operation = drive(ask(), machine, before=step)
    with patch("apps.domains.serving.render", lambda facts: spoil(render(facts))):
        drive(operation, machine)
        assert_undone(operation, machine, served, *words)
    assert operation.failed_step == step
    assert "First" in parts.get("first.localhost").body
    assert machine.places.caddyfile.read_text() == accepted
