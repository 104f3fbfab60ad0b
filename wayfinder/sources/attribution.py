"""Who made a fetched file, under which licence, from where and of when: a TOML file kept beside it."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import orjson

SUFFIX: Final = ".attribution.toml"
OSM_ATTRIBUTION: Final = "© OpenStreetMap-Mitwirkende, ODbL 1.0"
OSM_SOURCE: Final = ("OpenStreetMap", "ODbL-1.0", "https://www.openstreetmap.org/copyright")
"""Maker, SPDX name of the licence, and where it is explained."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where a file comes from.

    Attributes
    ----------
    attribution
        What has to be shown with the data.
    name, licence, url
        The maker, the SPDX name of the licence, and where it is explained.
    fetched_from
        Address it was fetched from, without what may be secret in one (user, query).
    fetched_at
        ISO 8601 UTC.
    sha256
        Of the file: where another file has taken its place, this says nothing of it.
    place
        What was asked for, and as the map calls it; "" for a whole extract.
    as_of
        State of the data, ISO 8601 UTC; "" where it is not known.
    """

    attribution: str
    name: str
    licence: str
    url: str
    fetched_from: str
    fetched_at: str
    sha256: str
    place: str = ""
    as_of: str = ""


def get_attribution_path(path: Path) -> Path:
    """Where the attribution of a file stands."""
    return path.with_name(path.name + SUFFIX)


def pack_attribution(attribution: Attribution) -> bytes:
    """Write it as TOML."""
    # A JSON string is a TOML string, but for DEL.
    values = ((item.name, orjson.dumps(getattr(attribution, item.name))) for item in fields(attribution))
    return b"".join(
        name.encode() + b" = " + value.replace(b"\x7f", b"\\u007F") + b"\n" for name, value in values
    )


def find_attribution(path: Path) -> Attribution | None:
    """Find what is kept beside a file; None where there is nothing, or nothing about this very file."""
    try:
        table = tomllib.loads(get_attribution_path(path).read_text(encoding="utf-8"))
        known = {item.name: table[item.name] for item in fields(Attribution)}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError):
        return None
    if not all(isinstance(value, str) for value in known.values()) or known["sha256"] != hash_file(path):
        return None
    return Attribution(**known)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
