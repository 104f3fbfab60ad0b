"""States of lifts from documents of both forms, and which lift of the network they are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.drawn_town import draw_town, locate
from wayfinder.errors import WayfinderError
from wayfinder.geo import LonLat
from wayfinder.routing.lift_states import LiftState
from wayfinder.routing.network_build import BuiltNetwork, build_network
from wayfinder.sources.lifts import LiftReading, load_mapping, match_lifts, parse_lifts

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOWHERE = float("nan")


def read_fasta(*rows: dict[str, Any]) -> list[tuple[str, str | None]]:
    base = {"type": "ELEVATOR", "equipmentnumber": 1, "geocoordX": 9.5, "geocoordY": 51.3, "state": "ACTIVE"}
    content = orjson.dumps([{**base, **row} for row in rows])
    return [(reading.id, reading.state.state) for reading in parse_lifts(content, NOON).readings]


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({}, "working"),
        ({"stateExplanation": "available"}, "working"),
        ({"stateExplanation": "monitoring disrupted"}, None),
        ({"state": "INACTIVE", "stateExplanation": "not available"}, "out_of_order"),
        ({"state": "INACTIVE", "stateExplanation": "available"}, "out_of_order"),
        ({"state": "UNKNOWN"}, None),
        ({"state": "FANCY"}, None),
    ],
    ids=str,
)
def test_a_state_of_fasta_is_believed_only_where_it_is_plain(row: dict[str, Any], state: str | None) -> None:
    assert read_fasta(row) == [("1", state)]


def test_escalators_of_fasta_are_none_of_ours() -> None:
    assert read_fasta({"type": "ESCALATOR"}, {"equipmentnumber": 2}) == [("2", "working")]


def test_two_entries_about_one_lift_that_contradict_each_other_leave_it_unknown() -> None:
    assert read_fasta({}, {"state": "INACTIVE"}) == [("1", None)]
    assert read_fasta({}, {}) == [("1", "working")]


def test_fasta_is_dated_by_when_it_came_and_keeps_announced_outages() -> None:
    outage = ["2026-11-25T06:00:00Z", "2026-11-25T08:00:00Z"]
    row = {"type": "ELEVATOR", "equipmentnumber": 7, "state": "ACTIVE", "outOfService": [outage]}
    (reading,) = parse_lifts(orjson.dumps([row]), NOON).readings
    assert reading.state == LiftState(
        "working",
        NOON,
        ((datetime(2026, 11, 25, 6, tzinfo=UTC), datetime(2026, 11, 25, 8, tzinfo=UTC)),),
    )


def test_the_plain_form_keeps_the_sensors_own_time() -> None:
    rows = [
        {"id": "a", "osm": "node/76", "state": "working", "measured_at": "2026-11-24T11:58:00+01:00"},
        {"id": "b", "lon": 9.5, "lat": 51.3, "state": "out_of_order", "name": "Markt"},
        {"id": "c", "osm": "way/4", "state": "unknown", "measured_at": "2026-11-24T11:00:00Z"},
    ]
    readings = parse_lifts(orjson.dumps({"lifts": rows}), NOON).readings
    assert [(one.id, one.osm, one.name, one.state.state) for one in readings] == [
        ("a", "node/76", "", "working"),
        ("b", "", "Markt", "out_of_order"),
        ("c", "way/4", "", None),
    ]
    assert [one.state.measured_at for one in readings] == [
        datetime(2026, 11, 24, 10, 58, tzinfo=UTC),
        None,
        datetime(2026, 11, 24, 11, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "a", "osm": "node/1", "state": "works"},
        {"id": "a", "osm": "node/1"},
        {"osm": "node/1", "state": "working"},
        {"id": "a", "state": "working"},
        {"id": "a", "lon": 9.5, "lat": 151.3, "state": "working"},
        {"id": "a", "osm": "node/1", "state": "working", "measured_at": "2026-11-24T11:58:00"},
        {"id": "a", "osm": "node/1", "state": "working", "measured_at": "noon"},
        {"id": "a", "osm": "node/1", "state": ["working"]},
        "working",
        None,
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_used_is_counted_and_the_others_are_kept(row: object) -> None:
    good = {"id": "good", "osm": "node/2", "state": "working", "measured_at": "2026-11-24T11:58:00Z"}
    document = parse_lifts(orjson.dumps({"lifts": [row, good]}), NOON)
    assert ([one.id for one in document.readings], document.unusable) == (["good"], 1)


@pytest.mark.parametrize("content", [b"<html>", b"", b"{}", b'"lifts"', b'{"lifts": 1}', b"\xff\xfe", b"1"])
def test_a_document_of_another_form_is_one_clear_error(content: bytes) -> None:
    with pytest.raises(WayfinderError, match="states of lifts"):
        parse_lifts(content, NOON)


PICTURE = """
    A----L----B--M----C----N----D
