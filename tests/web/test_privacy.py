"""Positions and needs are in no log and no address; every answer is hardened."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import orjson
import pytest
from flask.testing import FlaskClient

from wayfinder.assembly import Services
from wayfinder.settings import Settings
from wayfinder.web.app import create_app

# Sends what must never be seen again to every address, also through a crash; its log is its output.
CANARIES: Final = ("4.00123456", "55.00123456", "Kanarienweg", "canary", "mobility-scooter", "38.5")
SCRIPT: Final = """
import sys
from pathlib import Path
from wayfinder.assembly import open_services
from wayfinder.settings import Settings
from wayfinder.web.app import create_app
services = open_services(Path(sys.argv[1]))
app = create_app(lambda: services, Settings())
@app.post("/crash")
def crash():
    from flask import request
    raise ValueError(request.get_data())
client = app.test_client()
place = {"lon": 4.00123456, "lat": 55.00123456}
good = {"from": place, "to": place, "profile": "mobility-scooter", "limits": {"kerb_up_max_cm": 38.5}}
head = {"User-Agent": "canary", "Referer": "http://canary/", "X-Forwarded-For": "canary"}
for body in (good, {**good, "profile": "canary"}, {**good, "limits": {"canary": 38.5}}, {"canary": place}):
    client.post("/api/v1/route-plans", json=body, headers=head)
    client.post("/crash", json=body, headers=head)
    client.post("/api/v1/route-plans?at=4.00123456", json=body, headers=head)
client.post("/api/v1/route-plans", data='{"canary": 4.00123456', content_type="application/json")
client.post("/api/v1/addresses/search", json={"text": "Kanarienweg"}, headers=head)
for path in ("/api/v1/city?lon=4.00123456", "/canary", "/api/v1/canary", "/assets/canary", "/readyz", "/"):
    client.get(path, headers=head)
"""


def test_no_log_line_carries_what_a_person_sent(town: Path) -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT, town], capture_output=True, text=True, check=True)

    lines = [orjson.loads(line) for line in run.stderr.splitlines()]
    assert len(lines) == 24
    assert not [canary for canary in CANARIES if canary in run.stdout + run.stderr]
    assert {line["event"] for line in lines} == {"request", "crash"}
    known = {"at", "method", "route", "status", "took", "bytes", "id", "event", "level"}
    assert {frozenset(line) for line in lines if line["event"] == "request"} == {frozenset(known)}
    crashes = [line for line in lines if line["event"] == "crash"]
    assert {line["type"] for line in crashes} == {"ValueError"}


def test_a_crash_is_a_problem_without_details(services: Services) -> None:
    app = create_app(lambda: services, Settings())

    @app.post("/api/v1/crash")
    def crash() -> str:
        raise ValueError("4.00123456")

    answer = app.test_client().post("/api/v1/crash", headers={"Accept-Language": "en"})

    assert answer.status_code == 500
    assert answer.json["detail"] == "The program made an error. It is noted, without your details."
    assert "4.00123456" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/api/v1/city", "/api/v1/nothing", "/nothing", "/openapi.json"]
)
def test_every_answer_is_hardened(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert not {"unsafe-inline", "http:", "https:", "*"} & set(headers["Content-Security-Policy"].split())
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Permissions-Policy"] == "geolocation=(self), camera=(self), microphone=(self)"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers
    assert "Strict-Transport-Security" not in headers


def test_behind_https_browsers_are_told_to_stay_there(services: Services) -> None:
    client = create_app(lambda: services, Settings(https=True)).test_client()

    assert (
        client.get("/healthz").headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    )
