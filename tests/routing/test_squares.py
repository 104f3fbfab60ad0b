"""Squares are crossed in sight of where one goes, never through a wall; what cannot be crossed says why."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely

from tests.support.drawn_town import ORIGIN, Tags, draw_town, list_edges, list_obstacles, locate, node_id
from tests.support.graphs import build_graph
from wayfinder.errors import TableError
from wayfinder.geo import METRES_PER_DEGREE, LonLat, get_distance_m
from wayfinder.routing.attributes import Kind
from wayfinder.routing.network import NETWORK_ARRAYS
from wayfinder.routing.network_build import BuiltNetwork, build_network
from wayfinder.routing.osm_records import OsmData, OsmNode, OsmWall, OsmWay
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.walls import load_wall_rules

SQUARE = """
    N
  A-B-C
  |   |
W-H   D-E
  |   |
  G-F-I
    S
"""
RIM = "ABCDIFGHA highway=pedestrian area=yes name=Marktplatz"
STREETS = ["NB highway=footway", "DE highway=footway", "FS highway=footway", "WH highway=footway"]


def draw_square(
    *ways: str, walls: Sequence[str] = (), nodes: Mapping[str, Tags] | None = None, picture: str = SQUARE
) -> BuiltNetwork:
    return build_network(draw_town(picture, [*ways, *STREETS], nodes, walls=walls))


def walk_m(built: BuiltNetwork, start: str, end: str) -> float:
    """Length of the shortest way, whatever stands on it; infinite where there is none."""
    network = built.network
    graph: nx.Graph[int] = nx.Graph()
    for edge in range(network.edge_count):
        tail, head = int(network.edge_tail[edge]), int(network.edge_head[edge])
        length = int(network.edge_length_mm[edge])
        if not graph.has_edge(tail, head) or graph[tail][head]["weight"] > length:
            graph.add_edge(tail, head, weight=length)
    starts, ends = (np.flatnonzero(network.node_osm_id == node_id(letter)) for letter in (start, end))
    lengths = nx.multi_source_dijkstra_path_length(graph, set(starts.tolist()))
    return min(lengths.get(int(node), math.inf) for node in ends) / 1000


def list_kinds_between(built: BuiltNetwork, start: str, end: str) -> list[str]:
    """Obstacles on the shortest way."""
    network = built.network
    graph: nx.MultiGraph[int] = nx.MultiGraph()
    for edge in range(network.edge_count):
        kind = built.classes[network.arc_class[2 * edge]].kind
        tail, head = int(network.edge_tail[edge]), int(network.edge_head[edge])
        graph.add_edge(tail, head, weight=int(network.edge_length_mm[edge]), kind=kind)
    ends = [int(np.flatnonzero(network.node_osm_id == node_id(letter))[0]) for letter in (start, end)]
    path = nx.dijkstra_path(graph, *ends)
    met = [min(graph[a][b].values(), key=lambda edge: edge["weight"]) for a, b in pairwise(path)]
    return [str(edge["kind"]) for edge in met if edge["weight"] == 0]


def list_lines(built: BuiltNetwork, kind: Kind = Kind.PEDESTRIAN) -> list[shapely.LineString]:
    """Lines of all edges of a kind, in metres from the lower left corner of the picture."""
    network = built.network
    lines = []
    for edge in range(network.edge_count):
        if built.classes[network.arc_class[2 * edge]].kind is kind:
            points = slice(network.edge_points[edge], network.edge_points[edge + 1])
            spots = zip(network.point_lon_e7[points] / 1e7, network.point_lat_e7[points] / 1e7, strict=True)
            lines.append(shapely.LineString([to_metres(LonLat(*spot)) for spot in spots]))
    return lines


def to_metres(spot: LonLat) -> tuple[float, float]:
    metres_lon = METRES_PER_DEGREE * math.cos(math.radians(ORIGIN.lat))
    return (spot.lon - ORIGIN.lon) * metres_lon, (spot.lat - ORIGIN.lat) * METRES_PER_DEGREE


def outline(letters: str, picture: str = SQUARE) -> shapely.Polygon:
    return shapely.Polygon([to_metres(locate(picture, letter)) for letter in letters])


def crosses(built: BuiltNetwork, shape: shapely.Geometry) -> bool:
    """A line goes through what `shape` stands for, more than along its edge."""
    hard = shape.buffer(-0.05) if shape.area else shape
    return any(line.intersects(hard) for line in list_lines(built))


# ---------------------------------------------------------------- free squares


def test_a_square_is_crossed_straight_from_entrance_to_entrance() -> None:
    built = draw_square(RIM)

    assert walk_m(built, "B", "F") == pytest.approx(40, abs=0.1)
    assert walk_m(built, "H", "D") == pytest.approx(40, abs=0.1)
    assert walk_m(built, "H", "B") == pytest.approx(math.hypot(20, 20), rel=0.021)
    squares = built.counts.ways.squares
    assert (squares.crossed, dict(squares.rim)) == (1, {})
    assert squares.lines == sum("pedestrian" in line for line in list_edges(built))


def test_lines_have_what_the_square_is_tagged_with() -> None:
    built = draw_square(f"{RIM} surface=sett lit=yes")

    lines = [line for line in list_edges(built) if "pedestrian" in line]
    assert all("surface=sett lit=yes" in line for line in lines)
    names = {built.names[name] for name in built.network.edge_name[built.network.edge_osm_id == 1]}
    assert names == {"Marktplatz"}


def test_around_the_corner_of_an_l_shaped_square_the_line_bends_at_the_corner() -> None:
    picture = """
    A---B
    |   |
    |   C-------D
    |           |
    F-----------E
    """
    ways = ["ABCDEFA highway=pedestrian area=yes", "XB highway=footway", "DY highway=footway"]
    built = build_network(draw_town(picture.replace("A---B", "A---B-X").replace("-D", "-D-Y"), ways))

    assert walk_m(built, "B", "D") == pytest.approx(20 + 80, abs=0.1)
    assert not crosses(built, shapely.box(41, 41, 120, 80))


HOLED = """
    N
  A-B---C
  |     |
  | J-K |
