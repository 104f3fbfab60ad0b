"""Surveys in a city folder: merged or beside it, reported on, kept when the city is built anew."""

import csv
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.surveys import write_mapping
from wayfinder.assembly import Trip, open_services
from wayfinder.city.artifact import open_city
from wayfinder.city.build import BuildSummary, build_city, format_summary
from wayfinder.city.demo import TOWN_FOLDER, get_demo_city
from wayfinder.city.survey_layers import unpack_layer
from wayfinder.city.survey_report import LostRow, write_report
from wayfinder.city.surveys import SurveyInput
from wayfinder.errors import CityError, SurveyError
from wayfinder.geo import LonLat
from wayfinder.routing.attributes import Interval
from wayfinder.routing.profiles import Unknowns

NODES: dict[int, tuple[float, float, dict[str, str]]] = {
    1: (51.3000, 9.4000, {}),
    2: (51.3010, 9.4000, {"barrier": "kerb", "kerb": "yes"}),
    3: (51.3020, 9.4000, {}),
    4: (51.3000, 9.4050, {}),
    5: (51.3020, 9.4050, {}),
}
PAVED = {"surface": "asphalt", "smoothness": "good", "width": "2", "incline": "0%"}
WAYS: dict[int, tuple[Sequence[int], dict[str, str]]] = {
    10: ((1, 2), {"highway": "footway", "footway": "crossing", **PAVED}),
    11: ((2, 3), {"highway": "footway", **PAVED}),
    12: ((1, 4, 5, 3), {"highway": "footway", "name": "Umweg", **PAVED}),
}
MAPPING = """name = "Bordsteine der Stadt"
licence = "dl-de/by-2-0"
may_merge = true
date = 2026-10-05
key = "nr"
geometry = { x = "x", y = "y" }
osm_id = { column = "osm" }

[[objects]]
target = "kerb"
when = { art = "Bord" }
within_m = 5
attributes.kerb_cm = { column = "wert", unit = "cm" }

[[objects]]
target = "way"
when = { art = "Weg" }
within_m = 5
attributes.width_cm = { column = "wert", unit = "cm" }
attributes.incline_percent = { column = "neigung", unit = "percent" }

[[objects]]
target = "way"
when = { art = "Baustelle" }
within_m = 5
closed = { from = "von", to = "bis" }
"""
ROWS = (
    "nr;art;x;y;wert;neigung;osm;von;bis",
    "K1;Bord;9,4;51,301;2;;;;",
    "W1;Weg;9,405;51,301;80;4;;;",
    "B1;Baustelle;9,4;51,3015;;;;2026-09-01;2026-09-30",
    "K2;Bord;9,402;51,302;2;;;;",
    "K3;Bord;9,4;;2;;;;",
)
APART = MAPPING.replace("may_merge = true", "may_merge = false")


def write_osm(path: Path, ways: Mapping[int, tuple[Sequence[int], dict[str, str]]] = WAYS) -> Path:
    def tags(of: dict[str, str]) -> str:
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in of.items())

    nodes = (f'<node id="{i}" lat="{lat}" lon="{lon}">{tags(t)}</node>' for i, (lat, lon, t) in NODES.items())
    lines = (
        f'<way id="{i}">{"".join(f"<nd ref={chr(34)}{ref}{chr(34)}/>" for ref in refs)}{tags(t)}</way>'
        for i, (refs, t) in ways.items()
    )
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(lines)}</osm>', encoding="utf-8")
    return path


def build(
    tmp_path: Path,
    name: str = "town",
    mapping: str | None = MAPPING,
    rows: Sequence[str] = ROWS,
    ways: Mapping[int, tuple[Sequence[int], dict[str, str]]] = WAYS,
) -> BuildSummary:
    osm = write_osm(tmp_path / "town.osm", ways)
    (tmp_path / "survey.csv").write_text("\n".join(rows), encoding="utf-8")
    inputs = []
    if mapping is not None:
        path = write_mapping(tmp_path / "mapping.toml", mapping)
        inputs = [SurveyInput(str(tmp_path / "survey.csv"), str(path))]
    return build_city(
        osm, "Town", tmp_path / name, surveys=inputs, built_at=datetime(2026, 11, 1, tzinfo=UTC)
    )


def ask(folder: Path) -> tuple[str, list[tuple[str, object, str, str]]]:
    """How far and over what a wheelchair goes from node 1 to node 3; unknown kerbs are not accepted."""
    trip = Trip(
        LonLat(9.4, 51.3), LonLat(9.4, 51.302), "wheelchair-manual", {"width_min_cm": 90}, Unknowns.REJECT
    )
    (route, *_) = open_services(folder).plan(trip).routes
    obstacles = [obstacle for step in route.steps for obstacle in step.obstacles]
    return f"{route.distance_m:.0f} m", [
        (str(one.kind), one.value, str(one.source), "" if one.as_of_day < 0 else str(one.as_of_day))
        for one in obstacles
    ]


