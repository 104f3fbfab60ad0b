"""``city.toml``: what a city is, of when, from whom, how much of it is known, and a record of every file."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

import orjson

from wayfinder.sources.attribution import OSM_ATTRIBUTION

FORMAT_VERSION: Final = 2
CITY_FILE: Final = "city.toml"


class DamagedError(Exception):
    """What is wrong with a city folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where data of the city comes from, with its licence and its date (ISO 8601) where known.

    Attributes
    ----------
    url
        Where the licence is explained.
    fetched_from
        Address the file was fetched from, where that was kept beside it.
    layer
        The file of the folder that alone holds it, where its licence keeps it apart from the rest.
    """

    name: str
    licence: str
    url: str = ""
    as_of: str | None = None
    fetched_from: str | None = None
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much is known of an attribute, over the kinds of edge it means something on.

    Attributes
    ----------
    attribute
        Its name.
    known, unmapped, not_understood
        Metres (``unit`` "m") of ways, or number (``unit`` "count") of obstacles.
    """

    attribute: str
    unit: str
    known: float
    unmapped: float
    not_understood: float

    @property
    def total(self) -> float:
        """Metres or number of everything the attribute means something on."""
        return self.known + self.unmapped + self.not_understood

    @property
    def known_share(self) -> float:
        """0 to 1; 0 where there is nothing."""
        return self.known / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size in bytes and SHA-256 (hexadecimal) of a file of the city folder."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CityFacts:
    """What is known of a city before it is written.

    Attributes
    ----------
    name
        As people call it.
    bounds
        West, south, east, north in degrees.
    osm_at
        State of the OSM data, ISO 8601 UTC, or None.
    built_at
        Time of the build, ISO 8601 UTC. It stands in ``city.toml`` alone, and not in the id: the same input
        gives the same bytes everywhere else.
    region
        ISO 3166-2 code of the part of the country whose public holidays hold.
    fictional
        An invented city, not for navigation.
    notices
        Notices of the operator, in their own words.
    counts
        nodes, edges, arcs, classes, addresses ...
    coverage
        How much is known of each attribute.
    """

    name: str
    bounds: tuple[float, float, float, float]
    osm_at: str | None
    built_at: str
    time_zone: str = "Europe/Berlin"
    region: str = "DE-HE"
    fictional: bool = False
    notices: tuple[str, ...] = ()
    attribution: str = OSM_ATTRIBUTION
    sources: tuple[Source, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    coverage: tuple[Coverage, ...] = ()


@dataclass(frozen=True, slots=True)
class CityInfo(CityFacts):
    """``city.toml``: the facts, the id (a hash over facts and contents), and a record of every file."""

    id: str = ""
    files: Mapping[str, FileRecord] = field(default_factory=dict)


def build_info(facts: CityFacts, files: Mapping[str, FileRecord]) -> CityInfo:
    """Facts and files -> info with its id."""
    info = CityInfo(**{item.name: getattr(facts, item.name) for item in fields(CityFacts)}, files=files)
    return replace(info, id=get_id(info))


def get_id(info: CityInfo) -> str:
    """Hash of the city but for the id and the time of the build, 16 hexadecimal digits."""
    return hashlib.sha256(pack_info(replace(info, id="", built_at="")).encode()).hexdigest()[:16]


def pack_info(info: CityInfo) -> str:
    """Write ``city.toml``."""
    west, south, east, north = info.bounds
    lines = [
        f"format_version = {FORMAT_VERSION}",
        f"id = {_toml(info.id)}",
        f"name = {_toml(info.name)}",
        f"fictional = {_toml(info.fictional)}",
        f"notices = {_toml(info.notices)}",
        f"bounds = {_toml((west, south, east, north))}",
        *([f"osm_at = {_toml(info.osm_at)}"] if info.osm_at else []),
        f"built_at = {_toml(info.built_at)}",
        f"time_zone = {_toml(info.time_zone)}",
        f"region = {_toml(info.region)}",
        f"attribution = {_toml(info.attribution)}",
        "",
        "[counts]",
        *(f"{_toml(name)} = {_toml(int(count))}" for name, count in info.counts.items()),
    ]
    for title, rows in (("sources", info.sources), ("coverage", info.coverage)):
        for row in rows:
            lines += ["", f"[[{title}]]"]
            values = ((item.name, getattr(row, item.name)) for item in fields(row))
            lines += [f"{name} = {_toml(value)}" for name, value in values if value is not None]
    lines += ["", "[files]"]
    for name, record in sorted(info.files.items()):
        lines.append(f"{_toml(name)} = {{ size = {record.size}, sha256 = {_toml(record.sha256)} }}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, str):
        # A JSON string is a TOML string, but for DEL.
        return orjson.dumps(value).decode().replace("\x7f", "\\u007F")
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def unpack_info(content: bytes) -> CityInfo:
    """Read ``city.toml``.

    Raises
    ------
    DamagedError
        It cannot be read, is of another version, or lists a file outside the folder.
    ValueError, TypeError, KeyError
        An entry is missing or of another type.
    """
    try:
        table = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DamagedError(f"{CITY_FILE} cannot be read: {error}") from error
    version = table.pop("format_version", None)
    if version != FORMAT_VERSION:
        problem = f"{CITY_FILE} is of format {version}, this program reads format {FORMAT_VERSION}"
        raise DamagedError(f"{problem}; please build it anew")
    west, south, east, north = (float(edge) for edge in table.pop("bounds"))
    files = {
        name: FileRecord(int(row["size"]), str(row["sha256"])) for name, row in table.pop("files").items()
    }
    if any(name.startswith("/") or ".." in name.split("/") for name in files):
        raise DamagedError(f"{CITY_FILE} lists a file outside the folder")
    texts = {key: table.pop(key) for key in ("id", "name", "built_at", "time_zone", "region", "attribution")}
    fictional = table.pop("fictional")
    if not isinstance(fictional, bool) or not all(isinstance(text, str) for text in texts.values()):
        raise DamagedError(f"{CITY_FILE} has an entry of another type")
    return CityInfo(
        fictional=fictional,
        counts=table.pop("counts"),
        bounds=(west, south, east, north),
        osm_at=table.pop("osm_at", None),
        notices=tuple(table.pop("notices")),
        sources=tuple(Source(**row) for row in table.pop("sources", ())),
        coverage=tuple(Coverage(**row) for row in table.pop("coverage", ())),
        files=files,
        **texts,
    )
