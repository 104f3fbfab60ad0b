"""Streets, house numbers and named places of a city, from the OSM data into the city folder."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

import orjson

from wayfinder.city.landmarks import find_kind, load_landmark_kinds
from wayfinder.city.nearby import NearestName, get_gap_m, group_near
from wayfinder.routing.osm_records import OsmData, OsmPlace, OsmWay

_SAME_STREET_M: Final = 500.0
"""Ways of one name no further apart are one street; further away it is a street of another village."""
_SAME_PLACE_M: Final = 150.0
"""Places of one name and category no further apart are one, e.g. the platforms of a bus stop."""
_DISTRICTS: Final = frozenset(
    {"suburb", "quarter", "neighbourhood", "village", "hamlet", "town", "city", "borough"}
)
_NOT_A_STREET: Final = frozenset({"bus_stop", "platform", "elevator", "rest_area", "services", "raceway"})
_OTHER_NAMES: Final = ("alt_name", "short_name", "official_name", "loc_name")
_CATEGORY_OF_KEY: Final = {
    "amenity": "amenity",
    "shop": "shop",
    "healthcare": "healthcare",
    "tourism": "tourism",
    "office": "office",
    "railway": "stop",
    "public_transport": "stop",
    "highway": "stop",
    "leisure": "leisure",
    "historic": "historic",
    "craft": "craft",
    "place": "district",
}
_STOPS: Final = frozenset({"stop", "bus_stop", "tram_stop"})
OTHER_CATEGORY: Final = "place"
_RANGE: Final = re.compile(r"(\d{1,4})\s*-\s*(\d{1,4})")
_MOST_IN_A_RANGE: Final = 40


@dataclass(frozen=True, slots=True)
class Street:
    """A street, at a point on it.

    Attributes
    ----------
    district
        Name of the nearest district where the city has several streets of this name, else "".
    osm_type, osm_id
        The way the point lies on; an address where only addresses know the street.
    """

    name: str
    district: str
    lon: float
    lat: float
    osm_type: str
    osm_id: int


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """A house number; ``street`` is an index into the streets, ``number`` as mapped (``12a``, ``12-14``)."""

    street: int
    number: str
    lon: float
    lat: float
    osm_type: str
    osm_id: int


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A named place; ``category`` is one of `list_categories`, ``other_names`` are names people also use."""

    name: str
    category: str
    other_names: tuple[str, ...]
    lon: float
    lat: float
    osm_type: str
    osm_id: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """What the address search knows, in a fixed order."""

    streets: tuple[Street, ...]
    numbers: tuple[HouseNumber, ...]
    places: tuple[NamedPlace, ...]


def list_categories() -> tuple[str, ...]:
    """Every category of a place: keys to be worded by the catalogues."""
    keys = {kind.key for kind in load_landmark_kinds().values()}
    return tuple(sorted(keys | set(_CATEGORY_OF_KEY.values()) | {OTHER_CATEGORY}))


def build_addresses(data: OsmData) -> Addresses:
    """Gather streets, house numbers and named places."""
    streets = _list_streets(data)
    numbers = _list_numbers(data.places, streets)
    return Addresses(tuple(_name_districts(streets, data.places)), numbers, _list_places(data.places))


def split_numbers(number: str) -> tuple[str, ...]:
    """Single house numbers of a mapped one: ``12-16`` is 12, 14 and 16; ``3;5`` is 3, 5; ``12 A`` is 12a."""
    found: list[str] = []
    for part in re.split(r"[;,]", number.lower()):
        span = _RANGE.fullmatch(part.strip())
        if span:
            first, last = int(span[1]), int(span[2])
            if first < last <= first + _MOST_IN_A_RANGE:
                step = 2 if (last - first) % 2 == 0 else 1
                found.extend(str(single) for single in range(first, last + 1, step))
                continue
        plain = re.sub(r"\s+", "", part)
        if plain:
            found.append(plain)
    return tuple(found)


def pack_addresses(addresses: Addresses) -> bytes:
    """Addresses as JSON: lists of rows, the fields in the order of their classes."""
    return orjson.dumps(
        {
            "streets": [astuple(street) for street in addresses.streets],
            "numbers": [astuple(number) for number in addresses.numbers],
            "places": [astuple(place) for place in addresses.places],
        }
    )


def unpack_addresses(content: bytes) -> Addresses:
    """Undo `pack_addresses`.

    Raises
    ------
    ValueError, TypeError, KeyError
        The content is something else.
    """
    table = orjson.loads(content)
    places = ((name, category, tuple(others), *rest) for name, category, others, *rest in table["places"])
    return Addresses(
        tuple(Street(*row) for row in table["streets"]),
        tuple(HouseNumber(*row) for row in table["numbers"]),
        tuple(NamedPlace(*row) for row in places),
    )