W-H | | D-E
  | M-L |
  |     |
  G-F---I
    S
"""


@pytest.mark.parametrize(
    ("ways", "relations", "walls"),
    [
        pytest.param(
            ["ABCDI note=rim", "IFGHA note=rim", "JKLMJ note=hole"],
            [((1, 2), (3,), "type=multipolygon highway=pedestrian")],
            [],
            id="hole",
        ),
        pytest.param(
            ["ABCDIFGHA highway=pedestrian area=yes", "JKLMJ note=hole"],
            [((1,), (2,), "type=multipolygon highway=pedestrian")],
            [],
            id="hole, and the rim tagged once more",
        ),
        pytest.param(
            ["ABCDIFGHA highway=pedestrian area=yes"], [], ["JKLMJ building=yes"], id="building on the square"
        ),
        pytest.param(
            ["ABCDIFGHA highway=pedestrian area=yes"], [], ["JKLMJ landuse=flowerbed"], id="flowerbed"
        ),
        pytest.param(["ABCDIFGHA highway=pedestrian area=yes"], [], ["JKLMJ barrier=fence"], id="fenced in"),
    ],
)
def test_a_hole_or_wall_in_the_middle_is_walked_around(
    ways: list[str], relations: list[tuple[Sequence[int], Tags]], walls: list[str]
) -> None:
    built = build_network(draw_town(HOLED, [*ways, *STREETS], relations=relations, walls=walls))

    around_m = math.hypot(20, 10) + 20 + math.hypot(20, 10)
    assert walk_m(built, "H", "D") == pytest.approx(around_m, rel=0.021)
    assert not crosses(built, outline("JKLM", HOLED))
    assert built.counts.ways.squares.crossed == 1
    assert len({line.split(" ")[0] for line in list_edges(built) if "pedestrian" in line}) > 10


@pytest.mark.parametrize(
    "wall",
    [
        "JKLMJ building=roof",
        "JKLMJ building=yes layer=1",
        "JKLMJ barrier=entrance",
        "JK waterway=drain tunnel=culvert",
    ],
)
def test_what_is_above_below_or_open_stops_nobody(wall: str) -> None:
    built = build_network(draw_town(HOLED, [RIM, *STREETS], walls=[wall]))
    assert walk_m(built, "H", "D") == pytest.approx(60, abs=0.1)


def test_a_square_of_two_parts_is_two_squares() -> None:
    picture = """
    A-B E-F
    | | | |
    D-C H-G
    """
    ways = [
        "ABCDA note=rim",
        "EFGHE note=rim",
        "BX highway=footway",
        "YH highway=footway",
        "AZ highway=footway",
    ]
    ways += ["FU highway=footway"]
    nodes_of = picture.replace("A-B E-F", "Z-A-BXE-F-U").replace("    | | | |", "      | | | |")
    nodes_of = nodes_of.replace("    D-C H-G", "      D-CYH-G")
    town = draw_town(nodes_of, ways, relations=[((1, 2), "type=multipolygon highway=pedestrian")])
    built = build_network(town)

    assert walk_m(built, "A", "B") == pytest.approx(20, abs=0.1)
    assert walk_m(built, "F", "H") == pytest.approx(math.hypot(20, 20), rel=0.021)
    assert walk_m(built, "B", "H") == math.inf


# ---------------------------------------------------------------- fences, gates, roads


FENCED = """
    N
  A-B-C
  |   |
