"""OSM files written anew, by pyosmium: downloaded pieces joined, an extract cut to a box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import osmium

from wayfinder.errors import CityError
from wayfinder.sources.osm import get_format, word_problem

SUFFIXES: Final[Mapping[str, str]] = {
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
    ".osm.gz": "osm.gz",
    ".osm.bz2": "osm.bz2",
    ".osm": "osm",
}
"""Ending of a file's name -> its form."""
AREAS_KEPT: Final = ("multipolygon", "site")
"""Relations that matter to a city: squares with holes, sites of buildings."""
COUNTRYSIDE: Final = ("boundary", "landuse", "natural", "waterway")
"""Areas nobody walks on or goes to; a forest's outline may reach far out of the city."""
_GENERATOR: Final = "Wegweiser"
_METADATA: Final = "add_metadata=version+timestamp"
"""Of an object's history its version and date are kept; who edited it is nobody's business here."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def find_form(name: str) -> str | None:
    """Find the form a file's name asks for; None where it ends with none of `SUFFIXES`."""
    return next((form for suffix, form in SUFFIXES.items() if name.lower().endswith(suffix)), None)


def join_files(pieces: Sequence[Path], out: Path, form: str, osm_at: str | None, box: Box) -> None:
    """Join pieces that overlap: each object once, in its newest version, ordered by type and id.

    Parameters
    ----------
    pieces
        OSM files; their names end with their form.
    osm_at
        State of the data for the file's header, ISO 8601 UTC.

    Raises
    ------
    CityError
        A piece is damaged; the text names it.
    """
    header = osmium.io.Header()
    header.set("generator", _GENERATOR)
    if osm_at:
        header.set("osmosis_replication_timestamp", osm_at)
    west, south, east, north = box
    header.add_box(osmium.osm.Box(west, south, east, north))
    together = osmium.MergeInputReader()
    for piece in pieces:
        with _reading(piece):
            together.add_file(str(piece))
    with _reading(out), osmium.SimpleWriter(_name_output(out, form), header=header) as writer:
        together.apply(writer)


def rewrite_file(source: Path, out: Path, form: str, box: Box | None) -> None:
    """Write a file anew in another form, cut to a box where one is given.

    A way with a node in the box is kept whole, with nodes outside it; so is an area (`AREAS_KEPT`) with such
    a way.

    Raises
    ------
    CityError
        The source is damaged.
    """
    file = osmium.io.File(str(source), get_format(source))
    with _reading(source):
        header = osmium.io.Reader(file, osmium.osm.osm_entity_bits.NOTHING).header()
        header.set("generator", _GENERATOR)
        things = osmium.FileProcessor(file)
        if box is not None:
            header = _copy_header(header, box)
            things = things.with_filter(_track(file, box).id_filter())
        with osmium.SimpleWriter(_name_output(out, form), header=header) as writer:
            for thing in things:
                writer.add(thing)


def check_file(path: Path) -> str | None:
    """Read an OSM file to its end; return the state of its data as its header says it, or None.

    Raises
    ------
    CityError
        The file is missing, empty, cut off, damaged or no OSM file.
    """
    file = osmium.io.File(str(path), get_format(path))
    with _reading(path):
        header = osmium.io.Reader(file, osmium.osm.osm_entity_bits.NOTHING).header()
        nothing = osmium.filter.IdFilter([])
        assert not any(True for _ in osmium.FileProcessor(file).with_filter(nothing))
        return header.get("osmosis_replication_timestamp") or None


def has_ways(path: Path) -> bool:
    """Whether there is any street or path in the file."""
    things = osmium.FileProcessor(osmium.io.File(str(path), get_format(path)), osmium.osm.WAY)
    with _reading(path):
        return any(True for _ in things.with_filter(osmium.filter.KeyFilter("highway")))


def _name_output(out: Path, form: str) -> osmium.io.File:
    return osmium.io.File(str(out), f"{form},{_METADATA}")


def _track(file: osmium.io.File, box: Box) -> osmium.IdTracker:
    west, south, east, north = (round(degrees * 1e7) for degrees in box)
    kept = osmium.IdTracker()
    node: Any
    for node in osmium.FileProcessor(file, osmium.osm.NODE):
        # The numbers as they are stored (10^-7 degrees): a node without a place has one outside the world.
        if west <= node.location.x <= east and south <= node.location.y <= north:
            kept.add_node(node.id)
    way: Any
    for way in osmium.FileProcessor(file, osmium.osm.WAY):
        if kept.contains_any_references(way):
            kept.add_way(way.id)
    relations: Any = osmium.FileProcessor(file, osmium.osm.RELATION)
    relations = relations.with_filter(osmium.filter.TagFilter(*(("type", kind) for kind in AREAS_KEPT)))
    for relation in relations:
        if not any(key in relation.tags for key in COUNTRYSIDE) and kept.contains_any_references(relation):
            kept.add_relation(relation.id)
    kept.complete_backward_references(file, relation_depth=1)
    return kept


def _copy_header(header: osmium.io.Header, box: Box) -> osmium.io.Header:
    """The header of the cut file: of the same date, but of its own extent."""
    west, south, east, north = box
    copy = osmium.io.Header()
    copy.set("generator", _GENERATOR)
    osm_at = header.get("osmosis_replication_timestamp")
    if osm_at:
        copy.set("osmosis_replication_timestamp", osm_at)
    copy.add_box(osmium.osm.Box(west, south, east, north))
    return copy


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise CityError(
            "{file} cannot be read: {problem}.", file=path.name, problem=word_problem(error)
        ) from error
