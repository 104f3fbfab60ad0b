"""Fetch the map of a place: OSMnx finds its boundary, Overpass or an extract's address gives the data.

OSMnx alone knows the network as a graph: it asks for no dates of edits, takes a half answer of Overpass for a
whole one, and holds everything in memory. So it names the place and its boundary, and the raw objects with
all their tags and dates are streamed into files here (docs/adr/0018).
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import math
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from shapely import box
from shapely.geometry.base import BaseGeometry

from wayfinder.errors import WayfinderError
from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.sources.attribution import (
    OSM_ATTRIBUTION,
    OSM_SOURCE,
    Attribution,
    get_attribution_path,
    hash_file,
    pack_attribution,
)
from wayfinder.sources.osm import get_format
from wayfinder.sources.osm_files import (
    AREAS_KEPT,
    COUNTRYSIDE,
    Box,
    check_file,
    find_form,
    has_ways,
    join_files,
    rewrite_file,
)
from wayfinder.sources.transfer import (
    USER_AGENT,
    Manners,
    TryAgainError,
    check_no_web_page,
    check_status,
    transfer,
    try_politely,
)

Progress = Callable[[str, int, int], None]
"""Told the step by name, how much of it is done, and how much there is."""

TILE_M: Final = 5_000.0
"""Overpass is asked for squares of this size: small answers come in time, and count when the next fails."""
MARGIN_M: Final = 500.0
"""Around the place: ways run along its border, and the nearest stop may stand behind it."""
MOST_TILES: Final = 150
"""About the size of Hamburg with its surroundings: more than that is not what Overpass is for."""
KEPT_S: Final = 86_400.0
"""Tiles of a broken fetch are good for a day: much older ones would not fit the new ones."""
QUERY_S: Final = 180
_QUERY_BYTES: Final = 1 << 29
_LEFT_OUT: Final = "".join(f'[!"{key}"]' for key in COUNTRYSIDE)
_END_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base addresses of the two services a place is fetched from."""

    nominatim_url: str
    overpass_url: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched.

    Attributes
    ----------
    size
        Bytes of the file.
    """

    path: Path
    size: int
    attribution: Attribution


@dataclass(frozen=True, slots=True)
class Boundary:
    """A place as the map knows it: its full name, its outline, and its outline's extent with a margin."""

    name: str
    outline: BaseGeometry
    extent: Box


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How to fetch: from which services, how patiently, and whom to tell.

    `progress` is told ``place`` (looking it up), ``fetch`` (tiles or bytes) and ``write_osm``.
    """

    endpoints: Endpoints
    manners: Manners = field(default_factory=Manners)
    progress: Progress = lambda step, done, total: None

    def fetch_place(self, place: str, out: Path) -> Fetched:
        """Fetch a place from Overpass, tile by tile; a repeated call takes the tiles that are there.

        Raises
        ------
        WayfinderError
            There is no such place, a service does not answer, the file cannot be written ...; a file that
            stood at `out` stays as it was.
        """
        form = _get_form(out)
        with _work_folder(out) as folder:
            boundary = self.find_boundary(place)
            tiles = list_tiles(boundary)
            if len(tiles) > MOST_TILES:
                raise WayfinderError(
                    "{place} is too large for Overpass; please give an extract by --url.",
                    place=boundary.name,
                )
            pieces = []
            for done, tile in enumerate(tiles):
                self.progress("fetch", done, len(tiles))
                pieces.append(self._fetch_tile(tile, folder))
            self.progress("fetch", len(tiles), len(tiles))
            osm_at = min(filter(None, (read_ends(piece)[0] for piece in pieces)), default="")
            self.progress("write_osm", 0, 1)
            new = folder / "new"
            join_files(pieces, new, form, osm_at or None, boundary.extent)
            if not has_ways(new):
                raise WayfinderError("The map has no ways in {place}.", place=boundary.name)
            return self._finish(new, out, self.endpoints.overpass_url, boundary.name, osm_at)

    def fetch_extract(self, url: str, out: Path, place: str | None = None) -> Fetched:
        """Fetch an extract, resuming where it broke off; cut to the extent of a place where one is named.

        Without a place, and in the form its name asks for, the file is kept byte by byte.

        Raises
        ------
        WayfinderError
            As in `fetch_place`.
        """
        form = _get_form(out)
        with _work_folder(out) as folder:
            boundary = self.find_boundary(place) if place else None
            part = folder / f"{_hash(url)}.part"
            transfer(url, part, manners=self.manners, told=partial(self.progress, "fetch"))
            try:
                osm_at = check_file(part) or ""
            except WayfinderError as error:
                # It came whole and is no use: to go on from it would be no use either.
                part.unlink()
                name = Path(urlsplit(url).path).name or url
                raise WayfinderError(error.key, **{**error.parameters, "file": name}) from error
            self.progress("write_osm", 0, 1)
            new = part
            if boundary is not None or get_format(part) != form:
                new = folder / "new"
                rewrite_file(part, new, form, boundary.extent if boundary else None)
            if not has_ways(new):
                where = boundary.name if boundary else out.name
                raise WayfinderError("The map has no ways in {place}.", place=where)
            return self._finish(new, out, url, boundary.name if boundary else "", osm_at)

    def find_boundary(self, place: str) -> Boundary:
        """Look a place up by OSMnx (Nominatim).

        Raises
        ------
        WayfinderError
            There is no such place, it has no boundary, or the service does not answer.
        """
        import osmnx

        self.progress("place", 0, 1)
        with _osmnx_settings(osmnx, self.endpoints, self.manners):
            found = try_politely(lambda: _geocode(osmnx, place, self.endpoints.nominatim_url), self.manners)
        row = found.iloc[0]
        outline: BaseGeometry = row.geometry
        self.progress("place", 1, 1)
        return Boundary(str(row["display_name"]), outline, _widen(outline.bounds))

    def _fetch_tile(self, tile: Box, folder: Path) -> Path:
        query = build_query(tile)
        url = f"{self.endpoints.overpass_url.rstrip('/')}/interpreter"
        name = _hash(f"{url}\n{query}")
        for path in (folder / f"{name}.osm", folder / f"{name}.osm.gz"):
            if path.is_file() and time.time() - path.stat().st_mtime < KEPT_S:
                return path
        part = folder / f"{name}.part"
        manners = replace(self.manners, timeout_s=max(self.manners.timeout_s, QUERY_S + 20))

        def attempt() -> Path:
            transfer(url, part, form=urlencode({"data": query}).encode(), manners=manners)
            _check_answer(part, self.endpoints.overpass_url)
            path = folder / f"{name}.{get_format(part)}"
            part.replace(path)
            return path

        return try_politely(attempt, manners)

    def _finish(self, new: Path, out: Path, url: str, place: str, osm_at: str) -> Fetched:
        attribution = Attribution(
            OSM_ATTRIBUTION,
            *OSM_SOURCE,
            fetched_from=_strip_secrets(url),
            fetched_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            sha256=hash_file(new),
            place=place,
            as_of=osm_at,
        )
        note = new.with_name("attribution")
        note.write_bytes(pack_attribution(attribution))
        for path in (new, note):
            with path.open("rb") as file:
                os.fsync(file.fileno())
        size = new.stat().st_size
        # The hash in the note tells it from a note about an older file, should it stop between the two.
        new.replace(out)
        note.replace(get_attribution_path(out))
        self.progress("write_osm", 1, 1)
        shutil.rmtree(_get_work_folder(out), ignore_errors=True)
        return Fetched(out, size, attribution)


def list_tiles(boundary: Boundary) -> list[Box]:
    """The squares of about `TILE_M` that a place and its margin touch, from south-west to north-east."""
    west, south, east, north = boundary.extent
    scale = math.cos(math.radians((south + north) / 2))
    columns = max(1, math.ceil((east - west) * scale * METRES_PER_DEGREE / TILE_M))
    rows = max(1, math.ceil((north - south) * METRES_PER_DEGREE / TILE_M))
    if columns * rows > 100 * MOST_TILES:
        return [boundary.extent] * (MOST_TILES + 1)
    near = boundary.outline.buffer(MARGIN_M / METRES_PER_DEGREE / max(scale, 0.01))
    tiles = []
    for row in range(rows):
        for column in range(columns):
            w, e = (west + (east - west) * step / columns for step in (column, column + 1))
            s, n = (south + (north - south) * step / rows for step in (row, row + 1))
            if near.intersects(box(w, s, e, n)):
                tiles.append((round(w, 6), round(s, 6), round(e, 6), round(n, 6)))
    return tiles


def build_query(tile: Box) -> str:
    """The Overpass query for all objects of a tile, with all tags and the dates of their edits.

    Of relations only the areas a city knows; ways and areas are whole, with nodes outside the tile.
    """
    west, south, east, north = tile
    within, kinds = f"({south},{west},{north},{east})", "|".join(AREAS_KEPT)
    return (
        f"[out:xml][timeout:{QUERY_S}][maxsize:{_QUERY_BYTES}];(node{within};way{within};"
        f'relation["type"~"^({kinds})$"]{_LEFT_OUT}{within};);(._;>;);out meta;'
    )


def read_ends(path: Path) -> tuple[str | None, str | None, bool]:
    """Of an answer of Overpass (xml, or gz): the state of the data, the remark, whether the end is there."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    start, end = b"", b""
    with gzip.open(path) if zipped else path.open("rb") as text, suppress(EOFError):
        while chunk := text.read(1 << 20):
            start = start or chunk[:_END_BYTES]
            end = (end + chunk)[-_END_BYTES:]
    state = re.search(rb'osm_base="([0-9TZ:.-]+)"', start)
    remark = re.search(rb"<remark>(.*?)</remark>", start + end, re.S)
    return (
        state[1].decode() if state else None,
        " ".join(remark[1].decode(errors="replace").split()) if remark else None,
        b"<osm" in start and end.rstrip().endswith(b"</osm>"),
    )


