"""Where pavements meet: the corners around a node of a road that has pavements of its own.

Around such a node the carriageways that leave it (its *arms*) part the ground into *corners*, as the houses
of a crossroads do. Whoever stands on one corner gets to the pavements of both arms beside it without stepping
off a kerb; to any other corner one crosses an arm.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final

from wayfinder.geo import LonLat
from wayfinder.routing.attributes import Kind
from wayfinder.routing.lines import Plane, build_plane, get_carriageway_m, get_offset_m
from wayfinder.routing.pavement_rules import PavementRules
from wayfinder.routing.segments import (
    CARRIAGEWAY_KINDS,
    NEAR_ROAD_MM,
    Segment,
    Streets,
    Stub,
    WalkableWay,
    list_stubs,
)
from wayfinder.routing.tags import Side

_LEAST_SINE: Final = 0.34
"""Arms that go on straighter than 20 degrees have no corner point; the pavement passes beside the node."""
_MOST_OFFSETS: Final = 2.5
"""A corner of a sharp angle is cut off this many offsets from the node."""
_MOST_REACH: Final = 0.45
"""Along an arm, a corner stays on its own half of the way to the next point."""


@dataclass(slots=True)
class Arm:
    """A carriageway that leaves a node.

    Attributes
    ----------
    east, north
        Its direction, of length 1.
    reach_m
        Distance to its next point; infinite for an arm that is not there.
    road
        Its class.
    way
        None where nobody may walk along it.
    centre
        Its segment end, where it is walked along itself.
    pavements
        Segment ends of its pavements: clockwise and counterclockwise of it, as seen from the node.
    is_end
        No arm at all: the only road of the node ends, and this is where it would go on.
    """

    east: float
    north: float
    reach_m: float
    road: str
    way: WalkableWay | None = None
    centre: Stub | None = None
    pavements: dict[bool, Stub] = field(default_factory=dict)
    is_end: bool = False

    def get_side(self, *, is_ccw: bool, starts_here: bool) -> Side:
        """Side of its way that lies counterclockwise (or clockwise) of the arm."""
        return Side.LEFT if is_ccw == starts_here else Side.RIGHT


@dataclass(slots=True)
class Corner:
    """The ground between two arms.

    Attributes
    ----------
    spot, foot
        Where the pavements meet, and where one steps off them.
    pavements, walks, approaches
        Segment ends: pavements of the arms, and links; other ways, and driveways; crossings and what else
        comes in at the level of the carriageway, with its kerb behind it.
    is_linked
        Pavements lead to the outer end of every approach.
    """

    spot: LonLat
    foot: LonLat
    pavements: list[Stub] = field(default_factory=list)
    walks: list[Stub] = field(default_factory=list)
    approaches: list[Stub] = field(default_factory=list)
    is_linked: bool = False

    @property
    def is_empty(self) -> bool:
        """Nobody gets here."""
        return not (self.pavements or self.walks or self.approaches)

    @property
    def leads_nowhere(self) -> bool:
        """No pavement goes on here: it ends, or a way comes in where none is; one has to cross."""
        return not self.pavements or len(self.pavements) + len(self.walks) + len(self.approaches) == 1


@dataclass(frozen=True, slots=True)
class Crossroads:
    """A node with pavements around it; ``corners[i]`` lies between ``arms[i]`` and the next counterclockwise.

    Attributes
    ----------
    is_junction
        Streets meet here, or the only one ends.
    """

    node: int
    arms: tuple[Arm, ...]
    corners: tuple[Corner, ...]
    is_junction: bool


def find_crossroads(streets: Streets, rules: PavementRules) -> tuple[Streets, dict[int, Crossroads]]:
    """Find the corners of all nodes that pavements of roads lead to, and link them with mapped crossings.

    Returns
    -------
    streets, crossroads
        The streets with a segment more for each link; crossroads by OSM node id.
    """
    nodes = {
        ref
        for segment in streets.segments
        if segment.side
        for ref in segment.nodes[:: len(segment.nodes) - 1]
    }
    unwalked: dict[int, list[tuple[int, str]]] = {}
    for line, road in streets.unwalked_lines:
        for place, ref in enumerate(line):
            if ref in nodes:
                beside = [line[other] for other in (place - 1, place + 1) if 0 <= other < len(line)]
                unwalked.setdefault(ref, []).extend(
                    (other, road) for other in beside if other in streets.nodes
                )
    squares: dict[tuple[int, int], set[int]] = {}
    for segment in streets.segments:
        if segment.way.is_area:
            squares.setdefault((segment.way.osm_type, segment.way.osm_id), set()).update(segment.nodes)
    crossroads = {
        node: _build_crossroads(streets, rules, node, unwalked.get(node, ()), squares)
        for node in sorted(nodes)
    }
    return _link(streets, crossroads), crossroads


def _build_crossroads(
    streets: Streets,
    rules: PavementRules,
    node: int,
    unwalked: Iterable[tuple[int, str]],
    squares: Mapping[tuple[int, int], Set[int]],
) -> Crossroads:
    plane = build_plane(streets.nodes[node])
    found: dict[tuple[int, int, int], Arm] = {}
    others: list[Stub] = []
    roads = 0
    for stub in streets.group_by_side(node):
        segment = streets.segments[stub.segment]
        way, is_centre = segment.way, segment.side is None
        if way.kind not in CARRIAGEWAY_KINDS or way.road_class is None:
            others.append(stub)
            continue
        towards = segment.nodes[-2] if stub.end else segment.nodes[1]
        if is_centre and rules[way.road_class].is_level:
            others.append(stub)
            roads += not rules[way.road_class].is_driveway
            continue
        identity = (way.osm_type, way.osm_id, towards)
        if identity not in found:
            found[identity] = _build_arm(streets, plane, towards, way.road_class)
            found[identity].way = way
        if segment.side is None:
            found[identity].centre = stub
        else:
            found[identity].pavements[(segment.side is Side.LEFT) == (stub.end == 0)] = stub
    arms = list(found.values())
    for towards, road in unwalked:
        if not rules[road].is_level:
            arms.append(_build_arm(streets, plane, towards, road))
    roads += len(arms)
    if len(arms) == 1:
        arm = arms[0]
        arms.append(Arm(-arm.east, -arm.north, math.inf, arm.road, arm.way, is_end=True))
    arms.sort(key=lambda arm: (_get_angle(arm.east, arm.north), arm.road))
    corners = tuple(
        Corner(*_find_spots(rules, plane, arm, after))
        for arm, after in zip(arms, arms[1:] + arms[:1], strict=True)
    )
    for index, arm in enumerate(arms):
        for is_ccw, stub in sorted(arm.pavements.items()):
            corners[index if is_ccw else index - 1].pavements.append(stub)
    angles = [_get_angle(arm.east, arm.north) for arm in arms]
    for stub in others:
        corner = corners[bisect_right(angles, _get_angle(*_get_direction(streets, plane, stub, squares))) - 1]
        (corner.approaches if _is_approach(streets, stub) else corner.walks).append(stub)
    return Crossroads(node, tuple(arms), corners, roads != 2)


def _build_arm(streets: Streets, plane: Plane, towards: int, road: str) -> Arm:
    east, north = plane.locate(streets.nodes[towards])
    reach_m = math.hypot(east, north)
    return Arm(east / reach_m, north / reach_m, reach_m, road) if reach_m else Arm(1.0, 0.0, 0.0, road)


def _get_angle(east: float, north: float) -> float:
    return math.atan2(north, east) % math.tau


def _get_direction(
    streets: Streets, plane: Plane, stub: Stub, squares: Mapping[tuple[int, int], Set[int]]
) -> tuple[float, float]:
    """Where a way leads to; a line over a square, maybe along the road, lies where the square does."""
    segment = streets.segments[stub.segment]
    if segment.way.is_area:
        refs = sorted(squares[segment.way.osm_type, segment.way.osm_id])
        spots = [plane.locate(streets.nodes[ref]) for ref in refs]
        return sum(east for east, _ in spots) / len(spots), sum(north for _, north in spots) / len(spots)
    return plane.locate(streets.nodes[segment.nodes[-2] if stub.end else segment.nodes[1]])


def _is_approach(streets: Streets, stub: Stub) -> bool:
    kind = streets.get_kind(stub)
    if kind in CARRIAGEWAY_KINDS:
        return False
    return kind == Kind.CROSSING or streets.finds_kerb_within(stub, NEAR_ROAD_MM)


def _find_spots(rules: PavementRules, plane: Plane, arm: Arm, after: Arm) -> tuple[LonLat, LonLat]:
    """Where the pavements of two arms meet, and their kerbs."""
    ones, others = _list_offsets(rules, arm, is_ccw=True), _list_offsets(rules, after, is_ccw=False)
    ones, others = others if arm.is_end else ones, ones if after.is_end else others
    spot, foot = (_find_spot(plane, arm, after, *offsets) for offsets in zip(ones, others, strict=True))
    return spot, foot


def _find_spot(plane: Plane, arm: Arm, after: Arm, one: float, other: float) -> LonLat:
    """Where lines so many metres beside both arms meet, as far as the arms reach."""
    sine = arm.east * after.north - arm.north * after.east
    if abs(sine) >= _LEAST_SINE:
        # The point east, north with -arm.north * east + arm.east * north = one, and so on.
        east = (one * after.east + other * arm.east) / sine
        north = (one * after.north + other * arm.north) / sine
    else:
        east = (other * after.north - one * arm.north) / 2
        north = (one * arm.east - other * after.east) / 2
    size, most = math.hypot(east, north), _MOST_OFFSETS * max(one, other)
    if size > most:
        east, north = east * most / size, north * most / size
    for side in (arm, after):
        excess_m = east * side.east + north * side.north - _MOST_REACH * side.reach_m
        if excess_m > 0:
            east, north = east - excess_m * side.east, north - excess_m * side.north
    return plane.get_spot(east, north)


def _list_offsets(rules: PavementRules, arm: Arm, *, is_ccw: bool) -> tuple[float, float]:
    """How far the middle of the pavement and the kerb lie beside the middle of an arm, metres."""
    rule, stub = rules[arm.road], arm.pavements.get(is_ccw)
    if arm.way is None:
        return (rule.carriageway_m + rule.pavement_m) / 2, rule.carriageway_m / 2
    carriageway_m = get_carriageway_m(arm.way, rules)
    if stub is None:
        return (carriageway_m + rule.pavement_m) / 2, carriageway_m / 2
    side = arm.get_side(is_ccw=is_ccw, starts_here=stub.end == 0)
    return get_offset_m(arm.way, side, rules), carriageway_m / 2


# -------------------------------------------------------------------- links


def _link(streets: Streets, crossroads: Mapping[int, Crossroads]) -> Streets:
    """Lead pavements to the outer ends of mapped crossings: there is the kerb, not on the carriageway."""
    segments, lengths_mm = list(streets.segments), list(streets.length_mm)
    ordinals = Counter((segment.way.osm_type, segment.way.osm_id) for segment in segments)
    for place in crossroads.values():
        if streets.get_reading(place.node).kerb_cm is not None:
            continue
        for corner in place.corners:
            if not corner.pavements or not corner.approaches:
                continue
            along = segments[corner.pavements[0].segment]
            ends = [_find_outer_end(streets, stub) for stub in corner.approaches]
            corner.is_linked = None not in ends
            for end, length_mm in dict.fromkeys(end for end in ends if end is not None):
                identity = (along.way.osm_type, along.way.osm_id)
                corner.pavements.append(Stub(len(segments), 0))
                segments.append(
                    Segment(
                        along.way,
                        ordinals[identity],
                        (place.node, end),
                        math.nan,
                        math.nan,
                        is_first=False,
                        is_last=False,
                        side=along.side,
                        is_link=True,
                    )
                )
                lengths_mm.append(length_mm)
                ordinals[identity] += 1
    return replace(streets, segments=segments, length_mm=lengths_mm, stubs=list_stubs(segments))


def _find_outer_end(streets: Streets, stub: Stub) -> tuple[int, int] | None:
    """Node at which an approach begins, and its distance; None where it is far off or leads over a road."""
    kind, length_mm = streets.get_kind(stub), 0
    while True:
        length_mm += streets.length_mm[stub.segment]
        far = Stub(stub.segment, 1 - stub.end)
        node = streets.get_node(far)
        if length_mm > NEAR_ROAD_MM or node in streets.crossed_class:
            return None
        if kind != Kind.CROSSING and streets.get_reading(node).kerb_cm is not None:
            return node, length_mm
        onward: Sequence[Stub] = [other for other in streets.stubs[node] if other != far]
        if len(onward) != 1 or (kind == Kind.CROSSING) != (streets.get_kind(onward[0]) == Kind.CROSSING):
            return (node, length_mm) if kind == Kind.CROSSING else None
        stub = onward[0]
