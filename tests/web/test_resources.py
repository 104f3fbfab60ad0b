"""The smaller resources and the page."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from wayfinder.assembly import ServedCity, Services
from wayfinder.errors import CityError
from wayfinder.i18n import LANGUAGES
from wayfinder.routing.costs import load_tables
from wayfinder.settings import Settings
from wayfinder.web.app import create_app


def test_profiles_offer_every_preset_and_every_limit(client: FlaskClient) -> None:
    tables = load_tables()

    answer = client.get("/api/v1/profiles?language=en").json

    assert [profile["name"] for profile in answer["profiles"]] == list(tables.presets)
    assert answer["unknowns"] == ["accept", "avoid", "reject"]
    for profile in answer["profiles"]:
        assert list(profile["limits"]["properties"]) == list(tables.limits)
        assert profile["label"]
        assert profile["description"]


def test_a_limit_says_its_range_default_unit_and_source(client: FlaskClient) -> None:
    manual = client.get("/api/v1/profiles?language=de").json["profiles"][0]

    kerb = manual["limits"]["properties"]["kerb_up_max_cm"]
    assert {key: value for key, value in kerb.items() if key != "title"} == {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 40,
        "default": 3,
        "x-unit": "cm",
        "x-beyond": "block",
        "x-source": "DIN 18040-3: 3 cm as compromise",
    }
    steps = manual["limits"]["properties"]["steps"]
    assert (steps["type"], steps["enum"]) == (["string", "null"], ["block", "avoid", "ok", None])


def test_the_defaults_of_a_profile_are_valid_by_its_own_schema_and_by_the_planner(
    client: FlaskClient, plan: Any
) -> None:
    for profile in client.get("/api/v1/profiles").json["profiles"]:
        schema = profile["limits"]
        defaults = {name: limit["default"] for name, limit in schema["properties"].items()}
        assert Draft202012Validator(schema).is_valid(defaults)

        limits = {name: value for name, value in defaults.items() if value not in (None, [])}
        assert plan(profile=profile["name"], limits=limits).status_code == 200


def test_an_address_is_found_in_spite_of_a_typing_error(client: FlaskClient) -> None:
    answer = client.post(
        "/api/v1/addresses/search", json={"text": "Marktplaz 2", "language": "en", "limit": 3}
    )

    best = answer.json["results"][0]
    assert (best["label"], best["kind"]) == ("Marktplatz 2", "address")
    assert best["place_id"].startswith("osm:")
    assert len(answer.json["results"]) <= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_hit_says_in_words_what_it_is(client: FlaskClient, language: str) -> None:
    for text in ("Marktplatz", "Marktplatz 999", "Bahnhof", "Brücke"):
        results = client.post("/api/v1/addresses/search", json={"text": text, "language": language}).json[
            "results"
        ]
        assert results
        assert not [
            hit for hit in results if not hit["detail"] or "_" in hit["detail"] or "{" in hit["detail"]
        ]


def test_the_city_says_that_it_is_invented(client: FlaskClient, services: Services) -> None:
    info = services.city.info

    assert client.get("/api/v1/city?language=en").json == {
        "id": info.id,
        "name": "Musterstadt",
        "fictional": True,
        "notice": "Invented city, not for navigation.",
        "bounds": list(info.bounds),
        "languages": [*LANGUAGES],
        "time_zone": "Europe/Berlin",
        "osm_at": info.osm_at,
        "built_at": info.built_at,
        "attribution": "Musterstadt, CC0-1.0",
        "files": [],
    }


def test_health_and_readiness_with_a_city(client: FlaskClient, services: Services) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready", "graph": {"id": services.city.info.id}}


def test_without_a_city_the_process_lives_but_is_not_ready(tmp_path: Path) -> None:
    client = create_app(ServedCity(tmp_path / "nothing"), Settings()).test_client()

    ready, asked = client.get("/readyz"), client.get("/api/v1/city", headers={"Accept-Language": "en"})

    assert client.get("/healthz").status_code == 200
    assert (ready.status_code, ready.json) == (503, {"status": "not ready", "reason": "There is no city."})
    assert (asked.status_code, asked.json["code"], asked.headers["Retry-After"]) == (
        503,
        "city_missing",
        "10",
    )
    assert str(tmp_path) not in asked.text + ready.text


def test_a_new_city_is_taken_over_and_a_damaged_one_is_not(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "city"
    served = ServedCity(folder, look_every_s=0)
    with pytest.raises(CityError):
        served()

    shutil.copytree(town, folder)
    first = served()
    assert served() is first

    os.utime(folder / "city.toml")
    second = served()
    assert second is not first

    (folder / "city.toml").write_text("half a ci")
    assert served() is second
    shutil.rmtree(folder)
    assert served() is second


@pytest.fixture
def page(tmp_path: Path, services: Services) -> FlaskClient:
    """An application with a built page."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Wegweiser</title>")
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "assets" / "index-abc123.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return create_app(lambda: services, Settings(page=folder)).test_client()


def test_the_page_is_asked_for_again_and_its_hashed_files_are_kept(page: FlaskClient) -> None:
    kept = "public, max-age=31536000, immutable"

    told = {
        path: (page.get(path).status_code, page.get(path).mimetype, page.get(path).headers["Cache-Control"])
        for path in ("/", "/manifest.webmanifest", "/assets/index-abc123.js")
    }

    assert told == {
        "/": (200, "text/html", "no-cache"),
        "/manifest.webmanifest": (200, "application/manifest+json", "no-cache"),
        "/assets/index-abc123.js": (200, "text/javascript", kept),
    }
    for path in (
        "/secret.txt",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
    ):
        assert page.get(path).status_code == 404


def test_people_get_a_page_for_an_error(page: FlaskClient) -> None:
    answer = page.get("/nothing", headers={"Accept": "text/html", "Accept-Language": "en"})

    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is nothing at this address." in answer.text


def test_a_page_that_is_not_built_says_how_to_build_it(services: Services, tmp_path: Path) -> None:
    client = create_app(lambda: services, Settings(page=tmp_path / "dist")).test_client()

    answer = client.get("/", headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "make setup" in answer.text