W-H K D-E
  |   |
  P-Q-R
  |   |
  G-F-I
    S
"""
FENCED_RIM = "ABCDRIFGPHA highway=pedestrian area=yes"


def test_a_fence_across_a_square_is_passed_at_its_gate_alone() -> None:
    built = draw_square(FENCED_RIM, walls=["PQR barrier=fence"], nodes={"Q": "barrier=gate"}, picture=FENCED)

    assert walk_m(built, "B", "F") == pytest.approx(60, abs=0.5)
    assert list_kinds_between(built, "B", "F") == ["gate"]
    assert list_obstacles(built) == ["Q/0-Q/1 gate barrier=gate"]


def test_a_fence_without_a_gate_parts_a_square() -> None:
    built = draw_square(FENCED_RIM, walls=["PQR barrier=fence"], picture=FENCED)

    assert walk_m(built, "H", "D") == pytest.approx(40, abs=0.1)
    assert walk_m(built, "B", "F") == math.inf


def test_a_way_through_a_fence_joins_both_sides() -> None:
    built = draw_square(FENCED_RIM, "KQF highway=footway", walls=["PQR barrier=fence"], picture=FENCED)
    assert walk_m(built, "B", "F") == pytest.approx(60, abs=0.5)


def test_a_fence_that_ends_on_the_square_is_walked_around() -> None:
    built = draw_square(FENCED_RIM, walls=["PQ barrier=fence"], picture=FENCED)

    assert walk_m(built, "H", "F") == pytest.approx(math.hypot(20, 20) + 20, rel=0.03)
    fence = shapely.LineString([to_metres(locate(FENCED, letter)) for letter in "PQ"])
    ends = shapely.Point(fence.coords[1]).buffer(0.3)
    assert not any(line.crosses(fence.difference(ends)) for line in list_lines(built))


def test_a_road_over_a_square_is_crossed_where_a_way_crosses_it_and_nowhere_else() -> None:
    ways = [FENCED_RIM, "PQR highway=residential", "KQF highway=footway"]
    built = draw_square(*ways, picture=FENCED)
    assert "road_crossing" in list_kinds_between(built, "B", "F")
    assert walk_m(built, "B", "F") == pytest.approx(60, abs=0.5)

    bridge = draw_square(FENCED_RIM, "PQR highway=residential layer=1 bridge=yes", picture=FENCED)
    assert list_kinds_between(bridge, "B", "F") == []
    lane = draw_square(FENCED_RIM, "PQR highway=service", picture=FENCED)
    assert list_kinds_between(lane, "B", "F") == []


# ---------------------------------------------------------------- squares beside and inside each other


def test_squares_that_share_a_rim_are_one_space_to_walk() -> None:
    ways = ["ABCDRQPHA highway=pedestrian area=yes", "PQRIFGP highway=pedestrian area=yes"]
    built = draw_square(*ways, picture=FENCED)
    assert walk_m(built, "B", "F") == pytest.approx(60, abs=0.5)
    assert built.counts.ways.squares.crossed == 2


def test_a_hole_that_touches_the_rim_lets_nobody_through_where_it_touches() -> None:
    ways = ["ABCDIFGHA note=rim", "HKLH note=hole"]
    picture = HOLED.replace("| J-K |", "|JK   |").replace("| M-L |", "|ML   |")
    town = draw_town(
        picture, [*ways, *STREETS], relations=[((1,), (2,), "type=multipolygon highway=pedestrian")]
    )
    built = build_network(town)
    assert not crosses(built, outline("HKL", picture))
    assert walk_m(built, "W", "D") < 90


def test_a_square_in_a_square_is_crossed_twice_over() -> None:
    ways = [RIM, "JKLMJ highway=pedestrian area=yes", "KD highway=footway", "MH highway=footway"]
    built = build_network(draw_town(HOLED, [*ways, *STREETS]))
    assert built.counts.ways.squares.crossed == 2
    assert walk_m(built, "M", "K") == pytest.approx(math.hypot(20, 20), rel=0.021)


# ---------------------------------------------------------------- what cannot be crossed


@pytest.mark.parametrize(
    ("ways", "relations", "reason"),
    [
        pytest.param(["ACGIA highway=pedestrian area=yes"], [], "broken", id="rim crosses itself"),
        pytest.param(["ABCDIFGH highway=pedestrian area=yes"], [], "unclosed", id="unclosed"),
        pytest.param(["ABCDXIFGHA highway=pedestrian area=yes"], [], "incomplete", id="missing node"),
        pytest.param(
            ["ABCDI note=rim"],
            [((1, 9), "type=multipolygon highway=pedestrian")],
            "incomplete",
            id="missing member",
        ),
        pytest.param(
            ["ABCDIFGHA highway=pedestrian area=yes"],
            [((1,), (9,), "type=multipolygon highway=pedestrian")],
            "incomplete",
            id="missing hole, and the rim tagged once more",
        ),
        pytest.param(
            ["ABCDIFGHA highway=pedestrian area=yes", "BKF highway=steps"], [], "steps", id="steps on it"
        ),
    ],
)
def test_what_cannot_be_crossed_is_walked_along_its_rim_and_counted(
    ways: list[str], relations: list[tuple[Sequence[int], Tags]], reason: str
) -> None:
    picture = SQUARE.replace("W-H   D-E", "W-H K D-E")
    built = build_network(draw_town(picture, [*ways, *STREETS], relations=relations))

    assert dict(built.counts.ways.squares.rim) == {reason: 1}
    assert built.counts.ways.squares.crossed == 0
    assert any("pedestrian" in line for line in list_edges(built))
    assert not any("*" in line for line in list_edges(built))


def test_an_island_without_entrance_and_a_hall_over_everything_are_counted_too() -> None:
    alone = build_network(draw_town(SQUARE, [RIM]))
    assert dict(alone.counts.ways.squares.rim) == {"no_entrance": 1}
    hall = draw_square(RIM, walls=["ACIGA building=train_station"])
    assert dict(hall.counts.ways.squares.rim) == {"walled": 1}


def draw_round_square(entrances: int, radius_m: float = 60.0) -> OsmData:
    """A round square with ways leading away from it on all sides."""
    nodes, ways = {}, []
    for number in range(entrances):
        angle = 2 * math.pi * number / entrances
        for ref, far_m in ((number + 1, radius_m), (entrances + number + 1, radius_m + 20)):
            east, north = far_m * math.cos(angle), far_m * math.sin(angle)
            lon = ORIGIN.lon + east / (METRES_PER_DEGREE * math.cos(math.radians(ORIGIN.lat)))
            nodes[ref] = OsmNode(ref, lon, ORIGIN.lat + north / METRES_PER_DEGREE, {})
        ways.append(OsmWay(number + 2, (number + 1, entrances + number + 1), {"highway": "footway"}))
    rim = OsmWay(1, (*range(1, entrances + 1), 1), {"highway": "pedestrian", "area": "yes"})
    return OsmData(nodes, (rim, *ways))


def test_a_square_with_too_many_entrances_is_walked_along_its_rim() -> None:
    built = build_network(draw_round_square(700))
    assert dict(built.counts.ways.squares.rim) == {"too_large": 1}
    assert built.network.edge_count == 1400


def test_an_entrance_inside_a_wall_keeps_its_piece_of_the_rim() -> None:
    # the hall stands over the corner A, where a way comes in
    picture = SQUARE.replace("  A-B-C", "X-A-B-C").replace("    N", "X   N").replace("X-A", "Y-A")
    ways = [RIM, "YA highway=footway"]
    built = build_network(draw_town(picture, [*ways, *STREETS], walls=["XBHWX building=yes"]))

    assert built.counts.ways.squares.entrances_left_out == 1
    assert walk_m(built, "A", "D") < math.inf


# ---------------------------------------------------------------- who stands on the square


def plan(
    data: OsmData,
    start: LonLat,
    goal: LonLat,
    profile: str = "foot",
    limits: Mapping[str, object] | None = None,
) -> RoutePlan:
    graph = build_graph(data)
    overlay = build_empty_overlay(graph)
    return RoutePlanner(graph, lambda: overlay).plan(RouteRequest(start, goal, profile, limits or {}))


def move(spot: LonLat, east_m: float, north_m: float) -> LonLat:
    metres_lon = METRES_PER_DEGREE * math.cos(math.radians(spot.lat))
    return LonLat(spot.lon + east_m / metres_lon, spot.lat + north_m / METRES_PER_DEGREE)


def test_who_stands_on_a_square_starts_there_and_not_at_its_rim() -> None:
    town = draw_town(SQUARE, [RIM, *STREETS], grid_m=30)
    goal = locate(SQUARE, "E", grid_m=30)
    middle = LonLat(locate(SQUARE, "B", grid_m=30).lon, locate(SQUARE, "H", grid_m=30).lat)
    chosen = random.Random(1)
    for _ in range(40):
        start = move(middle, chosen.uniform(-55, 55), chosen.uniform(-55, 55))
        found = plan(town, start, goal)
        straight_m = get_distance_m(start, locate(SQUARE, "D", grid_m=30)) + 60
        assert found.start.offset_m < 8
        assert found.routes[0].distance_m < straight_m + 20


def test_nobody_is_put_beyond_a_wall() -> None:
    """From anywhere around a thin fence the way begins on the person's side of it."""
    town = draw_town(FENCED, [FENCED_RIM, *STREETS], walls=["PQR barrier=fence"], grid_m=30)
    fence = shapely.LineString([to_metres(locate(FENCED, letter, grid_m=30)) for letter in "PQR"])
    graph = build_graph(town)
    overlay = build_empty_overlay(graph)
    planner = RoutePlanner(graph, lambda: overlay)
    chosen = random.Random(2)
    for goal in "NS":
        for _ in range(60):
            spot = move(locate(FENCED, "Q", grid_m=30), chosen.uniform(-55, 55), chosen.uniform(0.2, 9))
            request = RouteRequest(spot, locate(FENCED, goal, grid_m=30), "foot", {})
            found = planner.plan(request)
            snapped = shapely.LineString(
                [to_metres(spot), to_metres(LonLat(found.start.lon, found.start.lat))]
            )
            if goal == "N":
                assert not snapped.crosses(fence)
                assert found.start.offset_m < 8


