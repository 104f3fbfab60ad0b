"""The network in OSMnx's convention: read back by OSMnx itself, and the same ways are shortest in it."""

import random
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx
import pytest

from tests.city.test_build import write_osm, write_terrain
from tests.city.test_surveys import build as build_surveyed
from wayfinder.city.artifact import City, open_city
from wayfinder.city.build import Dem, build_city
from wayfinder.city.demo import TOWN_FOLDER
from wayfinder.city.export import write_graphml
from wayfinder.errors import CityError
from wayfinder.routing.attributes import OBSTACLE_KINDS

STREET = """<osm version="0.6">
  <node id="1" lat="51.3000" lon="9.4000" timestamp="2026-03-01T12:00:00Z"/>
  <node id="2" lat="51.3010" lon="9.4000" timestamp="2026-03-01T12:00:00Z">
    <tag k="barrier" v="gate"/><tag k="maxwidth:physical" v="0.9"/></node>
  <node id="3" lat="51.3020" lon="9.4000"/>
  <node id="4" lat="51.3020" lon="9.4010"/>
  <node id="5" lat="51.3030" lon="9.4010"/>
  <way id="10" timestamp="2026-05-01T00:00:00Z"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/>
    <tag k="highway" v="footway"/><tag k="surface" v="crazy"/><tag k="width" v="1.8"/>
    <tag k="incline" v="4%"/><tag k="name" v="Am &lt;Markt&gt;"/><tag k="oneway:foot" v="yes"/></way>
  <way id="11" timestamp="2026-05-01T00:00:00Z"><nd ref="4"/><nd ref="5"/><tag k="highway" v="steps"/>
    <tag k="incline" v="up"/><tag k="step_count" v="12"/></way>
</osm>
"""


def build(folder: Path, osm: Path) -> City:
    build_city(osm, "Musterstadt", folder)
    return open_city(folder)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    return build(tmp_path_factory.mktemp("cities") / "town", TOWN_FOLDER / "musterstadt.osm")


@pytest.fixture(scope="module")
def graph(town: City, tmp_path_factory: pytest.TempPathFactory) -> "nx.MultiDiGraph[int]":
    file = tmp_path_factory.mktemp("export") / "town.graphml"
    assert write_graphml(town, file) == (town.network.node_count, 2 * town.network.edge_count)
    return osmnx.load_graphml(file)


def test_osmnx_reads_every_node_and_arc_at_its_place_and_length(
    town: City, graph: "nx.MultiDiGraph[int]"
) -> None:
    network = town.network

    assert graph.graph["crs"] == "epsg:4326"
    assert graph.graph["attribution"] == town.info.attribution
    assert sorted(graph.nodes) == list(range(network.node_count))
    assert [graph.nodes[n]["x"] for n in range(network.node_count)] == network.node_lon.tolist()
    assert [graph.nodes[n]["y"] for n in range(network.node_count)] == network.node_lat.tolist()
    assert [graph.nodes[n]["osmid"] for n in range(network.node_count)] == network.node_osm_id.tolist()

    tail, head, length = network.edge_tail, network.edge_head, network.edge_length_mm
    arcs = [*zip(tail, head, length, strict=True), *zip(head, tail, length, strict=True)]
    assert sorted((u, v, round(m * 1000)) for u, v, m in graph.edges(data="length")) == sorted(arcs)


def test_the_graph_is_good_for_osmnx_tables(graph: "nx.MultiDiGraph[int]") -> None:
    nodes, edges = osmnx.graph_to_gdfs(graph)

    assert (len(nodes), len(edges)) == (graph.number_of_nodes(), graph.number_of_edges())
    assert edges.geometry.notna().all()


