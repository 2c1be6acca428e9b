"""Every error that a door may meet, as a refusal: one sentence, one code, for the API and the command line alike."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, ProgrammingError

from apps.host.errors import HostError, Unavailable
from apps.operations.refusals import Invalid, Refusal

NO_TABLE: dict[type[Exception], str] = {OperationalError: "no such table", ProgrammingError: "does not exist"}
"""How SQLite and PostgreSQL say it."""


class Declined(Refusal):
    """The machine will not, as things stand."""

    code, status, exit = "refused", 409, 1


class Away(Refusal):
    """A part of the machine is away; it may come back."""

    code, status, exit = "unavailable", 503, 15


class NoDatabase(Refusal):
    """The panel's own records cannot be read."""

    code, status, exit = "database", 503, 17


class Fault(Refusal):
    """A mistake of ours. Its sentence names no value: there could be a secret among them."""

    code, status, exit = "fault", 500, 1


def refusal_of(error: Exception) -> Refusal:
    """*error* as what a door tells. What nobody foresaw becomes a Fault."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationError):
        return invalid(error)
    if isinstance(error, HostError):
        return Away(str(error)) if isinstance(error, Unavailable) else Declined(str(error))
    if NO_TABLE.get(type(error), "\0") in str(error):
        return NoDatabase("The panel's database is not set up yet, or is older than the panel; run ./panel up once.")
    if isinstance(error, OperationalError | InterfaceError):
        return NoDatabase("The panel's own database does not answer; try again, and look at ./panel status.")
    return Fault("The panel has a fault here; nothing was done. Its log tells more: please report it.")


def invalid(error: ValidationError) -> Invalid:
    """Django's own refusal of a value, with the first field that it names."""
    if not hasattr(error, "error_dict"):
        return Invalid("", " ".join(error.messages))
    field, messages = next(iter(error.message_dict.items()))
    return Invalid(field, " ".join(messages))
