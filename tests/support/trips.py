"""Ledgers of drawn towns, in words."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.graphs import build_graph
from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import Verdict, load_tables
from wayfinder.routing.islands import find_parts
from wayfinder.routing.ledger import Ledger, build_ledger
from wayfinder.routing.measurements import judge_survey, load_measurements, prepare_survey
from wayfinder.routing.network import OSM_TYPES
from wayfinder.routing.osm_records import OsmData
from wayfinder.routing.overlay import Overlay, build_empty_overlay
from wayfinder.routing.profiles import personalise
from wayfinder.routing.what_if import Trip, TripNetwork

Journey = tuple[LonLat, LonLat]


def make_network(graph: CityGraph, overlay: Overlay, profile: str, **limits: object) -> TripNetwork:
    tables = load_tables()
    person = personalise(tables.presets[profile], limits, None, tables.limits)
    return TripNetwork(graph, overlay, overlay.judge.get_costs(person))


def snap(network: TripNetwork, journeys: Sequence[Journey]) -> list[Trip | None]:
    return [network.find_trip(start, goal) for start, goal in journeys]


def keep_ledger(
    town: OsmData | CityGraph, journeys: Sequence[Journey], profile: str = "wheelchair-manual", most: int = 20
) -> Ledger:
    graph = town if isinstance(town, CityGraph) else build_graph(town)
    overlay = build_empty_overlay(graph)
    network = make_network(graph, overlay, profile)
    survey = prepare_survey(graph, overlay, load_measurements(), network.pairs)
    outlooks = judge_survey(survey, network, network.costs.profile)
    parts = find_parts(graph.network, network.verdict <= Verdict.AVOID)
    return build_ledger(graph.network, network, parts, snap(network, journeys), outlooks, most)


def list_barriers(ledger: Ledger) -> list[str]:
    """Each barrier in words: ``"node/66 breaks [0, 2] lengthens {1: 40} with others [3]"``."""
    lines = []
    for barrier in ledger.barriers:
        words = [f"{OSM_TYPES[barrier.osm_type]}/{barrier.osm_id}"]
        if barrier.removed.mended:
            words.append(f"breaks {list(barrier.removed.mended)}")
        if barrier.removed.shorter_mm:
            metres = {trip: round(mm / 1000) for trip, mm in barrier.removed.shorter_mm.items()}
            words.append(f"lengthens {metres}")
        if barrier.with_others:
            words.append(f"with others {list(barrier.with_others)}")
        lines.append(" ".join(words))
    return lines


def list_unknowns(ledger: Ledger) -> list[str]:
    """Each unknown in words: ``"kerb node/66 used [0]: bad breaks [0]; good mends [1]"``."""
    lines = []
    for unknown in ledger.unknowns:
        effects = []
        for name, change in (("bad", unknown.if_bad), ("good", unknown.if_good)):
            effects += [f"{name} breaks {list(change.broken)}"] if change.broken else []
            effects += [f"{name} mends {list(change.mended)}"] if change.mended else []
            for verb, by_trip in (("lengthens", change.longer_mm), ("shortens", change.shorter_mm)):
                metres = {trip: round(mm / 1000) for trip, mm in by_trip.items()}
                effects += [f"{name} {verb} {metres}"] if metres else []
        osm = f"{OSM_TYPES[unknown.osm_type]}/{unknown.osm_id}"
        lines.append(f"{unknown.measurement} {osm} used {list(unknown.used)}: {'; '.join(effects)}")
    return lines
