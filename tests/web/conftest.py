from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from wayfinder.assembly import Services, open_services
from wayfinder.city.demo import get_demo_city
from wayfinder.settings import Settings
from wayfinder.web.app import create_app

Post = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city folder of the demo town."""
    return get_demo_city(tmp_path_factory.mktemp("cache"))


NOON = datetime.fromisoformat("2026-11-24T12:00:00+01:00")


@pytest.fixture(scope="session")
def services(town: Path) -> Services:
    """The town at noon of a weekday, so that gates and lifts are open."""
    return open_services(town, clock=lambda: NOON)


@pytest.fixture(scope="session")
def client(services: Services) -> FlaskClient:
    return create_app(lambda: services, Settings()).test_client()


@pytest.fixture(scope="session")
def ends(services: Services) -> dict[str, dict[str, float]]:
    """Two positions of the town, some streets apart."""
    index = services.city.addresses
    found = [index.search(name, 1)[0] for name in ("Marktplatz", "Marktbrücke")]
    return {name: {"lon": hit.lon, "lat": hit.lat} for name, hit in zip(("from", "to"), found, strict=True)}


@pytest.fixture(scope="session")
def plan(client: FlaskClient, ends: dict[str, Any]) -> Post:
    """Ask for a plan between two places, with changes to the request."""

    def post(**changes: Any) -> TestResponse:
        body = {**ends, "profile": "wheelchair-manual", "language": "en", **changes}
        return client.post("/api/v1/route-plans", json=body)

    return post
