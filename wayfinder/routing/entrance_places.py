"""Which entrance belongs to which place: doors in its own outline, or in that of the building around it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
import shapely

from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.entrance_rules import EntranceReading, EntranceRules, load_entrance_rules
from wayfinder.routing.osm_records import OsmData, OsmNode, OsmOutline, OsmPlace
from wayfinder.routing.tags import Misreadings, read_entrance, read_node

_USES: Final = frozenset(
    {
        "amenity",
        "shop",
        "office",
        "healthcare",
        "craft",
        "tourism",
        "leisure",
        "historic",
        "emergency",
        "club",
    }
)
_HAS_A_DOOR: Final = frozenset({"shop", "office", "healthcare", "craft", "addr:housenumber"})
"""Such a place has an entrance, also where no building is drawn around it."""
_NO_HOUSE: Final = frozenset({"place", "highway", "natural", "landuse", "boundary"})
_SHARED: Final = "main"
"""The main entrance of a building leads to all that is in it; another door to what lies nearest."""


@dataclass(frozen=True, slots=True)
class Door:
    """An entrance of at least one place.

    Attributes
    ----------
    kind
        One of `entrance_rules.KINDS`.
    side
        Where in its building it is, as the eighth of the compass clockwise from north; -1 unknown.
    level
        The only OSM level it is on, or None.
    outline
        The outline it is a part of, or None.
    """

    node: OsmNode
    kind: str
    side: int
    level: float | None
    attributes: EdgeAttributes
    outline: OsmOutline | None


class Doors(NamedTuple):
    """The entrances of places.

    Attributes
    ----------
    doors
        By OSM id.
    of_place
        Place id -> indices into `doors`; nothing where a place has an entrance that nobody has mapped.
    """

    doors: tuple[Door, ...]
    of_place: Mapping[str, tuple[int, ...]]


def find_doors(data: OsmData, misreadings: Misreadings, rules: EntranceRules | None = None) -> Doors:
    """Find the entrances of all places.

    An entrance that has a house number leads to the place of that number only. Of the entrances of a building
    with several places the main ones lead to all, each other to the nearest. Where ways lead on inside
    a building, as in a railway station, its doors are no entrances of what lies in it: the ways go there.

    Parameters
    ----------
    misreadings
        Values not understood are counted in it.
    """
    return _Finder(data, rules or load_entrance_rules()).find(misreadings)


class _Finder:
    def __init__(self, data: OsmData, rules: EntranceRules) -> None:
        self._data = data
        self._read: dict[int, EntranceReading] = {}
        self._nodes = {node.id: node for node in data.entrances}
        for node in data.entrances:
            reading = rules.read(node.tags)
            if reading is not None and (reading.to_place or reading.to_home):
                self._read[node.id] = reading
        self._outline_of: dict[int, OsmOutline] = {}
        self._of_outline: dict[str, list[int]] = defaultdict(list)
        # a building says more of an entrance's side than the grounds it also borders
        for outline in sorted(data.outlines, key=lambda one: not one.is_building):
            for ref in dict.fromkeys(outline.nodes):
                if ref in self._read:
                    self._of_outline[outline.place_id].append(ref)
                    self._outline_of.setdefault(ref, outline)
        self._buildings = [one for one in data.outlines if one.is_building and one.is_closed]
        self._polygons = [shapely.Polygon(one.line) for one in self._buildings]
        self._areas = [polygon.area for polygon in self._polygons]
        self._tree = shapely.STRtree(self._polygons)

    def find(self, misreadings: Misreadings) -> Doors:
        places = [place for place in self._data.places if _is_visited(place)]
        around = self._find_buildings([(place.lon, place.lat) for place in places])
        walked_in = self._list_walked_in()
        inside: dict[tuple[str, bool], list[OsmPlace]] = defaultdict(list)
        for place, building in zip(places, around, strict=True):
            if building is not None and building.place_id != place.place_id:
                inside[building.place_id, _is_home(place)].append(place)
        found: dict[str, list[int]] = {}
        for place, building in zip(places, around, strict=True):
            refs = self._list_own(place)
            if not refs and building is not None and building.place_id != place.place_id:
                if building.place_id in walked_in:
                    continue
                refs = self._share(place, building, inside[building.place_id, _is_home(place)])
            if refs or building is not None or not _HAS_A_DOOR.isdisjoint(place.tags):
                found[place.place_id] = refs
        used = sorted({ref for refs in found.values() for ref in refs})
        number = {ref: index for index, ref in enumerate(used)}
        walked = {ref for way in self._data.ways for ref in way.nodes}
        doors = tuple(self._build(ref, Counter() if ref in walked else misreadings) for ref in used)
        of_place = {
            place: tuple(sorted(number[ref] for ref in refs)) for place, refs in sorted(found.items())
        }
        return Doors(doors, of_place)

    def _list_walked_in(self) -> set[str]:
        """Buildings that ways lead on in."""
        has_doors = {ref for refs in self._of_outline.values() for ref in refs}
        walked = {ref for way in self._data.ways for ref in way.nodes}
        refs = sorted((walked - has_doors) & self._data.nodes.keys())
        around = self._find_buildings(
            [(self._data.nodes[ref].lon, self._data.nodes[ref].lat) for ref in refs], "within"
        )
        return {building.place_id for building in around if building is not None}

    def _find_buildings(
        self, spots: Sequence[tuple[float, float]], how: Literal["intersects", "within"] = "intersects"
    ) -> list[OsmOutline | None]:
        """The building each spot lies in, the smallest of several; ``within`` leaves out its outline."""
        around: list[int] = [-1] * len(spots)
        if spots and self._buildings:
            for at, index in self._tree.query(shapely.points(spots), predicate=how).T.tolist():
                if around[at] < 0 or self._areas[index] < self._areas[around[at]]:
                    around[at] = index
        return [self._buildings[index] if index >= 0 else None for index in around]

    def _list_own(self, place: OsmPlace) -> list[int]:
        if place.type == "node":
            return self._filter(place, [place.id])
        return self._filter(place, self._of_outline.get(place.place_id, ()))

    def _share(self, place: OsmPlace, building: OsmOutline, others: Sequence[OsmPlace]) -> list[int]:
        refs = self._filter(place, self._of_outline.get(building.place_id, ()))
        if len(others) < 2:
            return refs
        return [
            ref
            for ref in refs
            if self._read[ref].kind == _SHARED
            or "addr:housenumber" in self._nodes[ref].tags
            or self._is_nearest(place, ref, others)
        ]

    def _is_nearest(self, place: OsmPlace, ref: int, others: Iterable[OsmPlace]) -> bool:
        door = self._nodes[ref]
        nearest = min(others, key=lambda one: (_get_gap(one, door), one.type, one.id))
        return nearest.place_id == place.place_id

    def _filter(self, place: OsmPlace, refs: Iterable[int]) -> list[int]:
        """Doors that let people to this place, and have no other house number."""
        is_home = _is_home(place)
        kept = []
        for ref in refs:
            reading = self._read.get(ref)
            if reading is None or not (reading.to_home if is_home else reading.to_place):
                continue
            if all(
                _fold(place.tags[key]) == _fold(value)
                for key, value in self._nodes[ref].tags.items()
                if key in ("addr:street", "addr:housenumber") and key in place.tags
            ):
                kept.append(ref)
        return kept

    def _build(self, ref: int, misreadings: Misreadings) -> Door:
        node, outline = self._nodes[ref], self._outline_of.get(ref)
        levels = read_node(node.tags, Counter()).levels
        return Door(
            node=node,
            kind=self._read[ref].kind,
            side=-1 if outline is None or not outline.is_closed else _find_side(outline, node),
            level=levels[0] if levels is not None and levels[0] == levels[1] else None,
            attributes=read_entrance(node.tags, misreadings),
            outline=outline,
        )


def _is_visited(place: OsmPlace) -> bool:
    if not _NO_HOUSE.isdisjoint(place.tags):
        return False
    return "addr:housenumber" in place.tags or "building" in place.tags or not _USES.isdisjoint(place.tags)


def _is_home(place: OsmPlace) -> bool:
    return "addr:housenumber" in place.tags and _USES.isdisjoint(place.tags)


def _get_gap(place: OsmPlace, door: OsmNode) -> float:
    return math.hypot((place.lon - door.lon) * math.cos(math.radians(door.lat)), place.lat - door.lat)


def _find_side(outline: OsmOutline, node: OsmNode) -> int:
    west_south, east_north = np.min(outline.line, axis=0), np.max(outline.line, axis=0)
    middle_lon, middle_lat = ((west_south + east_north) / 2).tolist()
    east = (node.lon - middle_lon) * math.cos(math.radians(middle_lat))
    return round(math.degrees(math.atan2(east, node.lat - middle_lat)) / 45.0) % 8


def _fold(text: str) -> str:
    return text.replace(" ", "").casefold()
