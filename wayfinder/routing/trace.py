"""A way through the arrays -> its line, its parts and the facts met on them, in one compiled pass.

Nothing here knows words or limits: parts and facts come out as rows of numbers, which `directions` explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.classes import SLOPE_ATTRIBUTES
from wayfinder.routing.compiled import compiled
from wayfinder.routing.costs import CostTable
from wayfinder.routing.network import Float64, Int8, Int16, Int32, Int64, Network, UInt8, UInt64


class Part(IntEnum):
    """What a kind of edge does to the steps: walked along, a step of its own, or met along the way."""

    WALK = 0
    CROSS = 1
    STEPS = 2
    ESCALATOR = 3
    LIFT = 4
    PASS = 5
    """Gates, doors, turnstiles, and the entrance at an end."""
    MET = 6
    """Kerbs and barriers: they belong to the step they are met on."""
    NOTHING = 7
    ROAD = 8
    """Walked along, among cars."""


class Fact(IntEnum):
    """Why a fact is listed; a set of flags."""

    OVER = 1
    UNSURE = 2
    UNKNOWN = 4
    PLACE = 8
    """Worth saying without any limit: a kerb, steps, a crossing, a lift, a gate."""


# plain numbers for the compiled code
_WALK, _CROSS, _STEPS, _ESCALATOR, _LIFT, _PASS, _MET, _NOTHING, _ROAD = (int(part) for part in Part)
_OVER, _UNSURE, _UNKNOWN, _PLACE = (int(fact) for fact in (Fact.OVER, Fact.UNSURE, Fact.UNKNOWN, Fact.PLACE))

POINT_COUNTS_AS_M: Final = 5
"""Length as which an obstacle counts in ``known_share``."""
BEARING_WITHIN_M: Final = 8.0
"""A turn is measured between the directions over this length before and after it."""
_STRAIGHT_DEG: Final = 22.0
_TURN_DEG: Final = 45.0
_ADOPT_NAME_MM: Final = 30_000
"""A nameless start this short takes the name of the street it leads into straight on."""
_BITS: Final = 64
_SLOPE_ROWS: Final = len(SLOPE_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class FactTables:
    """What the classes of a city (and overlay) are, laid out for the pass; built once per judge.

    Attributes
    ----------
    part, has_place
        uint8[c], a `Part`; bool[c], whether an edge of the class is worth saying by itself.
    low, high
        float64[a + 6, max(c, s)]: values with assumptions filled in; the last rows (`SLOPE_ATTRIBUTES`) by
        slope class.
    bit_attribute
        int8[64]: row of `low` by judgement bit.
    bit_sense
        int8[64]: which value of several is the worst: 1 the highest, -1 the lowest, 0 they must be equal.
    """

    part: UInt8
    has_place: NDArray[np.bool_]
    low: Float64
    high: Float64
    bit_attribute: Int8
    bit_sense: Int8


@dataclass(frozen=True, slots=True)
class Way:
    """A way through the network.

    Attributes
    ----------
    arcs
        int32[k], k at least 1, in the order of travel.
    from_mm, to_mm
        Where on the first arc the way begins and where on the last it ends, in the direction of travel.
    """

    arcs: Int32
    from_mm: int
    to_mm: int


class FactRow(NamedTuple):
    """Something met on a way.

    Attributes
    ----------
    step
        Which step it belongs to.
    bit
        Which row of the judgement speaks of it; `PLACE_BIT` for a place, whose facts follow it, and `GAP_BIT`
        for all that is needed and unknown on the stretches of a step.
    first, worst
        Positions of arcs: where it begins, and where it is worst.
    flags
        Of `Fact`.
    by_slope
        1 where the slope is judged, not the class.
    class_, osm_type, osm_id, as_of_day
        Of the worst arc.
    mask
        Of a gap: the bits of what is unknown.
    """

    step: int
    bit: int
    first: int
    worst: int
    length_mm: int
    flags: int
    by_slope: int
    class_: int
    osm_type: int
    osm_id: int
    as_of_day: int
    mask: int


PLACE_BIT: Final = -1
GAP_BIT: Final = -2


@dataclass(frozen=True, slots=True)
class Trace:
    """A way in numbers.

    Attributes
    ----------
    coordinates
        float64[n, 2], WGS84 degrees, no point twice in a row, at least two points.
    arc_point
        int32[k + 1]: index of the point where arc ``i`` begins; the last is the end.
    arc_used_mm
        int64[k].
    steps
        int64[s, 9]: first arc, end arc, part, name, landmark or -1, arc that gives it its kind, length mm,
        duration µs, class of that arc.
    turns
        float64[s, 2]: turn (left negative, NaN where there is none to speak of) and bearing, degrees.
    facts
        int64[f, 12], the fields of `FactRow`.
    where
        float64[f, 2]: where each fact is met, WGS84 degrees.
    gaps
        float64[g, 5]: needed and unknown: attribute row, low and high that are assumed, length mm, spots.
    length_mm, duration_us
        Totals.
    known_mm, needed_mm
        Length on which everything is known that the profile needs to know there, and on which it needs to
        know anything; an obstacle counts as `POINT_COUNTS_AS_M`.
    """

    coordinates: Float64
    arc_point: Int32
    arc_used_mm: Int64
    steps: Int64
    turns: Float64
    facts: Int64
    where: Float64
    gaps: Float64
    length_mm: int
    duration_us: int
    known_mm: float
    needed_mm: float


def trace_way(
    network: Network,
    arc_class: Int32,
    costs: CostTable,
    tables: FactTables,
    needs_class: NDArray[np.bool_],
    needs_slope: bool,
    lists_unknown: bool,
    way: Way,
) -> Trace:
    """Follow a way once.

    Parameters
    ----------
    arc_class
        int32[2m] of the current overlay.
    needs_class, needs_slope
        bool[c]: whether the profile needs to know anything about a class; whether it needs inclines.
    lists_unknown
        Whether each unknown stretch is a fact of its own; else they are gathered by step.
    """
    masks, durations = costs.look_up(arc_class[way.arcs], network.arc_slope[way.arcs])
    result = _trace(
        network.edge_tail,
        network.edge_head,
        network.edge_length_mm,
        network.edge_name,
        network.edge_incline_percent,
        network.edge_points,
        network.point_lon_e7,
        network.point_lat_e7,
        network.edge_osm_type,
        network.edge_osm_id,
        network.edge_as_of_day,
        network.node_landmark,
        network.out_first,
        network.out_arc,
        network.arc_slope,
        arc_class,
        masks,
        durations,
        tables.part,
        tables.has_place,
        tables.low,
        tables.high,
        tables.bit_attribute,
        tables.bit_sense,
        needs_class,
        needs_slope,
        lists_unknown,
        way.arcs,
        way.from_mm,
        way.to_mm,
    )
    return Trace(*result)


@compiled
def _turn(before: float, after: float) -> float:
    """From one bearing to the next: -180 .. 180, left negative."""
    return (after - before + 540.0) % 360.0 - 180.0


@compiled
def _bearing(coordinates: Float64, first: int, last: int, metres_lon: float, forward: bool) -> float:
    """Bearing over the first (or last) metres from point `first` to `last`, NaN where they are the same."""
    walked = 0.0
    step = 1 if forward else -1
    start, end = (first, last) if forward else (last, first)
    at = start
    while at != end and walked < BEARING_WITHIN_M:
        east = (coordinates[at + step, 0] - coordinates[at, 0]) * metres_lon
        north = (coordinates[at + step, 1] - coordinates[at, 1]) * METRES_PER_DEGREE
        walked += np.hypot(east, north)
        at += step
    if at == start:
        return np.nan
    east = (coordinates[at, 0] - coordinates[start, 0]) * metres_lon * step
    north = (coordinates[at, 1] - coordinates[start, 1]) * step
    return float(np.degrees(np.arctan2(east, north * METRES_PER_DEGREE)) % 360.0)


@compiled
def _push(line: Float64, size: int, lon: float, lat: float) -> int:
    """Add a point, unless the line is there already."""
    if size > 0 and line[size - 1, 0] == lon and line[size - 1, 1] == lat:
        return size
    line[size, 0], line[size, 1] = lon, lat
    return size + 1


@compiled
def _draw(
    edge_length_mm: Int32,
    edge_points: Int64,
    point_lon_e7: Int32,
    point_lat_e7: Int32,
    arcs: Int32,
    from_mm: int,
    to_mm: int,
    arc_point: Int32,
    arc_used_mm: Int64,
) -> Float64:
    """The line of the way; fills in where each arc begins on it and how much of each is walked."""
    most = 2
    for arc in arcs:
        most += 2 * (edge_points[(arc >> 1) + 1] - edge_points[arc >> 1])
    line = np.empty((most, 2))
    size = 0
    for position in range(arcs.shape[0]):
        arc = arcs[position]
        edge = arc >> 1
        length = int(edge_length_mm[edge])
        begin = from_mm if position == 0 else 0
        end = to_mm if position == arcs.shape[0] - 1 else length
        arc_used_mm[position] = max(end - begin, 0)
        first, last = edge_points[edge], edge_points[edge + 1] - 1
        step = -1 if arc & 1 else 1
        start = last if arc & 1 else first
        if begin <= 0 and end >= length:
            for number in range(last - first + 1):
                point = start + step * number
                size = _push(line, size, point_lon_e7[point] / 1e7, point_lat_e7[point] / 1e7)
        else:
            flatten = np.cos(np.radians(point_lat_e7[first] / 1e7))
            total = 0.0
            for point in range(first, last):
                d_lon = np.int64(point_lon_e7[point + 1]) - point_lon_e7[point]
                d_lat = np.int64(point_lat_e7[point + 1]) - point_lat_e7[point]
                total += np.hypot(d_lon * flatten, float(d_lat))
            low, high, walked = begin * total / max(length, 1), end * total / max(length, 1), 0.0
            for number in range(last - first):
                point = start + step * number
                d_lon = np.int64(point_lon_e7[point + step]) - point_lon_e7[point]
                d_lat = np.int64(point_lat_e7[point + step]) - point_lat_e7[point]
                piece = np.hypot(d_lon * flatten, float(d_lat))
                enter, leave = max(low, walked), min(high, walked + piece)
                if piece > 0.0 and enter <= leave:
                    for along in (enter, leave):
                        share = (along - walked) / piece
                        lon, lat = point_lon_e7[point] + share * d_lon, point_lat_e7[point] + share * d_lat
                        size = _push(line, size, np.floor(lon + 0.5) / 1e7, np.floor(lat + 0.5) / 1e7)
                walked += piece
        arc_point[position + 1] = max(size - 1, 0)
    if size == 0:
        edge = arcs[0] >> 1
        size = _push(line, size, point_lon_e7[edge_points[edge]] / 1e7, point_lat_e7[edge_points[edge]] / 1e7)
    if size == 1:
        line[1] = line[0]
        size = 2
    return line[:size]


@compiled
def _find_rival(
    edge_tail: Int32,
    edge_head: Int32,
    edge_length_mm: Int32,
    edge_points: Int64,
    point_lon_e7: Int32,
    point_lat_e7: Int32,
    out_first: Int32,
    out_arc: Int32,
    arcs: Int32,
    before: int,
    after: int,
    bearing: float,
    metres_lon: float,
) -> float:
    """How far the straightest other way turns between arcs `before` and `after`; above 180: there is none."""
    best = 999.0
    for position in range(before, after):
        arc = arcs[position]
        node = edge_tail[arc >> 1] if arc & 1 else edge_head[arc >> 1]
        onwards = arcs[position + 1]
        for place in range(out_first[node], out_first[node + 1]):
            other = out_arc[place]
            edge = other >> 1
            if edge == arc >> 1 or edge == onwards >> 1:
                continue
            if edge_length_mm[edge] == 0:
                best = min(best, 90.0)  # something else leads on from here, nobody can tell which way
                continue
            first, second = edge_points[edge], edge_points[edge] + 1
            if other & 1:
                first, second = edge_points[edge + 1] - 1, edge_points[edge + 1] - 2
            east = (point_lon_e7[second] - point_lon_e7[first]) * metres_lon
            north = (point_lat_e7[second] - point_lat_e7[first]) * METRES_PER_DEGREE
            turn = _turn(bearing, np.degrees(np.arctan2(east, north)) % 360.0)
            best = min(best, abs(turn))
    return best


@compiled
def _assign(arcs: Int32, arc_class: Int32, arc_used_mm: Int64, part: UInt8) -> UInt8:
    """The part each arc plays: stepping onto a carriageway to walk along it is no crossing of it."""
    roles = np.empty(arcs.shape[0], dtype=np.uint8)
    walked = np.uint8(_NOTHING)
    for position in range(arcs.shape[0]):
        role = part[arc_class[arcs[position]]]
        roles[position] = role
        if arc_used_mm[position] > 0:
            walked = role
        elif role == _CROSS and walked == _ROAD:
            roles[position] = _NOTHING
    walked = np.uint8(_NOTHING)
    for position in range(arcs.shape[0] - 1, -1, -1):
        if arc_used_mm[position] > 0:
            walked = roles[position]
            if walked == _ROAD:
                roles[position] = _WALK
        elif roles[position] == _CROSS and walked == _ROAD:
            roles[position] = _NOTHING
    return roles


@compiled
def _note(fact: Int64, step: int, bit: int, position: int, used: int, flags: int, by_slope: int) -> None:
    fact[0], fact[1], fact[2], fact[3] = step, bit, position, position
    fact[4], fact[5], fact[6] = used, flags, by_slope


@compiled
def _list_facts(
    arcs: Int32,
    arc_used_mm: Int64,
    arc_step: Int32,
    arc_class: Int32,
    arc_slope: Int16,
    edge_osm_type: UInt8,
    edge_osm_id: Int64,
    edge_as_of_day: Int32,
    edge_incline_percent: np.ndarray[tuple[int], np.dtype[np.float32]],
    masks: UInt64,
    roles: UInt8,
    has_place: NDArray[np.bool_],
    low: Float64,
    high: Float64,
    bit_attribute: Int8,
    bit_sense: Int8,
    lists_unknown: bool,
    step_count: int,
) -> tuple[Int64, Float64]:
    """The facts met, in order, then those of the gaps; and what is unknown by what is assumed of it."""
    one = np.uint64(1)
    most = 1 + step_count
    for position in range(arcs.shape[0]):
        arc = arcs[position]
        class_, slope = arc_class[arc], arc_slope[arc]
        mask = masks[0, position] | masks[2, position]
        most += 1
        while mask:
            mask &= mask - one
            most += 1
    facts = np.zeros((most, 12), dtype=np.int64)
    # by step, what is unknown on its stretches: mask of bits, length in mm, position of the first arc
    step_gaps = np.zeros((step_count, 3), dtype=np.int64)
    gaps = np.zeros((most, 5))
    size, gap_size = 0, 0
    run = np.full(_BITS, -1, dtype=np.int64)
    counted = np.full(low.shape[0], -1, dtype=np.int64)
    last_step, last_object = -1, np.int64(-1)
    gathered = -1
    slope_row = low.shape[0] - _SLOPE_ROWS
    for position in range(arcs.shape[0]):
        arc = arcs[position]
        class_, slope, used = arc_class[arc], arc_slope[arc], arc_used_mm[position]
        role = roles[position]
        is_place = has_place[class_] and role != _NOTHING
        if used == 0 and not has_place[class_]:
            continue
        if role in (_WALK, _STEPS, _ESCALATOR):
            thing = edge_osm_id[arc >> 1]
            if arc_step[position] != last_step or (is_place and thing != last_object):
                run[:] = -1
            if is_place and thing == last_object and arc_step[position] == last_step:
                is_place = False  # the same steps, cut into several edges
            last_step, last_object = arc_step[position], thing
        if is_place:
            _note(facts[size], arc_step[position], PLACE_BIT, position, used, _PLACE, 0)
            size += 1
        over, unsure, unknown = masks[0, position], masks[1, position], masks[2, position]
        mask = over | unknown
        for bit in range(_BITS):
            flag = one << np.uint64(bit)
            if not mask & flag:
                if used > 0:
                    run[bit] = -1
                continue
            row = bit_attribute[bit]
            by_slope = row >= slope_row
            column = np.int64(slope) if by_slope else np.int64(class_)
            flags = 0
            if over & flag:
                flags |= _OVER
            if unsure & flag:
                flags |= _UNSURE
            if unknown & flag:
                flags |= _UNKNOWN
                if counted[row] != position:
                    counted[row] = position
                    slot = gap_size
                    for other in range(gap_size):
                        if gaps[other, 0] != row:
                            continue
                        from_, to = low[row, column], high[row, column]
                        same = gaps[other, 1] == from_ and gaps[other, 2] == to
                        if same or (np.isnan(gaps[other, 1]) and np.isnan(from_)):
                            slot = other
                    if slot == gap_size:
                        gaps[slot, 0], gaps[slot, 1], gaps[slot, 2] = row, low[row, column], high[row, column]
                        gap_size += 1
                    gaps[slot, 3] += used
                    gaps[slot, 4] += used == 0
            if flags == _UNKNOWN and not lists_unknown and role <= _CROSS and used > 0:
                run[bit] = -1
                step = arc_step[position]
                if step_gaps[step, 0] == 0:
                    step_gaps[step, 2] = position
                step_gaps[step, 0] |= np.int64(flag)
                if gathered != position:
                    gathered = position
                    step_gaps[step, 1] += used
                continue
            at = run[bit]
            if at >= 0 and facts[at, 5] == flags:
                worst = facts[at, 3]
                other_arc = arcs[worst]
                other_column = np.int64(arc_slope[other_arc]) if by_slope else np.int64(arc_class[other_arc])
                here, there = high[row, column], high[row, other_column]
                if bit_sense[bit] < 0:
                    here, there = -low[row, column], -low[row, other_column]
                equal = here == there or (np.isnan(here) and np.isnan(there))
                if bit_sense[bit] != 0 or equal:
                    if by_slope:
                        here = abs(edge_incline_percent[arc >> 1])
                        there = abs(edge_incline_percent[other_arc >> 1])
                    if bit_sense[bit] != 0 and here > there:
                        facts[at, 3] = position
                    facts[at, 4] += used
                    continue
            _note(facts[size], arc_step[position], bit, position, used, flags, int(by_slope))
            run[bit] = size if used > 0 else -1
            size += 1
    for step in range(step_count):
        if step_gaps[step, 0]:
            _note(facts[size], step, GAP_BIT, step_gaps[step, 2], step_gaps[step, 1], _UNKNOWN, 0)
            facts[size, 11] = step_gaps[step, 0]
            size += 1
    for at in range(size):
        arc = arcs[facts[at, 3]]
        facts[at, 7], facts[at, 8] = arc_class[arc], edge_osm_type[arc >> 1]
        facts[at, 9], facts[at, 10] = edge_osm_id[arc >> 1], edge_as_of_day[arc >> 1]
    return facts[:size], gaps[:gap_size]


@compiled
def _trace(
    edge_tail: Int32,
    edge_head: Int32,
    edge_length_mm: Int32,
    edge_name: Int32,
    edge_incline_percent: np.ndarray[tuple[int], np.dtype[np.float32]],
    edge_points: Int64,
    point_lon_e7: Int32,
    point_lat_e7: Int32,
    edge_osm_type: UInt8,
    edge_osm_id: Int64,
    edge_as_of_day: Int32,
    node_landmark: Int32,
    out_first: Int32,
    out_arc: Int32,
    arc_slope: Int16,
    arc_class: Int32,
    masks: UInt64,
    durations: Int64,
    part: UInt8,
    has_place: NDArray[np.bool_],
    low: Float64,
    high: Float64,
    bit_attribute: Int8,
    bit_sense: Int8,
    needs_class: NDArray[np.bool_],
    needs_slope: bool,
    lists_unknown: bool,
    arcs: Int32,
    from_mm: int,
    to_mm: int,
) -> tuple[Float64, Int32, Int64, Int64, Float64, Int64, Float64, Float64, int, int, float, float]:
    count = arcs.shape[0]
    arc_point = np.zeros(count + 1, dtype=np.int32)
    arc_used_mm = np.zeros(count, dtype=np.int64)
    line = _draw(
        edge_length_mm, edge_points, point_lon_e7, point_lat_e7, arcs, from_mm, to_mm, arc_point, arc_used_mm
    )
    roles = _assign(arcs, arc_class, arc_used_mm, part)
    metres_lon = METRES_PER_DEGREE * np.cos(np.radians(line[0, 1]))
    steps = np.zeros((count, 9), dtype=np.int64)
    turns = np.full((count, 2), np.nan)
    arc_step = np.zeros(count, dtype=np.int32)
    size = 0
    last_walked, last_bearing = -1, np.nan
    group, pending = -1, 0
    length_mm, duration_us = np.int64(0), np.int64(0)
    known_mm, needed_mm = 0.0, 0.0
    for position in range(count):
        arc = arcs[position]
        edge, class_, slope, used = arc >> 1, arc_class[arc], arc_slope[arc], arc_used_mm[position]
        role = roles[position]
        length_mm += used
        weight = float(used)
        if used == 0 and role != _WALK:
            weight = POINT_COUNTS_AS_M * 1000.0
        if needs_class[class_] or (needs_slope and slope > 0 and used > 0):
            needed_mm += weight
            if masks[2, position] == 0:
                known_mm += weight
        if role >= _MET:
            continue
        bearing = np.nan
        if used > 0:
            bearing = _bearing(line, arc_point[position], arc_point[position + 1], metres_lon, True)
        turn = np.nan
        if last_walked >= 0 and bearing == bearing and last_bearing == last_bearing:
            turn = _turn(last_bearing, bearing)
        name = edge_name[edge]
        decided = False
        if size == 0 or role != group or role >= _LIFT:
            new = True
        elif role == _WALK:
            rival = 999.0
            if last_walked >= 0:
                rival = _find_rival(
                    edge_tail,
                    edge_head,
                    edge_length_mm,
                    edge_points,
                    point_lon_e7,
                    point_lat_e7,
                    out_first,
                    out_arc,
                    arcs,
                    last_walked,
                    position,
                    last_bearing,
                    metres_lon,
                )
            street = steps[size - 1, 3]
            bend = abs(turn) if turn == turn else 0.0
            renamed = name != 0 and name != street
            if renamed and street == 0 and bend < _STRAIGHT_DEG and steps[size - 1, 6] < _ADOPT_NAME_MM:
                steps[size - 1, 3] = name
                renamed = False
            lost = name == 0 and street != 0 and bend >= _STRAIGHT_DEG
            tempting = bend >= _STRAIGHT_DEG and rival < bend + 15.0
            decided = rival <= 180.0 and (bend >= _TURN_DEG or tempting)
            new = decided or renamed or (lost and rival <= 180.0)
        elif role == _CROSS:
            new = turn == turn and abs(turn) >= _TURN_DEG
        else:  # steps and escalators: another flight the other way is another step
            other = steps[size - 1, 5]
            up = edge_incline_percent[edge] * (-1.0 if arc & 1 else 1.0)
            up_before = edge_incline_percent[arcs[other] >> 1] * (-1.0 if arcs[other] & 1 else 1.0)
            new = (up > 0.0) != (up_before > 0.0) or (up < 0.0) != (up_before < 0.0)
        if new:
            first = position
            if size == 0:
                first = 0
            elif role == _CROSS:
                first = pending
            steps[size, 0] = first
            steps[size, 2] = role
            steps[size, 3] = name
            steps[size, 5] = position
            turns[size, 0] = turn
            turns[size, 1] = bearing if bearing == bearing else last_bearing
            steps[size, 4] = -1
            if size > 0:
                for before in range(max(last_walked, 0), position):
                    node = edge_tail[arcs[before] >> 1] if arcs[before] & 1 else edge_head[arcs[before] >> 1]
                    if node_landmark[node] >= 0:
                        steps[size, 4] = node_landmark[node]
                        break
                steps[size - 1, 1] = first
            size += 1
            group = role
        elif steps[size - 1, 3] == 0:
            steps[size - 1, 3] = name
        steps[size - 1, 6] += used
        if used > 0:
            last_walked = position
            last_bearing = _bearing(line, arc_point[position], arc_point[position + 1], metres_lon, False)
        pending = position + 1
    if size == 0:
        steps[0, 4] = -1
        size = 1
    steps[size - 1, 1] = count
    for step in range(size):
        steps[step, 6] = 0
        steps[step, 8] = arc_class[arcs[steps[step, 5]]]
        for position in range(steps[step, 0], steps[step, 1]):
            arc = arcs[position]
            class_, used = arc_class[arc], arc_used_mm[position]
            arc_step[position] = step
            steps[step, 6] += used
            fixed = durations[1, position]
            whole = edge_length_mm[arc >> 1]
            if whole > 0:
                fixed = fixed * used // whole
            steps[step, 7] += used * durations[0, position] + fixed
        duration_us += steps[step, 7]
    facts, gaps = _list_facts(
        arcs,
        arc_used_mm,
        arc_step,
        arc_class,
        arc_slope,
        edge_osm_type,
        edge_osm_id,
        edge_as_of_day,
        edge_incline_percent,
        masks,
        roles,
        has_place,
        low,
        high,
        bit_attribute,
        bit_sense,
        lists_unknown,
        size,
    )
    where = np.empty((facts.shape[0], 2))
    for at in range(facts.shape[0]):
        where[at] = line[arc_point[facts[at, 2]]]
    return (
        line,
        arc_point,
        arc_used_mm,
        steps[:size],
        turns[:size],
        facts,
        where,
        gaps,
        int(length_mm),
        int(duration_us),
        known_mm,
        needed_mm,
    )
