"""Position -> points inside segments a profile may use, by a flat grid over all pieces of all edges."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np

from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.city_graph import CityGraph, SnapGrid
from wayfinder.routing.compiled import compiled
from wayfinder.routing.costs import Verdict
from wayfinder.routing.network import Int16, Int32, Int64, Network, UInt8

CELL_M: Final = 64.0
MOST_OFFSET_M: Final = 250.0
"""Farther from any way, a position cannot be used (contract)."""
_MOST_POINTS: Final = 8


@dataclass(frozen=True, slots=True)
class Usable:
    """Which edges may be snapped to: those whose class and slope are judged no worse than `worst`.

    Attributes
    ----------
    class_verdict, slope_verdict
        uint8, a `Verdict` by class id and by slope bin.
    """

    class_verdict: UInt8
    slope_verdict: UInt8
    worst: Verdict


_EVERYTHING: Final = Usable(np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.uint8), Verdict.CLOSED)


class SnappedPoint(NamedTuple):
    """A point on an edge.

    Attributes
    ----------
    along_mm
        From the edge's tail, 0 .. its length.
    offset_m
        Straight-line distance from the position asked for.
    """

    edge: int
    along_mm: int
    lon: float
    lat: float
    offset_m: float


def build_snap_grid(network: Network) -> SnapGrid:
    """Sort the pieces of all edges from one OSM node to another into cells of `CELL_M`.

    Nobody's way begins within a node: on an obstacle, or on the carriageway between two pavements, from where
    no kerb would be in the way.
    """
    lon, lat = np.asarray(network.point_lon_e7) / 1e7, np.asarray(network.point_lat_e7) / 1e7
    west, south, east, north = lon.min(), lat.min(), lon.max(), lat.max()
    cell_lat = CELL_M / METRES_PER_DEGREE
    cell_lon = cell_lat / max(np.cos(np.radians((south + north) / 2)), 0.01)
    columns, rows = int((east - west) / cell_lon) + 1, int((north - south) / cell_lat) + 1
    counts = np.zeros(rows * columns + 1, dtype=np.int64)
    osm_id = np.asarray(network.node_osm_id)
    is_within = osm_id[network.edge_tail] == osm_id[network.edge_head]
    arguments = (
        network.edge_points,
        np.where(is_within, 0, network.edge_length_mm).astype(np.int32),
        network.point_lon_e7,
        network.point_lat_e7,
        float(west),
        float(south),
        float(cell_lon),
        float(cell_lat),
        columns,
        rows,
    )
    none = np.empty(0, dtype=np.int32)
    _sort_pieces(*arguments, counts, none, none)
    first = np.zeros(rows * columns + 1, dtype=np.int64)
    first[1:] = np.cumsum(counts[:-1])
    edge, point = np.empty(first[-1], dtype=np.int32), np.empty(first[-1], dtype=np.int32)
    _sort_pieces(*arguments, first.copy(), edge, point)
    return SnapGrid(
        float(west),
        float(south),
        float(cell_lon),
        float(cell_lat),
        columns,
        rows,
        first.astype(np.int32),
        edge,
        point,
    )


@compiled
def _sort_pieces(
    edge_points: Int64,
    edge_length_mm: Int32,
    point_lon_e7: Int32,
    point_lat_e7: Int32,
    west: float,
    south: float,
    cell_lon: float,
    cell_lat: float,
    columns: int,
    rows: int,
    cursor: Int64,
    edge_out: Int32,
    point_out: Int32,
) -> None:
    """Count the pieces of each cell (of their bounding box), or, given room for them, put them there."""
    for edge in range(edge_length_mm.shape[0]):
        if edge_length_mm[edge] == 0:
            continue
        for point in range(edge_points[edge], edge_points[edge + 1] - 1):
            low_lon = min(point_lon_e7[point], point_lon_e7[point + 1]) / 1e7
            high_lon = max(point_lon_e7[point], point_lon_e7[point + 1]) / 1e7
            low_lat = min(point_lat_e7[point], point_lat_e7[point + 1]) / 1e7
            high_lat = max(point_lat_e7[point], point_lat_e7[point + 1]) / 1e7
            for row in range(
                int((low_lat - south) / cell_lat), min(int((high_lat - south) / cell_lat), rows - 1) + 1
            ):
                for column in range(
                    int((low_lon - west) / cell_lon), min(int((high_lon - west) / cell_lon), columns - 1) + 1
                ):
                    cell = row * columns + column
                    if edge_out.shape[0]:
                        edge_out[cursor[cell]] = edge
                        point_out[cursor[cell]] = point
                    cursor[cell] += 1


def list_nearest_points(
    graph: CityGraph,
    arc_class: Int32,
    usable: Usable | None,
    position: LonLat,
    *,
    within_m: float = MOST_OFFSET_M,
    slack_m: float = 0.0,
) -> list[SnappedPoint]:
    """The nearest point of each of the nearest edges, nearest first.

    Parameters
    ----------
    usable
        Only edges usable in at least one direction; every edge, if None.
    within_m
        How far away an edge may be.
    slack_m
        How much farther than the nearest edge others may be to be listed too.
    """
    grid, network = graph.grid, graph.network
    usable = usable or _EVERYTHING
    edges, along, points, offsets = _find_nearest(
        grid.first,
        grid.edge,
        grid.point,
        grid.west,
        grid.south,
        grid.cell_lon,
        grid.cell_lat,
        grid.columns,
        grid.rows,
        network.edge_points,
        network.edge_length_mm,
        network.point_lon_e7,
        network.point_lat_e7,
        arc_class,
        network.arc_slope,
        usable.class_verdict,
        usable.slope_verdict,
        int(usable.worst),  # an enum is slow to hand over to compiled code
        position.lon,
        position.lat,
        within_m,
        slack_m,
    )
    found = zip(edges.tolist(), along.tolist(), points.tolist(), offsets.tolist(), strict=True)
    nearest = [SnappedPoint(edge, mm, lon, lat, offset_m) for edge, mm, (lon, lat), offset_m in found]
    nearest.sort(key=attrgetter("offset_m"))
    return nearest


@compiled
def _find_nearest(
    first: Int32,
    grid_edge: Int32,
    grid_point: Int32,
    west: float,
    south: float,
    cell_lon: float,
    cell_lat: float,
    columns: int,
    rows: int,
    edge_points: Int64,
    edge_length_mm: Int32,
    point_lon_e7: Int32,
    point_lat_e7: Int32,
    arc_class: Int32,
    arc_slope: Int16,
    class_verdict: UInt8,
    slope_verdict: UInt8,
    worst: int,
    lon: float,
    lat: float,
    within_m: float,
    slack_m: float,
) -> tuple[
    Int32,
    Int64,
    np.ndarray[tuple[int, int], np.dtype[np.float64]],
    np.ndarray[tuple[int], np.dtype[np.float64]],
]:
    metres_lat = METRES_PER_DEGREE
    metres_lon = METRES_PER_DEGREE * np.cos(np.radians(lat))
    edges = np.empty(_MOST_POINTS, dtype=np.int32)
    pieces = np.empty(_MOST_POINTS, dtype=np.int64)
    shares = np.empty(_MOST_POINTS)
    offsets = np.empty(_MOST_POINTS)
    found = 0
    nearest = within_m
    column0 = int(np.floor((lon - west) / cell_lon))
    row0 = int(np.floor((lat - south) / cell_lat))
    # far from the city (or at a pole) a degree is not what it is here: the rings must still come to an end
    cell_m = max(min(cell_lat * metres_lat, cell_lon * metres_lon), CELL_M / 4.0)
    ring = 0
    while (ring - 1) * cell_m <= nearest + slack_m and (ring - 1) * cell_m <= within_m:
        for row in range(max(row0 - ring, 0), min(row0 + ring, rows - 1) + 1):
            step = 1
            if abs(row - row0) != ring and ring > 0:
                step = 2 * ring
            for column in range(column0 - ring, column0 + ring + 1, step):
                if column < 0 or column >= columns:
                    continue
                cell = row * columns + column
                for at in range(first[cell], first[cell + 1]):
                    edge, point = grid_edge[at], grid_point[at]
                    if class_verdict.shape[0]:
                        forward = (
                            class_verdict[arc_class[2 * edge]] <= worst
                            and slope_verdict[arc_slope[2 * edge]] <= worst
                        )
                        backward = (
                            class_verdict[arc_class[2 * edge + 1]] <= worst
                            and slope_verdict[arc_slope[2 * edge + 1]] <= worst
                        )
                        if not (forward or backward):
                            continue
                    x1 = (point_lon_e7[point] / 1e7 - lon) * metres_lon
                    y1 = (point_lat_e7[point] / 1e7 - lat) * metres_lat
                    dx = (point_lon_e7[point + 1] / 1e7 - lon) * metres_lon - x1
                    dy = (point_lat_e7[point + 1] / 1e7 - lat) * metres_lat - y1
                    square = dx * dx + dy * dy
                    share = 0.0
                    if square > 0.0:
                        share = min(max(-(x1 * dx + y1 * dy) / square, 0.0), 1.0)
                    offset = np.hypot(x1 + share * dx, y1 + share * dy)
                    if offset > within_m or offset > nearest + slack_m:
                        continue
                    nearest = min(nearest, offset)
                    slot = -1
                    for other in range(found):
                        if edges[other] == edge:
                            slot = other
                    if slot >= 0:
                        if offsets[slot] <= offset:
                            continue
                    elif found < _MOST_POINTS:
                        slot = found
                        found += 1
                    else:
                        slot = 0
                        for other in range(1, found):
                            if offsets[other] > offsets[slot]:
                                slot = other
                        if offsets[slot] <= offset:
                            continue
                    edges[slot] = edge
                    pieces[slot] = point
                    shares[slot] = share
                    offsets[slot] = offset
        ring += 1
    kept = 0
    along = np.empty(found, dtype=np.int64)
    points = np.empty((found, 2))
    for at in range(found):
        if offsets[at] > nearest + slack_m:
            continue
        edge, piece = edges[at], pieces[at]
        total, before = 0.0, 0.0
        for point in range(edge_points[edge], edge_points[edge + 1] - 1):
            dx = (point_lon_e7[point + 1] - point_lon_e7[point]) / 1e7 * metres_lon
            dy = (point_lat_e7[point + 1] - point_lat_e7[point]) / 1e7 * metres_lat
            length = np.hypot(dx, dy)
            if point < piece:
                before += length
            elif point == piece:
                before += length * shares[at]
            total += length
        edges[kept] = edge
        along[kept] = 0
        if total > 0.0:
            along[kept] = np.int64(np.floor(before / total * edge_length_mm[edge] + 0.5))
        share = shares[at]
        points[kept, 0] = (point_lon_e7[piece] * (1.0 - share) + point_lon_e7[piece + 1] * share) / 1e7
        points[kept, 1] = (point_lat_e7[piece] * (1.0 - share) + point_lat_e7[piece + 1] * share) / 1e7
        offsets[kept] = offsets[at]
        kept += 1
    return edges[:kept], along[:kept], points[:kept], offsets[:kept]
