"""``./panel token …``"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from apps.accounts.models import SCOPES, ApiToken
from apps.accounts.shapes import NewTokenShape, TokenShape
from apps.accounts.tokens import create_token, revoke_token
from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import NounCommand, Verb
from apps.operations.management.output import show_many, show_one
from apps.operations.refusals import Missing


class Create(Verb):
    name = "create"
    help = "Create a token for the API. It is printed once and cannot be read again."
    example = "./panel token create --name deploy --scope site:create operation:read --days 90"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--scope",
            required=True,
            action="extend",
            nargs="+",
            metavar="S",
            help=f"what it allows: {', '.join(SCOPES)}",
        )
        parser.add_argument("--days", required=True, type=int, help="how long it lives: 1 to 365")

    def run(self, options: Namespace) -> None:
        ask = ask_of(options)
        token, text = create_token(ask, user_of(options), options.name, options.scope, options.days)
        token.token = text  # type: ignore[attr-defined]
        show_one(options, NewTokenShape(token).data)


class List(Verb):
    name = "list"
    help = "List a user's tokens, never their text."
    example = "./panel token list --as rose"

    def run(self, options: Namespace) -> None:
        tokens = ApiToken.objects.filter(user=user_of(options))
        columns = ("id", "name", "prefix", "scopes", "expires_at", "last_used_at", "revoked_at")
        show_many(options, [TokenShape(token).data for token in tokens], columns)


class Delete(Verb):
    name = "delete"
    help = "Revoke a token, from this moment on."
    example = "./panel token delete deploy"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token", metavar="NAME", help="the token's name, as the list shows it")

    def run(self, options: Namespace) -> None:
        token = ApiToken.objects.filter(user=user_of(options), name=options.token).first()
        if token is None:
            raise Missing(f"There is no token {options.token[:60]}; ./panel token list shows those there are.")
        revoke_token(ask_of(options), token)


class Command(NounCommand):
    help = "Tokens: keys to the API, each for one user."
    verbs = (Create, List, Delete)
