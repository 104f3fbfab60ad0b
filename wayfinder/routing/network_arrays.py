"""Edges between ports -> the arrays of a `Network`, in an order that depends on the edges alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayfinder.geo import LonLat
from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.network import (
    SLOPE_BINS,
    SLOPE_DOWN,
    SLOPE_NONE,
    SLOPE_UNKNOWN,
    SLOPE_UP,
    SLOPE_ZERO,
    UNKNOWN_M,
    Float64,
    Int16,
    Int32,
    Int64,
    Network,
    SlopeClasses,
    UInt8,
    UInt64,
)

UInt32 = NDArray[np.uint32]
_TIES: Final = 1024


class Port(NamedTuple):
    """A network node: the OSM node it stands at or beside, and its number among that node's ports."""

    node: int
    port: int


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge before it has a number; fields as in `Network`, `forward` and `slope` from `tail` to `head`.

    `incline_error` is in tenths of a percent, as ``Network.slope_error``.
    """

    tail: Port
    head: Port
    length_mm: int
    osm_type: int
    osm_id: int
    ordinal: int
    edited_day: int
    forward: EdgeAttributes
    backward: EdgeAttributes
    line: tuple[LonLat, ...]
    slope: int = SLOPE_NONE
    incline_percent: float = math.nan
    incline_error: int = 0
    incline_origin: int = 0
    name: str = ""
    level_from: float = math.nan
    level_to: float = math.nan
    layer: int = 0


def lay_out(
    edges: Sequence[Edge], spots: Mapping[Port, LonLat]
) -> tuple[Network, tuple[EdgeAttributes, ...], tuple[str, ...]]:
    """Bring nodes (`spots` has all, and where they lie) and edges into their order and write the arrays."""
    ports = list(spots)
    lon = np.array([spot.lon for spot in spots.values()], dtype=np.float64)
    lat = np.array([spot.lat for spot in spots.values()], dtype=np.float64)
    osm_id = np.array([node for node, _ in ports], dtype=np.int64)
    number = np.array([port for _, port in ports], dtype=np.int32)
    order = np.lexsort((number, osm_id, get_morton_codes(lon, lat)))
    index = {ports[old]: new for new, old in enumerate(order.tolist())}

    edges = sorted(edges, key=lambda e: (index[e.tail], index[e.head], e.osm_type, e.osm_id, e.ordinal))
    tail = np.array([index[edge.tail] for edge in edges], dtype=np.int32)
    head = np.array([index[edge.head] for edge in edges], dtype=np.int32)
    edge_osm_type = np.array([edge.osm_type for edge in edges], dtype=np.uint8)
    edge_osm_id = np.array([edge.osm_id for edge in edges], dtype=np.int64)
    ordinal = np.array([edge.ordinal for edge in edges], dtype=np.int64)

    class_of: dict[EdgeAttributes, int] = {}
    arcs = (attributes for edge in edges for attributes in (edge.forward, edge.backward))
    arc_class = np.array([class_of.setdefault(a, len(class_of)) for a in arcs], dtype=np.int32)
    names = ("", *sorted({edge.name for edge in edges} - {""}))
    name_index = {name: i for i, name in enumerate(names)}
    slopes = [
        (slope, edge.incline_error, 0, UNKNOWN_M)
        for edge in edges
        for slope in (edge.slope, reverse_slope(edge.slope))
    ]
    slope_classes = number_slopes(np.array(slopes, dtype=np.int16).reshape(-1, 4))

    points = [point for edge in edges for point in edge.line]
    point_count = np.array([len(edge.line) for edge in edges], dtype=np.int64)
    arc_from = np.column_stack([tail, head]).ravel()
    out_first = np.concatenate([[0], np.cumsum(np.bincount(arc_from, minlength=len(ports)))])
    network = Network(
        node_lon=lon[order],
        node_lat=lat[order],
        node_osm_id=osm_id[order],
        node_landmark=np.full(len(ports), -1, dtype=np.int32),
        edge_tail=tail,
        edge_head=head,
        edge_length_mm=np.array([edge.length_mm for edge in edges], dtype=np.int32),
        edge_osm_type=edge_osm_type,
        edge_osm_id=edge_osm_id,
        edge_as_of_day=np.array([edge.edited_day for edge in edges], dtype=np.int32),
        edge_name=np.array([name_index[edge.name] for edge in edges], dtype=np.int32),
        edge_incline_percent=np.array([edge.incline_percent for edge in edges], dtype=np.float32),
        edge_incline_origin=np.array([edge.incline_origin for edge in edges], dtype=np.uint8),
        edge_level_from=np.array([edge.level_from for edge in edges], dtype=np.float32),
        edge_level_to=np.array([edge.level_to for edge in edges], dtype=np.float32),
        edge_layer=np.array([max(-128, min(127, edge.layer)) for edge in edges], dtype=np.int8),
        edge_points=np.concatenate([[0], np.cumsum(point_count)]).astype(np.int64),
        point_lon_e7=_to_e7([point.lon for point in points]),
        point_lat_e7=_to_e7([point.lat for point in points]),
        arc_class=arc_class,
        arc_tie=hash_ties(edge_osm_type, edge_osm_id, ordinal),
        out_first=out_first.astype(np.int32),
        out_arc=np.argsort(arc_from, kind="stable").astype(np.int32),
        **slope_classes._asdict(),
    )
    return network, tuple(class_of), names


def number_slopes(facts: Int16) -> SlopeClasses:
    """Give a number to each combination of slope facts that occurs; 0 is that of arcs without a slope.

    Parameters
    ----------
    facts
        int16[2m, 4]: slope bin, error, run and rest of each arc, as in `Network`.
    """
    nothing = np.array([[SLOPE_NONE, 0, 0, UNKNOWN_M]], dtype=np.int16)
    found, number = np.unique(np.concatenate([nothing, facts]), axis=0, return_inverse=True)
    if len(found) > np.iinfo(np.int16).max:
        raise OverflowError(f"{len(found)} slope classes are more than arc_slope can number")
    columns = (np.ascontiguousarray(column) for column in found.T)
    return SlopeClasses(number.reshape(-1)[1:].astype(np.int16), *columns)


def get_slope_bin(percent: float) -> int:
    """Bin of an incline in percent, rounded away from zero to 0.1 %, at most 70 %."""
    tenths = min(math.ceil(round(abs(percent) * 10, 6)), (SLOPE_BINS - 1) - SLOPE_ZERO)
    return SLOPE_ZERO + (tenths if percent > 0 else -tenths)


def reverse_slope(slope: int) -> int:
    """Slope bin of the same edge the other way round."""
    if slope in (SLOPE_UP, SLOPE_DOWN):
        return SLOPE_UP + SLOPE_DOWN - slope
    return slope if slope in (SLOPE_NONE, SLOPE_UNKNOWN) else 2 * SLOPE_ZERO - slope


def get_morton_codes(lon: Float64, lat: Float64) -> UInt64:
    """Places on a space-filling curve (longitude and latitude bit by bit): neighbours are near in memory."""
    code = np.zeros(len(lon), dtype=np.uint64)
    for values, half_turn, shift in ((lon, 180.0, 0), (lat, 90.0, 1)):
        bits = np.rint((values + half_turn) * 1e7).astype(np.uint64)
        for gap, mask in (
            (16, 0x0000FFFF0000FFFF),
            (8, 0x00FF00FF00FF00FF),
            (4, 0x0F0F0F0F0F0F0F0F),
            (2, 0x3333333333333333),
            (1, 0x5555555555555555),
        ):
            bits = (bits | (bits << np.uint64(gap))) & np.uint64(mask)
        code |= bits << np.uint64(shift)
    return code


def hash_ties(osm_type: UInt8, osm_id: Int64, ordinal: Int64) -> Int32:
    """Tie-breakers 0..1023 of the arcs 2e and 2e + 1, from the OSM ids alone.

    In 32-bit unsigned arithmetic (``Math.imul`` and ``>>> 0`` in JavaScript), finaliser of MurmurHash3::

        mix(h): h ^= h >>> 16; h = imul(h, 0x85ebca6b); h ^= h >>> 13; h = imul(h, 0xc2b2ae35); h ^= h >>> 16
        h = mix(osm_type + 1)                     node 0, way 1, relation 2
        h = mix(h ^ (osm_id mod 2^32)); h = mix(h ^ floor(osm_id / 2^32))
        h = mix(h ^ ordinal)                      of the edge within its OSM object
        tie = mix(h ^ direction) & 1023           0 from tail to head, 1 back

    Returns
    -------
    int32[2m]
    """
    h = _mix(osm_type.astype(np.uint32) + np.uint32(1))
    h = _mix(h ^ (osm_id & 0xFFFFFFFF).astype(np.uint32))
    h = _mix(h ^ (osm_id >> 32).astype(np.uint32))
    h = _mix(h ^ ordinal.astype(np.uint32))
    both = np.column_stack([_mix(h), _mix(h ^ np.uint32(1))]).ravel()
    return (both % _TIES).astype(np.int32)


def _mix(h: UInt32) -> UInt32:
    h = h ^ (h >> np.uint32(16))
    h = h * np.uint32(0x85EBCA6B)
    h = h ^ (h >> np.uint32(13))
    h = h * np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


def _to_e7(degrees: Sequence[float]) -> Int32:
    return np.rint(np.array(degrees, dtype=np.float64) * 1e7).astype(np.int32)
