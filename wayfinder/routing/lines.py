"""Lines of segments: along their nodes, or, for a pavement of a road, beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wayfinder.geo import METRES_PER_DEGREE, LonLat, get_distance_m
from wayfinder.routing.osm_records import OsmNode
from wayfinder.routing.pavement_rules import PavementRule, PavementRules
from wayfinder.routing.segments import Segment, WalkableWay
from wayfinder.routing.tags import Side

_SHARPEST_COS: Final = 0.5
"""A line beside a bend keeps its distance until the bend is sharper than 120 degrees."""
_WIDTHS_M: Final = (1.0, 30.0)
"""Tagged widths of a carriageway or pavement outside this range do not move a line."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres to the east and to the north of a place; near enough to the sphere for one street."""

    lon: float
    lat: float
    metres_lon: float

    def locate(self, spot: OsmNode | LonLat) -> tuple[float, float]:
        """East and north of the place, metres."""
        return (spot.lon - self.lon) * self.metres_lon, (spot.lat - self.lat) * METRES_PER_DEGREE

    def get_spot(self, east_m: float, north_m: float) -> LonLat:
        """WGS84 position, rounded as lines are stored."""
        return LonLat(
            round(self.lon + east_m / self.metres_lon, 7), round(self.lat + north_m / METRES_PER_DEGREE, 7)
        )


def build_plane(node: OsmNode) -> Plane:
    """Build the plane around a node."""
    return Plane(node.lon, node.lat, METRES_PER_DEGREE * math.cos(math.radians(node.lat)))


def get_carriageway_m(way: WalkableWay, rules: PavementRules) -> float:
    """Width from kerb to kerb: tagged, else by the table."""
    return find_tagged_width_m(way) or _get_rule(way, rules).carriageway_m


def find_tagged_width_m(way: WalkableWay) -> float | None:
    """Width of the carriageway as tagged; None where it is not, or the tag is the pavement's."""
    reading = way.reading
    if reading.attributes.get("sidewalk") == "yes" and not reading.pavements:
        return None
    return _find_width_m(reading.attributes)


def get_offset_m(way: WalkableWay, side: Side, rules: PavementRules) -> float:
    """How far the middle of a pavement lies beside the middle of its road."""
    pavement_m = _find_width_m(way.reading.get_side(side).attributes) or _get_rule(way, rules).pavement_m
    return (get_carriageway_m(way, rules) + pavement_m) / 2


def draw_line(
    segment: Segment, nodes: Mapping[int, OsmNode], rules: PavementRules, start: LonLat, end: LonLat
) -> tuple[LonLat, ...]:
    """Points of a segment from one end to the other, which may stand beside its nodes."""
    inner = segment.nodes[1:-1]
    if segment.side is None or not inner:
        return (start, *(LonLat(nodes[ref].lon, nodes[ref].lat) for ref in inner), end)
    offset_m = get_offset_m(segment.way, segment.side, rules)
    if segment.side is Side.RIGHT:
        offset_m = -offset_m
    plane = build_plane(nodes[segment.nodes[0]])
    spots = [plane.locate(nodes[ref]) for ref in segment.nodes]
    return (start, *(plane.get_spot(*spot) for spot in _shift(spots, offset_m)), end)


def measure_mm(line: Sequence[LonLat]) -> int:
    """Length of a line, at least 1 mm."""
    return max(round(1000 * sum(get_distance_m(a, b) for a, b in pairwise(line))), 1)


def _shift(spots: Sequence[tuple[float, float]], offset_m: float) -> list[tuple[float, float]]:
    """Put the inner points of a line to its left (`offset_m` above 0) or right."""
    shifted = []
    for (x0, y0), (x1, y1), (x2, y2) in zip(spots, spots[1:], spots[2:], strict=False):
        before, after = math.atan2(y1 - y0, x1 - x0), math.atan2(y2 - y1, x2 - x1)
        half = math.remainder(after - before, math.tau) / 2
        reach_m = offset_m / max(math.cos(half), _SHARPEST_COS)
        shifted.append((x1 - reach_m * math.sin(before + half), y1 + reach_m * math.cos(before + half)))
    return shifted


def _find_width_m(attributes: Mapping[str, object]) -> float | None:
    width_cm = attributes.get("width_cm")
    if not isinstance(width_cm, float | int):
        return None
    low, high = _WIDTHS_M
    return width_cm / 100 if low <= width_cm / 100 <= high else None


def _get_rule(way: WalkableWay, rules: PavementRules) -> PavementRule:
    assert way.road_class is not None  # only roads have pavements
    return rules[way.road_class]
