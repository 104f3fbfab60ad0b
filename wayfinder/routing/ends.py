"""Where a way begins and ends inside an edge: the partial arcs between snapped points and nodes, as seeds."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

import numpy as np

from wayfinder.routing.compiled import compiled
from wayfinder.routing.entrances import Entrance
from wayfinder.routing.network import Int16, Int32, Int64, Network
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.search import Seeds, Weights
from wayfinder.routing.snapping import SnappedPoint

_OFFSET_WEIGHT: Final = 5
"""A metre between position and way weighs as much as this many on it, so that the nearest usable way wins."""


class End(NamedTuple):
    """A partial arc between a snapped point and a node, or between two points.

    Attributes
    ----------
    point
        Which of the snapped points.
    from_mm, to_mm
        Where on the arc it begins and ends, in the direction of travel.
    cost_us
        What it costs, and what the way between position and point weighs.
    """

    point: int
    arc: int
    node: int
    from_mm: int
    to_mm: int
    cost_us: int


class Ends(NamedTuple):
    """All partial arcs by which snapped points are left (or reached).

    Attributes
    ----------
    points
        The nearest first.
    rows
        int64[k, 6], the fields of `End`.
    prices
        int64[k, 3]: rate in µs per mm, fixed costs in µs and what lies beside, for parts of a partial arc.
    seeds
        The cheapest of each node.
    """

    points: Sequence[SnappedPoint]
    rows: Int64
    prices: Int64
    seeds: Seeds

    def get_end(self, node: int) -> End:
        """The cheapest partial arc to (or from) a node of the seeds."""
        rows = [row for row in self.rows.tolist() if row[2] == node]
        return End(*min(rows, key=itemgetter(5)))


def build_ends(
    network: Network, overlay: Overlay, weights: Weights, points: Sequence[SnappedPoint], *, is_start: bool
) -> Ends:
    """Leave (`is_start`) or reach the points, in either direction that may be walked."""
    nearest_m = points[0].offset_m if points else 0.0
    places = np.array(
        [(point.edge, point.along_mm, int((point.offset_m - nearest_m) * 1000)) for point in points],
        dtype=np.int64,
    ).reshape(-1, 3)
    rows, prices, node, cost_us = _build(
        network.edge_tail,
        network.edge_head,
        network.edge_length_mm,
        network.arc_slope,
        overlay.arc_class,
        weights.class_rate,
        weights.class_fixed,
        weights.slope_rate,
        weights.least_rate * _OFFSET_WEIGHT,
        places,
        is_start,
    )
    return Ends(points, rows, prices, Seeds(node, cost_us))


def build_entrance_ends(
    network: Network, weights: Weights, entrances: Sequence[Entrance], *, is_start: bool
) -> Ends:
    """Leave (`is_start`) or reach a place by its entrances; the metres before the door weigh as above."""
    points: list[SnappedPoint] = []
    rows: list[tuple[int, ...]] = []
    for entrance in entrances:
        for node, offset_m in zip(entrance.nodes, entrance.offsets_m, strict=True):
            out = int(network.out_arc[network.out_first[node]])  # the only one: back through the door
            beside_us = round(offset_m * 1000) * weights.least_rate * _OFFSET_WEIGHT
            rows.append((len(points), out if is_start else out ^ 1, node, 0, 0, beside_us))
            points.append(SnappedPoint(out >> 1, 0, entrance.lon, entrance.lat, offset_m))
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    prices = np.zeros((len(rows), 3), dtype=np.int64)
    return Ends(points, table, prices, Seeds(table[:, 2].astype(np.int32), table[:, 5].copy()))


def find_direct(network: Network, leaving: Ends, arriving: Ends) -> tuple[End, End] | None:
    """The cheapest way that stays on one edge: as the partial arc and, of the same arc, where it arrives."""
    start, goal, cost_us = _find_direct(
        network.edge_length_mm, leaving.rows, leaving.prices, arriving.rows, arriving.prices
    )
    if start < 0:
        return None
    first, last = End(*leaving.rows[start].tolist()), End(*arriving.rows[goal].tolist())
    return first._replace(to_mm=last.to_mm, cost_us=cost_us), last


@compiled
def _build(
    edge_tail: Int32,
    edge_head: Int32,
    edge_length_mm: Int32,
    arc_slope: Int16,
    arc_class: Int32,
    class_rate: Int64,
    class_fixed: Int64,
    slope_rate: Int64,
    beside_rate: int,
    places: Int64,
    is_start: bool,
) -> tuple[Int64, Int64, Int32, Int64]:
    rows = np.empty((2 * places.shape[0], 6), dtype=np.int64)
    prices = np.empty((2 * places.shape[0], 3), dtype=np.int64)
    node = np.empty(2 * places.shape[0], dtype=np.int32)
    cost = np.empty(2 * places.shape[0], dtype=np.int64)
    size, seeds = 0, 0
    for point in range(places.shape[0]):
        edge = places[point, 0]
        length = int(edge_length_mm[edge])
        for arc in range(2 * edge, 2 * edge + 2):
            class_ = arc_class[arc]
            rate, slope = class_rate[class_], slope_rate[arc_slope[arc]]
            if rate < 0 or slope < 0:
                continue
            back = arc & 1 == 1
            along = length - places[point, 1] if back else places[point, 1]
            end = edge_head[edge] if back != is_start else edge_tail[edge]
            rows[size, 0], rows[size, 1], rows[size, 2] = point, arc, end
            rows[size, 3] = along if is_start else 0
            rows[size, 4] = length if is_start else along
            prices[size, 0], prices[size, 1] = rate + slope, class_fixed[class_]
            prices[size, 2] = places[point, 2] * beside_rate
            rows[size, 5] = prices[size, 2] + _price(prices[size], rows[size, 4] - rows[size, 3], length)
            slot = seeds
            for other in range(seeds):
                if node[other] == end:
                    slot = other
            if slot == seeds or rows[size, 5] < cost[slot]:
                node[slot], cost[slot] = end, rows[size, 5]
                seeds = max(seeds, slot + 1)
            size += 1
    return rows[:size], prices[:size], node[:seeds], cost[:seeds]


@compiled
def _price(price: Int64, stretch_mm: int, length_mm: int) -> int:
    """What a stretch of an arc costs; its fixed costs (steps) in proportion."""
    return stretch_mm * price[0] + price[1] * stretch_mm // length_mm  # type: ignore[no-any-return]


@compiled
def _find_direct(
    edge_length_mm: Int32, leaving: Int64, leaving_prices: Int64, arriving: Int64, arriving_prices: Int64
) -> tuple[int, int, int]:
    best, start, goal = np.int64(0), -1, -1
    for one in range(leaving.shape[0]):
        for other in range(arriving.shape[0]):
            stretch_mm = arriving[other, 4] - leaving[one, 3]
            if leaving[one, 1] != arriving[other, 1] or stretch_mm < 0:
                continue
            length_mm = int(edge_length_mm[leaving[one, 1] >> 1])
            cost = _price(leaving_prices[one], stretch_mm, length_mm)
            cost += leaving_prices[one, 2] + arriving_prices[other, 2]
            if start < 0 or cost < best:
                best, start, goal = cost, one, other
    return start, goal, int(best)
