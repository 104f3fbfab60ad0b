"""Whatever is sent, the answer is one clear problem with a pointer, and never a 500."""

import json
from io import BytesIO
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROUTES: Final = "/api/v1/route-plans"
SEARCH: Final = "/api/v1/addresses/search"
PROBLEM_MEMBERS: Final = {"type", "title", "status", "detail", "code", "instance", "errors"}


def told(answer: Any) -> tuple[int, list[tuple[str, str]]]:
    """Status, and pointer and code of every error; checks the shape on the way."""
    problem = answer.json
    assert answer.mimetype == "application/problem+json"
    assert set(problem) == PROBLEM_MEMBERS
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    assert problem["title"]
    return answer.status_code, [(error["pointer"], error["code"]) for error in problem["errors"]]


UNREADABLE: Final = {
    "empty": (b"", "json_invalid"),
    "no JSON": (b"from=1", "json_invalid"),
    "cut off": (b'{"from": {"lon": 4.0', "json_invalid"),
    "more behind it": (b'{"profile": "foot"} x', "json_invalid"),
    "nested deeply": (b"[" * 60_000, "json_invalid"),
    "nested deeply, objects": (b'{"a":' * 12_000, "json_invalid"),
    "NaN": (b'{"from": {"lon": NaN, "lat": 55}}', "json_invalid"),
    "NaN in a limit": (b'{"limits": {"kerb_up_max_cm": NaN}}', "json_invalid"),
    "Infinity": (b'{"from": {"lon": -Infinity, "lat": 55}}', "json_invalid"),
    "half a character": (b'{"profile": "\\ud800"}', "json_invalid"),
    "no UTF-8": (b'{"profile": "\xff\xfe"}', "json_invalid"),
    "UTF-16": ('{"profile": "foot"}'.encode("utf-16"), "json_invalid"),
    "60,000 digits": (b'{"alternatives": ' + b"1" * 60_000 + b"}", "json_invalid"),
    "a name twice": (b'{"limits": {"kerb_up_max_cm": 3, "kerb_up_max_cm": 30}}', "json_repeated"),
}