def test_a_surveyed_kerb_changes_the_answer_and_is_said_with_its_source(tmp_path: Path) -> None:
    build(tmp_path, "plain", mapping=None)
    build(tmp_path)

    assert ask(tmp_path / "plain")[0] == "918 m"
    assert ask(tmp_path / "town") == ("222 m", [("kerb", 2.0, "survey", "20731")])


def test_the_summary_counts_every_row_and_says_why(tmp_path: Path) -> None:
    summary = build(tmp_path)
    (outcome,) = summary.surveys
    text = format_summary(summary)

    assert outcome.counts == {"matched": 3, "ambiguous": 0, "unmatched": 1, "broken": 1}
    assert sum(outcome.counts.values()) == outcome.matched.survey.read == 5
    assert (
        "survey Bordsteine der Stadt (CSV, dl-de/by-2-0): 5 rows: "
        "matched 3, ambiguous 0, unmatched 1, broken 1\n"
        "  matched: place 3\n"
        "  unmatched: nothing_near 1\n"
        "  broken: geometry_unreadable 1\n"
    ) in text
    assert "layer of its own" not in text


def test_what_may_not_be_merged_stays_a_layer_with_a_licence_of_its_own(tmp_path: Path) -> None:
    build(tmp_path, "plain", mapping=None)
    summary = build(tmp_path, "apart", APART)
    plain, apart = (open_city(tmp_path / name, verify=True) for name in ("plain", "apart"))
    record = tomllib.loads((tmp_path / "apart" / "city.toml").read_text(encoding="utf-8"))["sources"][-1]
    layer = unpack_layer(apart.read("layers/bordsteine-der-stadt.json"), apart.network.edge_count)

    # nothing of it stands in the network
    shared = [name for name in plain.info.files if name.startswith("graph/")]
    assert [name for name in shared if apart.info.files[name] != plain.info.files[name]] == []
    assert len(apart.arrays["fact_edge"]) == 0
    assert record == {
        "name": "Bordsteine der Stadt",
        "licence": "dl-de/by-2-0",
        "url": "",
        "as_of": "2026-10-05",
        "layer": "layers/bordsteine-der-stadt.json",
    }
    assert {(fact.attribute, fact.value) for fact in layer.facts} == {
        ("kerb_cm", Interval(2, 2)),
        ("width_cm", 80.0),
    }
    text = format_summary(summary)
    assert "a layer of its own: dl-de/by-2-0 may not be merged into an ODbL database" in text
    # and still it holds
    assert ask(tmp_path / "apart") == ask_merged(tmp_path)


def ask_merged(tmp_path: Path) -> tuple[str, list[tuple[str, object, str, str]]]:
    build(tmp_path, "merged")
    return ask(tmp_path / "merged")


def test_an_incline_has_no_effect_in_a_layer_and_that_is_said(tmp_path: Path) -> None:
    ways = {**WAYS, 12: ((1, 4, 5, 3), {**WAYS[12][1], "incline": "up"})}
    summary = build(tmp_path, "apart", APART, ways=ways)

    assert "1 inclines have no effect in a layer of its own" in format_summary(summary)
    assert "no effect" not in format_summary(build(tmp_path, ways=ways))


def test_a_closure_of_september_holds_in_september(tmp_path: Path) -> None:
    build(tmp_path)
    overlay = open_services(tmp_path / "town").overlay

    during = overlay.get_at(datetime(2026, 9, 15, tzinfo=UTC))
    after = overlay.get_at(datetime(2026, 10, 15, tzinfo=UTC))
    assert ([change.source for change in during.changes.values()], dict(after.changes)) == (
        ["closure"] * 2,
        {},
    )


def test_the_same_input_gives_the_same_bytes_also_over_an_older_city(tmp_path: Path) -> None:
    for mapping in (MAPPING, APART):
        first = build(tmp_path, "a", mapping).info
        again = build(tmp_path, "a", mapping).info
        beside = build(tmp_path, "b", mapping).info
        assert first == again == beside


def test_a_newer_map_keeps_what_still_matches_and_lists_what_does_not(tmp_path: Path) -> None:
    first = build(tmp_path)
    assert first.surveys[0].lost == ()
    # the detour is gone, the straight way is another object now
    newer = {10: WAYS[10], 21: WAYS[11]}
    second = build(tmp_path, ways=newer)

    assert second.surveys[0].counts["matched"] == 2
    assert second.surveys[0].lost == (LostRow("W1", "unmatched", "outside"),)
    assert "no longer matched 1: W1 (outside)" in format_summary(second)
    # a row that left the survey is listed too
    third = build(tmp_path, rows=ROWS[:-1][:3], ways=newer)
    assert third.surveys[0].lost == (LostRow("B1", "gone", ""),)


