"""Which language a person is answered in."""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app, g, request

from wayfinder.i18n import LANGUAGES


def get_language() -> str:
    """The language of the current answer: the body's, else the browser's, else the installation's."""
    language: str | None = g.get("language")
    if language is None:
        found = find_language(request.accept_languages.values())
        language = g.language = found or current_app.config["WAYFINDER"].language
    return language


def find_language(wanted: Iterable[str]) -> str | None:
    """The first of these language tags that we speak; ``de-AT`` is German."""
    for tag in wanted:
        whole, main = tag.lower(), tag.lower().partition("-")[0]
        if whole in LANGUAGES:
            return whole
        if main in LANGUAGES:
            return main
    return None