@pytest.mark.parametrize(("body", "code"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("path", [ROUTES, SEARCH])
def test_what_is_no_json_is_a_400(client: FlaskClient, path: str, body: bytes, code: str) -> None:
    answer = client.post(path, data=body, content_type="application/json")

    assert told(answer) == (400, [("", code)])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_does_not_call_itself_json_is_a_415(client: FlaskClient, kind: str) -> None:
    assert told(client.post(ROUTES, data=b"{}", content_type=kind)) == (415, [])


def test_more_than_64_kib_is_a_413(client: FlaskClient) -> None:
    assert told(client.post(ROUTES, data=b"[" * 100_000, content_type="application/json")) == (413, [])


def test_more_than_64_kib_in_chunks_is_a_413_too(client: FlaskClient) -> None:
    chunks = {"wsgi.input_terminated": True}  # as gunicorn says it of a body without a length
    body = BytesIO(b'{"profile": "foot"}' + b" " * 100_000)

    answer = client.post(ROUTES, input_stream=body, content_type="application/json", environ_overrides=chunks)

    assert told(answer) == (413, [])


UNUSABLE: Final[dict[str, tuple[dict[str, Any], list[tuple[str, str]]]]] = {
    "longitude and latitude swapped": ({"from": {"lon": 55.0, "lat": 4.0}}, [("/from", "position_swapped")]),
    "outside the town": ({"to": {"lon": 9.49, "lat": 51.31}}, [("/to", "position_outside")]),
    "beyond the pole": ({"to": {"lon": 4.0, "lat": 91}}, [("/to/lat", "out_of_range")]),
    "1e400": ({"from": {"lon": float("1e308") * 1, "lat": 55.0}}, [("/from/lon", "out_of_range")]),
    "true for a number": ({"from": {"lon": True, "lat": 55.0}}, [("/from/lon", "number_expected")]),
    "text for a number": ({"from": {"lon": "4.0", "lat": 55.0}}, [("/from/lon", "number_expected")]),
    "a position without latitude": ({"from": {"lon": 4.0}}, [("/from/lat", "missing")]),
    "a position and a place": (
        {"from": {"lon": 4.0, "lat": 55.0, "place_id": "osm:node/1"}},
        [("/from/lat", "field_unknown"), ("/from/lon", "field_unknown")],
    ),
    "a number for a place": ({"from": 3}, [("/from", "object_expected")]),
    "null for a place": ({"to": None}, [("/to", "object_expected")]),
    "a place nobody knows": (
        {"to": {"place_id": "osm:node/999999999999"}},
        [("/to/place_id", "place_unknown")],
    ),
    "no id of a place": ({"to": {"place_id": "../../etc/passwd"}}, [("/to/place_id", "place_unknown")]),
    "an id in other digits": ({"to": {"place_id": "osm:node/٣"}}, [("/to/place_id", "place_unknown")]),
    "unknown profile": ({"profile": "nobody"}, [("/profile", "profile_unknown")]),
    "NUL in the profile": ({"profile": "foot\x00"}, [("/profile", "profile_unknown")]),
    "a line break behind the profile": ({"profile": "foot\n"}, [("/profile", "profile_unknown")]),
    "unknown limit": ({"limits": {"wings": 3}}, [("/limits/wings", "limit_unknown")]),
    "strange limit": ({"limits": {"a/b~c\x00": 3}}, [("/limits/a~1b~0c\x00", "limit_unknown")]),
    "limit out of range": (
        {"limits": {"kerb_up_max_cm": 41}},
        [("/limits/kerb_up_max_cm", "limit_out_of_range")],
    ),
    "endless limit": (
        {"limits": {"kerb_up_max_cm": 1e308}},
        [("/limits/kerb_up_max_cm", "limit_out_of_range")],
    ),
    "true for a limit": (
        {"limits": {"kerb_up_max_cm": True}},
        [("/limits/kerb_up_max_cm", "limit_wrong_type")],
    ),
    "list for a limit": (
        {"limits": {"kerb_up_max_cm": [3]}},
        [("/limits/kerb_up_max_cm", "limit_wrong_type")],
    ),
    "unknown word": ({"limits": {"steps": "fly"}}, [("/limits/steps", "limit_unknown_value")]),
    "unknown surface": (
        {"limits": {"surface_avoid": ["lava"]}},
        [("/limits/surface_avoid", "limit_unknown_value")],
    ),
    "no pace": ({"limits": {"speed_mps": None}}, [("/limits/speed_mps", "limit_wrong_type")]),
    "limits as a list": ({"limits": []}, [("/limits", "object_expected")]),
    "unknown policy": ({"unknowns": "hope"}, [("/unknowns", "value_unknown")]),
    "unknown language": ({"language": "xx"}, [("/language", "value_unknown")]),
    "unknown field": ({"sudo": 1}, [("/sudo", "field_unknown")]),
    "time without offset": ({"depart_at": "2026-11-23T10:00:00"}, [("/depart_at", "time_invalid")]),
    "no time": ({"depart_at": "tomorrow"}, [("/depart_at", "time_invalid")]),
    "an old time": ({"depart_at": "1969-12-31T23:59:59+00:00"}, [("/depart_at", "time_out_of_range")]),
    "a time of long ago": ({"depart_at": "2024-02-29T12:00:00+01:00"}, [("/depart_at", "time_out_of_range")]),
    "a time years away": ({"depart_at": "2028-11-24T12:00:00+01:00"}, [("/depart_at", "time_out_of_range")]),
    "the last year": ({"depart_at": "9999-12-31T23:59:59-23:59"}, [("/depart_at", "time_out_of_range")]),
    "the first year": ({"depart_at": "0001-01-01T00:00:00+23:59"}, [("/depart_at", "time_out_of_range")]),
    "a stop outside": ({"via": [{"lon": 9.0, "lat": 51.0}]}, [("/via/0", "position_outside")]),
    "a stop that is no place": (
        {"via": [{"place_id": "osm:node/1"}]},
        [("/via/0/place_id", "place_unknown")],
    ),
    "three other ways": ({"alternatives": 3}, [("/alternatives", "out_of_range")]),
    "half another way": ({"alternatives": 0.5}, [("/alternatives", "number_expected")]),
    "three at once": (
        {"from": {}, "profile": 3},
        [("/from/lon", "missing"), ("/from/lat", "missing"), ("/profile", "text_expected")],
    ),
}


@pytest.mark.parametrize(("changes", "errors"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_is_a_422_with_a_pointer(
    plan: Any, changes: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    assert told(plan(**changes)) == (422, errors)


def test_far_from_any_way_is_a_422(plan: Any, services: Any) -> None:
    west, south, *_ = services.city.info.bounds

    answer = plan(**{"from": {"lon": west - 0.007, "lat": south - 0.004}})

    assert told(answer) == (422, [("/from", "position_too_far")])


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/text", "missing")]),
        ({"text": "  "}, [("/text", "text_empty")]),
        ({"text": "x" * 201}, [("/text", "text_too_long")]),
        ({"text": 3}, [("/text", "text_expected")]),
        ({"text": "Markt", "limit": 0}, [("/limit", "out_of_range")]),
        ({"text": "Markt", "limit": 10**20}, [("/limit", "out_of_range")]),
        ({"text": "Markt", "limit": True}, [("/limit", "number_expected")]),
        ([], [("", "object_expected")]),
    ],
)
def test_a_search_that_cannot_be_used_is_a_422(
    client: FlaskClient, body: Any, errors: list[tuple[str, str]]
) -> None:
    assert told(client.post(SEARCH, json=body)) == (422, errors)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1/nothing", 404),
        ("get", "/api/v1/route-plans?from=9.4,51.3&to=9.5,51.3", 405),
        ("get", "/api/v1/addresses/search?text=Markt", 405),
        ("delete", "/api/v1/city", 405),
        ("put", "/api/v1/route-plans", 405),
        ("get", "/api/v1/city?lon=9.4&lat=51.3", 422),
        ("get", "/api/v1/profiles?profile=blind", 422),
        ("get", "/api/v1/profiles?language=xx", 422),
        ("get", "/api/v1/../../etc/passwd", 404),
        ("get", "/api/v1/%00", 404),
        ("get", "/assets/..%2f..%2fpyproject.toml", 404),
    ],
)
def test_other_requests_are_problems_too(client: FlaskClient, method: str, path: str, status: int) -> None:
    assert told(getattr(client, method)(path))[0] == status


def test_a_post_with_a_query_is_refused(client: FlaskClient, ends: Any) -> None:
    answer = client.post(f"{ROUTES}?from=9.4,51.3", json={**ends, "profile": "foot"})

    assert told(answer) == (422, [("", "query_not_allowed")])


ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS: Final = (
    "from",
    "to",
    "via",
    "profile",
    "limits",
    "unknowns",
    "language",
    "alternatives",
    "depart_at",
)
POSITIONS: Final = st.fixed_dictionaries({"lon": ANYTHING | st.just(4.0), "lat": ANYTHING | st.just(55.0)})
LIMITS: Final = st.dictionaries(
    st.sampled_from(["kerb_up_max_cm", "steps", "surface_avoid", "lit_wanted"]), ANYTHING
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_json_is_never_our_mistake(
    client: FlaskClient, ends: dict[str, Any], data: st.DataObject
) -> None:
    changes = data.draw(st.dictionaries(st.sampled_from(FIELDS), ANYTHING | POSITIONS | LIMITS, max_size=3))
    body = {**ends, "profile": "foot", **changes} if data.draw(st.booleans()) else data.draw(ANYTHING)

    answer = client.post(ROUTES, data=json.dumps(body), content_type="application/json")

    assert answer.status_code in (200, 400, 422)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=30))
def test_any_text_may_be_searched(client: FlaskClient, text: str) -> None:
    answer = client.post(SEARCH, data=json.dumps({"text": text}), content_type="application/json")

    assert answer.status_code in (200, 400, 422)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_random_bytes_are_a_400_or_422(client: FlaskClient, body: bytes) -> None:
    answer = client.post(ROUTES, data=body, content_type="application/json")

    assert answer.status_code in (400, 422)
