"""Search and full answer against networkx, and Valhalla where it is installed: same pairs, in turn."""

from __future__ import annotations

import gc
import math
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import networkx as nx
import numpy as np
import orjson

from wayfinder.errors import CityError
from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.network import Int32, Int64, Mask, Network
from wayfinder.routing.overlay import Change, Overlay, apply_changes, build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import personalise
from wayfinder.routing.search import Seeds, Weights, build_weights, find_path
from wayfinder.speech.phrases import word_plan

PROFILE: Final = "wheelchair-manual"
NEAREST_M: Final = 300.0
FARTHEST_M: Final = 3000.0
"""A walk, as the design's cost model measures it."""
_BLOCKS: Final = 50
_TRIES_PER_PAIR: Final = 40

Answer = Callable[[LonLat, LonLat], bytes | str | None]
"""Answers one trip of a peer; None where it finds none."""


@dataclass(frozen=True, slots=True)
class BenchPair:
    """A trip found by every engine, with limits nobody has asked for before."""

    start: int
    goal: int
    limits: Mapping[str, object]


def run_bench(graph: CityGraph, pairs: int, osm: Path | None = None, seed: int = 1) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    pairs
        How many trips of 0.3 to 3 km, fewer where the city has not so many.
    osm
        The OSM file (pbf) the city was built from: Valhalla builds its tiles from it. Left out without it.

    Returns
    -------
    dict
        ``pairs``, ``city``, ``search_ms``, ``answer_ms`` and ``ratio`` as the contract says. The time of the
        wayfinder's search contains judging the city by fresh limits; networkx gets finished weights.
    """
    random = np.random.default_rng(seed)
    empty = build_empty_overlay(graph)
    blocks = random.integers(2 * graph.network.edge_count, size=_BLOCKS)
    overlay = apply_changes(graph, empty, 1, [Change(tuple(blocks.tolist()), None, "report")])
    planner = RoutePlanner(graph, lambda: overlay)
    with _open_valhalla(osm) as valhalla:
        chosen = list(choose_pairs(planner, overlay, pairs, random, valhalla))
        search = _measure_search(graph, planner, overlay, chosen)
        answer = _measure_answer(graph, planner, chosen, valhalla)
    figures: dict[str, Any] = {
        "pairs": len(chosen),
        "city": {"nodes": graph.network.node_count, "arcs": 2 * graph.network.edge_count},
        "search_ms": {engine: summarise(times) for engine, times in search.items()},
        "answer_ms": {engine: summarise(times) for engine, times in answer.items()},
    }
    figures["ratio"] = {
        f"search_vs_{peer}": get_ratio(figures["search_ms"][peer], figures["search_ms"]["wayfinder"])
        for peer in search
        if peer != "wayfinder"
    }
    if "valhalla" in answer:
        answers = figures["answer_ms"]
        figures["ratio"]["answer_vs_valhalla"] = get_ratio(answers["valhalla"], answers["wayfinder"])
    return figures


def summarise(times_s: list[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    if not times_s:
        return {"median": math.nan, "p95": math.nan}
    return {
        "median": round(float(np.median(times_s)) * 1e3, 4),
        "p95": round(float(np.percentile(times_s, 95)) * 1e3, 4),
    }


def get_ratio(slow: Mapping[str, float], fast: Mapping[str, float]) -> dict[str, float]:
    """How many times `fast` goes into `slow`, at median and p95."""
    return {name: round(slow[name] / fast[name], 1) for name in ("median", "p95")}


def locate_node(graph: CityGraph, node: int) -> LonLat:
    """Where a node lies."""
    return LonLat(float(graph.network.node_lon[node]), float(graph.network.node_lat[node]))


def choose_pairs(
    planner: RoutePlanner,
    overlay: Overlay,
    pairs: int,
    random: np.random.Generator,
    valhalla: Answer | None = None,
) -> Iterator[BenchPair]:
    """Random walks that every engine finds."""
    graph = planner.graph
    lon, lat = np.asarray(graph.network.node_lon), np.asarray(graph.network.node_lat)
    found = 0
    for number in range(pairs * _TRIES_PER_PAIR):
        if found == pairs:
            return
        start = int(random.integers(len(lon)))
        east = (lon - lon[start]) * math.cos(math.radians(lat[start]))
        distance = np.hypot(east, lat - lat[start]) * METRES_PER_DEGREE
        near = np.flatnonzero((distance >= NEAREST_M) & (distance <= FARTHEST_M))
        if not len(near):
            continue
        pair = BenchPair(start, int(random.choice(near)), _make_limits(number))
        ends = locate_node(graph, pair.start), locate_node(graph, pair.goal)
        if planner.plan(RouteRequest(*ends, PROFILE, pair.limits)).outcome is not Outcome.FOUND:
            continue
        weights = _judge(planner, overlay, pair.limits)
        if find_path(graph, overlay, weights, _seed(pair.start), _seed(pair.goal)) is None:
            continue
        if valhalla is not None and valhalla(*ends) is None:
            continue
        found += 1
        yield pair


def _make_limits(number: int) -> dict[str, object]:
    return {"kerb_up_max_cm": 3 + number % 997 / 1000, "width_min_cm": 80 + number % 991 / 100}


def _seed(node: int) -> Seeds:
    return Seeds(np.array([node], dtype=np.int32), np.zeros(1, dtype=np.int64))


def _judge(planner: RoutePlanner, overlay: Overlay, limits: Mapping[str, object]) -> Weights:
    tables = planner.tables
    profile = personalise(tables.presets[PROFILE], limits, None, tables.limits)
    return build_weights(overlay.judge.get_costs(profile), priced=False)


def _measure_search(
    graph: CityGraph, planner: RoutePlanner, overlay: Overlay, pairs: list[BenchPair]
) -> dict[str, list[float]]:
    preset = _judge(planner, overlay, {})
    oracle = build_networkx(graph.network, overlay.arc_class, preset)
    lon, lat = graph.network.node_lon.tolist(), graph.network.node_lat.tolist()
    us_per_degree = preset.least_rate * METRES_PER_DEGREE * 1000 * 0.999

    def bound(node: int, goal: int) -> float:
        east = (lon[node] - lon[goal]) * math.cos(math.radians(lat[goal]))
        return math.hypot(east, lat[node] - lat[goal]) * us_per_degree

    def search_here(pair: BenchPair) -> object:
        # limits slightly off those the pair was chosen by, so that nothing is remembered
        limits = {name: value + 1e-4 for name, value in pair.limits.items() if isinstance(value, float)}
        weights = _judge(planner, overlay, limits)
        return find_path(graph, overlay, weights, _seed(pair.start), _seed(pair.goal))

    engines: dict[str, Callable[[BenchPair], object]] = {
        "wayfinder": search_here,
        "networkx_dijkstra": lambda pair: nx.dijkstra_path(oracle, pair.start, pair.goal),
        "networkx_astar": lambda pair: nx.astar_path(oracle, pair.start, pair.goal, bound),
    }
    return _time_in_turn(engines, pairs)


def list_arc_costs(network: Network, arc_class: Int32, weights: Weights) -> tuple[Int64, Mask]:
    """What each arc costs, int64[2m] in µs, and which may be entered."""
    rate, slope = weights.class_rate[arc_class], weights.slope_rate[network.arc_slope]
    length = np.repeat(network.edge_length_mm.astype(np.int64), 2)
    cost = length * (rate + slope) + weights.class_fixed[arc_class] + network.arc_tie
    return cost, (rate >= 0) & (slope >= 0)


def list_arc_ends(network: Network) -> tuple[Int32, Int32]:
    """Tail and head of every arc."""
    ends = np.stack([network.edge_tail, network.edge_head], axis=1)
    return ends.reshape(-1), ends[:, ::-1].reshape(-1)


def build_networkx(network: Network, arc_class: Int32, weights: Weights) -> nx.DiGraph[int]:
    """Give networkx the same arcs at the same weights."""
    cost, may_enter = list_arc_costs(network, arc_class, weights)
    tail, head = list_arc_ends(network)
    allowed = np.flatnonzero(may_enter)
    # of parallel arcs the cheapest is inserted last: a DiGraph keeps one
    allowed = allowed[np.argsort(-cost[allowed], kind="stable")]
    result: nx.DiGraph[int] = nx.DiGraph()
    result.add_nodes_from(range(network.node_count))
    arcs = zip(tail[allowed].tolist(), head[allowed].tolist(), cost[allowed].tolist(), strict=True)
    result.add_weighted_edges_from(arcs)
    return result


def _measure_answer(
    graph: CityGraph, planner: RoutePlanner, pairs: list[BenchPair], valhalla: Answer | None
) -> dict[str, list[float]]:
    def answer_here(pair: BenchPair) -> object:
        limits = {name: value + 2e-4 for name, value in pair.limits.items() if isinstance(value, float)}
        ends = locate_node(graph, pair.start), locate_node(graph, pair.goal)
        return answer(planner, {"from": ends[0], "to": ends[1], "profile": PROFILE, "limits": limits})

    engines: dict[str, Callable[[BenchPair], object]] = {"wayfinder": answer_here}
    if valhalla is not None:
        engines["valhalla"] = lambda pair: valhalla(
            locate_node(graph, pair.start), locate_node(graph, pair.goal)
        )
    return _time_in_turn(engines, pairs)


def answer(planner: RoutePlanner, request: Mapping[str, Any]) -> bytes:
    """The full answer: request in, JSON with German wording out."""
    plan = planner.plan(RouteRequest(request["from"], request["to"], request["profile"], request["limits"]))
    return orjson.dumps(word_plan(plan, "de"), option=orjson.OPT_SERIALIZE_NUMPY)


def _time_in_turn(
    engines: Mapping[str, Callable[[BenchPair], object]], pairs: list[BenchPair]
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in engines}
    gc.collect()
    gc.freeze()  # as the server does once it is warm
    for engine in engines.values():
        for pair in pairs[:3]:
            engine(pair)
    for pair in pairs:
        for name, engine in engines.items():
            began = time.perf_counter()
            engine(pair)
            times[name].append(time.perf_counter() - began)
    gc.unfreeze()
    return times


@contextmanager
def _open_valhalla(osm: Path | None) -> Iterator[Answer | None]:
    """Valhalla in this process, over tiles built from `osm`; None without it or without a file."""
    spec = find_spec("valhalla")
    if osm is None or spec is None or spec.origin is None:
        yield None
        return
    import valhalla

    with tempfile.TemporaryDirectory() as folder:
        config = valhalla.get_config(tile_dir=folder, tile_extract="", verbose=False)
        config["mjolnir"]["tile_extract"] = ""
        path = Path(folder) / "valhalla.json"
        path.write_bytes(orjson.dumps(config))
        build = Path(spec.origin).parent / "bin" / "valhalla_build_tiles"
        build.chmod(build.stat().st_mode | stat.S_IXUSR)
        done = subprocess.run(
            [build, "-c", path, osm.resolve()], cwd=folder, capture_output=True, check=False
        )
        if done.returncode:
            raise CityError("Valhalla cannot build its tiles from {file}.", file=osm.name)
        actor = valhalla.Actor(config)

        def ask(start: LonLat, goal: LonLat) -> str | None:
            request = {
                "locations": [{"lon": start.lon, "lat": start.lat}, {"lon": goal.lon, "lat": goal.lat}],
                "costing": "pedestrian",
                "costing_options": {"pedestrian": {"type": "wheelchair"}},
                "language": "de-DE",
            }
            try:
                return str(actor.route(orjson.dumps(request).decode()))
            except RuntimeError:
                return None

        yield ask


def format_bench(figures: Mapping[str, Any]) -> str:
    """The figures as a table for the terminal."""
    city = figures["city"]
    lines = [f"{figures['pairs']} pairs, {city['nodes']} nodes, {city['arcs']} arcs", ""]
    lines.append(f"{'':34}{'median':>10}{'p95':>10}")
    for group in ("search_ms", "answer_ms", "http_ms"):
        for engine, row in figures.get(group, {}).items():
            lines.append(f"{group + ' ' + engine:34}{row['median']:>10.3f}{row['p95']:>10.3f}")
    for name, row in figures["ratio"].items():
        lines.append(f"{'ratio ' + name:34}{row['median']:>10.1f}{row['p95']:>10.1f}")
    return "\n".join(lines)
