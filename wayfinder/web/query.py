"""Addresses carry a language at most: positions and needs travel in bodies, where no log can see them."""

from __future__ import annotations

from flask import g, request

from wayfinder.errors import RequestError
from wayfinder.i18n import LANGUAGES
from wayfinder.web.language import get_language


def refuse_query(*allowed: str) -> None:
    """Refuse every parameter in the address that is not `allowed`.

    Raises
    ------
    RequestError
        There is another one; it is not named, because it may say something about a person.
    """
    if request.query_string and set(request.args) - set(allowed):
        raise RequestError(
            "The address carries what does not belong there: positions and needs belong into the body.",
            code="query_not_allowed",
        )


def read_language() -> str:
    """The language asked for in the address, else as `get_language` says.

    Raises
    ------
    RequestError
        We do not speak it.
    """
    refuse_query("language")
    asked = request.args.get("language")
    if asked is None:
        return get_language()
    if asked not in LANGUAGES:
        raise RequestError(
            "The language must be one of: {languages}.",
            code="value_unknown",
            pointer="/language",
            languages=", ".join(LANGUAGES),
        )
    g.language = asked
    return asked
