"""The network as it is searched and explained: flat arrays in which every obstacle is an edge of its own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]
Mask = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

SLOPE_NONE: Final = 0
"""Slope bin of edges on which incline means nothing (steps, lifts, obstacles)."""
SLOPE_UNKNOWN: Final = 1
SLOPE_UP: Final = 2
"""Tagged ``up`` without a number (a way, not steps): known to rise, unknown how much."""
SLOPE_DOWN: Final = 3
SLOPE_ZERO: Final = 704
"""Bin of 0 %; one bin is 0.1 %, rounded away from 0, so that a limit on a 0.1 % grid is judged exactly."""
SLOPE_BINS: Final = 1405
"""Bins 4 .. 1404 are -70.0 % .. +70.0 %; steeper is the last bin (exact in ``edge_incline_percent``)."""


class SlopeClasses(NamedTuple):
    """Arrays of a `Network`, by their names there."""

    arc_slope: Int16
    slope_incline: Int16
    slope_error: Int16
    slope_run_m: Int16
    slope_rest_m: Int16


OSM_TYPES: Final = ("node", "way", "relation")
INCLINE_ORIGINS: Final = ("unknown", "osm", "estimate")
"""What ``edge_incline_origin`` counts in."""
UNKNOWN_M: Final = -1
"""Length nobody knows, in ``slope_rest_m``."""


@dataclass(frozen=True, slots=True)
class Network:
    """The walkable city as arrays; memory-mapped and never written to.

    ``n`` nodes, ``m`` edges, ``2m`` arcs: arc ``2e`` walks edge ``e`` from tail to head, arc ``2e + 1`` back.
    The reverse of arc ``a`` is ``a ^ 1``. Nodes are ordered along a space-filling curve, edges by their tail:
    the same input gives the same bytes. A node of the OSM file that carries an obstacle becomes several nodes
    at the same place; a node of a road with pavements becomes several around it.

    Attributes
    ----------
    node_lon, node_lat
        float64[n], WGS84 degrees.
    node_osm_id
        int64[n].
    node_landmark
        int32[n], index into the city's landmark list of a place within sight of a decision, or -1.
    edge_tail, edge_head
        int32[m].
    edge_length_mm
        int32[m]; 0 for obstacles.
    edge_osm_type, edge_osm_id
        uint8[m] index into OSM_TYPES, int64[m]: the object an edge is explained by.
    edge_as_of_day
        int32[m], days since 1970-01-01 of that object's last edit, -1 unknown.
    edge_name
        int32[m], index into the city's name list; 0 is the empty name.
    edge_incline_percent
        float32[m], exact, uphill along the edge, NaN unknown; for steps +1/-1 times infinity where only
        up/down is known.
    edge_incline_origin
        uint8[m] index into INCLINE_ORIGINS.
    edge_level_from, edge_level_to
        float32[m], OSM levels at tail and head, NaN unknown (lifts, escalators, steps).
    edge_layer
        int8[m].
    edge_points
        int64[m + 1], offsets into point_lon/point_lat: the edge's line including both ends.
    point_lon_e7, point_lat_e7
        int32[p], degrees times 10^7.
    arc_class
        int32[2m], class id of the arc's attributes.
    arc_slope
        int16[2m], slope class in the direction of the arc; 0 where incline means nothing.
    arc_tie
        int32[2m], 0..1023 µs added to each arc's cost: a fixed hash of the OSM ids, so that equal ways are
        never a draw.
    out_first
        int32[n + 1], and out_arc int32[2m]: the arcs leaving node v are
        out_arc[out_first[v]:out_first[v + 1]].
    slope_incline
        int16[s], slope bin of each slope class; the classes of a city are those that occur in it.
    slope_error
        int16[s], tenths of a percent by which that may be off either way; 0 for what is tagged.
    slope_run_m
        int16[s], how long it has been steep without a level place when the arc ends, one of
        `slope_classes.RUN_BINS_M`; 0 where it is not steep.
    slope_rest_m
        int16[s], how far the last place to sit down lies behind when the arc ends, at the least, one of
        `slope_classes.REST_BINS_M`; -1 where the city knows of no such place.
    """

    node_lon: Float64
    node_lat: Float64
    node_osm_id: Int64
    node_landmark: Int32
    edge_tail: Int32
    edge_head: Int32
    edge_length_mm: Int32
    edge_osm_type: UInt8
    edge_osm_id: Int64
    edge_as_of_day: Int32
    edge_name: Int32
    edge_incline_percent: Float32
    edge_incline_origin: UInt8
    edge_level_from: Float32
    edge_level_to: Float32
    edge_layer: Int8
    edge_points: Int64
    point_lon_e7: Int32
    point_lat_e7: Int32
    arc_class: Int32
    arc_slope: Int16
    arc_tie: Int32
    out_first: Int32
    out_arc: Int32
    slope_incline: Int16
    slope_error: Int16
    slope_run_m: Int16
    slope_rest_m: Int16

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.node_lon)

    @property
    def edge_count(self) -> int:
        """Number of edges."""
        return len(self.edge_tail)


NETWORK_ARRAYS: Final = tuple(field.name for field in fields(Network))
