"""The survey walk: what to measure where, street by street, in an order that can be walked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from wayfinder.geo import LonLat, get_distance_m

if TYPE_CHECKING:
    from wayfinder.city.report import ProfileReport


@dataclass(frozen=True, slots=True)
class WalkItem:
    """One thing to measure; ``changed`` says how many trips hang on it, by profile."""

    measurement: str
    osm: str
    lon: float
    lat: float
    length_m: float
    changed: dict[str, int]


@dataclass(frozen=True, slots=True)
class WalkStreet:
    """What to measure in one street ("" nameless) of one district ("" in none), in walking order."""

    district: str
    street: str
    trips: int
    items: tuple[WalkItem, ...]


class _Spot(Protocol):
    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


def plan_walk(profiles: Sequence[ProfileReport]) -> tuple[WalkStreet, ...]:
    """Order the most valuable unknowns of all profiles.

    The walk begins in the street most trips hang on, goes on to the nearest street of the same district, and
    within a street from thing to nearest thing; distances are straight lines.
    """
    items: dict[tuple[str, str], WalkItem] = {}
    where: dict[tuple[str, str], tuple[str, str]] = {}
    for profile in profiles:
        for row in profile.unknowns:
            key = (row.measurement, row.osm)
            place = row.place
            item = items.setdefault(
                key, WalkItem(row.measurement, row.osm, place.lon, place.lat, row.length_m, {})
            )
            item.changed[profile.profile] = row.counts[""].changed
            where.setdefault(key, (place.district, place.street))
    streets: dict[tuple[str, str], list[WalkItem]] = {}
    for key in sorted(items):
        streets.setdefault(where[key], []).append(items[key])
    found = [
        WalkStreet(district, street, max(max(item.changed.values()) for item in members), tuple(members))
        for (district, street), members in streets.items()
    ]
    found.sort(key=lambda one: (-one.trips, one.district, one.street))
    walk: list[WalkStreet] = []
    at: LonLat | None = None
    while found:
        district = walk[-1].district if walk else found[0].district
        here = [one for one in found if one.district == district] or found
        street = here[0] if at is None else min(here, key=lambda one: _get_gap_m(at, one.items))
        found.remove(street)
        members = _order(street.items, at)
        walk.append(WalkStreet(street.district, street.street, street.trips, members))
        at = LonLat(members[-1].lon, members[-1].lat)
    return tuple(walk)


def _order(items: Sequence[WalkItem], at: LonLat | None) -> tuple[WalkItem, ...]:
    """From thing to nearest thing; without a place to come from, from the westernmost."""
    left = sorted(items, key=lambda item: (item.lon, item.lat, item.measurement, item.osm))
    ordered: list[WalkItem] = []
    while left:
        item = left[0] if at is None else min(left, key=lambda one: _get_gap_m(at, [one]))
        left.remove(item)
        ordered.append(item)
        at = LonLat(item.lon, item.lat)
    return tuple(ordered)


def _get_gap_m(at: LonLat | None, spots: Sequence[_Spot]) -> float:
    if at is None:
        return math.inf
    return min(get_distance_m(at, LonLat(spot.lon, spot.lat)) for spot in spots)