def _list_streets(data: OsmData) -> list[Street]:
    by_name: dict[str, list[OsmWay]] = defaultdict(list)
    for way in data.ways:
        name = " ".join(way.tags.get("name", "").split())
        if name and "highway" in way.tags and way.tags["highway"] not in _NOT_A_STREET:
            by_name[name].append(way)
    streets: list[Street] = []
    for name in sorted(by_name):
        for ways in _group_ways(by_name[name], data):
            spots = [(ref, way.id) for way in ways for ref in way.nodes]
            lon = sum(data.nodes[ref].lon for ref, _ in spots) / len(spots)
            lat = sum(data.nodes[ref].lat for ref, _ in spots) / len(spots)
            _, ref, way_id = min(
                (get_gap_m(lon, lat, data.nodes[ref].lon, data.nodes[ref].lat), ref, way_id)
                for ref, way_id in spots
            )
            streets.append(Street(name, "", data.nodes[ref].lon, data.nodes[ref].lat, "way", way_id))
    return streets


def _group_ways(ways: Sequence[OsmWay], data: OsmData) -> list[list[OsmWay]]:
    """Ways of one name, as streets: those within `_SAME_STREET_M` of each other, from one to the next."""
    marks = [
        [
            (data.nodes[ref].lon, data.nodes[ref].lat)
            for ref in (*way.nodes[:: max(1, len(way.nodes) // 4)], way.nodes[-1])
        ]
        for way in ways
    ]
    return [[ways[index] for index in group] for group in group_near(marks, _SAME_STREET_M)]


def _list_numbers(places: Iterable[OsmPlace], streets: list[Street]) -> tuple[HouseNumber, ...]:
    """House numbers at the nearest street of their name; a street only addresses know joins `streets`."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for index, known_street in enumerate(streets):
        by_name[_fold_street(known_street.name)].append(index)
    best: dict[tuple[int, str], tuple[int, OsmPlace]] = {}
    for place in places:
        name = " ".join((place.tags.get("addr:street") or place.tags.get("addr:place") or "").split())
        number = place.tags.get("addr:housenumber", "").strip()
        if not name or not number or len(number) > 20:
            continue
        known = by_name[_fold_street(name)]
        if not known:
            known.append(len(streets))
            streets.append(Street(name, "", place.lon, place.lat, place.type, place.id))
        street = min(known, key=lambda i: get_gap_m(place.lon, place.lat, streets[i].lon, streets[i].lat))
        # The house itself rather than a shop in it.
        rank = 1 if place.tags.keys() & {"shop", "amenity", "office", "craft", "healthcare", "leisure"} else 0
        held = best.get((street, number))
        if held is None or rank < held[0]:
            best[street, number] = (rank, place)
    return tuple(
        HouseNumber(street, number, place.lon, place.lat, place.type, place.id)
        for (street, number), (_, place) in sorted(best.items(), key=lambda item: item[0])
    )


def _fold_street(name: str) -> str:
    return re.sub(r"[^\w]", "", name.casefold()).replace("strasse", "str")


def _name_districts(streets: Sequence[Street], places: Iterable[OsmPlace]) -> Iterable[Street]:
    """Add the nearest district to streets of the same name."""
    districts = NearestName(_list_districts(places))
    named = Counter(_fold_street(street.name) for street in streets)
    for street in streets:
        several = named[_fold_street(street.name)] > 1
        district = districts.find((street.lon, street.lat)) if several else None
        yield replace(street, district=district or "")


def _list_districts(places: Iterable[OsmPlace]) -> list[tuple[tuple[float, float], str]]:
    """Where districts are: mapped ones, else, where the file has none, those that addresses name."""
    mapped: list[tuple[tuple[float, float], str]] = []
    told: list[tuple[tuple[float, float], str]] = []
    for place in places:
        tags, spot = place.tags, (place.lon, place.lat)
        if tags.get("place") in _DISTRICTS and "name" in tags:
            mapped.append((spot, tags["name"]))
        elif name := tags.get("addr:suburb") or tags.get("addr:city"):
            told.append((spot, name))
    return mapped or told


def _list_places(places: Iterable[OsmPlace]) -> tuple[NamedPlace, ...]:
    kinds = load_landmark_kinds()
    found: dict[tuple[str, str], list[NamedPlace]] = defaultdict(list)
    for place in places:
        name = " ".join(place.tags.get("name", "").split())
        if not name:
            continue
        kind = find_kind(place.tags, kinds)
        category = kind.key if kind else _get_category(place.tags)
        others = tuple(place.tags[key] for key in _OTHER_NAMES if key in place.tags)
        named = NamedPlace(name, category, others, place.lon, place.lat, place.type, place.id)
        alike = found[name.casefold(), "stop" if category in _STOPS else category]
        for index, one in enumerate(alike):
            if get_gap_m(place.lon, place.lat, one.lon, one.lat) <= _SAME_PLACE_M:
                if one.category == "stop":
                    alike[index] = named
                break
        else:
            alike.append(named)
    listed = (place for alike in found.values() for place in alike)
    return tuple(sorted(listed, key=lambda place: (place.name, place.osm_type, place.osm_id)))


def _get_category(tags: Mapping[str, str]) -> str:
    return next((word for key, word in _CATEGORY_OF_KEY.items() if key in tags), OTHER_CATEGORY)
