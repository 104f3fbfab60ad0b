"""Inclines estimated from a terrain model, over a window along connected way, where no tag says them.

A way is cut where its slope changes, so that no steep stretch is averaged away by a flat one beside it. A
piece shorter than the window takes the window of the way it is part of. Ways off the ground (bridges,
tunnels, roofs, platforms) get no estimate, and neither does anything beside a hole or an edge of the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.attributes import OTHER, WAY_KINDS
from wayfinder.routing.network import Float32, Float64, Network
from wayfinder.routing.osm_records import OsmNode
from wayfinder.routing.segments import Estimate, WalkableWay

LEAST_WINDOW_M: Final = 20.0
"""No estimate is made over less (cost-model: Network)."""
WINDOW_CELLS: Final = 2.0
"""A window spans at least so many cells of the model: less would measure how the cells are joined."""
SAME_SLOPE_PERCENT: Final = 2.0
"""Pieces of a way whose slopes differ by less are one piece."""
STEEPEST_PERCENT: Final = 40.0
"""Steeper is a wall, a cutting or a fault of the model: the steepest streets there are have 35 %."""
HEIGHT_ERROR_M: Final = 0.2
HEIGHT_ERROR_PER_CELL: Final = 0.03
"""Error of the difference in height between two ends of a window: at least so much, and so much per metre of
cell (Wegweiser: compared with the tagged inclines of Bad Wildbad, see ADR 14)."""
ERROR_GRID: Final = 5
"""Estimates are judged on a grid of half percents (in tenths): more would be precision nobody measured."""
_SNAP_SHARE: Final = 0.25
_TINY_M: Final = 0.05
_STRAIGHT: Final = math.cos(math.radians(60.0))


class Terrain(Protocol):
    """Port: heights of the ground.

    Attributes
    ----------
    cell_m
        Size of a cell (the larger side), metres.
    step_m
        Smallest difference in height the model can say, metres.
    """

    cell_m: float
    step_m: float

    def get_heights(self, lon: Float64, lat: Float64) -> Float64:
        """Heights in metres at WGS84 degrees; NaN outside, and beside cells without data."""
        ...

    def covers(self, lon: Float64, lat: Float64) -> NDArray[np.bool_]:
        """Which positions lie inside the model, with or without data."""
        ...


@dataclass(slots=True)
class SlopeCounts:
    """Where the incline of the ways comes from, in metres: tagged, estimated, or why it is not estimated.

    `outside` the model, `no_data` (holes and edges), `off_ground` (bridges, tunnels ...), `too_short` (no
    window), `implausible` (steeper than `STEEPEST_PERCENT`, or against the direction that is tagged).
    """

    tagged: float = 0.0
    estimated: float = 0.0
    outside: float = 0.0
    no_data: float = 0.0
    off_ground: float = 0.0
    too_short: float = 0.0
    implausible: float = 0.0


@dataclass(frozen=True, slots=True)
class _Line:
    """A way with what is known of the ground below it.

    ``at_m`` float64[k]: where its nodes lie along it. ``sample_m``, ``height_m`` float64[s]: samples.
    """

    x: Float64
    y: Float64
    at_m: Float64
    sample_m: Float64
    height_m: Float64

    @property
    def length_m(self) -> float:
        return float(self.at_m[-1])


@dataclass(slots=True)
class SlopeEstimator:
    """Estimates inclines of the pieces of ways.

    Attributes
    ----------
    off_ground
        OSM type and id of the ways off the ground.
    counts
        What became of the ways, in metres.
    window_m, error_percent
        What an estimate is made over, and how far off it may be.
    """

    terrain: Terrain
    off_ground: set[tuple[int, int]] = field(default_factory=set)
    counts: SlopeCounts = field(default_factory=SlopeCounts)
    window_m: float = LEAST_WINDOW_M
    error_percent: float = 0.0
    _ways: list[WalkableWay] = field(default_factory=list)
    _nodes: Mapping[int, OsmNode] = field(default_factory=dict)
    _added: dict[int, OsmNode] = field(default_factory=dict)
    _lowest_ref: int = 0
    _breaks: set[int] = field(default_factory=set)
    _flatten: float = METRES_PER_DEGREE
    _lines: dict[int, _Line] = field(default_factory=dict)
    _at_node: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        terrain = self.terrain
        self.window_m = max(LEAST_WINDOW_M, WINDOW_CELLS * terrain.cell_m)
        error_m = math.hypot(max(HEIGHT_ERROR_M, HEIGHT_ERROR_PER_CELL * terrain.cell_m), terrain.step_m)
        self.error_percent = math.ceil(error_m / self.window_m * 1000 / ERROR_GRID) * ERROR_GRID / 10

    def refine(
        self, ways: Sequence[WalkableWay], nodes: Mapping[int, OsmNode]
    ) -> tuple[list[WalkableWay], Mapping[int, OsmNode], Set[int]]:
        """Find where the slope of ways changes.

        Returns
        -------
        ways
            With nodes put in where the slope changes and none is near (ids below 0).
        nodes
            With the new ones.
        breaks
            Ids of the nodes to cut at.
        """
        self._ways, self._nodes = list(ways), nodes
        self._lowest_ref = min(0, min(nodes, default=0))
        self._sample()
        self._break()
        return self._ways, {**nodes, **self._added} if self._added else nodes, self._breaks

    def _sample(self) -> None:
        ground = [index for index, way in enumerate(self._ways) if way.kind in WAY_KINDS and way.is_on_ground]
        raised = {ref for way in self._ways if not way.is_on_ground for ref in way.nodes}
        self.off_ground = {(way.osm_type, way.osm_id) for way in self._ways if not way.is_on_ground}
        if not ground:
            return
        refs = sorted({ref for index in ground for ref in self._ways[index].nodes})
        lon = np.array([self._nodes[ref].lon for ref in refs])
        lat = np.array([self._nodes[ref].lat for ref in refs])
        flatten = self._flatten = METRES_PER_DEGREE * math.cos(math.radians(float(np.median(lat))))
        index_of = {ref: index for index, ref in enumerate(refs)}
        x, y = lon * flatten, lat * METRES_PER_DEGREE
        drawn, samples = [], []
        for index in ground:
            place = [index_of[ref] for ref in self._ways[index].nodes]
            way_x, way_y = x[place], y[place]
            at_m = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(way_x), np.diff(way_y)))])
            sample_m = np.linspace(0.0, at_m[-1], 2 + int(at_m[-1] * 4.0 / self.window_m))
            drawn.append((way_x, way_y, at_m, sample_m))
            samples.append((np.interp(sample_m, at_m, way_x), np.interp(sample_m, at_m, way_y)))
        all_x, all_y = (np.concatenate(parts) for parts in zip(*samples, strict=True))
        height = self.terrain.get_heights(all_x / flatten, all_y / METRES_PER_DEGREE)
        first = 0
        for index, (way_x, way_y, at_m, sample_m) in zip(ground, drawn, strict=True):
            found = height[first : first + len(sample_m)].copy()
            first += len(sample_m)
            for number, ref in enumerate(self._ways[index].nodes):
                if ref in raised:  # the end of a bridge: the ground is about to fall away
                    found[np.abs(sample_m - at_m[number]) < self.terrain.cell_m] = np.nan
                self._at_node.setdefault(ref, []).append((index, number))
            self._lines[index] = _Line(way_x, way_y, at_m, sample_m, found)

    def _break(self) -> None:
        """Cut ways without a known incline where their slope changes."""
        for index, line in self._lines.items():
            way = self._ways[index]
            if not _is_open(way):
                continue
            count = int(line.length_m / self.window_m)
            if count < 2:
                continue
            ends = np.linspace(0.0, line.length_m, count + 1)
            slopes = 100.0 * np.diff(np.interp(ends, line.sample_m, line.height_m)) / (ends[1] - ends[0])
            cuts = [float(ends[number]) for number in _list_changes(slopes.tolist())]
            if cuts:
                self._cut(index, line, cuts)

    def _cut(self, index: int, line: _Line, cuts: Sequence[float]) -> None:
        way = self._ways[index]
        inserted: list[tuple[float, int]] = []
        for cut in cuts:
            nearest = int(np.argmin(np.abs(line.at_m - cut)))
            ref = way.nodes[nearest]
            if abs(line.at_m[nearest] - cut) > _SNAP_SHARE * self.window_m:
                ref = self._lowest_ref - 1 - len(self._added)
                lon, lat = (
                    round(float(np.interp(cut, line.at_m, axis)), 7) for axis in self._list_degrees(way)
                )
                self._added[ref] = OsmNode(ref, lon, lat, {})
                inserted.append((cut, ref))
            self._breaks.add(ref)
        if inserted:
            along = [*zip(line.at_m.tolist(), way.nodes, strict=True), *inserted]
            along.sort(key=lambda item: item[0])
            self._ways[index] = replace(way, nodes=tuple(ref for _, ref in along))

    def _list_degrees(self, way: WalkableWay) -> tuple[list[float], list[float]]:
        found = [self._nodes[ref] for ref in way.nodes]
        return [node.lon for node in found], [node.lat for node in found]

    def list_estimates(self, index: int, pieces: Sequence[tuple[int, ...]]) -> list[Estimate | None]:
        """Incline of each piece of a way, None where there is no estimate; what becomes of it is counted.

        Parameters
        ----------
        index
            Number of the way in what `refine` returned.
        pieces
            The nodes of the pieces, one after the other along the way.
        """
        way = self._ways[index]
        if way.kind not in WAY_KINDS:
            return [None] * len(pieces)
        spots = [self._added.get(ref) or self._nodes[ref] for ref in way.nodes]
        x = np.array([spot.lon for spot in spots]) * self._flatten
        y = np.array([spot.lat for spot in spots]) * METRES_PER_DEGREE
        at_m = [0.0, *np.cumsum(np.hypot(np.diff(x), np.diff(y))).tolist()]
        ends = [0, *np.cumsum([len(piece) - 1 for piece in pieces]).tolist()]
        return [self._estimate(index, at_m[first], at_m[last]) for first, last in pairwise(ends)]

    def _estimate(self, index: int, from_m: float, to_m: float) -> Estimate | None:
        way, length_m, counts = self._ways[index], to_m - from_m, self.counts
        if not _is_open(way):
            counts.tagged += length_m
            return None
        line = self._lines.get(index)
        if line is None:
            counts.off_ground += length_m
            return None
        at_m, height_m = self._list_window(index, line, from_m, to_m)
        at_m, height_m = _keep_known(at_m, height_m, from_m, to_m)
        if len(at_m) < 3 or at_m[-1] - at_m[0] < LEAST_WINDOW_M - _TINY_M:
            self._count_missing(line, from_m, to_m)
            return None
        centred = at_m - at_m.mean()
        percent = float(100.0 * (centred @ height_m) / (centred @ centred))
        direction = way.reading.incline_direction
        against = direction is not None and (percent > 0) != (direction == "up")
        if abs(percent) > STEEPEST_PERCENT or against:
            counts.implausible += length_m
            return None
        counts.estimated += length_m
        return Estimate(round(percent, 1) + 0.0, self.error_percent)

    def _count_missing(self, line: _Line, from_m: float, to_m: float) -> None:
        """Say why there is no estimate; what is left out beside a bridge counts as off the ground."""
        at_m = np.linspace(from_m, to_m, 3)
        lon, lat = np.interp(at_m, line.at_m, line.x), np.interp(at_m, line.at_m, line.y)
        lon, lat = lon / self._flatten, lat / METRES_PER_DEGREE
        if not self.terrain.covers(lon, lat).all():
            reason = "outside"
        elif np.isnan(self.terrain.get_heights(lon, lat)).any():
            reason = "no_data"
        else:
            left_out = np.isnan(np.interp(at_m, line.sample_m, line.height_m)).any()
            reason = "off_ground" if left_out else "too_short"
        setattr(self.counts, reason, getattr(self.counts, reason) + to_m - from_m)

    def _list_window(self, index: int, line: _Line, from_m: float, to_m: float) -> tuple[Float64, Float64]:
        """Samples of the window around a piece: inside its way, else on into the ways it leads to."""
        wider = max(self.window_m - (to_m - from_m), 0.0) / 2
        low, high = from_m - wider, to_m + wider
        if low < 0.0:
            low, high = 0.0, high - low
        if high > line.length_m:
            low, high = max(low - (high - line.length_m), 0.0), line.length_m
        at_m = np.linspace(low, high, 2 + int((high - low) * 4.0 / self.window_m))
        height_m = np.interp(at_m, line.sample_m, line.height_m)
        missing = self.window_m - (high - low)
        if missing > 0.01:
            before = self._look_beyond(index, line, missing / 2, at_start=True)
            after = self._look_beyond(index, line, missing / 2, at_start=False)
            at_m = np.concatenate([-before[0][::-1], at_m, line.length_m + after[0]])
            height_m = np.concatenate([before[1][::-1], height_m, after[1]])
        return at_m, height_m

    def _look_beyond(
        self, index: int, line: _Line, far_m: float, *, at_start: bool
    ) -> tuple[Float64, Float64]:
        """Samples of the straightest way that leads on from an end of a way, up to `far_m` from there."""
        nothing = np.zeros(0), np.zeros(0)
        way = self._ways[index]
        ends = (0, 1) if at_start else (-1, -2)
        heading = np.array([line.x[ends[0]] - line.x[ends[1]], line.y[ends[0]] - line.y[ends[1]]])
        best, found = _STRAIGHT, nothing
        for other, number in self._at_node.get(way.nodes[ends[0]], ()):
            if other == index:
                continue
            onward = self._lines[other]
            for step in (-1, 1):
                following = number + step
                if not 0 <= following < len(onward.at_m):
                    continue
                leaving = np.array(
                    [onward.x[following] - onward.x[number], onward.y[following] - onward.y[number]]
                )
                size = float(np.hypot(*heading) * np.hypot(*leaving))
                straight = float(heading @ leaving) / size if size else -1.0
                if straight > best:
                    start = onward.at_m[number]
                    reach = min(far_m, start if step < 0 else onward.length_m - start)
                    away = np.linspace(0.0, reach, 2 + int(reach * 4.0 / self.window_m))[1:]
                    best = straight
                    found = away, np.interp(start + step * away, onward.sample_m, onward.height_m)
        return found

    def sample_heights(self, network: Network) -> Float32:
        """float32[p]: height of each point of the lines in metres, NaN where the ground says nothing."""
        lon, lat = network.point_lon_e7 / 1e7, network.point_lat_e7 / 1e7
        heights = np.round(self.terrain.get_heights(lon, lat), 1).astype(np.float32)
        edges = zip(network.edge_osm_type.tolist(), network.edge_osm_id.tolist(), strict=True)
        raised = np.array([edge in self.off_ground for edge in edges], dtype=np.bool_)
        heights[np.repeat(raised, np.diff(network.edge_points))] = np.nan
        return heights


def _keep_known(at_m: Float64, height_m: Float64, from_m: float, to_m: float) -> tuple[Float64, Float64]:
    """The samples around a piece up to the first that is not known; none where one of its own is not."""
    first, last = np.searchsorted(at_m, [from_m + _TINY_M, to_m - _TINY_M])
    first, last = max(int(first) - 1, 0), min(int(last), len(at_m) - 1)
    unknown = np.flatnonzero(np.isnan(height_m))
    if np.any((unknown >= first) & (unknown <= last)):
        return at_m[:0], height_m[:0]
    begin = int(unknown[unknown < first].max(initial=-1)) + 1
    end = int(unknown[unknown > last].min(initial=len(at_m)))
    return at_m[begin:end], height_m[begin:end]


def _is_open(way: WalkableWay) -> bool:
    """Say whether the tags leave the incline open."""
    incline = way.reading.incline_percent
    return incline is None or incline is OTHER


def _list_changes(slopes: Sequence[float]) -> list[int]:
    """Numbers of the pieces with which another slope begins; unknown slopes keep together."""
    changes: list[int] = []
    least = most = slopes[0]
    for number, slope in enumerate(slopes[1:], start=1):
        if (
            math.isnan(slope) != math.isnan(least)
            or max(most, slope) - min(least, slope) > SAME_SLOPE_PERCENT
        ):
            changes.append(number)
            least = most = slope
        else:
            least, most = min(least, slope), max(most, slope)
    return changes