def _check_answer(path: Path, url: str) -> None:
    """Refuse half an answer: Overpass says 200 before it knows whether time and memory suffice."""
    host = urlsplit(url).hostname
    damaged = WayfinderError("{host} sent a damaged answer.", host=host)
    try:
        get_format(path)
        _, remark, whole = read_ends(path)
    except (WayfinderError, OSError, ValueError, zlib.error) as error:
        raise TryAgainError(damaged) from error
    if remark:
        raise TryAgainError(
            WayfinderError("{host} could not answer wholly: {problem}", host=host, problem=remark)
        )
    if not whole:
        raise TryAgainError(damaged)


def _geocode(osmnx: Any, place: str, url: str) -> Any:
    host = urlsplit(url).hostname
    try:
        return osmnx.geocode_to_gdf(place)
    except TypeError as error:
        raise WayfinderError(
            "The map has no boundary for {place}; please name a city or a district.", place=place
        ) from error
    except OSError as error:
        problem = WayfinderError("{host} cannot be reached: {problem}.", host=host, problem=_word(error))
        raise TryAgainError(problem) from error
    except ValueError as error:
        if "returned 0 results" in str(error):
            raise WayfinderError("The map has no place called {place}.", place=place) from error
        raise WayfinderError("{host} sent a damaged answer.", host=host) from error
    except (KeyError, IndexError, AttributeError) as error:
        raise WayfinderError("{host} sent a damaged answer.", host=host) from error


