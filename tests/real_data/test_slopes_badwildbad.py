"""Bad Wildbad, a steep spa town, with and without its terrain: what it changes, how near it comes."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wayfinder.assembly import open_services
from wayfinder.city.artifact import City, open_city
from wayfinder.city.build import BuildSummary, Dem, build_city, format_summary
from wayfinder.geo import LonLat
from wayfinder.routing.network import INCLINE_ORIGINS
from wayfinder.routing.network_build import build_network
from wayfinder.routing.planner import RouteRequest
from wayfinder.routing.tags import read_way
from wayfinder.sources.elevation import open_elevation
from wayfinder.sources.osm import load_osm
from wayfinder.speech.phrases import word_plan

ROOT = Path(__file__).parent.parent.parent
DATA = Path(os.environ.get("WAYFINDER_SHARED_DATA") or ROOT.parent / "shared" / "data")
OSM, DEM = DATA / "osm" / "badwildbad.osm.pbf", DATA / "dem" / "badwildbad.tif"
KURPLATZ, SOMMERBERG = LonLat(8.55011, 48.75053), LonLat(8.539385, 48.7512098)
ESTIMATE = INCLINE_ORIGINS.index("estimate")

pytestmark = pytest.mark.skipif(not DEM.is_file(), reason="real terrain is not beside the checkout")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("badwildbad")
    build_city(OSM, "Bad Wildbad", root / "before")
    build_city(
        OSM, "Bad Wildbad", root / "after", dem=Dem(DEM, "Mapterhorn", "see mapterhorn.com/attribution")
    )
    return {"before": root / "before", "after": root / "after"}


def walk_up(folder: Path, profile: str):
    services = open_services(folder)
    plan = services.planner.plan(RouteRequest(KURPLATZ, SOMMERBERG, profile))
    return plan, word_plan(plan, "de")["routes"][0]


def test_the_walk_up_to_the_sommerberg_is_steep_in_the_answer(folders: dict[str, Path]) -> None:
    _, before = walk_up(folders["before"], "wheelchair-manual")
    _, after = walk_up(folders["after"], "wheelchair-manual")
    steep = {
        name: sum(o["length_m"] for o in route["limits_exceeded"] if o["kind"] == "incline" and o["exceeds"])
        for name, route in (("before", before), ("after", after))
    }
    unknown = {
        name: sum(u["distance_m"] for u in route["unknowns"] if u["attribute"] == "incline_up_percent")
        for name, route in (("before", before), ("after", after))
    }
    # one way tagged 16 % was all that was known of the climb from 426 to 715 m
    assert {name: round(value, -1) for name, value in steep.items()} == {"before": 470, "after": 1740}
    assert {name: round(value, -1) for name, value in unknown.items()} == {"before": 2390, "after": 240}
    assert (round(before["climb_m"]), round(after["climb_m"])) == (75, 254)
    assert before["elevation"]["profile"] == ()
    heights = [height for _, height in after["elevation"]["profile"] if height is not None]
    assert (round(heights[0]), round(heights[-1])) == (426, 715)
    assert after["elevation"]["steepest"]["source"] == "estimate"
    assert {o["source"] for o in after["limits_exceeded"] if o["kind"] == "incline"} == {"osm", "estimate"}


def test_no_way_off_the_ground_has_an_estimate(folders: dict[str, Path]) -> None:
    network = open_city(folders["after"]).network
    tags = {way.id: way.tags for way in load_osm(OSM).ways}
    is_way = network.edge_osm_type == 1
    estimated = network.edge_osm_id[is_way & (network.edge_incline_origin == ESTIMATE)].tolist()
    off = {"bridge", "tunnel", "covered", "indoor"}
    assert [i for i in set(estimated) if any(tags[i].get(key, "no") != "no" for key in off)] == []
    bridges = [
        i for i, of in tags.items() if of.get("bridge") == "yes" and of.get("name") == "Panoramastraße"
    ]
    on_bridge = np.isin(network.edge_osm_id, bridges) & (network.edge_osm_type == 1)
    assert on_bridge.any() and np.isnan(network.edge_incline_percent[on_bridge]).all()


def test_estimates_come_near_the_tagged_inclines() -> None:
    """Of the 103 inclines few are numbers, fewer of ways of 20 m: it is recorded, not tuned by."""
    data = load_osm(OSM)
    readings = {way.id: read_way(way.tags, Counter()) for way in data.ways if "incline" in way.tags}
    numbers = {i: r.incline_percent for i, r in readings.items() if isinstance(r.incline_percent, float)}
    bare = replace(
        data,
        ways=tuple(
            replace(way, tags={key: value for key, value in way.tags.items() if key != "incline"})
            for way in data.ways
        ),
    )
    with open_elevation(DEM) as terrain:
        network = build_network(bare, terrain=terrain).network
    of_way: dict[int, list[tuple[float, float]]] = {}
    for edge in np.flatnonzero(network.edge_incline_origin == ESTIMATE).tolist():
        if network.edge_osm_type[edge] == 1:
            rise = (float(network.edge_length_mm[edge]), float(network.edge_incline_percent[edge]))
            of_way.setdefault(int(network.edge_osm_id[edge]), []).append(rise)
    mean = {i: np.average([p for _, p in rows], weights=[m for m, _ in rows]) for i, rows in of_way.items()}
    long = {i for i, rows in of_way.items() if sum(m for m, _ in rows) > 20_000}
    compared = sorted(set(numbers) & long)
    assert len(compared) == 4
    assert np.median([abs(mean[i] - numbers[i]) for i in compared]) < 4.5
    directions = {i: r.incline_direction for i, r in readings.items() if r.incline_direction and i in long}
    agree = [(mean[i] > 0) == (direction == "up") for i, direction in directions.items()]
    assert len(agree) >= 10 and np.mean(agree) > 0.9


def test_the_city_says_whose_heights_it_holds_and_is_the_same_twice(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    again: BuildSummary = build_city(
        OSM, "Bad Wildbad", tmp_path / "again", dem=Dem(DEM, "Mapterhorn", "see mapterhorn.com/attribution")
    )
    first: City = open_city(folders["after"], verify=True)
    assert again.info.id == first.info.id
    assert [(source.name, source.licence) for source in first.info.sources][1:] == [
        ("Mapterhorn", "see mapterhorn.com/attribution")
    ]
    assert first.info.attribution.endswith("; Mapterhorn")
    shares = {row.attribute: row.known / row.total for row in first.info.coverage}
    assert shares["incline_percent"] < 0.03 and shares["incline_estimated"] > 0.9
    assert "terrain: tagged" in format_summary(again)
    assert len(first.network.slope_incline) < 2_000