"""


def draw_lifts() -> BuiltNetwork:
    lift = "highway=elevator"
    ways = ["ALBMCND highway=footway"]
    return build_network(draw_town(PICTURE, ways, dict.fromkeys("LMN", lift), grid_m=5))


def report(name: str, osm: str = "", at: LonLat | None = None) -> LiftReading:
    lon, lat = at or (NOWHERE, NOWHERE)
    return LiftReading(name, "", osm, lon, lat, LiftState("working", NOON))


def near(letter: str, east_m: float = 0.0) -> LonLat:
    spot = locate(PICTURE, letter, grid_m=5)
    return LonLat(spot.lon + east_m / 69_600, spot.lat)


def match(*readings: LiftReading, mapping: dict[str, str] | None = None) -> dict[str, Any]:
    built = draw_lifts()
    matches = match_lifts(readings, built.network, built.classes, mapping)
    lifts = ["".join({chr(built.network.edge_osm_id[arc >> 1]) for arc in arcs}) for arcs in matches.arcs]
    return {"lifts": lifts, "ambiguous": matches.ambiguous, "unmatched": matches.unmatched}


def test_a_lift_is_found_by_its_osm_id() -> None:
    found = match(report("a", f"node/{ord('M')}"), report("b", "node/1"))
    assert found == {"lifts": ["M", ""], "ambiguous": (), "unmatched": ("b",)}


def test_a_lift_is_found_by_the_mapping_of_the_city_before_anything_else() -> None:
    found = match(report("a", at=near("L")), mapping={"a": f"node/{ord('N')}"})
    assert found["lifts"] == ["N"]


def test_a_lift_is_found_by_its_position() -> None:
    found = match(report("a", at=near("N", 8)), report("b", at=near("D", 60)))
    assert found == {"lifts": ["N", ""], "ambiguous": (), "unmatched": ("b",)}


def test_between_two_lifts_nobody_guesses() -> None:
    between = near("L", 18)
    found = match(report("a", at=between))
    assert found == {"lifts": [""], "ambiguous": ("a",), "unmatched": ()}


def test_two_reports_of_one_lift_are_both_in_doubt() -> None:
    found = match(report("a", at=near("N")), report("b", at=near("N", 2)), report("c", at=near("L")))
    assert found == {"lifts": ["", "", "L"], "ambiguous": ("a", "b"), "unmatched": ()}


def test_a_lift_without_place_is_not_matched() -> None:
    assert match(report("a"))["unmatched"] == ("a",)


def test_a_mapping_is_a_table_of_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "lifts.csv"
    path.write_text("\ufeffid,osm,note\n10561326,node/4,Gleis 1\n", encoding="utf-8")
    assert load_mapping(path) == {"10561326": "node/4"}
    for content in ("id\n1\n", "id,osm\n1,node/1\n1,node/2\n", "id,osm\n1\n"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(WayfinderError, match=r"lifts\.csv"):
            load_mapping(path)
    with pytest.raises(WayfinderError):
        load_mapping(tmp_path / "missing.csv")


def test_a_measurement_counts_for_its_time_and_no_longer() -> None:
    state, half = LiftState("working", NOON), timedelta(minutes=30)
    told = [state.get_state(NOON + timedelta(minutes=m), NOON, half) for m in (-31, -30, 0, 30, 31)]
    assert told == [None, "working", "working", "working", None]
