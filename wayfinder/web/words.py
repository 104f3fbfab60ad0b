"""Sentences of the interface in a person's language."""

from __future__ import annotations

from collections.abc import Mapping

from wayfinder.i18n import get_catalogue


def say(language: str, key: str, parameters: Mapping[str, object] | None = None) -> str:
    """Word a message key; the name of a limit in its parameters is worded too."""
    sentence: str = get_catalogue(language).gettext(key)
    if not parameters:
        return sentence
    if "limit" in parameters:
        from wayfinder.speech.phrases import label_limit

        parameters = {**parameters, "limit": label_limit(str(parameters["limit"]), language)}
    return sentence.format(**parameters)
