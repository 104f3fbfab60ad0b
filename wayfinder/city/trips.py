"""The trips of the city report: from homes to the nearest places people need, drawn with a fixed seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from wayfinder.city.addresses import Addresses
from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.attributes import EdgeAttributes, Kind
from wayfinder.routing.network import Float64, Int64, Network
from wayfinder.routing.osm_records import OsmPlace
from wayfinder.tables import TABLES_FOLDER, read_table

DESTINATIONS_FILE: Final = "destinations.json"
_HOME_ROADS: Final = frozenset({"residential", "living_street"})
"""Carriageways people live at, where a city has (next to) no addresses."""
_LEAST_ADDRESSES_PER_KM: Final = 10.0
"""Of those roads. A German town has several times as many; with fewer, the mapped ones are no sample."""
_HOME_EVERY_M: Final = 25.0


class HomeKind(StrEnum):
    """What stands for the homes; closed, part of the report's JSON."""

    ADDRESSES = "addresses"
    STREETS = "streets"
    """Positions every 25 m along residential streets: the file has too few addresses."""
    WAYS = "ways"
    """Positions every 25 m along all ways: there are no residential streets either."""


@dataclass(frozen=True, slots=True)
class DestinationKind:
    """One row of ``ledger.csv``."""

    name: str
    tags: frozenset[tuple[str, str]]
    share: float
    within_m: float


@dataclass(frozen=True, slots=True)
class Destination:
    """A place trips lead to; ``kind`` names a row of ``ledger.csv``."""

    kind: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Homes:
    """Where trips begin: longitudes and latitudes, float64[h]."""

    kind: HomeKind
    lon: Float64
    lat: Float64


@dataclass(frozen=True, slots=True)
class SampledTrip:
    """A trip to make; `destination` is a kind, ``home`` where a city has no destination of the table."""

    start: LonLat
    goal: LonLat
    destination: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The trips, and how they came about.

    Attributes
    ----------
    too_far
        Draws without a trip: no destination of the kind within its reach on foot.
    """

    homes: Homes
    trips: tuple[SampledTrip, ...]
    too_far: int


HOME: Final = "home"
"""Destination of the last resort: another home."""
_HOME_WITHIN_M: Final = 1500.0


def load_destination_kinds(path: Path = TABLES_FOLDER / "ledger.csv") -> tuple[DestinationKind, ...]:
    """Read where the sampled trips lead.

    Raises
    ------
    TableError
        With file and line.
    """
    columns = ("destination", "tags", "share", "within_m", "source")
    kinds = []
    for row in read_table(path, columns, key=("destination",), filled=columns):
        tags = [tuple(word.split("=", 1)) for word in row.words("tags")]
        if any(len(tag) != 2 for tag in tags):
            row.fail(f"tags are key=value words, not {row['tags']!r}")
        share, within_m = row.number("share") or 0.0, row.number("within_m") or 0.0
        if share <= 0 or within_m <= 0:
            row.fail("share and within_m are above 0")
        kinds.append(
            DestinationKind(row["destination"], frozenset((tag[0], tag[1]) for tag in tags), share, within_m)
        )
    return tuple(kinds)


def list_destinations(
    places: Iterable[OsmPlace], kinds: Sequence[DestinationKind]
) -> tuple[Destination, ...]:
    """The places of an OSM file that trips may lead to; one that is several things stands there as each."""
    return tuple(
        Destination(kind.name, place.lon, place.lat)
        for kind in kinds
        for place in places
        if kind.tags & place.tags.items()
    )


def pack_destinations(destinations: Sequence[Destination]) -> bytes:
    """Destinations as JSON rows: kind, longitude, latitude."""
    return orjson.dumps([[one.kind, one.lon, one.lat] for one in destinations])


def unpack_destinations(content: bytes) -> tuple[Destination, ...]:
    """Undo `pack_destinations`."""
    return tuple(Destination(*row) for row in orjson.loads(content))


def find_homes(addresses: Addresses, network: Network, classes: Sequence[EdgeAttributes]) -> Homes:
    """Addresses; where there are too few, positions along residential streets; else along all ways."""
    road = np.array(
        [edge.kind in (Kind.ROAD, Kind.LIVING_STREET) and edge.carriageway in _HOME_ROADS for edge in classes]
    )
    streets = np.flatnonzero(road[network.arc_class[0::2]])
    street_km = float(network.edge_length_mm[streets].sum(dtype=np.int64)) / 1e6
    numbers = addresses.numbers
    if numbers and len(numbers) >= _LEAST_ADDRESSES_PER_KM * street_km:
        return Homes(
            HomeKind.ADDRESSES,
            np.array([one.lon for one in numbers]),
            np.array([one.lat for one in numbers]),
        )
    if len(streets):
        return Homes(HomeKind.STREETS, *_place_along(network, streets))
    return Homes(HomeKind.WAYS, *_place_along(network, np.flatnonzero(network.edge_length_mm)))


def _place_along(network: Network, edges: Int64) -> tuple[Float64, Float64]:
    """Longitudes and latitudes every `_HOME_EVERY_M` along edges laid end to end."""
    lengths_m = network.edge_length_mm[edges] / 1000.0
    ends = np.cumsum(lengths_m)
    marks = np.arange(_HOME_EVERY_M / 2, ends[-1], _HOME_EVERY_M)
    on = np.searchsorted(ends, marks, side="right")
    lon, lat = np.empty(len(marks)), np.empty(len(marks))
    for at, (edge, share) in enumerate(
        zip(edges[on].tolist(), ((marks - ends[on]) / lengths_m[on] + 1.0).tolist(), strict=True)
    ):
        lon[at], lat[at] = locate_on_edge(network, edge, share)
    return lon, lat


def locate_on_edge(network: Network, edge: int, share: float) -> LonLat:
    """The point after a share (0 to 1) of an edge's line."""
    first, last = network.edge_points[edge], network.edge_points[edge + 1]
    lon = network.point_lon_e7[first:last] / 1e7
    lat = network.point_lat_e7[first:last] / 1e7
    pieces = np.hypot(np.diff(lon) * np.cos(np.radians(lat[0])), np.diff(lat))
    along = np.concatenate([[0.0], np.cumsum(pieces)])
    where = min(max(share, 0.0), 1.0) * along[-1]
    return LonLat(float(np.interp(where, along, lon)), float(np.interp(where, along, lat)))


