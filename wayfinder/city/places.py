"""Where something of the network is, in words a person finds it by: the street, and a point."""

from __future__ import annotations

import numpy as np

from wayfinder.city.trips import locate_on_edge
from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.network import Float64, Int32

_NEAR_M = 100.0
"""So far away a street may lie and still name a place that has no name of its own."""


class PlaceFinder:
    """Finds the street and the middle of edges.

    Attributes
    ----------
    edge_lon, edge_lat
        float64[m], a point of each edge near its middle.
    """

    def __init__(self, graph: CityGraph) -> None:
        network = graph.network
        middle = (network.edge_points[:-1] + network.edge_points[1:] - 1) // 2
        self.edge_lon: Float64 = network.point_lon_e7[middle] / 1e7
        self.edge_lat: Float64 = network.point_lat_e7[middle] / 1e7
        self._graph = graph
        self._named = np.flatnonzero((network.edge_name > 0) & (network.edge_length_mm > 0))

    def find(self, edges: Int32) -> tuple[float, float, str]:
        """Longitude and latitude of the middle of the longest of these edges, and its street or ""."""
        network = self._graph.network
        edge = int(edges[network.edge_length_mm[edges].argmax()])
        lon, lat = locate_on_edge(network, edge, 0.5)
        lon, lat = round(lon, 7), round(lat, 7)
        return lon, lat, self._graph.names[network.edge_name[edge]] or self._find_street(lon, lat)

    def _find_street(self, lon: float, lat: float) -> str:
        if not len(self._named):
            return ""
        network = self._graph.network
        best, street = _NEAR_M, ""
        # the points of a long edge lie far apart: its ends and its middle stand for it
        for lons, lats in (
            (self.edge_lon[self._named], self.edge_lat[self._named]),
            (
                network.node_lon[network.edge_tail[self._named]],
                network.node_lat[network.edge_tail[self._named]],
            ),
            (
                network.node_lon[network.edge_head[self._named]],
                network.node_lat[network.edge_head[self._named]],
            ),
        ):
            gaps_m = np.hypot((lons - lon) * np.cos(np.radians(lat)), lats - lat) * METRES_PER_DEGREE
            nearest = int(gaps_m.argmin())
            if gaps_m[nearest] < best:
                best = float(gaps_m[nearest])
                street = self._graph.names[network.edge_name[self._named[nearest]]]
        return street
