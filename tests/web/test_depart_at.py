"""The time of departure over HTTP: the park gate of the demo town is open from 7 to 21 o'clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from wayfinder.assembly import Services, Trip, open_services
from wayfinder.errors import WayfinderError
from wayfinder.geo import LonLat
from wayfinder.settings import Settings
from wayfinder.speech.phrases import word_plan

GATE = {"from": {"lon": 3.9953809, "lat": 55.0017966}, "to": {"lon": 3.9961809, "lat": 55.0017966}}
LIFT = {"from": {"lon": 4.0021877, "lat": 55.0036524}, "to": {"lon": 4.0021877, "lat": 55.0042524}}


def measure(answer: Any) -> tuple[str, list[int]]:
    return answer["outcome"], [round(route["distance_m"]) for route in answer["routes"]]


@pytest.mark.parametrize(
    ("depart_at", "metres"),
    [
        ("2026-11-24T12:00:00+01:00", 38),
        ("2026-11-24T21:00:00+01:00", 774),
        ("2026-11-25T03:00:00+01:00", 774),
        ("2026-11-24T19:30:00Z", 38),
        ("2026-11-24T20:30:00Z", 774),
        (None, 38),
    ],
)
def test_the_way_is_the_one_that_is_open_at_the_time_of_departure(
    plan: Any, depart_at: str | None, metres: int
) -> None:
    answer = plan(**GATE, profile="wheelchair-electric", depart_at=depart_at).json
    assert measure(answer) == ("found", [metres])


def test_what_closes_before_one_arrives_is_a_warning_with_its_place(plan: Any) -> None:
    (route,) = plan(**GATE, depart_at="2026-11-24T20:55:00+01:00").json["routes"]
    (warning,) = route["warnings"]
    assert warning["key"] == "closes"
    assert warning["text"] == "Gate: closes at 21:00; you arrive there at about 20:55"
    assert (round(warning["lon"], 4), round(warning["lat"], 4)) == (3.9958, 55.0018)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "An 1 Stelle kann der Weg geschlossen sein, bevor Sie durch sind; siehe Hinweise."),
        ("de-simple", "An 1 Stelle ist vielleicht zu, bevor Sie da sind. Lesen Sie die Hinweise."),
        ("en", "1 spot may be closed before you have passed it; see the notices."),
    ],
)
def test_the_summary_says_it_too(plan: Any, language: str, text: str) -> None:
    answer = plan(**GATE, depart_at="2026-11-24T20:55:00+01:00", language=language).json
    assert text in answer["summary"]["text"]


def test_a_time_out_of_range_is_one_clear_error(plan: Any) -> None:
    answer = plan(depart_at="2031-01-01T12:00:00+01:00")
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {
            "pointer": "/depart_at",
            "code": "time_out_of_range",
            "detail": "A trip can be planned for at most 366 days before or after today.",
        }
    ]


def open_with_lifts(town: Path, file: Path, state: str, services: Services) -> Services:
    lift = {
        "id": "berg",
        "osm": "node/900478905988",
        "state": state,
        "measured_at": services.clock().isoformat(),
    }
    file.write_bytes(orjson.dumps({"lifts": [lift]}))
    opened = open_services(town, Settings(lifts=str(file)), services.clock)
    assert opened.lifts is not None
    opened.lifts.refresh()
    return opened


@pytest.mark.parametrize(("state", "metres", "said"), [("working", 54, True), ("out_of_order", 636, False)])
def test_a_live_state_of_a_lift_reaches_the_answer(
    town: Path, tmp_path: Path, services: Services, state: str, metres: int, said: bool
) -> None:
    opened = open_with_lifts(town, tmp_path / "lifts.json", state, services)
    ends = [LonLat(**LIFT[end]) for end in ("from", "to")]
    answer = word_plan(opened.plan(Trip(ends[0], ends[1], "foot")), "de")
    assert measure(answer) == ("found", [metres])
    assert ("Aufzug in Betrieb, Stand 12:00 Uhr" in json.dumps(answer, default=str)) is said


def test_a_source_that_may_not_be_asked_is_said_when_the_city_is_opened(town: Path) -> None:
    with pytest.raises(WayfinderError, match="WAYFINDER_LIFTS_HOSTS"):
        open_services(town, Settings(lifts="https://elsewhere.example/lifts"))
