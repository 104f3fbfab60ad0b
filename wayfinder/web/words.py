"""Sentences of the interface in a person's language."""

from __future__ import annotations

from collections.abc import Mapping

from wayfinder.i18n import get_catalogue


def say(language: str, key: str, parameters: Mapping[str, object] | None = None) -> str:
    """Word a message key; limit, unit and the problem behind it in its parameters are worded too."""
    catalogue = get_catalogue(language)
    sentence: str = catalogue.gettext(key)
    if not parameters:
        return sentence
    if "problem" in parameters:
        parameters = {**parameters, "problem": catalogue.gettext(str(parameters["problem"]))}
    if "limit" in parameters:
        from wayfinder.speech.labels import label_limit, label_unit

        words = {"limit": label_limit(str(parameters["limit"]), language)}
        if parameters.get("unit"):
            words["unit"] = label_unit(str(parameters["unit"]), language)
        parameters = {**parameters, **words}
    return sentence.format(**parameters)
