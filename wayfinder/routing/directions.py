"""A way -> steps and obstacles, free of any language: message keys and parameters for the catalogues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayfinder.routing.attributes import Kind
from wayfinder.routing.city_graph import CityGraph, Landmark
from wayfinder.routing.costs import CostTable
from wayfinder.routing.entrances import Entrance
from wayfinder.routing.judgement import JudgementRow
from wayfinder.routing.network import Float64, Int32
from wayfinder.routing.obstacles import (
    Finding,
    Obstacle,
    ObstacleKind,
    ObstacleLister,
    Source,
    Value,
    get_attribute_name,
    get_knowledge,
    get_needs,
    get_step_direction,
    show_assumed,
    show_limit,
)
from wayfinder.routing.overlay import Closing, Overlay
from wayfinder.routing.profiles import Unknowns
from wayfinder.routing.relief import Relief, RestGap, Walk, join_walks, list_rest_gaps, measure_relief
from wayfinder.routing.trace import Part, Trace, Way, trace_way


class Manoeuvre(StrEnum):
    """What a step begins with; closed, part of the API."""

    DEPART = "depart"
    CONTINUE = "continue"
    SLIGHT_LEFT = "slight_left"
    TURN_LEFT = "turn_left"
    SHARP_LEFT = "sharp_left"
    SLIGHT_RIGHT = "slight_right"
    TURN_RIGHT = "turn_right"
    SHARP_RIGHT = "sharp_right"
    U_TURN = "u_turn"
    CROSS = "cross"
    STEPS_UP = "steps_up"
    STEPS_DOWN = "steps_down"
    STEPS = "steps"
    """Nobody knows whether up or down."""
    ESCALATOR = "escalator"
    LIFT = "lift"
    GATE = "gate"
    DOOR = "door"
    TURNSTILE = "turnstile"
    VIA = "via"
    """A stop on the way."""
    ARRIVE = "arrive"


class Step(NamedTuple):
    """One instruction.

    Attributes
    ----------
    street
        Name of the street, "" where it has none.
    landmark
        What one sees where the step begins.
    bearing_deg
        Direction in which the step begins, 0 north, 90 east.
    turn_deg
        Change of direction where the step begins, negative to the left; None at the start and where there is
        none.
    first_point, last_point
        Indices into the coordinates of the route.
    key, parameters
        Message key and what it needs: ``way`` (kind of way), ``level`` (of a lift, or None).
    """

    manoeuvre: Manoeuvre
    street: str
    landmark: Landmark | None
    distance_m: float
    duration_s: float
    bearing_deg: float
    turn_deg: float | None
    first_point: int
    last_point: int
    key: str
    parameters: Mapping[str, object]
    obstacles: tuple[Obstacle, ...]


class Unknown(NamedTuple):
    """A needed attribute that nobody knows on part of the way: how far, and at how many spots."""

    attribute: str
    distance_m: float
    spots: int


class Assumption(NamedTuple):
    """What was taken for granted where an attribute is unknown."""

    attribute: str
    value: Value
    distance_m: float
    spots: int


@dataclass(frozen=True, slots=True)
class PendingReport:
    """Something on the way that is not certain: an unconfirmed report, or what changes before one has passed.

    Attributes
    ----------
    parameters
        What its message needs: ``kind`` (of edge), ``at`` and ``arrive_at`` (local times) of a change.
    """

    key: str
    lon: float
    lat: float
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A way, explained.

    Attributes
    ----------
    duration_s
        At the person's own pace, waiting included, penalties not.
    relief
        Climb, descent, the steepest stretch and the profile of heights.
    coordinates
        float64[n, 2], n at least 2, WGS84 degrees.
    known_share
        Share of the way, 0 to 1, on which everything is known that the profile needs to know there. Stretches
        where it needs nothing are left out; an obstacle counts as 5 m (`trace.POINT_COUNTS_AS_M`).
    needed_m
        The length (and obstacles) that is a share of.
    unknowns
        The costliest first.
    limits_exceeded
        Obstacles beyond a blocking limit, and unknown ones where the person rejects unknowns.
    """

    label: str
    distance_m: float
    duration_s: float
    relief: Relief
    coordinates: NDArray[np.float64]
    known_share: float
    needed_m: float
    unknowns: tuple[Unknown, ...]
    assumptions: tuple[Assumption, ...]
    limits_exceeded: tuple[Obstacle, ...]
    warnings: tuple[PendingReport, ...]
    steps: tuple[Step, ...]

    @property
    def unknown_m(self) -> float:
        """The part of ``needed_m`` on which something needed is unknown."""
        return (1.0 - self.known_share) * self.needed_m