def test_the_report_lists_every_row(tmp_path: Path) -> None:
    summary = build(tmp_path, rows=[*ROWS, "=1+1;Bord;9,402;51,302;2;;;;"])
    write_report(tmp_path / "report.csv", summary.surveys)
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    (written,) = json.loads((tmp_path / "town" / "surveys.json").read_text(encoding="utf-8"))["surveys"]

    name = "Bordsteine der Stadt"
    assert rows == [
        [name, "2", "K1", "matched", "place", "node/2"],
        [name, "3", "W1", "matched", "place", "way/12"],
        [name, "4", "B1", "matched", "place", "way/11"],
        [name, "5", "K2", "unmatched", "nothing_near", ""],
        [name, "6", "K3", "broken", "geometry_unreadable", ""],
        [name, "7", "'=1+1", "unmatched", "nothing_near", ""],
    ]
    assert [row[1:4] for row in written["rows"]][:2] == [
        ["K1", "matched", "place"],
        ["W1", "matched", "place"],
    ]
    assert (written["read"], written["matched"], written["unmatched"], written["broken"]) == (6, 3, 2, 1)
    with pytest.raises(SurveyError, match=r"cannot be written"):
        write_report(tmp_path / "no" / "report.csv", summary.surveys)


def test_a_survey_that_cannot_be_used_stops_the_build_before_it_begins(tmp_path: Path) -> None:
    old = build(tmp_path).info
    with pytest.raises(SurveyError, match=r"^survey\.csv has no column wert"):
        build(tmp_path, rows=[ROWS[0].replace("wert", "Wert"), *ROWS[1:]])
    with pytest.raises(SurveyError, match=r"not on the list of hosts"):
        build_city(
            tmp_path / "town.osm",
            "Town",
            tmp_path / "town",
            surveys=[SurveyInput("https://geo.example.de/items", str(tmp_path / "mapping.toml"))],
        )
    assert open_city(tmp_path / "town", verify=True).info == old


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        (lambda x, y: (y, x), "with x and y exchanged most would"),
        (lambda x, y: (x.replace("9,", "12,"), y), r"another coordinate system \(crs\)\?"),
    ],
)
def test_a_survey_that_lies_elsewhere_is_told_apart_from_swapped_axes(
    tmp_path: Path, exchange: object, said: str
) -> None:
    rows = [ROWS[0]]
    for row in ROWS[1:4]:
        cells = row.split(";")
        cells[2:4] = exchange(*cells[2:4])  # type: ignore[operator]
        rows.append(";".join(cells))
    summary = build(tmp_path, rows=rows)
    text = format_summary(summary)

    assert summary.surveys[0].counts == {"matched": 0, "ambiguous": 0, "unmatched": 3, "broken": 0}
    assert "unmatched: outside 3" in text
    assert pytest.approx(1) == len([line for line in text.splitlines() if "no row lies in the city" in line])
    assert said.replace("\\", "") in text


def test_a_damaged_layer_is_not_opened(tmp_path: Path) -> None:
    build(tmp_path, "apart", APART)
    layer = tmp_path / "apart" / "layers" / "bordsteine-der-stadt.json"
    broken = layer.read_text(encoding="utf-8").replace('"edge":', '"edge":9', 1)
    (tmp_path / "apart" / "city.toml").write_text(
        (tmp_path / "apart" / "city.toml")
        .read_text(encoding="utf-8")
        .replace(f"size = {layer.stat().st_size}", f"size = {len(broken.encode())}"),
        encoding="utf-8",
    )
    layer.write_text(broken, encoding="utf-8")

    with pytest.raises(CityError, match=r"damaged: a layer names an edge"):
        open_services(tmp_path / "apart")


def test_the_demo_town_knows_what_its_survey_measured(tmp_path: Path) -> None:
    folder = get_demo_city(tmp_path / "cache")
    build_city(TOWN_FOLDER / "musterstadt.osm", "Musterstadt", tmp_path / "plain")
    (report,) = json.loads((folder / "surveys.json").read_text(encoding="utf-8"))["surveys"]
    kerbs = {}
    for name, place in (("plain", tmp_path / "plain"), ("demo", folder)):
        trip = Trip(LonLat(4.0050, 54.99948), LonLat(4.0078, 54.99948), "wheelchair-manual")
        (route, *_) = open_services(place).plan(trip).routes
        found = [one for step in route.steps for one in step.obstacles if str(one.kind) == "kerb"]
        kerbs[name] = [(one.direction, one.value, str(one.source)) for one in found]

    assert kerbs == {
        "plain": [("down", "0..3", "osm"), ("up", None, "assumption")],
        "demo": [("down", 1.5, "survey"), ("up", "0..2", "survey")],
    }
    assert {name: report[name] for name in ("read", "matched", "ambiguous", "unmatched", "broken")} == {
        "read": 13, "matched": 9, "ambiguous": 1, "unmatched": 2, "broken": 1,
    }  # fmt: skip
