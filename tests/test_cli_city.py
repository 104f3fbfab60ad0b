"""`wayfinder city fetch` and `city export`, in a process of their own."""

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import osmnx
import pytest

from tests.support.map_server import MapServer, draw_town, serve_map
from tests.test_cli import COMMAND, get_environment, wayfinder
from wayfinder.sources.osm_files import rewrite_file


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MapServer]:
    (tmp_path / "town.osm").write_bytes(draw_town())
    rewrite_file(tmp_path / "town.osm", tmp_path / "town.osm.pbf", "pbf", None)
    with serve_map(extract=(tmp_path / "town.osm.pbf").read_bytes()) as served:
        yield served


def get_services(server: MapServer) -> dict[str, str]:
    return {
        "WAYFINDER_NOMINATIM_URL": f"{server.url}/nominatim",
        "WAYFINDER_OVERPASS_URL": f"{server.url}/overpass",
    }


def test_a_fetched_place_is_built_with_its_attribution_and_exported(
    server: MapServer, tmp_path: Path
) -> None:
    osm, city, graph = tmp_path / "kassel.osm.pbf", tmp_path / "city", tmp_path / "kassel.graphml"

    fetched = wayfinder("city", "fetch", "--place", "Kassel", "--out", osm, **get_services(server))
    built = wayfinder("city", "build", "--osm", osm, "--name", "Kassel", "--out", city)
    exported = wayfinder("city", "export", "--graphml", graph, city)

    assert [run.returncode for run in (fetched, built, exported)] == [0, 0, 0], fetched.stderr + built.stderr
    assert fetched.stderr.splitlines() == ["Ort nachschlagen", "Karte herunterladen", "Datei schreiben"]
    assert "Kassel, Hessen" in fetched.stdout
    for run in (fetched, built, exported):
        assert "© OpenStreetMap-Mitwirkende, ODbL 1.0" in run.stdout
    assert f"fetched from {server.url}/overpass" in built.stdout
    assert f'fetched_from = "{server.url}/overpass"' in (city / "city.toml").read_text(encoding="utf-8")
    assert len(osmnx.load_graphml(graph)) > 5


FAILURES = {
    "unknown place": (
        ["--place", "Nowhere"],
        {"places": []},
        "The map has no place called Nowhere.",
    ),
    "missing extract": (["--url", "{url}/none"], {}, "127.0.0.1 does not grant {url}/none: 404 Not Found."),
    "too large": (
        ["--url", "{url}/extract.osm.pbf", "--max-mb", "1"],
        {"extract": b"x" * 1_000_001},
        "{url}/extract.osm.pbf is larger than 1 MB; --max-mb allows more.",
    ),
}


@pytest.mark.parametrize(("arguments", "held", "expected"), FAILURES.values(), ids=FAILURES)
def test_a_fetch_that_fails_is_one_sentence_and_exit_1(
    server: MapServer, tmp_path: Path, arguments: list[str], held: dict, expected: str
) -> None:
    for name, value in held.items():
        setattr(server, name, value)
    out = tmp_path / "kassel.osm.pbf"
    out.write_bytes(b"old")
    given = [argument.format(url=server.url) for argument in arguments]

    run = wayfinder("city", "fetch", *given, "--out", out, "--lang", "en", **get_services(server))

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.splitlines()[-1] == expected.format(url=server.url)
    assert "Traceback" not in run.stderr
    assert out.read_bytes() == b"old"


def test_a_disk_that_fills_up_is_one_sentence_and_the_old_file_stays(
    server: MapServer, tmp_path: Path
) -> None:
    out = tmp_path / "kassel.osm.pbf"
    out.write_bytes(b"old")
    server.extract += b"x" * 500_000
    command = [COMMAND, "city", "fetch", "--url", f"{server.url}/extract.osm.pbf", "--out", str(out)]

    run = subprocess.run(
        [*command, "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
        env=get_environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.splitlines()[-1].endswith(" cannot be written: File too large.")
    assert out.read_bytes() == b"old"


WRONG_USAGE = {
    "nothing to fetch": (["--out", "x.osm.pbf"], "--place, --url or both"),
    "no name": (["--place", "  ", "--out", "x.osm.pbf"], "--place, --url or both"),
    "not an OSM file": (["--place", "Kassel", "--out", "kassel.zip"], ".osm.pbf"),
    "no out": (["--place", "Kassel"], "--out"),
    "a file": (["--url", "file:///etc/hosts", "--out", "x.osm.pbf"], "http://"),
    "no host": (["--url", "https://", "--out", "x.osm.pbf"], "http://"),
    "a password": (["--url", "https://a:b@example.org/x", "--out", "x.osm.pbf"], "http://"),
    "no size": (["--place", "Kassel", "--max-mb", "0", "--out", "x.osm.pbf"], "--max-mb"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_is_exit_2(arguments: list[str], told: str) -> None:
    run = wayfinder("city", "fetch", *arguments)

    assert (run.returncode, run.stdout) == (2, "")
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_a_service_of_ones_own_needs_an_address(tmp_path: Path) -> None:
    out = tmp_path / "x.osm.pbf"
    run = wayfinder("city", "fetch", "--place", "Kassel", "--out", out, WAYFINDER_OVERPASS_URL="overpass")

    assert (run.returncode, len(run.stderr.splitlines())) == (1, 1)
    assert "WAYFINDER_OVERPASS_URL" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_city_that_is_not_there_cannot_be_exported(tmp_path: Path) -> None:
    run = wayfinder("city", "export", "--graphml", tmp_path / "x", tmp_path / "none", "--lang", "en")

    assert (run.returncode, run.stderr) == (1, f"There is no city in {tmp_path / 'none'}.\n")