_PASSES: Final = {
    Kind.GATE: Manoeuvre.GATE,
    Kind.DOOR: Manoeuvre.DOOR,
    Kind.TURNSTILE: Manoeuvre.TURNSTILE,
}
_TURNS: Final = (
    (22.0, Manoeuvre.CONTINUE, Manoeuvre.CONTINUE),
    (45.0, Manoeuvre.SLIGHT_LEFT, Manoeuvre.SLIGHT_RIGHT),
    (120.0, Manoeuvre.TURN_LEFT, Manoeuvre.TURN_RIGHT),
    (165.0, Manoeuvre.SHARP_LEFT, Manoeuvre.SHARP_RIGHT),
)
"""A turn by less than so many degrees is called so to the left and to the right; beyond, it is a U-turn."""


_WALK: Final = int(Part.WALK)
_PARAMETERS: Final[Mapping[Kind, Mapping[str, object]]] = {kind: {"way": kind.value} for kind in Kind}
_KEYS: Final = {manoeuvre: f"step.{manoeuvre}" for manoeuvre in Manoeuvre}


def describe_route(
    graph: CityGraph, overlay: Overlay, costs: CostTable, ways: Sequence[Way], label: str = "recommended"
) -> Route:
    """Explain a way, or several one after the other, to the person whose limits `costs` holds."""
    knowledge = get_knowledge(graph, overlay)
    needs_class, needs_slope = get_needs(knowledge, costs)
    rejects = costs.profile.unknowns is Unknowns.REJECT
    traces = [
        trace_way(
            graph.network, overlay.arc_class, costs, knowledge.tables, needs_class, needs_slope, rejects, way
        )
        for way in ways
    ]
    distance_m = sum(trace.length_mm for trace in traces) / 1000.0
    walk = join_walks([Walk.of(way, trace) for way, trace in zip(ways, traces, strict=True)])
    gaps, first = _list_rest_gaps(graph, costs, walk), 0
    steps: list[Step] = []
    warnings: dict[str, PendingReport] = {}
    closings: dict[Closing, PendingReport] = {}
    elapsed_s = 0.0
    for number, (way, trace) in enumerate(zip(ways, traces, strict=True)):
        obstacles = ObstacleLister(graph, overlay, costs, trace, way.arcs).list_by_step(len(trace.steps))
        if number == 0:
            obstacles[0][:0] = _list_too_far(costs, traces[-1], distance_m)
        _add_rest_gaps(gaps, costs, trace, first, obstacles)
        first += len(way.arcs)
        offset = sum(len(before.coordinates) for before in traces[:number])
        steps += _list_steps(graph, overlay, trace, way.arcs, obstacles, offset)
        is_last = number == len(ways) - 1
        if steps[-1].manoeuvre is not Manoeuvre.ARRIVE:
            steps.append(_arrive(Manoeuvre.ARRIVE if is_last else Manoeuvre.VIA, steps[-1]))
        _add_warnings(warnings, overlay, trace, way.arcs)
        if overlay.timing is not None:
            for closing in overlay.timing.list_closings(overlay, costs, way, elapsed_s):
                closings.setdefault(closing, PendingReport(*closing[:3], closing.parameters))
        elapsed_s += trace.duration_us / 1e6
    unknowns, assumptions = _list_gaps(costs, traces, distance_m, knows_rests=len(graph.rests.edge) > 0)
    known_mm, needed_mm = sum(trace.known_mm for trace in traces), sum(trace.needed_mm for trace in traces)
    return Route(
        label,
        distance_m,
        sum(trace.duration_us for trace in traces) / 1e6,
        measure_relief(graph, overlay, walk),
        traces[0].coordinates if len(traces) == 1 else np.concatenate([t.coordinates for t in traces]),
        known_mm / needed_mm if needed_mm > 0.0 else 1.0,
        needed_mm / 1000.0,
        unknowns,
        assumptions,
        tuple(
            obstacle
            for step in steps
            for obstacle in step.obstacles
            if obstacle.finding.beyond == "block" and obstacle.finding.exceeds is not False
        ),
        (*closings.values(), *warnings.values()),
        tuple(steps),
    )


