"""Typed settings from the environment; a command's options go before them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from wayfinder.errors import WayfinderError

# i18n has this list too; importing it would load Babel for every `wayfinder --help`.
LANGUAGES: Final = ("de", "de-simple", "en")
PREFIX: Final = "WAYFINDER_"
_ROOT: Final = Path(__file__).resolve().parent.parent
_WORDS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to the next; ``WAYFINDER_PORT=8001`` sets ``port``.

    Attributes
    ----------
    city
        The city folder that is served.
    host, port
        Where the server listens.
    workers, threads
        Processes, and threads in each.
    page
        The built page (``pwa/dist``).
    https
        Reached by https only: browsers are told to insist on it for two years (HSTS).
    language
        Language of commands, and of answers to whoever names none.
    nominatim_url, overpass_url
        Services that ``wayfinder city fetch`` asks for a place and for its data: the public ones, unless the
        operator has their own.
    survey_hosts
        Hosts that surveys may be read from over https, separated by commas (``geo.example.de``); none unless
        named.
    lifts
        Live states of lifts: a file, or an https address.
    lifts_hosts
        Hosts the states may come from, separated by commas.
    lifts_mapping
        CSV file: the source's ``id`` of a lift, its ``osm`` id.
    lifts_every_s, lifts_believed_min
        How often the states are read, and how long a measurement counts.
    lifts_client_id, lifts_api_key
        Keys of the DB API Marketplace; sent to the source where they are set.
    """

    city: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 4
    page: Path = _ROOT / "pwa" / "dist"
    https: bool = False
    language: str = "de"
    nominatim_url: str = "https://nominatim.openstreetmap.org"
    overpass_url: str = "https://overpass-api.de/api"
    survey_hosts: tuple[str, ...] = ()
    lifts: str = ""
    lifts_hosts: str = ""
    lifts_mapping: Path | None = None
    lifts_every_s: int = 60
    lifts_believed_min: int = 30
    lifts_client_id: str = ""
    lifts_api_key: str = field(default="", repr=False)


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; what is not set, or empty, keeps its default.

    Raises
    ------
    WayfinderError
        A value that cannot be used, naming the variable.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for item in fields(Settings):
        name = PREFIX + item.name.upper()
        text = environment.get(name, "").strip()
        if text:
            values[item.name] = _parse(name, str(item.type), text)
    return Settings(**values)  # type: ignore[arg-type]  # _parse follows the types of the fields


def _parse(name: str, kind: str, text: str) -> object:
    if kind == "int":
        if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= 65_535):
            raise WayfinderError("{name} must be a whole number from 1 to 65535.", name=name)
        return int(text)
    if name == "WAYFINDER_LANGUAGE" and text not in LANGUAGES:
        raise WayfinderError("{name} must be one of: {languages}.", name=name, languages=", ".join(LANGUAGES))
    if name.endswith("_URL") and not text.lower().startswith(("http://", "https://")):
        raise WayfinderError("{name} must be an address with http:// or https://.", name=name)
    if kind == "bool":
        if text.lower() not in _WORDS:
            raise WayfinderError("{name} must be 1 or 0.", name=name)
        return _WORDS[text.lower()]
    if kind.startswith("tuple"):
        return tuple(word.strip() for word in text.split(",") if word.strip())
    return Path(text) if kind.startswith("Path") else text
