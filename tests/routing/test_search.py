"""The compiled search finds what networkx finds, on small towns of every kind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.support.drawn_town import draw_town
from tests.support.graphs import build_graph, build_oracle, make_random_town, seed_at
from wayfinder.city.bench import list_arc_ends
from wayfinder.routing.costs import load_tables
from wayfinder.routing.overlay import Change, apply_changes, build_empty_overlay
from wayfinder.routing.search import build_weights, find_path, list_reachable_costs

PRESETS = tuple(load_tables().presets)


@pytest.mark.parametrize("priced", [False, True])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_costs_what_networkx_says(preset: str, priced: bool) -> None:
    for seed in range(4):
        graph = build_graph(make_random_town(seed))
        empty = build_empty_overlay(graph)
        random = np.random.default_rng(seed)
        blocks = random.choice(2 * graph.network.edge_count, 40, replace=False)
        blocked = apply_changes(graph, empty, 1, [Change(tuple(blocks.tolist()), None, "report")])
        for overlay in (empty, blocked):
            weights = build_weights(overlay.judge.get_costs(load_tables().presets[preset]), priced=priced)
            oracle = build_oracle(graph.network, overlay.arc_class, weights)
            for start, goal in random.integers(graph.network.node_count, size=(30, 2)).tolist():
                path = find_path(graph, overlay, weights, seed_at(start), seed_at(goal))
                assert (path.cost_us if path else None) == oracle.get_cost(start, goal)


def test_a_path_is_a_chain_of_arcs_that_costs_what_it_says() -> None:
    graph = build_graph(make_random_town(5))
    overlay = build_empty_overlay(graph)
    weights = build_weights(overlay.judge.get_costs(load_tables().presets["foot"]), priced=True)
    oracle = build_oracle(graph.network, overlay.arc_class, weights)
    tail, head = list_arc_ends(graph.network)
    start, goal = 0, graph.network.node_count - 1
    path = find_path(graph, overlay, weights, seed_at(start), seed_at(goal))
    assert path is not None
    arcs = path.arcs
    assert (path.first_node, path.last_node) == (start, goal) == (tail[arcs[0]], head[arcs[-1]])
    assert (head[arcs[:-1]] == tail[arcs[1:]]).all()
    assert oracle.weight[arcs].sum() == path.cost_us


def test_several_weighted_seeds_on_both_sides_are_searched_at_once() -> None:
    graph = build_graph(make_random_town(6))
    overlay = build_empty_overlay(graph)
    random = np.random.default_rng(6)
    weights = build_weights(overlay.judge.get_costs(load_tables().presets["walker"]), priced=True)
    oracle = build_oracle(graph.network, overlay.arc_class, weights)
    for _ in range(100):
        nodes = random.integers(graph.network.node_count, size=6).tolist()
        costs = tuple(random.integers(0, 200_000_000, size=6).tolist())
        path = find_path(
            graph,
            overlay,
            weights,
            seed_at(*nodes[:3], costs=costs[:3]),
            seed_at(*nodes[3:], costs=costs[3:]),
        )
        expected = [
            costs[i] + between + costs[j]
            for i in range(3)
            for j in range(3, 6)
            if (between := oracle.get_cost(nodes[i], nodes[j])) is not None
        ]
        assert (path.cost_us if path else None) == min(expected, default=None)
        if path:
            assert path.first_node in nodes[:3] and path.last_node in nodes[3:]


def test_costs_to_all_nodes_are_those_of_networkx_and_end_at_the_given_cost() -> None:
    graph = build_graph(make_random_town(7))
    overlay = build_empty_overlay(graph)
    weights = build_weights(overlay.judge.get_costs(load_tables().presets["foot"]), priced=False)
    expected = build_oracle(graph.network, overlay.arc_class, weights).list_costs(0)
    everything = list_reachable_costs(graph, overlay, weights, seed_at(0))
    assert {node: cost for node, cost in enumerate(everything.tolist()) if cost >= 0} == expected
    most = int(np.median(list(expected.values())))
    near = list_reachable_costs(graph, overlay, weights, seed_at(0), most_us=most)
    assert {node: cost for node, cost in enumerate(near.tolist()) if cost >= 0} == {
        node: cost for node, cost in expected.items() if cost <= most
    }


def test_start_and_goal_at_the_same_node_cost_nothing() -> None:
    graph = build_graph(make_random_town(8))
    overlay = build_empty_overlay(graph)
    weights = build_weights(overlay.judge.get_costs(load_tables().presets["foot"]), priced=False)
    path = find_path(graph, overlay, weights, seed_at(3), seed_at(3))
    assert path is not None
    assert (path.cost_us, path.arcs.tolist(), path.first_node, path.last_node) == (0, [], 3, 3)


def test_two_ways_of_equal_length_are_no_draw() -> None:
    picture = """
        A---B
        |   |
        C---D
    """
    tags = "highway=footway surface=asphalt smoothness=good width=2"
    ways = [f"AB #1 {tags}", f"BD #2 {tags}", f"AC #3 {tags}", f"CD #4 {tags}"]
    chosen = set()
    for order in (ways, ways[::-1]):
        graph = build_graph(draw_town(picture, ways=order))
        overlay = build_empty_overlay(graph)
        weights = build_weights(overlay.judge.get_costs(load_tables().presets["foot"]), priced=False)
        osm = graph.network.node_osm_id.tolist()
        path = find_path(graph, overlay, weights, seed_at(osm.index(65)), seed_at(osm.index(68)))
        assert path is not None
        chosen.add(tuple(graph.network.edge_osm_id[path.arcs >> 1].tolist()))
    assert len(chosen) == 1


def test_threads_do_not_disturb_each_other() -> None:
    graph = build_graph(make_random_town(9))
    overlay = build_empty_overlay(graph)
    weights = build_weights(overlay.judge.get_costs(load_tables().presets["foot"]), priced=True)
    pairs = np.random.default_rng(9).integers(graph.network.node_count, size=(400, 2)).tolist()

    def search(pair: list[int]) -> int | None:
        path = find_path(graph, overlay, weights, seed_at(pair[0]), seed_at(pair[1]))
        return path.cost_us if path else None

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(search, pairs))
    assert together == [search(pair) for pair in pairs]
