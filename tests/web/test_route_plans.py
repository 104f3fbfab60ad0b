"""Plans over HTTP, on the demo town."""

from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from wayfinder.assembly import Services, Trip
from wayfinder.geo import LonLat
from wayfinder.routing.costs import load_tables
from wayfinder.speech.phrases import word_plan


def test_the_answer_is_the_worded_plan(plan: Any, services: Services, ends: dict[str, Any]) -> None:
    start, goal = LonLat(**ends["from"]), LonLat(**ends["to"])
    trip = Trip(start, goal, "wheelchair-manual", {"kerb_up_max_cm": 12})
    expected = orjson.loads(orjson.dumps(word_plan(services.plan(trip), "de")))

    answer = plan(limits={"kerb_up_max_cm": 12}, language="de")

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == expected
    assert answer.json["graph"]["id"] == services.city.info.id
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("profile", list(load_tables().presets))
@pytest.mark.parametrize("unknowns", ["accept", "avoid", "reject"])
def test_every_preset_gets_an_honest_outcome(plan: Any, profile: str, unknowns: str) -> None:
    answer = plan(profile=profile, unknowns=unknowns).json

    assert answer["outcome"] in ("found", "limits_exceeded")
    exceeded = answer["routes"][0]["limits_exceeded"]
    assert bool(exceeded) == (answer["outcome"] == "limits_exceeded")


def test_a_place_of_the_town_does_as_a_position(plan: Any, services: Services) -> None:
    hit = services.city.addresses.search("Marktplatz", 1)[0]

    by_id = plan(**{"from": {"place_id": hit.place_id}}).json
    by_position = plan(**{"from": {"lon": hit.lon, "lat": hit.lat}}).json

    assert by_id == by_position


def test_a_limit_may_be_a_value_a_wish_or_cleared(plan: Any) -> None:
    strict = plan(limits={"kerb_up_max_cm": 0}).json
    wish = plan(limits={"kerb_up_max_cm": {"value": 0, "beyond": "avoid"}}).json
    none = plan(limits={"kerb_up_max_cm": None}).json

    kerbs = [
        [
            o["beyond"]
            for o in answer["routes"][0]["limits_exceeded"]
            if o["kind"] == "kerb" and o["direction"] == "up"
        ]
        for answer in (strict, wish, none)
    ]
    assert kerbs[1:] == [[], []]
    assert set(kerbs[0]) <= {"block"}


@pytest.mark.parametrize(
    ("body_language", "accepted", "expected"),
    [
        ("en", "de", "There is no profile"),
        (None, "fr, en-GB;q=0.8, de;q=0.5", "There is no profile"),
        (None, "de-AT", None),
        (None, None, None),
        ("xx", "en", "This must be one of: de, de-simple, en."),
    ],
)
def test_errors_speak_the_language_of_the_body_else_of_the_browser_else_german(
    client: FlaskClient,
    ends: dict[str, Any],
    body_language: str | None,
    accepted: str | None,
    expected: str | None,
) -> None:
    body = {**ends, "profile": "nobody"} | ({"language": body_language} if body_language else {})
    headers = {"Accept-Language": accepted} if accepted else {}

    answer = client.post("/api/v1/route-plans", json=body, headers=headers)

    assert answer.status_code == 422
    if expected is None:
        assert answer.headers["Content-Language"] == "de"
        assert answer.json["detail"].startswith("Es gibt kein Profil")
    else:
        assert answer.headers["Content-Language"] == "en"
        assert answer.json["detail"].startswith(expected)
