"""What can be asked for, as one table: the API's addresses, the commands and the admin's pages are made of it.

A noun (site, domain, database) says what somebody may see of it and which acts it takes; an act is one lifecycle
function with the words that each door shows for it. So a new lifecycle is at all three doors at once. A look is
something that a runner reads from the machine (logs, sizes, a certificate): it has its place in the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from apps.operations.asking import Ask
from apps.operations.entry import Entry
from apps.operations.refusals import Missing, Refusal

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import Model, QuerySet
    from rest_framework.serializers import Serializer

    from apps.operations.models import Operation

LONGEST_ID = 18
Choices = Callable[[Any], Iterable[tuple[str, str]]]


class Unconfirmed(Refusal):
    """What destroys something wants its name typed."""

    code, status, exit = "confirm", 422, 2


@dataclass(frozen=True)
class Field:
    """A parameter of an act, as the lifecycle function names it.

    One that is not *required* and is left out is not handed on: the function's own default holds. *lines* is a text
    of several lines, *secret* one that is never echoed, *secret-lines* both; *upload* is what the API called a file
    that was sent to it, and is asked for there alone. *choices* and *initial* are asked of the subject.
    """

    name: str
    help: str
    type: Literal["text", "lines", "flag", "number", "secret", "secret-lines", "upload"] = "text"
    required: bool = True
    label: str = ""
    choices: Choices | None = None
    initial: Callable[[Any], Any] | None = None

    @property
    def is_secret(self) -> bool:
        return self.type.startswith("secret")

    @property
    def comes_from_a_file(self) -> bool:
        """At the command line: what is secret or long."""
        return self.is_secret or self.type == "lines"

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()


def always(subject: Any) -> bool:
    return True


def silent(subject: Any) -> Iterable[str]:
    return ()


def every_one(found: QuerySet[Any], status: str) -> QuerySet[Any]:
    return found


@dataclass(frozen=True)
class Act:
    """One lifecycle function with its words. ``entry(ask, subject, **fields)`` gives the operation.

    *label* stands on the button that leads to it, *button*, where it is another word, on the one below its fields;
    *help* is a sentence on what it does. *offered* says whether it makes sense as the
    subject is now: doors hide what does not, and the lifecycle refuses it. An act that *creates* a noun takes its
    parent for its subject. *confirm*: the subject's name must be typed. *about*: sentences on it, for its page.
    """

    verb: str
    entry: Entry[...]
    scope: str
    permission: str
    label: str
    help: str
    example: str
    fields: tuple[Field, ...] = ()
    offered: Callable[[Any], bool] = always
    creates: bool = False
    confirm: bool = False
    button: str = ""
    about: Callable[[Any], Iterable[str]] = silent


@dataclass(frozen=True)
class Look:
    """Something read from the machine. ``read(ask, subject, **fields)`` gives a dict, or a list of dicts of one form.

    It raises a Refusal where that may or can not be told, Unavailable where no runner answers. *columns* are what a
    table shows of a list. One that is *told_once* (a password) is posted at the API, and answered to be kept nowhere;
    *as_file* is the form that another program reads it in, where there is one.
    *opens*: the word in it for an address, worth nothing to others: the admin leads there, the command prints it.
    """

    verb: str
    read: Callable[..., Any]
    scope: str
    permission: str
    label: str
    help: str
    example: str
    fields: tuple[Field, ...] = ()
    columns: tuple[str, ...] = ()
    told_once: bool = False
    opens: str = ""
    as_file: Callable[[dict[str, Any]], str] | None = None


@dataclass(frozen=True)
class Noun:
    """A thing that people name. *key* is the field that they name it by; a number is its id everywhere.

    *visible_to*: what of it somebody may see, with all that *shape* shows. *allowed*: whether that person may do an
    act to a subject. *site_of*: the site that it belongs to, or, where there is none, the server: below its page in the
    admin the acts have theirs. *parent*: what a new one is created below. *listed*: what a list has of it when one of
    *statuses* is asked for, or none of them, which is the empty word.
    """

    name: str
    label: str
    key: str
    columns: tuple[str, ...]
    shape: type[Serializer[Any]]
    visible_to: Callable[[User | AnonymousUser], QuerySet[Any]]
    site_of: Callable[[Any], Any]
    allowed: Callable[[Ask, Act | Look, Any], bool]
    acts: tuple[Act, ...]
    looks: tuple[Look, ...] = ()
    parent: str = ""
    statuses: tuple[str, ...] = ()
    listed: Callable[[QuerySet[Any], str], QuerySet[Any]] = every_one

    REGISTERED: ClassVar[dict[str, Noun]] = {}

    def __post_init__(self) -> None:
        if self.name in self.REGISTERED:
            raise ValueError(f"{self.name}: there is one table for each noun")
        self.REGISTERED[self.name] = self

    def act(self, verb: str) -> Act:
        """Raises Missing for a verb that it does not take."""
        found = next((act for act in self.acts if act.verb == verb), None)
        if found is None:
            raise Missing(f"A {self.name} has no {verb[:40]}; it takes {', '.join(act.verb for act in self.acts)}.")
        return found

    def subject(self, act: Act) -> Noun:
        """The noun of what *act* is done to."""
        return self.REGISTERED[self.parent] if act.creates else self

    def called(self, subject: Model) -> str:
        """The name that somebody types for *subject*."""
        return str(getattr(subject, self.key))

    def find(self, user: User | AnonymousUser, text: str) -> Any:
        """The one of that name, else of that id, among those that *user* may see. Raises Missing."""
        seen = self.visible_to(user)
        found = seen.filter(**{self.key: text}).first()
        if found is None and text.isascii() and text.isdigit() and len(text) <= LONGEST_ID:
            found = seen.filter(pk=int(text)).first()
        if found is None:
            raise Missing(f"There is no {self.name} {text[:60]}; ./panel {self.name} list shows those there are.")
        return found

    def of(self, operation: Operation, user: User | AnonymousUser) -> Any | None:
        """What *operation* is about, as *user* sees it; None once it is gone."""
        return self.visible_to(user).filter(pk=operation.params.get(f"{self.name}_id", 0)).first()


def home_of(whose: Model) -> str:
    """The admin's pages below which the acts of what belongs to *whose*, a site or a server, have theirs."""
    return f"{whose._meta.app_label}_{whose._meta.model_name}"


def confirmed(act: Act, name: str, typed: str) -> None:
    """Raises Unconfirmed unless an act that destroys came with the *name* of what it destroys."""
    if act.confirm and typed != name:
        raise Unconfirmed(f"This needs the name of what it is done to, as a confirmation: {name}.")
