"""OSM files (pbf, osm, osm.gz, osm.bz2) -> plain records, by pyosmium."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium

from wayfinder.errors import CityError
from wayfinder.routing.osm_records import OsmData, OsmNode, OsmOutline, OsmPlace, OsmRelation, OsmWall, OsmWay
from wayfinder.routing.walls import Wall, load_wall_rules

Progress = Callable[[str, int, int], None]
"""Told the step by name, how much of it is done, and how much there is."""

_PLACE_KEYS: Final = frozenset(
    {
        "amenity",
        "shop",
        "healthcare",
        "tourism",
        "office",
        "public_transport",
        "leisure",
        "historic",
        "craft",
        "emergency",
        "place",
        "entrance",
        "addr:housenumber",
    }
)
_PLACE_TAGS: Final = frozenset(
    {
        ("railway", "station"),
        ("railway", "halt"),
        ("railway", "tram_stop"),
        ("railway", "subway_entrance"),
        ("highway", "bus_stop"),
        ("highway", "elevator"),
    }
)
_NAMELESS_PLACES: Final = frozenset(
    {"highway", "railway", "route", "waterway", "boundary", "power", "network", "landuse"}
)
"""A name alone makes a place, but not with one of these keys: streets, lines and borders have names, too."""

_WALKED_ON_FOOT: Final = frozenset({"yes", "designated", "permissive"})
_ENTRANCE_KEYS: Final = frozenset({"entrance", "door", "automatic_door"})
_FAR_AWAY_DEG: Final = 5.0
_DATE_KEYS: Final = ("check_date", "survey:date")
_CUT_OFF: Final = ("unexpected EOF", "read close failed", "end of buffer", "no element found", "truncated")
_EPOCH: Final = date(1970, 1, 1)
_FIRST_OSM_DAY: Final = (date(2004, 8, 9) - _EPOCH).days
_NO_TAGS: Final[Mapping[str, str]] = {}

Spot = tuple[float, float]


def load_osm(path: Path, progress: Progress | None = None) -> OsmData:
    """Read what a city needs from an OSM file; its form is told by its content, not by its name.

    The file is read three times (relations, ways, nodes), so that only what is kept is ever in memory.

    Raises
    ------
    CityError
        The file is missing, empty, cut off, or no OSM file; the text names the file and what is wrong.
    """
    path = Path(path)
    source = osmium.io.File(str(path), get_format(path))
    tell = progress or (lambda step, done, total: None)
    try:
        return _Loader(source).load(tell)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise CityError(
            "{file} cannot be read: {problem}.", file=path.name, problem=word_problem(error)
        ) from error


class _Loader:
    """One reading of one file."""

    def __init__(self, source: osmium.io.File) -> None:
        self.source = source
        self.walls = load_wall_rules()
        self.skipped: Counter[str] = Counter()
        self.newest_s = 0.0

    def load(self, tell: Progress) -> OsmData:
        tell("read", 0, 4)
        header = osmium.io.Reader(self.source, osmium.osm.osm_entity_bits.NOTHING).header()
        if header.has_multiple_object_versions:
            raise ValueError("it is a history or change file, not a map")
        self._read_relations()
        tell("read", 1, 4)
        self._read_ways()
        tell("read", 2, 4)
        self._read_nodes()
        tell("read", 3, 4)
        walls = self._list_near_walls()
        ways = self._list_pieces(self.ways)
        kept = {ref for way in ways for ref in way.nodes}
        kept.update(ref for wall in walls for line in (*wall.outer, *wall.inner) for ref in line)
        nodes = {ref: self.nodes.get(ref) or OsmNode(ref, *self.spots[ref], _NO_TAGS) for ref in sorted(kept)}
        data = OsmData(
            nodes=nodes,
            ways=ways,
            relations=tuple(self.relations[key] for key in sorted(self.relations)),
            walls=walls,
            places=self._list_places(),
            outlines=self._list_outlines(),
            entrances=tuple(node for _, node in sorted(self.entrances.items())),
            osm_at=header.get("osmosis_replication_timestamp") or self._get_newest(),
            skipped={key: count for key, count in sorted(self.skipped.items()) if count},
        )
        tell("read", 4, 4)
        return data

    def _read(self, entities: osmium.osm.osm_entity_bits) -> Iterator[Any]:
        thing: Any
        for thing in osmium.FileProcessor(self.source, entities):
            if not thing.deleted:
                yield thing

    def _read_relations(self) -> None:
        self.relations: dict[int, OsmRelation] = {}
        self.place_relations: dict[int, OsmRelation] = {}
        self.wall_relations: dict[int, OsmRelation] = {}
        self.outlines: set[int] = set()
        self.place_outlines: set[int] = set()
        self.wall_outlines: set[int] = set()
        self.building_relations: dict[int, tuple[int, ...]] = {}
        for thing in self._read(osmium.osm.RELATION):
            tags = dict(thing.tags)
            if tags.get("type") not in ("multipolygon", "site"):
                continue
            walked, place = _may_carry_people(tags), _is_place(tags)
            if tags["type"] == "multipolygon" and _is_building(tags):
                outer = tuple(m.ref for m in thing.members if m.type == "w" and m.role in ("outer", ""))
                self.building_relations[thing.id] = outer
                self.place_outlines.update(outer)
            wall = not walked and tags["type"] == "multipolygon" and self.walls.read(tags) is Wall.FILLED
            if not (walked or place or wall):
                continue
            members = tuple((member.type, member.ref, member.role) for member in thing.members)
            relation = OsmRelation(thing.id, members, tags, self._get_day(thing, tags))
            ways = [ref for kind, ref, _ in members if kind == "w"]
            if walked and tags["type"] == "multipolygon":
                self.relations[thing.id] = relation
                self.outlines.update(ways)
            if wall:
                self.wall_relations[thing.id] = relation
                self.wall_outlines.update(ways)
            if place:
                self.place_relations[thing.id] = relation
                self.place_outlines.update(ways)

    def _read_ways(self) -> None:
        self.ways: dict[int, OsmWay] = {}
        self.wall_ways: dict[int, OsmWay] = {}
        self.place_ways: dict[int, OsmWay] = {}
        self.lines: dict[int, tuple[int, ...]] = {}
        for thing in self._read(osmium.osm.WAY):
            tags = dict(thing.tags)
            walked = thing.id in self.outlines or _may_carry_people(tags)
            place = _is_place(tags)
            wall = not _may_carry_people(tags) and self.walls.read(tags) is not Wall.NONE
            outline = thing.id in self.place_outlines or thing.id in self.wall_outlines
            if not (walked or place or wall or outline):
                continue
            way = OsmWay(thing.id, tuple(node.ref for node in thing.nodes), tags, self._get_day(thing, tags))
            if walked:
                self.ways[way.id] = way
            if wall:
                self.wall_ways[way.id] = way
            if place:
                self.place_ways[way.id] = way
            if outline:
                self.lines[way.id] = way.nodes

    def _read_nodes(self) -> None:
        walked = {ref for way in self.ways.values() for ref in way.nodes}
        drawn = walked.union(
            *(way.nodes for way in self.wall_ways.values()),
            *(way.nodes for way in self.place_ways.values()),
            *self.lines.values(),
        )
        in_walls = {ref for way in self.wall_ways.values() for ref in way.nodes}
        seen: set[int] = set()
        self.nodes: dict[int, OsmNode] = {}
        self.spots: dict[int, Spot] = {}
        self.place_nodes: dict[int, OsmNode] = {}
        self.entrances: dict[int, OsmNode] = {}
        for thing in self._read(osmium.osm.NODE):
            is_drawn = thing.id in drawn
            if thing.id in walked:
                seen.add(thing.id)
            if not is_drawn and not thing.tags:
                continue
            tags = dict(thing.tags)
            place = _is_place(tags)
            if not is_drawn and not place:
                continue
            location = thing.location
            if not location.valid():
                self.skipped["nodes_out_of_range"] += 1
                continue
            spot = (location.lon, location.lat)
            if is_drawn:
                self.spots[thing.id] = spot
            door = not _ENTRANCE_KEYS.isdisjoint(tags)
            # gates are nodes of fences that no way needs to lead through where a square lies on both sides
            kept = thing.id in walked or (thing.id in in_walls and "barrier" in tags)
            if tags and (place or door or kept):
                node = OsmNode(thing.id, *spot, tags, self._get_day(thing, tags))
                if door:
                    self.entrances[node.id] = node
                if kept:
                    self.nodes[node.id] = node
                if place:
                    self.place_nodes[node.id] = node
        self.skipped["nodes_missing"] = len(walked) - len(seen)
        self._drop_far_nodes()

    def _drop_far_nodes(self) -> None:
        everything = self.spots | {node.id: (node.lon, node.lat) for node in self.place_nodes.values()}
        if not everything:
            return
        spots = np.array(list(everything.values()))
        far = np.any(np.abs(spots - np.median(spots, axis=0)) > _FAR_AWAY_DEG, axis=1)
        for ref in np.fromiter(everything, dtype=np.int64, count=len(everything))[far]:
            self.skipped["nodes_far_away"] += 1
            for held in (self.spots, self.nodes, self.place_nodes, self.entrances):
                held.pop(int(ref), None)

    def _list_pieces(self, ways: Mapping[int, OsmWay]) -> tuple[OsmWay, ...]:
        pieces: list[OsmWay] = []
        for key in sorted(ways):
            way = ways[key]
            lines = _split_line(way.nodes, self.spots)
            pieces.extend(OsmWay(way.id, line, way.tags, way.edited_day) for line in lines)
            if not lines:
                self.skipped["ways_without_line"] += 1
        return tuple(pieces)

    def _list_near_walls(self) -> tuple[OsmWall, ...]:
        areas = [
            extent
            for way in self.ways.values()
            if way.id in self.outlines or way.tags.get("area") == "yes"
            if (extent := self._find_extent(way.nodes)) is not None
        ]
        if not areas:
            return ()
        west, south, east, north = np.array(areas).T

        def is_near(refs: Iterable[int]) -> bool:
            extent = self._find_extent(refs)
            if extent is None:
                return False
            w, s, e, n = extent
            return bool(np.any((w <= east) & (e >= west) & (s <= north) & (n >= south)))

        walls = [
            OsmWall("way", key, tuple(_split_line(way.nodes, self.spots)), (), way.tags)
            for key, way in sorted(self.wall_ways.items())
            if is_near(way.nodes)
        ]
        for key, relation in sorted(self.wall_relations.items()):
            lines: dict[bool, list[tuple[int, ...]]] = {False: [], True: []}
            for kind, ref, role in relation.members:
                if kind == "w" and ref in self.lines:
                    lines[role == "inner"] += _split_line(self.lines[ref], self.spots)
            if is_near(ref for line in (*lines[False], *lines[True]) for ref in line):
                outer, inner = tuple(lines[False]), tuple(lines[True])
                walls.append(OsmWall("relation", key, outer, inner, relation.tags))
        return tuple(wall for wall in walls if wall.outer)

    def _list_outlines(self) -> tuple[OsmOutline, ...]:
        if not self.entrances:
            return ()
        drawn = [
            ("way", way.id, way.nodes, _is_building(way.tags), _is_fence(way.tags))
            for way in (self.wall_ways | self.place_ways).values()
        ]
        whose = {ref: key for key, members in self.building_relations.items() for ref in members}
        for key, relation in self.place_relations.items():
            for kind, ref, role in relation.members:
                if kind == "w" and role in ("outer", ""):
                    whose.setdefault(ref, key)
        for key, rings in _join_rings(whose, self.lines).items():
            drawn += [("relation", key, ring, key in self.building_relations, False) for ring in rings]
        outlines = []
        for kind, key, refs, is_building, is_fence in sorted(drawn):
            present = tuple(ref for ref in refs if ref in self.spots)
            if len(present) > 1:
                line = np.array([self.spots[ref] for ref in present])
                outlines.append(OsmOutline(kind, key, present, line, is_building, is_building or is_fence))
        return tuple(outlines)

    def _find_extent(self, refs: Iterable[int]) -> tuple[float, float, float, float] | None:
        spots = [self.spots[ref] for ref in refs if ref in self.spots]
        if not spots:
            return None
        lons, lats = zip(*spots, strict=True)
        return min(lons), min(lats), max(lons), max(lats)

    def _list_places(self) -> tuple[OsmPlace, ...]:
        places = [
            OsmPlace("node", node.id, node.lon, node.lat, node.tags, node.edited_day)
            for _, node in sorted(self.place_nodes.items())
        ]
        drawn: list[tuple[str, OsmWay | OsmRelation, Iterable[int]]] = [
            ("way", way, way.nodes) for _, way in sorted(self.place_ways.items())
        ]
        for _, relation in sorted(self.place_relations.items()):
            refs = [
                ref for kind, key, _ in relation.members if kind == "w" for ref in self.lines.get(key, ())
            ]
            refs += [key for kind, key, _ in relation.members if kind == "n"]
            drawn.append(("relation", relation, refs))
        for kind, thing, line in drawn:
            extent = self._find_extent(line)
            if extent is not None:
                w, s, e, n = extent
                lon, lat = round((w + e) / 2, 7), round((s + n) / 2, 7)
                places.append(OsmPlace(kind, thing.id, lon, lat, thing.tags, thing.edited_day))
        return tuple(places)

    def _get_day(self, thing: Any, tags: Mapping[str, str]) -> int:
        edited_s = thing.timestamp.timestamp()
        self.newest_s = max(self.newest_s, edited_s)
        for key in _DATE_KEYS:
            day = find_day(tags.get(key, ""))
            if day is not None:
                return day
        return int(edited_s // 86_400) if edited_s > 0 else -1

    def _get_newest(self) -> str | None:
        if self.newest_s <= 0:
            return None
        return datetime.fromtimestamp(self.newest_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def find_day(text: str) -> int | None:
    """Days since 1970-01-01 of ``2026-07-01``, ``2026-07`` or ``2026``; None for anything else."""
    parts = text.strip().split("-")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != 4:
        return None
    try:
        day = (date(*(int(part) for part in parts + ["1"] * (3 - len(parts)))) - _EPOCH).days
    except ValueError:
        return None
    return day if day >= _FIRST_OSM_DAY else None


def _may_carry_people(tags: Mapping[str, str]) -> bool:
    return (
        "highway" in tags
        or tags.get("railway") == "platform"
        or tags.get("public_transport") == "platform"
        or tags.get("indoor") in ("corridor", "area")
        or tags.get("man_made") == "pier"
        or tags.get("place") == "square"
        or tags.get("route") == "ferry"
        or tags.get("foot") in _WALKED_ON_FOOT
    )


def _is_fence(tags: Mapping[str, str]) -> bool:
    return tags.get("barrier", "kerb") != "kerb"


def _is_building(tags: Mapping[str, str]) -> bool:
    return tags.get("building", "no") != "no"


def _is_place(tags: Mapping[str, str]) -> bool:
    if not tags:
        return False
    if not _PLACE_KEYS.isdisjoint(tags) or not _PLACE_TAGS.isdisjoint(tags.items()):
        return True
    return "name" in tags and _NAMELESS_PLACES.isdisjoint(tags)


def _join_rings(
    whose: Mapping[int, int], lines: Mapping[int, tuple[int, ...]]
) -> dict[int, list[tuple[int, ...]]]:
    """The outer rings of relations from the ways they are cut into; what does not close stays open."""
    parts: dict[int, list[tuple[int, ...]]] = {}
    for ref in sorted(whose):
        if len(lines.get(ref, ())) > 1:
            parts.setdefault(whose[ref], []).append(lines[ref])
    rings: dict[int, list[tuple[int, ...]]] = {}
    for key, rest in sorted(parts.items()):
        while rest:
            line = rest.pop(0)
            while line[0] != line[-1]:
                onward = next((part for part in rest if line[-1] in (part[0], part[-1])), None)
                if onward is None:
                    break
                rest.remove(onward)
                line += onward[1:] if onward[0] == line[-1] else onward[-2::-1]
            rings.setdefault(key, []).append(line)
    return rings


def _split_line(refs: Iterable[int], present: Mapping[int, Spot]) -> list[tuple[int, ...]]:
    """Cut a line where nodes are missing: a straight line over the gap would be a way that is not there."""
    lines: list[list[int]] = [[]]
    for ref in refs:
        if ref not in present:
            lines.append([])
        elif not lines[-1] or lines[-1][-1] != ref:
            lines[-1].append(ref)
    return [tuple(line) for line in lines if len(line) > 1]


def get_format(path: Path) -> str:
    """Tell the form of the file (``pbf``, ``osm``, ``osm.gz``, ``osm.bz2``) by its first bytes.

    Raises
    ------
    CityError
        The file is missing, empty, or no OSM file.
    """
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError as error:
        raise CityError("{file} does not exist.", file=path.name) from error
    except IsADirectoryError as error:
        raise CityError("{file} is a folder, not an OSM file.", file=path.name) from error
    except OSError as error:
        raise CityError(
            "{file} cannot be read: {problem}.", file=path.name, problem=error.strerror
        ) from error
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not head:
        raise CityError("{file} is empty.", file=path.name)
    if b"OSMHeader" in head[:32]:
        return "pbf"
    if head.startswith(b"\x1f\x8b"):
        return "osm.gz"
    if head.startswith(b"BZh"):
        return "osm.bz2"
    if text.startswith((b"<!doctype html", b"<html")):
        raise CityError("{file} is a web page, not an OSM file.", file=path.name)
    if text.startswith((b"<?xml", b"<osm", b"<!--")):
        return "osm"
    raise CityError("{file} is not an OSM file (pbf, osm, osm.gz or osm.bz2).", file=path.name)


def word_problem(error: Exception) -> str:
    """What is wrong with the file, in words for the person who has it."""
    text = str(error)
    if any(sign in text for sign in _CUT_OFF):
        return "it is cut off, please download it again"
    if "Unknown top-level element" in text:
        return "it is not an OSM file"
    if "XML parsing error" in text:
        return "it is damaged or not an OSM file"
    return text.rstrip(".")