@contextmanager
def _osmnx_settings(osmnx: Any, endpoints: Endpoints, manners: Manners) -> Iterator[None]:
    """OSMnx's settings for one question; its own endless waiting (55 s at each 429) is ours instead."""

    def check(answer: Any, *_: object, **__: object) -> None:
        check_status(answer.url, answer.status_code, answer.reason or "", answer.headers)
        check_no_web_page(answer.url, answer.headers)

    wanted: Mapping[str, object] = {
        "nominatim_url": endpoints.nominatim_url,
        "overpass_url": endpoints.overpass_url,
        "http_user_agent": USER_AGENT,
        "http_referer": USER_AGENT,
        "http_accept_language": "de",
        "requests_timeout": manners.timeout_s,
        "requests_kwargs": {"hooks": {"response": check}},
        "use_cache": False,
        "log_console": False,
        "doh_url_template": None,
    }
    before = {name: getattr(osmnx.settings, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)


@contextmanager
def _work_folder(out: Path) -> Iterator[Path]:
    """A hidden folder beside the file to write; it stays after a failure, for the next try to go on from."""
    folder = _get_work_folder(out)
    try:
        if out.is_dir():
            raise WayfinderError("{file} is a folder, not a file.", file=out)
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WayfinderError("{file} is being fetched already.", file=out) from error
            for left in ("new", "attribution"):
                (folder / left).unlink(missing_ok=True)
            yield folder
        finally:
            os.close(handle)
    except OSError as error:
        raise WayfinderError(
            "{file} cannot be written: {problem}.", file=out, problem=_word(error)
        ) from error
    finally:
        with suppress(OSError):
            folder.rmdir()  # where nothing is in it


def _get_work_folder(out: Path) -> Path:
    return out.with_name(f".{out.name}.fetch")


def _get_form(out: Path) -> str:
    form = find_form(out.name)
    if form is None:
        raise WayfinderError(
            "{file} is not named like an OSM file (.osm.pbf, .osm, .osm.gz, .osm.bz2).", file=out.name
        )
    return form


def _widen(bounds: Sequence[float]) -> Box:
    west, south, east, north = bounds
    more_lat = MARGIN_M / METRES_PER_DEGREE
    more_lon = more_lat / max(math.cos(math.radians((south + north) / 2)), 0.01)
    return (
        round(max(-180.0, west - more_lon), 6),
        round(max(-90.0, south - more_lat), 6),
        round(min(180.0, east + more_lon), 6),
        round(min(90.0, north + more_lat), 6),
    )


def _strip_secrets(url: str) -> str:
    """An address without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _word(error: BaseException) -> str:
    reason: BaseException | object = error
    while isinstance(reason, BaseException) and (reason.__cause__ or reason.__context__):
        reason = reason.__cause__ or reason.__context__
    return getattr(reason, "strerror", None) or type(error).__name__
