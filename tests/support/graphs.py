"""City graphs for tests: from drawn towns, from random ones, and the oracle that networkx makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np

from tests.support.drawn_town import ORIGIN
from wayfinder.city.bench import build_networkx, list_arc_costs
from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.bounds import build_bounds
from wayfinder.routing.city_graph import BLOCKED, CityGraph
from wayfinder.routing.classes import build_class_columns, build_slope_columns
from wayfinder.routing.costs import Judge
from wayfinder.routing.network import Int32, Int64, Network
from wayfinder.routing.network_build import build_network
from wayfinder.routing.osm_records import OsmData, OsmNode, OsmWay
from wayfinder.routing.scheduled import build_schedules
from wayfinder.routing.search import Seeds, Weights
from wayfinder.routing.slopes import Terrain
from wayfinder.routing.snapping import build_snap_grid
from wayfinder.routing.variants import soften

WAY_TAGS = (
    {"highway": "footway", "surface": "asphalt", "smoothness": "good", "width": "2"},
    {"highway": "footway"},
    {"highway": "footway", "footway": "sidewalk", "surface": "sett", "width": "0.8"},
    {"highway": "path", "incline": "9%"},
    {"highway": "residential", "name": "Lange Gasse", "incline": "-4%"},
    {"highway": "residential", "sidewalk": "no", "surface": "cobblestone"},
    {"highway": "secondary", "name": "Hauptstraße", "sidewalk": "both"},
    {"highway": "steps", "step_count": "7"},
    {"highway": "footway", "footway": "crossing", "crossing": "unmarked"},
    {"highway": "footway", "oneway:foot": "yes"},
    {"highway": "pedestrian", "surface": "paving_stones", "lit": "no"},
    {"highway": "footway", "access": "private"},
)
NODE_TAGS = (
    {},
    {},
    {},
    {"kerb": "raised"},
    {"kerb": "flush", "tactile_paving": "yes"},
    {"barrier": "bollard", "maxwidth:physical": "0.85"},
    {"barrier": "gate"},
    {"highway": "elevator"},
)


def build_graph(data: OsmData, terrain: Terrain | None = None) -> CityGraph:
    """Build all that a planner reads, from OSM data."""
    built = build_network(data, terrain=terrain)
    columns = build_class_columns([*map(soften, built.classes), BLOCKED])
    return CityGraph(
        id="test",
        osm_at=None,
        network=built.network,
        classes=built.classes,
        names=built.names,
        landmarks=(),
        bounds=build_bounds(built.network, columns, Judge(columns, build_slope_columns(built.network))),
        grid=build_snap_grid(built.network),
        rests=built.rests,
        heights=built.heights,
        scheduled=build_schedules(data, built.network, built.classes),
        entrances=built.entrances,
    )


def make_random_town(seed: int, side: int = 12) -> OsmData:
    """A street grid of `side` x `side` corners, 40 m apart and shaken, with random ways and obstacles."""
    random = np.random.default_rng(seed)
    step = 40.0 / METRES_PER_DEGREE
    nodes = {}
    for row in range(side):
        for column in range(side):
            shake = random.normal(0, step / 6, 2)
            node = 1 + row * side + column
            tags = NODE_TAGS[random.integers(len(NODE_TAGS))]
            lon = ORIGIN.lon + column * step + shake[0]
            nodes[node] = OsmNode(node, float(lon), float(ORIGIN.lat + row * step + shake[1]), tags)
    ways = []
    for node in nodes:
        for other in (node + 1 if node % side else None, node + side):
            if other in nodes and random.random() < 0.85:
                tags = WAY_TAGS[random.integers(len(WAY_TAGS))]
                ways.append(OsmWay(len(ways) + 1, (node, other), tags))
    return OsmData(nodes, tuple(ways), ())


@dataclass(frozen=True)
class Oracle:
    """What networkx says of the same arcs at the same weights."""

    graph: nx.DiGraph[int]
    weight: Int64

    def get_cost(self, start: int, goal: int) -> int | None:
        """Cost of the cheapest way, None where there is none."""
        try:
            return int(nx.dijkstra_path_length(self.graph, start, goal))
        except nx.NetworkXNoPath:
            return None

    def list_costs(self, start: int) -> dict[int, int]:
        """Cost of every node that can be reached."""
        return dict(nx.single_source_dijkstra_path_length(self.graph, start))


def build_oracle(network: Network, arc_class: Int32, weights: Weights) -> Oracle:
    """Let networkx say what the search must find."""
    weight, _ = list_arc_costs(network, arc_class, weights)
    return Oracle(build_networkx(network, arc_class, weights), weight)


def seed_at(*nodes: int, costs: tuple[int, ...] | None = None) -> Seeds:
    """Seeds at these nodes, free of cost unless said otherwise."""
    return Seeds(np.array(nodes, dtype=np.int32), np.array(costs or (0,) * len(nodes), dtype=np.int64))