def _list_steps(
    graph: CityGraph,
    overlay: Overlay,
    trace: Trace,
    way_arcs: Int32,
    obstacles: list[list[Obstacle]],
    offset: int,
) -> list[Step]:
    """The steps of one way; `offset` points of the route come before it."""
    steps: list[Step] = []
    names, landmarks, classes = graph.names, graph.landmarks, overlay.classes
    points = (trace.arc_point + offset).tolist()
    for row, (turn, bearing), met in zip(trace.steps.tolist(), trace.turns.tolist(), obstacles, strict=True):
        first, end, part, name, landmark, kind_at, length_mm, duration_us, class_ = row
        turn_deg = None if turn != turn else turn
        bearing_deg = 0.0 if bearing != bearing else bearing
        kind = classes[class_].kind
        parameters = _PARAMETERS[kind]
        if kind is Kind.ENTRANCE:
            arc = int(way_arcs[kind_at])
            door = graph.entrances.find(int(graph.network.edge_head[arc >> 1]))
            end = Manoeuvre.ARRIVE if steps else Manoeuvre.DEPART
            point = points[kind_at]
            steps.append(_pass_entrance(end, door, point, bearing_deg, tuple(met), duration_us))
            continue
        if part == _WALK:
            manoeuvre = get_turn(turn_deg) if steps else Manoeuvre.DEPART
        else:
            if not steps:
                steps.append(_depart(bearing_deg, names[name], offset))
            manoeuvre = _get_manoeuvre(graph, part, kind, int(way_arcs[kind_at]))
            if part == Part.LIFT:
                level = next((o.details["level_to"] for o in met if "level_to" in o.details), None)
                parameters = {**parameters, "level": level}
        steps.append(
            Step(
                manoeuvre,
                names[name],
                landmarks[landmark] if landmark >= 0 else None,
                length_mm / 1000.0,
                duration_us / 1e6,
                bearing_deg,
                turn_deg,
                points[first],
                points[end],
                _KEYS[manoeuvre],
                parameters,
                tuple(met),
            )
        )
    return steps


def _depart(bearing_deg: float, street: str, point: int) -> Step:
    parameters = {"way": ""}
    key = _KEYS[Manoeuvre.DEPART]
    return Step(
        Manoeuvre.DEPART, street, None, 0.0, 0.0, bearing_deg, None, point, point, key, parameters, ()
    )


def _arrive(manoeuvre: Manoeuvre, last: Step) -> Step:
    point = last.last_point
    return Step(manoeuvre, "", None, 0.0, 0.0, last.bearing_deg, None, point, point, _KEYS[manoeuvre], {}, ())


def _pass_entrance(
    end: Manoeuvre,
    entrance: Entrance | None,
    point: int,
    bearing_deg: float,
    obstacles: tuple[Obstacle, ...],
    duration_us: int,
) -> Step:
    """Arrive at, or leave by, the entrance of a place."""
    parameters: Mapping[str, object] = {"way": ""}
    if entrance is not None:
        parameters = {"way": "", "entrance": entrance.kind, "side": entrance.side}
    return Step(
        end,
        "",
        None,
        0.0,
        duration_us / 1e6,
        bearing_deg,
        None,
        point,
        point,
        _KEYS[end],
        parameters,
        obstacles,
    )


def get_turn(turn_deg: float | None) -> Manoeuvre:
    """What a change of direction is called."""
    if turn_deg is None:
        return Manoeuvre.CONTINUE
    size = abs(turn_deg)
    for limit, left, right in _TURNS:
        if size < limit:
            return left if turn_deg < 0 else right
    return Manoeuvre.U_TURN


def _get_manoeuvre(graph: CityGraph, part: int, kind: Kind, arc: int) -> Manoeuvre:
    if part == Part.STEPS:
        direction = get_step_direction(float(graph.network.edge_incline_percent[arc >> 1]), arc)
        return Manoeuvre(f"steps_{direction}") if direction else Manoeuvre.STEPS
    if part == Part.CROSS:
        return Manoeuvre.CROSS
    if part == Part.ESCALATOR:
        return Manoeuvre.ESCALATOR
    return _PASSES.get(kind, Manoeuvre.LIFT)