def test_lines_run_in_the_direction_of_their_edges(town: City, graph: "nx.MultiDiGraph[int]") -> None:
    bent = 0
    for tail, head, line in graph.edges(data="geometry"):
        if line is not None:
            bent += 1
            ends = [(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in (tail, head)]
            assert np.allclose([line.coords[0], line.coords[-1]], ends, atol=1e-6)
    assert bent > 10


def test_shortest_ways_by_length_are_those_of_the_network(town: City, graph: "nx.MultiDiGraph[int]") -> None:
    network = town.network
    ours: nx.Graph[int] = nx.Graph()
    for tail, head, mm in zip(
        network.edge_tail.tolist(), network.edge_head.tolist(), network.edge_length_mm.tolist(), strict=True
    ):
        if not ours.has_edge(tail, head) or ours[tail][head]["mm"] > mm:
            ours.add_edge(tail, head, mm=mm)
    generator = random.Random(1)
    largest = sorted(max(nx.connected_components(ours), key=len))
    for _ in range(50):
        start, goal = generator.sample(largest, 2)
        way = osmnx.shortest_path(graph, start, goal, weight="length")
        metres = sum(min(e["length"] for e in graph[u][v].values()) for u, v in nx.utils.pairwise(way))
        assert round(metres * 1000) == nx.shortest_path_length(ours, start, goal, weight="mm")


def test_obstacles_are_edges_and_marked(town: City, graph: "nx.MultiDiGraph[int]") -> None:
    obstacles = [data for _, _, data in graph.edges(data=True) if data["obstacle"] == "True"]

    kinds = {str(kind) for kind in OBSTACLE_KINDS}
    assert {data["kind"] for data in obstacles} <= kinds
    assert not any(
        data["kind"] in kinds for *_, data in graph.edges(data=True) if data["obstacle"] == "False"
    )
    assert {data["length"] for data in obstacles} == {0.0}
    assert len(obstacles) > 100


def test_what_is_known_of_an_edge_is_in_its_columns_with_units(tmp_path: Path) -> None:
    (tmp_path / "street.osm").write_text(STREET, encoding="utf-8")
    city = build(tmp_path / "city", tmp_path / "street.osm")
    write_graphml(city, tmp_path / "street.graphml")
    graph = osmnx.load_graphml(
        tmp_path / "street.graphml", edge_dtypes={"width_cm": float, "passage_cm": float}
    )

    def describe(osm_id: int, kind: str, tail: int) -> list[dict]:
        left_out = ("length", "geometry")
        return [
            {name: value for name, value in data.items() if name not in left_out}
            for u, _, data in graph.edges(data=True)
            if (data["osmid"], data["kind"]) == (osm_id, kind) and graph.nodes[u]["osmid"] == tail
        ]

    there = {
        "osmid": 10,
        "osm_type": "way",
        "kind": "footway",
        "name": "Am <Markt>",
        "width_cm": 180.0,
        "incline_percent": "4.0",
        "not_understood": "surface",
        "obstacle": "False",
        "oneway": False,
        "reversed": False,
        "layer": "0",
        "as_of": "2026-05-01",
    }
    assert describe(10, "footway", 1) == [there]
    # node 4 is beyond the gate: from there the way leads back, against its one direction
    back = there | {"incline_percent": "-4.0", "reversed": True, "access": "no"}
    assert describe(10, "footway", 4) == [back]
    (gate, same_gate) = describe(2, "gate", 2)
    assert (gate["obstacle"], gate["passage_cm"], gate["osm_type"]) == ("True", 90.0, "node")
    assert gate["as_of"] == same_gate["as_of"] == "2026-03-01"
    (up,), (down,) = describe(11, "steps", 4), describe(11, "steps", 5)
    assert (up["incline"], down["incline"], up["step_count"]) == ("up", "down", "12.0")


def test_the_same_city_gives_the_same_bytes(town: City, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_graphml(town, tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_what_cannot_be_written_is_one_sentence_and_the_old_file_stays(town: City, tmp_path: Path) -> None:
    with pytest.raises(CityError, match=r"full cannot be written: "):
        (tmp_path / "full").mkdir()
        write_graphml(town, tmp_path / "full")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def export(folder: Path) -> "nx.MultiDiGraph[int]":
    file = folder.with_suffix(".graphml")
    write_graphml(open_city(folder), file)
    return osmnx.load_graphml(file)


def test_what_a_survey_says_is_marked_and_its_licence_named(tmp_path: Path) -> None:
    build_surveyed(tmp_path)

    graph = export(tmp_path / "town")

    assert "Bordsteine der Stadt (dl-de/by-2-0)" in graph.graph["sources"]
    marks = {
        (data["kind"], data["not_from_osm"]) for *_, data in graph.edges(data=True) if "not_from_osm" in data
    }
    assert {kind for kind, _ in marks} == {"kerb_up", "kerb_down", "footway"}
    for kind, mark in marks:
        named = (
            {"kerb_up_cm=survey", "kerb_down_cm=survey"} if kind.startswith("kerb") else {"width_cm=survey"}
        )
        assert named <= set(mark.split(","))
    narrow = [data for *_, data in graph.edges(data=True) if data.get("width_cm") == "80.0"]
    assert narrow and all("width_cm=survey" in data["not_from_osm"] for data in narrow)


def test_an_estimated_incline_does_not_look_like_a_mapped_one(tmp_path: Path) -> None:
    terrain = Dem(write_terrain(tmp_path / "dgm1.tif"), "HVBG", "dl-de/zero-2-0")
    build_city(write_osm(tmp_path / "town.osm"), "Kassel", tmp_path / "kassel", dem=terrain)

    graph = export(tmp_path / "kassel")

    inclined = [data for *_, data in graph.edges(data=True) if "incline_percent" in data]
    assert inclined
    assert {data["not_from_osm"] for data in inclined} == {"incline_percent=estimate"}
    assert all(float(data["incline_error_percent"]) > 0 for data in inclined)
