"""The document describes the interface as it is."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from wayfinder.i18n import LANGUAGES
from wayfinder.routing.costs import load_tables
from wayfinder.routing.directions import Manoeuvre
from wayfinder.routing.obstacles import ObstacleKind, Source


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json
    return found


def list_faults(document: dict[str, Any], path: str, method: str, status: int, answer: Any) -> list[str]:
    """What of a real answer is not as the document says."""
    content = document["paths"][path][method]["responses"][str(status)]["content"]
    schema = next(iter(content.values()))["schema"]
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_address_of_the_interface_is_in_it(client: FlaskClient, document: dict[str, Any]) -> None:
    served = {
        (rule.rule, method.lower())
        for rule in client.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint not in ("page", "file", "asset", "openapi")
    }

    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == served


def test_its_closed_lists_are_those_of_the_code(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert schemas["ObstacleKind"]["enum"] == [*ObstacleKind]
    assert schemas["Source"]["enum"] == [*Source]
    assert schemas["Manoeuvre"]["enum"] == [*Manoeuvre]
    assert schemas["RoutePlanRequest"]["properties"]["language"]["anyOf"][0]["enum"] == [*LANGUAGES]


@pytest.mark.parametrize("profile", list(load_tables().presets))
@pytest.mark.parametrize("language", LANGUAGES)
def test_real_plans_are_as_it_says(plan: Any, document: dict[str, Any], profile: str, language: str) -> None:
    answer = plan(profile=profile, language=language, limits={"kerb_up_max_cm": 0}).json

    assert list_faults(document, "/api/v1/route-plans", "post", 200, answer) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/api/v1/profiles", None, 200),
        ("get", "/api/v1/city", None, 200),
        ("get", "/healthz", None, 200),
        ("get", "/readyz", None, 200),
        ("post", "/api/v1/addresses/search", {"text": "Markt"}, 200),
        ("post", "/api/v1/addresses/search", {"text": ""}, 422),
        ("post", "/api/v1/route-plans", {"from": 3}, 422),
    ],
)
def test_real_answers_are_as_it_says(
    client: FlaskClient, document: dict[str, Any], method: str, path: str, body: Any, status: int
) -> None:
    answer = client.open(path, method=method, json=body)

    assert answer.status_code == status
    assert list_faults(document, path, method, status, answer.json) == []


def test_what_the_code_refuses_the_document_refuses_too(document: dict[str, Any]) -> None:
    schema = document["paths"]["/api/v1/route-plans"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    validator = Draft202012Validator({**schema, "components": document["components"]})
    good = {"from": {"lon": 4.0, "lat": 55.0}, "to": {"place_id": "osm:node/1"}, "profile": "foot"}

    assert validator.is_valid(good)
    for wrong in (
        {"from": {"lon": 4.0}},
        {"to": {"lon": 4, "lat": 5, "place_id": "osm:node/1"}},
        {"sudo": 1},
    ):
        assert not validator.is_valid({**good, **wrong})