def test_a_cane_follows_the_edge_of_a_street_rather_than_cross_a_square() -> None:
    picture = """
    X-A-----------B-Y
      |           |
      D-----------C
    """
    square = "ABCDA highway=pedestrian area=yes surface=asphalt"
    around = "XUVY highway=footway surface=asphalt"
    picture = "    U---------------V\n" + picture.strip("\n")
    town = draw_town(
        picture, [square, "XA highway=footway surface=asphalt", "BY highway=footway surface=asphalt", around]
    )
    ends = locate(picture, "X"), locate(picture, "Y")

    by_foot, by_cane = (plan(town, *ends, profile).routes[0].distance_m for profile in ("foot", "blind"))
    assert by_foot == pytest.approx(160, abs=1)
    assert by_cane == pytest.approx(180, abs=1)


# ---------------------------------------------------------------- always the same


def test_the_order_of_ways_nodes_and_walls_changes_nothing() -> None:
    walls = ["PQ barrier=fence", "JKLMJ building=yes"]
    town = draw_town(HOLED.replace("W-H | | D-E", "W-HP| |QD-E"), [RIM, *STREETS], walls=walls)
    turned = replace(
        town,
        nodes=dict(reversed(town.nodes.items())),
        ways=tuple(reversed(town.ways)),
        walls=tuple(reversed(town.walls)),
    )
    one, other = build_network(town).network, build_network(turned).network
    for name in NETWORK_ARRAYS:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def test_a_building_drawn_as_multipolygon_is_a_wall_and_its_courtyard_is_none() -> None:
    town = draw_town(HOLED, [RIM, *STREETS])
    rim = town.ways[0].nodes
    yard = tuple(node_id(letter) for letter in "JKLMJ")
    block = OsmWall("relation", 9, (rim,), (yard,), {"type": "multipolygon", "building": "yes"})
    courtyard = OsmWay(50, yard, {"highway": "pedestrian", "area": "yes"})
    passage = OsmWay(51, (node_id("J"), node_id("B")), {"highway": "corridor"})
    built = build_network(replace(town, ways=(courtyard, passage, *town.ways[1:]), walls=(block,)))

    assert built.counts.ways.squares.crossed == 1
    assert not crosses(built, outline("ABCDIFGH", HOLED).difference(outline("JKLM", HOLED)))


def test_a_table_of_walls_with_a_typing_error_says_where(tmp_path: Path) -> None:
    table = tmp_path / "walls.csv"
    table.write_text("key,value,wall,source\nbuilding,*,solid,me\n")
    with pytest.raises(TableError, match=r"walls\.csv, line 2: wall is 'solid'"):
        load_wall_rules(table)
