"""Up and down along one way: climb, the steepest stretch, the profile of heights, the gaps between seats.

All of it is of the way as it is walked, not of its arcs: from tags and estimates where the ground is sloped,
from their own tags where there are steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from wayfinder.routing.attributes import EdgeAttributes, Kind
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.compiled import compiled
from wayfinder.routing.network import INCLINE_ORIGINS, Float32, Float64, Int16, Int32, Int64, UInt8
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.trace import Trace, Way

STEP_RISE_M: Final = 0.16
"""Height of a step where only their number is tagged (DIN 18065: 14 to 19 cm in buildings for all)."""
SAME_STEEPNESS_PERCENT: Final = 2.0
"""Neighbouring stretches that are less steep by no more than this belong to the steepest one."""
LEAST_STEEP_PERCENT: Final = 3.0
"""Nobody needs to be told of a stretch that is less steep (DIN 18040-3: up to 3 % is comfortable)."""
PROFILE_EVERY_M: Final = 10.0
"""Points of the profile that are nearer to the last one are left out, but for the last of all."""
_ESTIMATE: Final = INCLINE_ORIGINS.index("estimate")
_STEPS: Final = frozenset({Kind.STEPS, Kind.ESCALATOR})


@dataclass(frozen=True, slots=True)
class Steepest:
    """The steepest stretch of a way.

    Attributes
    ----------
    percent
        In the direction of travel, positive uphill.
    error
        How far off an estimate may be either way, percent; 0 for a tag.
    length_m, from_m
        How long it is, and where it begins.
    """

    percent: float
    error: float
    length_m: float
    from_m: float


@dataclass(frozen=True, slots=True)
class Relief:
    """Up and down along a way.

    Attributes
    ----------
    climb_m, descent_m
        Of known inclines, and of steps whose direction is known; unknown inclines and lifts are not counted.
    known_share, estimated_share
        Share of the sloped length, 0 to 1, whose incline is known at all, and whose incline is an estimate.
    steepest
        None where nothing is known to be steeper than `LEAST_STEEP_PERCENT`.
    profile
        Distance from the start and height of the ground, metres; the height is None on bridges, in tunnels
        and where the terrain says nothing. Empty where the city has no terrain.
    """

    climb_m: float
    descent_m: float
    known_share: float
    estimated_share: float
    steepest: Steepest | None
    profile: tuple[tuple[float, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class RestGap:
    """A stretch without a known seat: where it begins, how long it is, number of the arc it begins on."""

    from_m: float
    length_m: float
    position: int


@dataclass(frozen=True, slots=True)
class Walk:
    """Arcs as they are walked: how much of each (`used_mm`, int64[k]), and from where on it (`from_mm`)."""

    arcs: Int32
    used_mm: Int64
    from_mm: Int64

    @classmethod
    def of(cls, way: Way, trace: Trace) -> Walk:
        """A way that has been traced."""
        from_mm = np.zeros(len(way.arcs), dtype=np.int64)
        from_mm[0] = way.from_mm
        return cls(way.arcs, trace.arc_used_mm, from_mm)


def join_walks(walks: Sequence[Walk]) -> Walk:
    """Several ways, one after the other."""
    if len(walks) == 1:
        return walks[0]
    return Walk(*(np.concatenate([getattr(w, name) for w in walks]) for name in Walk.__slots__))


def measure_relief(graph: CityGraph, overlay: Overlay, walk: Walk) -> Relief:
    """Measure a way."""
    network, arcs, used_mm = graph.network, walk.arcs, walk.used_mm
    climb, descent, sloped, known, estimated, steep, error, length, begin = _measure(
        arcs,
        used_mm,
        network.arc_slope,
        network.slope_error,
        network.edge_incline_percent,
        network.edge_incline_origin,
    )
    classes = overlay.classes
    steps = np.flatnonzero((network.arc_slope[arcs] == 0) & (used_mm > 0))
    if len(steps):
        up_m, down_m = _climb_steps(
            graph, [classes[c] for c in overlay.arc_class[arcs[steps]]], arcs[steps], used_mm[steps]
        )
        climb, descent = climb + up_m, descent + down_m
    steepest = Steepest(steep, error, length, begin) if abs(steep) > LEAST_STEEP_PERCENT else None
    share = 1.0 / sloped if sloped else 0.0
    profile = () if graph.heights is None else _list_profile(graph, graph.heights, walk)
    return Relief(climb, descent, known * share, estimated * share, steepest, profile)


def _climb_steps(
    graph: CityGraph, edges: Sequence[EdgeAttributes], arcs: Int32, used_mm: Int64
) -> tuple[float, float]:
    """Height of the flights, up and down; a flight that is cut into several edges counts once."""
    up_m = down_m = 0.0
    network, last = graph.network, (-1, -1)
    for attributes, arc, used in zip(edges, arcs.tolist(), used_mm.tolist(), strict=True):
        if attributes.kind not in _STEPS:
            continue
        edge = arc >> 1
        incline = float(network.edge_incline_percent[edge]) * (-1.0 if arc & 1 else 1.0)
        flight = (int(network.edge_osm_type[edge]), int(network.edge_osm_id[edge]))
        rise_m = 0.0
        if np.isfinite(incline):
            rise_m = incline * used / 100_000.0
        elif np.isinf(incline) and isinstance(attributes.step_count, float) and flight != last:
            rise_m = float(np.sign(incline)) * attributes.step_count * STEP_RISE_M
        last = flight
        up_m, down_m = up_m + max(rise_m, 0.0), down_m + max(-rise_m, 0.0)
    return up_m, down_m


def list_rest_gaps(graph: CityGraph, walk: Walk, longest_m: float) -> tuple[RestGap, ...]:
    """Stretches of a way longer than `longest_m` without a known place to sit down; its ends count as one."""
    rests, arcs, used_mm, edges = graph.rests, walk.arcs, walk.used_mm, walk.arcs >> 1
    first = np.searchsorted(rests.edge, edges, side="left")
    last = np.searchsorted(rests.edge, edges, side="right")
    begin_mm = np.concatenate([[0], np.cumsum(used_mm)])
    spots_mm = [0]
    for position in np.flatnonzero(last > first).tolist():
        along = rests.along_mm[first[position] : last[position]].astype(np.int64)
        if arcs[position] & 1:
            along = int(graph.network.edge_length_mm[edges[position]]) - along
        along -= walk.from_mm[position]
        on_way = along[(along >= 0) & (along <= used_mm[position])]
        spots_mm += (begin_mm[position] + np.sort(on_way)).tolist()
    spots_mm.append(int(begin_mm[-1]))
    gaps = []
    for start, end in pairwise(spots_mm):
        if end - start > longest_m * 1000.0:
            position = int(np.searchsorted(begin_mm, start, side="right")) - 1
            gaps.append(RestGap(start / 1000.0, (end - start) / 1000.0, min(position, len(arcs) - 1)))
    return tuple(gaps)


def _list_profile(graph: CityGraph, heights: Float32, walk: Walk) -> tuple[tuple[float, float | None], ...]:
    network = graph.network
    found = _draw(
        walk.arcs,
        walk.used_mm,
        walk.from_mm,
        network.edge_length_mm,
        network.edge_points,
        network.point_lon_e7,
        network.point_lat_e7,
        heights,
    )
    return tuple(
        (round(distance, 1), None if height != height else round(height, 1))
        for distance, height in found.tolist()
    )


@compiled
def _measure(
    arcs: Int32,
    used_mm: Int64,
    arc_slope: Int16,
    slope_error: Int16,
    edge_incline_percent: Float32,
    edge_incline_origin: UInt8,
) -> tuple[float, float, float, float, float, float, float, float, float]:
    climb, descent, sloped, known, estimated = 0.0, 0.0, 0.0, 0.0, 0.0
    count = arcs.shape[0]
    steep, at = 0.0, -1
    for position in range(count):
        arc, used = arcs[position], used_mm[position]
        if arc_slope[arc] == 0 or used == 0:
            continue
        sloped += used
        percent = float(edge_incline_percent[arc >> 1])
        if not np.isfinite(percent):
            continue
        known += used
        if edge_incline_origin[arc >> 1] == _ESTIMATE:
            estimated += used
        if arc & 1:
            percent = -percent
        climb += max(percent, 0.0) * used / 100_000.0
        descent += max(-percent, 0.0) * used / 100_000.0
        if abs(percent) > abs(steep):
            steep, at = percent, position
    length, begin, error = 0.0, 0.0, 0.0
    if at >= 0:
        error = slope_error[arc_slope[arcs[at]]] / 10.0
        first, last = at, at
        for step in (-1, 1):
            position = at + step
            while 0 <= position < count:
                arc, used = arcs[position], used_mm[position]
                if used > 0:
                    percent = float(edge_incline_percent[arc >> 1])
                    if arc & 1:
                        percent = -percent
                    alike = abs(percent - steep) <= SAME_STEEPNESS_PERCENT
                    if arc_slope[arc] == 0 or not alike:
                        break
                    first, last = min(first, position), max(last, position)
                position += step
        for position in range(last + 1):
            if position < first:
                begin += used_mm[position] / 1000.0
            else:
                length += used_mm[position] / 1000.0
    return climb, descent, sloped, known, estimated, steep, error, length, begin


@compiled
def _draw(
    arcs: Int32,
    used_mm: Int64,
    from_mm: Int64,
    edge_length_mm: Int32,
    edge_points: Int64,
    point_lon_e7: Int32,
    point_lat_e7: Int32,
    heights: Float32,
) -> Float64:
    """Distance and height of the points of a way, and of its two ends."""
    most = 2
    for arc in arcs:
        most += 2 * (edge_points[(arc >> 1) + 1] - edge_points[arc >> 1])
    found = np.empty((most, 2))
    size, walked = 0, 0.0
    for position in range(arcs.shape[0]):
        arc = arcs[position]
        edge, used = arc >> 1, used_mm[position] / 1000.0
        if used == 0.0:
            continue
        begin = from_mm[position] / 1000.0
        first, last = edge_points[edge], edge_points[edge + 1] - 1
        start, step = (last, -1) if arc & 1 else (first, 1)
        flatten = np.cos(np.radians(point_lat_e7[first] / 1e7))
        total = 0.0
        for point in range(first, last):
            east = (np.int64(point_lon_e7[point + 1]) - point_lon_e7[point]) * flatten
            total += np.hypot(east, float(np.int64(point_lat_e7[point + 1]) - point_lat_e7[point]))
        scale = edge_length_mm[edge] / 1000.0 / total if total > 0.0 else 0.0
        along = 0.0
        for number in range(last - first):
            point = start + step * number
            east = (np.int64(point_lon_e7[point + step]) - point_lon_e7[point]) * flatten
            north = float(np.int64(point_lat_e7[point + step]) - point_lat_e7[point])
            piece = np.hypot(east, north) * scale
            for at in (max(along, begin), min(along + piece, begin + used)):
                if along <= at <= along + piece and begin <= at <= begin + used and piece > 0.0:
                    share = (at - along) / piece
                    here, there = float(heights[point]), float(heights[point + step])
                    found[size, 0] = walked + at - begin
                    found[size, 1] = here + share * (there - here) if 0.0 < share < 1.0 else here
                    if share >= 1.0:
                        found[size, 1] = there
                    size += 1
            along += piece
        walked += used
    return _thin(found[:size])


@compiled
def _thin(found: Float64) -> Float64:
    kept = np.empty_like(found)
    size = 0
    count = found.shape[0]
    for number in range(count):
        distance, height = found[number, 0], found[number, 1]
        is_known = height == height
        if size > 0 and number < count - 1:
            was_known = kept[size - 1, 1] == kept[size - 1, 1]
            near = distance - kept[size - 1, 0] < PROFILE_EVERY_M
            if is_known == was_known and near:
                continue
        if size > 0 and kept[size - 1, 0] == distance and number == count - 1:
            size -= 1
        kept[size, 0], kept[size, 1] = distance, height
        size += 1
    return kept[:size]
