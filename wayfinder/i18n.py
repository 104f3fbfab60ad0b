"""Catalogues of all texts: gettext's PO files, read by Babel as they are: a fresh clone needs no step.

Texts of routes have stable dotted keys (``turn.turn_left``); sentences of errors and commands are their own
English keys, as `WayfinderError` carries them. ``de-simple`` is Einfache Sprache: a second gettext domain,
``plain``, which falls back to German.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from wayfinder.errors import WayfinderError

TRANSLATIONS_FOLDER: Final = Path(__file__).resolve().parent / "translations"
LANGUAGES: Final = ("de", "de-simple", "en")
DEFAULT_LANGUAGE: Final = "de"
_FILES: Final = {
    "de": (("de", "messages"),),
    "de-simple": (("de", "messages"), ("de", "plain")),
    "en": (("en", "messages"),),
}
"""Language -> (locale, domain) of its files; a later one goes before an earlier one."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All texts of one language.

    Attributes
    ----------
    texts
        Key -> text with named ``{parameters}``.
    plurals
        Key -> the forms of a text that counts something, in the order of the language's plural rule.
    plural_of
        Number -> which form.
    """

    language: str
    texts: Mapping[str, str]
    plurals: Mapping[str, tuple[str, ...]]
    plural_of: Callable[[int], int]

    def gettext(self, key: str) -> str:
        """The text of a key; an English sentence without translation is its own text."""
        return self.texts.get(key, key)

    def say(self, key: str, **parameters: object) -> str:
        """The text of a key with its parameters filled in."""
        return self.gettext(key).format_map(parameters)

    def count(self, key: str, number: int, **parameters: object) -> str:
        """The form of a text that fits `number`, which is its parameter ``number``."""
        return self.plurals[key][self.plural_of(number)].format_map({"number": number, **parameters})

    def say_error(self, error: WayfinderError) -> str:
        """The sentence of an error."""
        return self.say(error.key, **error.parameters)


@lru_cache(maxsize=len(LANGUAGES))
def get_catalogue(language: str) -> Catalogue:
    """The catalogue of one of `LANGUAGES` (else of the default language), read once per process."""
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    rule = "n != 1"
    for locale, domain in _FILES.get(language, _FILES[DEFAULT_LANGUAGE]):
        with (TRANSLATIONS_FOLDER / locale / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
            messages = read_po(file, locale=locale)
        rule = messages.plural_expr
        for message in messages:
            if isinstance(message.string, tuple | list):
                plurals[message.id[0]] = tuple(message.string)
            elif message.id and message.string:
                texts[str(message.id)] = message.string
    return Catalogue(language, texts, plurals, gettext.c2py(rule))
