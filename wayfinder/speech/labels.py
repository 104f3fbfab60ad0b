"""Names of profiles, limits, attributes and their values in a person's language."""

from __future__ import annotations

from functools import lru_cache

from wayfinder.i18n import get_catalogue


def _find(key: str, other: str, language: str) -> str:
    return get_catalogue(language).texts.get(key, other)


def label_attribute(name: str, language: str) -> str:
    """What an attribute is called: ``Belag``."""
    return capitalise(_find(f"attribute.{name}", name, language))


@lru_cache(maxsize=2048)
def label_value(attribute: str, value: str, language: str) -> str:
    """What a value of a choice is called: ``Kopfsteinpflaster``."""
    return capitalise(_find(f"value.{attribute}.{value}", value, language))


def label_limit(name: str, language: str) -> str:
    """Title of a limit; the name itself where there is no such limit."""
    return _find(f"limit.{name}", name, language)


def describe_limit(name: str, language: str) -> str:
    """What a limit means, in a sentence."""
    return _find(f"limit.{name}.description", "", language)


def label_choice(value: str, language: str) -> str:
    """A choice of a limit that is no attribute's value: ``wenn möglich meiden``."""
    return _find(f"choice.{value}", value, language)


def label_unknowns(policy: str, language: str) -> str:
    """Name of a policy for what is unknown."""
    return _find(f"unknowns.{policy}", policy, language)


def label_profile(name: str, language: str) -> str:
    """What a preset is called."""
    return _find(f"profile.{name}", name, language)


def describe_profile(name: str, language: str) -> str:
    """What a preset is like, in a sentence."""
    return _find(f"profile.{name}.description", "", language)


def label_hit(detail: str, language: str) -> str:
    """What an address search found; may have the parameter ``{number}``."""
    return _find(f"hit.{detail}", detail.replace("{", "").replace("}", ""), language)


def label_unit(unit: str, language: str) -> str:
    """A unit alone: ``cm``."""
    return _find(f"unit.{unit}", unit, language).format(number="").strip("\u00a0 ")


def capitalise(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
