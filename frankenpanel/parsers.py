"""What the API reads from a request's body."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MOST = 256 * 1024
"""Bytes: no request of the API is longer, and nobody shall fill the memory with one."""


class SmallJSON(JSONParser):
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The body's object. Raises ParseError, answered 400, for anything else."""
        text = stream.read(MOST + 1)
        if len(text) > MOST:
            raise ParseError(f"The body has more than {MOST} bytes; send less.")
        try:
            parsed = super().parse(io.BytesIO(text), media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The body's JSON is nested too deeply; send a flat object.") from error
        except ParseError as error:
            raise ParseError("The body cannot be read as JSON in UTF-8; send an object, as in {…}.") from error
        if not isinstance(parsed, dict):
            raise ParseError("The body is no JSON object; send one, as in {…}.")
        return parsed
