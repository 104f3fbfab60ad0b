"""The real command, in a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from wayfinder.city.demo import TOWN_FOLDER

Run = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = str(Path(sys.executable).with_name("wayfinder"))
OSM_FILE = TOWN_FOLDER / "musterstadt.osm"


def get_environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYFINDER_")}
    return {**kept, "COLUMNS": "110", "NO_COLOR": "1", **changes}


def wayfinder(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=get_environment(**environment)
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("cities") / "town"
    return folder, wayfinder("city", "build", "--osm", OSM_FILE, "--name", "Musterstadt", "--out", folder)


@pytest.fixture(scope="module")
def town(built: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    return built[0]


ROUTE = ("--from", "3.9995312,55.0019223", "--to", "4.0020314,54.9995509", "--profile", "wheelchair-manual")


def test_help_comes_at_once() -> None:
    began = time.monotonic()
    run = wayfinder("--help")
    took_s = time.monotonic() - began

    assert run.returncode == 0
    # 0.2 s on an idle machine; loading the planner would take longer than this on a busy one
    assert took_s < 2
    for command in ("bench", "city", "demo", "route", "serve", "vectors"):
        assert re.search(rf"\b{command}\b", run.stdout)
    heavy = "import sys, wayfinder.cli; print({'numpy', 'numba', 'flask', 'babel'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"


def test_a_build_tells_its_steps_and_ends_with_the_summary(
    built: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, run = built

    assert (run.returncode, (folder / "city.toml").is_file()) == (0, True)
    assert run.stdout.startswith("Musterstadt (")
    assert "kerb_up" in run.stdout
    assert "not understood" in run.stdout
    assert len(run.stderr.splitlines()) == 7
    assert "\x1b" not in run.stdout + run.stderr


def test_a_survey_is_built_in_and_every_row_reported(tmp_path: Path) -> None:
    build = ("city", "build", "--osm", OSM_FILE, "--name", "Musterstadt", "--out", tmp_path / "town")
    survey = TOWN_FOLDER / "survey.csv"
    run = wayfinder(
        *build, "--survey", survey, "--mapping", "musterstadt", "--survey-report", tmp_path / "rows.csv"
    )

    assert run.returncode == 0
    assert "13 rows: matched 9, ambiguous 1, unmatched 2, broken 1" in run.stdout
    assert len((tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()) == 14
    assert "Erhebungen zuordnen" in run.stderr

    alone = wayfinder(*build, "--survey", survey)
    assert (alone.returncode, "Every --survey needs a --mapping" in alone.stderr) == (2, True)
    wrong = wayfinder(*build, "--survey", survey, "--mapping", "bfrk-weg")
    assert (wrong.returncode, wrong.stderr.splitlines()) == (1, [wrong.stderr.strip()])
    assert wrong.stderr.startswith("survey.csv fehlt die Spalte Longitude, Latitude, OSM_ID")


def test_a_route_is_readable_text_or_json_or_geojson(town: Path) -> None:
    text = wayfinder("route", "--city", town, *ROUTE)
    answer = wayfinder("route", "--city", town, *ROUTE, "--json")
    drawn = wayfinder("route", "--city", town, *ROUTE, "--geojson")

    assert [run.returncode for run in (text, answer, drawn)] == [0, 0, 0]
    plan, features = json.loads(answer.stdout), json.loads(drawn.stdout)["features"]
    steps = plan["routes"][0]["steps"]
    assert all(step["instruction"] in text.stdout for step in steps)
    assert features[0]["geometry"] == plan["routes"][0]["geometry"]
    obstacles = [obstacle["text"] for step in steps for obstacle in step["obstacles"]]
    assert [feature["properties"]["text"] for feature in features[1:]] == obstacles


def test_limits_are_set_listed_cleared_or_wished(town: Path) -> None:
    settings = (
        "kerb_up_max_cm=0",
        "surface_avoid=sett,gravel",
        "incline_up_max_percent=",
        "steps=ok",
        "lit_wanted=true",
    )
    changes = [word for setting in settings for word in ("--set", setting)]

    run = wayfinder("route", "--city", town, *ROUTE, *changes, "--set", "width_min_cm=150:avoid", "--json")

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["outcome"] in ("found", "limits_exceeded")


def test_no_way_within_the_limits_is_an_answer_and_not_a_failure(town: Path) -> None:
    run = wayfinder("route", "--city", town, *ROUTE, "--set", "distance_max_m=50", "--json")

    assert (run.returncode, json.loads(run.stdout)["outcome"]) == (0, "limits_exceeded")


def test_the_city_may_come_from_the_environment(town: Path) -> None:
    assert wayfinder("route", *ROUTE, WAYFINDER_CITY=str(town)).returncode == 0


WRONG_USAGE = {
    "no command": (["fly"], "No such command"),
    "no city": (["route", *ROUTE], "Missing option '--city'"),
    "no numbers": (
        ["route", "--city", "x", "--from", "here", "--to", "4,55", "--profile", "foot"],
        "LON,LAT",
    ),
    "decimal commas": (
        ["route", "--city", "x", "--from", "4,0,55,0", "--to", "4,55", "--profile", "foot"],
        "LON,LAT",
    ),
    "NaN": (["route", "--city", "x", "--from", "nan,55", "--to", "4,55", "--profile", "foot"], "LON,LAT"),
    "beyond the pole": (
        ["route", "--city", "x", "--from", "4,95", "--to", "4,55", "--profile", "foot"],
        "LON,LAT",
    ),
    "json and geojson": (["route", "--city", "x", *ROUTE, "--json", "--geojson"], "--geojson"),
    "port": (["demo", "--port", "70000"], "65535"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_is_exit_2(arguments: list[str], told: str) -> None:
    run = wayfinder(*arguments)

    assert (run.returncode, run.stdout) == (2, "")
    assert told in run.stderr
    assert "Traceback" not in run.stderr


UNUSABLE = {
    "unknown profile": ([*ROUTE[:4], "--profile", "nobody"], "There is no profile called nobody"),
    "swapped": (["--from", "55,4", *ROUTE[2:]], "Longitude and latitude seem to be swapped"),
    "outside": (["--from", "9.49,51.31", *ROUTE[2:]], "This position lies outside Musterstadt."),
    "unknown place": (["--from", "osm:node/1", *ROUTE[2:]], "There is no such place in this city."),
    "unknown limit": ([*ROUTE, "--set", "wings=3"], "There is no limit called"),
    "limit out of range": ([*ROUTE, "--set", "kerb_up_max_cm=99"], "between 0 and 40"),
    "limit no number": ([*ROUTE, "--set", "kerb_up_max_cm=high"], "must be a number"),
    "limit NaN": ([*ROUTE, "--set", "kerb_up_max_cm=nan"], "between 0 and 40"),
    "time": ([*ROUTE, "--depart-at", "tomorrow"], "A time needs date, time and offset"),
    "time of long ago": (
        [*ROUTE, "--depart-at", "1969-07-20T20:17:00+00:00"],
        "A trip can be planned for at most 366 days before or after today.",
    ),
    "via outside": ([*ROUTE, "--via", "9.49,51.31"], "This position lies outside Musterstadt."),
}


@pytest.mark.parametrize(("arguments", "sentence"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_request_that_cannot_be_used_is_one_sentence_and_exit_2(
    town: Path, arguments: list[str], sentence: str
) -> None:
    run = wayfinder("route", "--city", town, *arguments, "--lang", "en")

    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (2, "", 1), run.stderr
    assert sentence in run.stderr


def test_errors_are_german_unless_asked_otherwise(town: Path) -> None:
    run = wayfinder("route", "--city", town, *ROUTE[:4], "--profile", "nobody")

    assert run.stderr.startswith("Es gibt kein Profil")


BROKEN = {
    "missing": None,
    "empty": b"",
    "not OSM": b"<html><body>404</body></html>",
    "cut off": OSM_FILE.read_bytes()[:20_000],
    "without ways": b'<osm version="0.6"><node id="1" lat="55" lon="4" version="1"/></osm>',
    "noise": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_osm_file_is_one_sentence_and_the_last_good_city_stays(
    content: bytes | None, town: Path, tmp_path: Path
) -> None:
    osm = tmp_path / "broken.osm"
    if content is not None:
        osm.write_bytes(content)
    before = (town / "city.toml").read_bytes()

    run = wayfinder("city", "build", "--osm", osm, "--name", "Nowhere", "--out", town, "--lang", "en")

    assert (run.returncode, run.stdout) == (1, "")
    assert "broken.osm" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
    assert (town / "city.toml").read_bytes() == before


@pytest.mark.parametrize("command", ["route", "serve"])
@pytest.mark.parametrize("damage", ["missing", "half written"])
def test_a_city_that_cannot_be_opened_is_one_sentence_and_exit_1(
    command: str, damage: str, tmp_path: Path
) -> None:
    folder = tmp_path / "city"
    if damage == "half written":
        folder.mkdir()
        (folder / "city.toml").write_text('name = "Half')

    run = wayfinder(command, "--city", folder, *(ROUTE if command == "route" else ()), "--lang", "en")

    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (1, "", 1), run.stderr
    assert str(folder) in run.stderr


def test_a_city_report_is_text_and_on_demand_a_page_and_figures(town: Path, tmp_path: Path) -> None:
    page, figures = tmp_path / "report.html", tmp_path / "report.json"
    options = ("--trips", 40, "--profile", "walker", "--html", page, "--json", figures)
    run = wayfinder("city", "report", town, *options)

    assert (run.returncode, run.stderr) == (0, "Alltagswege auslosen\nAlltagswege zählen: Rollator\n")
    assert run.stdout.startswith("Stadtbericht Musterstadt\n")
    assert "Der Bericht prüft 40 Alltagswege." in run.stdout
    assert page.read_text("utf-8").startswith('<!DOCTYPE html>\n<html lang="de">')
    document = json.loads(figures.read_bytes())
    assert (document["format"], [one["profile"] for one in document["profiles"]]) == (1, ["walker"])
    again = tmp_path / "again.json"
    assert wayfinder("city", "report", town, *options[:-1], again, "--lang", "en").returncode == 0
    assert again.read_bytes() == figures.read_bytes()


def test_a_report_that_cannot_be_made_is_one_sentence(town: Path, tmp_path: Path) -> None:
    nowhere = wayfinder("city", "report", town, "--trips", 1, "--json", tmp_path / "no" / "report.json")
    assert (nowhere.returncode, nowhere.stderr.splitlines()[-1]) == (
        1,
        "report.json kann nicht geschrieben werden: No such file or directory",
    )
    boundary = tmp_path / "d.json"
    boundary.write_text("{}", encoding="utf-8")
    refused = wayfinder("city", "report", town, "--boundary", boundary)
    told = "d.json enthält keine Grenze: Gebraucht wird ein GeoJSON mit Flächen.\n"
    assert (refused.returncode, refused.stderr) == (1, told)
    unknown = wayfinder("city", "report", town, "--profile", "nobody")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("Es gibt kein Profil mit dem Namen nobody.")


def test_lifts_that_are_not_matched_are_listed(town: Path, tmp_path: Path) -> None:
    known = {"osm": "node/900478905988", "state": "working", "measured_at": "2026-11-24T12:00:00+01:00"}
    lifts = [{"id": "berg", **known}, {"id": "tal", **known, "osm": "node/1"}]
    file = tmp_path / "lifts.json"
    file.write_text(json.dumps({"lifts": lifts}))

    run = wayfinder("lifts", "--city", town, WAYFINDER_LIFTS=str(file))

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == ["matched 1", "ambiguous 0", "unmatched 1", "  tal"]


def test_a_gate_that_is_closed_at_night_is_gone_around(town: Path) -> None:
    ends = ("--from", "3.9953809,55.0017966", "--to", "3.9961809,55.0017966", "--profile", "foot")
    metres = []
    for hour in ("12", "23"):
        run = wayfinder(
            "route", "--city", town, *ends, "--depart-at", f"{date.today()}T{hour}:00:00+00:00", "--json"
        )
        metres.append(round(json.loads(run.stdout)["routes"][0]["distance_m"]))
    assert metres == [38, 362]


def test_vectors_are_the_same_for_the_same_city(town: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"

    runs = [wayfinder("vectors", "--city", town, "--out", out, "--pairs", 3) for out in (first, second)]

    assert [(run.returncode, run.stderr) for run in runs] == [(0, ""), (0, "")]
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_bytes())


def test_the_bench_prints_its_figures(town: Path) -> None:
    run = wayfinder("bench", "--city", town, "--pairs", 3, "--json")

    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    assert {"pairs", "city", "search_ms", "answer_ms", "http_ms", "ratio"} <= set(figures)
    assert figures["http_ms"]["wayfinder"]["median"] > 0


def test_a_wrong_setting_is_one_sentence_and_exit_1() -> None:
    run = wayfinder("demo", WAYFINDER_PORT="http")

    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (1, "", 1)
    assert run.stderr.startswith("WAYFINDER_PORT muss")


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def serving(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [COMMAND, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=get_environment(**environment)
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_the_demo_town_is_served_and_tells_what_it_is(free_port: int, tmp_path: Path) -> None:
    with serving("demo", "--port", free_port, "--lang", "en", XDG_CACHE_HOME=str(tmp_path)) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(5)]
        address = f"http://127.0.0.1:{free_port}"
        with urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:
            ready = json.load(answer)
        with urllib.request.urlopen(f"{address}/api/v1/city", timeout=10) as answer:
            city = json.load(answer)

    assert address in told[0]
    assert told[1] == "Invented city, not for navigation.\n"
    assert "wayfinder city build" in told[3]
    assert (ready["status"], city["name"], city["fictional"]) == ("ready", "Musterstadt", True)
    assert process.returncode == 0


def test_a_city_is_served_and_a_taken_port_is_one_sentence(town: Path, free_port: int) -> None:
    with serving("serve", "--city", town, "--port", free_port, "--workers", 1, "--lang", "en") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"http://127.0.0.1:{free_port}\n"

        second = wayfinder("serve", "--city", town, "--port", free_port, "--lang", "en")

    assert (second.returncode, len(second.stderr.splitlines())) == (1, 1)
    assert str(free_port) in second.stderr
