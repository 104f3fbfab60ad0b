"""Places to sit down, matched to the ways they stand at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely

from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.attributes import WAY_KINDS, EdgeAttributes
from wayfinder.routing.ground_rules import find_backrest
from wayfinder.routing.network import Mask, Network
from wayfinder.routing.osm_records import OsmPlace
from wayfinder.routing.slope_classes import Rests

BESIDE_M: Final = 8.0
"""A seat this near stands at the way; at several, where they run side by side."""
NEAREST_M: Final = 20.0
"""Where no way is so near the nearest one counts, up to this far off."""
_PRIVATE: Final = frozenset({"no", "private", "permit"})


def match_rests(network: Network, classes: Sequence[EdgeAttributes], places: Sequence[OsmPlace]) -> Rests:
    """Find the ways people can sit down at.

    Ways nobody may use and ways below the ground are passed over; a seat at none of them is no help.
    """
    seats = [(place, backrest) for place in places if (backrest := find_backrest(place.tags)) is not None]
    edges = np.flatnonzero(_list_usable(network, classes))
    if not seats or not len(edges):
        return Rests()
    flatten = METRES_PER_DEGREE * math.cos(math.radians(float(network.node_lat.mean())))
    x = network.point_lon_e7 / 1e7 * flatten
    y = network.point_lat_e7 / 1e7 * METRES_PER_DEGREE
    count = np.diff(network.edge_points)[edges]
    points = np.concatenate(
        [np.arange(network.edge_points[edge], network.edge_points[edge + 1]) for edge in edges]
    )
    lines = np.asarray(
        shapely.linestrings(
            np.column_stack([x[points], y[points]]), indices=np.repeat(np.arange(len(edges)), count)
        )
    )
    spots = shapely.points([(place.lon * flatten, place.lat * METRES_PER_DEGREE) for place, _ in seats])
    tree = shapely.STRtree(lines)
    near = tree.query(spots, predicate="dwithin", distance=BESIDE_M)
    lonely = np.setdiff1d(np.arange(len(seats)), near[0])
    nearest = tree.query_nearest(spots[lonely], max_distance=NEAREST_M, all_matches=False)
    place = np.concatenate([near[0], lonely[nearest[0]]])
    line = np.concatenate([near[1], nearest[1]])
    edge = edges[line]
    share = shapely.line_locate_point(lines[line], spots[place], normalized=True)
    length = network.edge_length_mm[edge]
    along = np.clip(np.rint(share * length), 0, length).astype(np.int32)
    order = np.lexsort((place, along, edge))
    backrests = np.array([value for _, value in seats], dtype=np.int8)
    return Rests(
        edge[order].astype(np.int32), along[order], backrests[place][order], place[order].astype(np.int32)
    )


def _list_usable(network: Network, classes: Sequence[EdgeAttributes]) -> Mask:
    usable = np.array(
        [edge.kind in WAY_KINDS and edge.access not in _PRIVATE for edge in classes], dtype=np.bool_
    )
    open_ = usable[network.arc_class[0::2]] | usable[network.arc_class[1::2]]
    return np.asarray(open_ & (network.edge_length_mm > 0) & (network.edge_layer >= 0))
