"""Facts are not lost on the way from the file to the network, and nothing known is invented."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import find_shared_data
from wayfinder.routing.attributes import KERB_KINDS, OTHER, Kind
from wayfinder.routing.network_build import BuiltNetwork, build_network
from wayfinder.routing.osm_records import OsmData
from wayfinder.routing.tags import WayReading, read_node, read_pavement, read_way
from wayfinder.sources.osm import load_osm

LEAST_SHARE = 0.99


@pytest.fixture(
    scope="module", params=["heidelberg", "badwildbad", "miraustr", "garmisch", "darmstadt-frankfurt"]
)
def built(request: pytest.FixtureRequest) -> tuple[OsmData, BuiltNetwork]:
    folder = find_shared_data()
    assert folder is not None
    data = load_osm(Path(folder) / "osm" / f"{request.param}.osm.pbf")
    return data, build_network(data)


@pytest.mark.parametrize("attribute", ["surface", "smoothness", "width_cm"])
def test_what_is_read_from_a_way_stands_on_its_edges(
    built: tuple[OsmData, BuiltNetwork], attribute: str
) -> None:
    data, network = built
    classes_of = group_classes_by_way(network)
    reached = Counter[bool]()
    for way in data.ways:
        reading = read_way(way.tags, Counter())
        value = reading.attributes.get(attribute)
        if value is None or value is OTHER or way.id not in classes_of:
            continue
        for class_ in classes_of[way.id]:
            edge = network.classes[class_]
            if edge.kind == reading.kind:
                reached[getattr(edge, attribute) == value] += 1
    assert reached[True] >= LEAST_SHARE * reached.total() > 0


def test_what_is_read_from_each_side_of_a_road_stands_on_edges_of_its_own(
    built: tuple[OsmData, BuiltNetwork],
) -> None:
    data, network = built
    classes_of = group_classes_by_way(network)
    reached = Counter[bool]()
    for way in data.ways:
        reading = read_way(way.tags, Counter())
        for side in reading.pavements if way.id in classes_of else ():
            pavement = read_pavement(reading, side).attributes
            wanted = {name: pavement.get(name) for name in ("surface", "smoothness", "width_cm", "lit")}
            edges = [network.classes[class_] for class_ in classes_of[way.id]]
            reached[
                any(
                    edge.kind == Kind.SIDEWALK
                    and all(getattr(edge, name) == value for name, value in wanted.items())
                    for edge in edges
                )
            ] += 1
    assert reached[True] >= LEAST_SHARE * reached.total() > 0


def test_a_tagged_incline_stands_on_the_edges_of_its_way(built: tuple[OsmData, BuiltNetwork]) -> None:
    data, network = built
    incline: dict[int, set[float]] = {}
    arrays = network.network
    # a stretch over the road at one of its nodes has an incline of its own, which nobody knows
    along = arrays.node_osm_id[arrays.edge_tail] != arrays.node_osm_id[arrays.edge_head]
    along &= (arrays.edge_osm_type == 1) & (arrays.arc_slope[0::2] != 0)
    for edge in np.flatnonzero(along).tolist():
        incline.setdefault(int(arrays.edge_osm_id[edge]), set()).add(
            abs(round(float(arrays.edge_incline_percent[edge]), 3))
        )
    reached = Counter[bool]()
    for way in data.ways:
        reading = read_way(way.tags, Counter())
        walked = [read_pavement(reading, side) for side in reading.pavements] or [reading]
        wanted = list_inclines(*walked)
        if wanted and way.id in incline:
            # a link from a pavement to the end of a mapped crossing has none either
            known = {value for value in incline[way.id] if not reading.pavements or not np.isnan(value)}
            reached[known == wanted] += 1
    # two of the files have no incline in numbers
    assert reached[True] >= LEAST_SHARE * reached.total()


def list_inclines(*readings: WayReading) -> set[float]:
    """Their known inclines without a sign, as exact as they are stored."""
    known = [reading.incline_percent for reading in readings if isinstance(reading.incline_percent, float)]
    return {abs(round(float(np.float32(value)), 3)) for value in known}


def test_a_tagged_kerb_that_one_walks_over_is_an_edge(built: tuple[OsmData, BuiltNetwork]) -> None:
    """Kerbs beside a road that nobody crosses there, and at dead ends, are met by nobody."""
    data, network = built
    passed = Counter[int]()
    for way in data.ways:
        reading = read_way(way.tags, Counter())
        if reading.kind in (None, Kind.ROAD, Kind.LIVING_STREET, Kind.TRACK):
            continue
        for place, node in enumerate(way.nodes):
            passed[node] += 1 if place in (0, len(way.nodes) - 1) else 2
    arrays = network.network
    kerbs = {index for index, edge in enumerate(network.classes) if edge.kind in KERB_KINDS}
    is_kerb = np.isin(arrays.arc_class[0::2], list(kerbs)) & (arrays.edge_osm_type == 0)
    edges = set(arrays.edge_osm_id[is_kerb].tolist())
    tagged = {node.id for node in data.nodes.values() if read_node(node.tags, Counter()).kerb_cm is not None}
    met = {node for node in tagged if passed[node] >= 2}
    assert len(met & edges) >= LEAST_SHARE * len(met)


def group_classes_by_way(built: BuiltNetwork) -> dict[int, set[int]]:
    network = built.network
    groups: dict[int, set[int]] = {}
    of_way = np.flatnonzero(network.edge_osm_type == 1)
    for edge, way in zip(of_way.tolist(), network.edge_osm_id[of_way].tolist(), strict=True):
        groups.setdefault(way, set()).update(network.arc_class[2 * edge : 2 * edge + 2].tolist())
    return groups