def _list_gaps(
    costs: CostTable, traces: Sequence[Trace], distance_m: float, *, knows_rests: bool
) -> tuple[tuple[Unknown, ...], tuple[Assumption, ...]]:
    """What is unknown, the costliest first, and what was assumed instead."""
    lengths: dict[str, list[float]] = {}
    assumed: list[Assumption] = []
    gaps = traces[0].gaps if len(traces) == 1 else _add_up([trace.gaps for trace in traces])
    for number, low, high, length_mm, count in gaps.tolist():
        attribute = get_attribute_name(int(number))
        total = lengths.setdefault(attribute, [0.0, 0.0])
        total[0] += length_mm / 1000.0
        total[1] += count
        value = show_assumed(int(number), low, high)
        if value is not None:
            assumed.append(Assumption(attribute, value, length_mm / 1000.0, int(count)))
    prices, pace = _list_prices(costs.rows, costs.needed), costs.profile.speed_mps

    def price(attribute: str) -> float:
        percent, seconds = prices.get(attribute, (0.0, 0.0))
        length_m, count = lengths[attribute]
        return percent / 100.0 * length_m / pace + seconds * max(count, 1.0 if length_m else 0.0)

    unknowns = [
        Unknown(name, lengths[name][0], int(lengths[name][1]))
        for name in sorted(lengths, key=price, reverse=True)
    ]
    rest = costs.profile.limits.get("rest_every_m")
    if rest is not None and isinstance(rest.value, float) and distance_m > rest.value and not knows_rests:
        # where not a single seat of the city is mapped nothing is known of this way either
        unknowns.append(Unknown("rest_every_m", distance_m, 0))
    assumed.sort(key=lambda item: price(item.attribute), reverse=True)
    return tuple(unknowns), tuple(assumed)


def _add_up(gaps: Sequence[Float64]) -> Float64:
    """The gaps of several ways, those that are assumed to be the same added up."""
    added: dict[bytes, Float64] = {}
    for gap in np.concatenate(gaps):
        known = added.setdefault(gap[:3].tobytes(), np.concatenate([gap[:3], np.zeros(2)]))
        known[3:] += gap[3:]
    return np.array(list(added.values())).reshape(-1, 5)


@lru_cache(maxsize=64)
def _list_prices(
    rows: tuple[JudgementRow, ...], needed: tuple[int, ...]
) -> Mapping[str, tuple[float, float]]:
    """What not knowing an attribute costs at most: percent, and seconds."""
    prices: dict[str, tuple[float, float]] = {}
    for bit in needed:
        row = rows[bit]
        percent, seconds = prices.get(row.attribute, (0.0, 0.0))
        prices[row.attribute] = (max(percent, row.unknown_percent), max(seconds, row.unknown_s))
    return prices


def _list_too_far(costs: CostTable, trace: Trace, distance_m: float) -> list[Obstacle]:
    """The excess of a way that is too long, said of its end."""
    limit = costs.profile.limits.get("distance_max_m")
    if limit is None or not isinstance(limit.value, float) or distance_m <= limit.value:
        return []
    lon, lat = trace.coordinates[-1].tolist()
    finding = Finding(
        kind=ObstacleKind.DISTANCE,
        direction=None,
        value=round(distance_m),
        unit="m",
        limit_name="distance_max_m",
        exceeds=True,
        beyond=limit.beyond.value,
        certain=True,
        attribute="distance",
    )
    return [Obstacle(finding, limit.value, Source.OSM, -1, None, lon, lat, 0.0)]


def _list_rest_gaps(graph: CityGraph, costs: CostTable, walk: Walk) -> Sequence[RestGap]:
    """Each stretch without a known seat that is longer than the person wishes."""
    limit = costs.profile.limits.get("rest_every_m")
    if limit is None or not isinstance(limit.value, float) or not len(graph.rests.edge):
        return ()
    return list_rest_gaps(graph, walk, limit.value)


def _add_rest_gaps(
    gaps: Sequence[RestGap], costs: CostTable, trace: Trace, first: int, obstacles: list[list[Obstacle]]
) -> None:
    """Name the gaps that begin on a way, where they begin; its arcs are those from `first` on."""
    limit = costs.profile.limits.get("rest_every_m")
    for gap in gaps:
        position = gap.position - first
        if limit is None or not 0 <= position < len(trace.arc_used_mm):
            continue
        step = int(np.searchsorted(trace.steps[:, 0], position, side="right")) - 1
        lon, lat = trace.coordinates[trace.arc_point[position]].tolist()
        finding = Finding(
            kind=ObstacleKind.REST,
            direction=None,
            value=round(gap.length_m),
            unit="m",
            limit_name="rest_every_m",
            exceeds=True,
            beyond=limit.beyond.value,
            certain=False,
            attribute="distance_to_rest_m",
        )
        obstacles[max(step, 0)].append(
            Obstacle(finding, show_limit(limit.value), Source.OSM, -1, None, lon, lat, 0.0)
        )


def _add_warnings(found: dict[str, PendingReport], overlay: Overlay, trace: Trace, arcs: Int32) -> None:
    if not overlay.warnings:
        return
    for position, arc in enumerate(arcs.tolist()):
        key = overlay.warnings.get(arc)
        if key is not None and key not in found:
            lon, lat = trace.coordinates[trace.arc_point[position]].tolist()
            found[key] = PendingReport(key, lon, lat)