def draw_trips(
    homes: Homes,
    destinations: Sequence[Destination],
    kinds: Sequence[DestinationKind],
    count: int,
    seed: int,
) -> Sample:
    """Draw trips: each home once before any is drawn again, and the nearest destination of a drawn kind."""
    random = np.random.default_rng(seed)
    spots: Mapping[str, Float64] = {
        kind.name: np.array([[one.lon, one.lat] for one in destinations if one.kind == kind.name])
        for kind in kinds
    }
    offered = [kind for kind in kinds if len(spots[kind.name])]
    shares = np.array([kind.share for kind in offered])
    trips: list[SampledTrip] = []
    too_far = 0
    order = np.zeros(0, dtype=np.int64)
    # twice as many draws as trips: where hardly any destination is in reach, fewer trips are the answer
    for draw in range(2 * count):
        if len(trips) == count:
            break
        if draw % len(homes.lon) == 0:
            order = random.permutation(len(homes.lon))
        home = int(order[draw % len(homes.lon)])
        start = LonLat(float(homes.lon[home]), float(homes.lat[home]))
        if not offered:
            near = np.flatnonzero(
                _get_gaps_m(start, np.column_stack([homes.lon, homes.lat])) <= _HOME_WITHIN_M
            )
            other = int(near[random.integers(len(near))])
            trips.append(SampledTrip(start, LonLat(float(homes.lon[other]), float(homes.lat[other])), HOME))
            continue
        kind = offered[int(random.choice(len(offered), p=shares / shares.sum()))]
        gaps_m = _get_gaps_m(start, spots[kind.name])
        nearest = int(gaps_m.argmin())
        if gaps_m[nearest] > kind.within_m:
            too_far += 1
            continue
        lon, lat = spots[kind.name][nearest].tolist()
        trips.append(SampledTrip(start, LonLat(lon, lat), kind.name))
    return Sample(homes, tuple(trips), too_far)


def _get_gaps_m(start: LonLat, spots: Float64) -> Float64:
    east = (spots[:, 0] - start.lon) * np.cos(np.radians(start.lat))
    gaps: Float64 = np.hypot(east, spots[:, 1] - start.lat) * METRES_PER_DEGREE
    return gaps


def count_kinds(names: Iterable[str]) -> dict[str, int]:
    """How many of each, by name."""
    return dict(sorted(Counter(names).items()))
