"""What a test may need from outside, and what happens where it is missing.

A test says what it needs by a marker (``needs_chromium``; all of ``tests/real_data`` is ``real_data``).
Where that is missing the test is skipped, and the summary says how to get it. With
``WAYFINDER_REQUIRE_ALL=1`` any skip is a failure. Only the real data may then still be absent, because
nobody can install it: the summary says so, and with ``WAYFINDER_REQUIRE_DATA=1`` it is a failure too.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
REAL_DATA = Path(__file__).parent / "real_data"


class Need(NamedTuple):
    """Something from outside: its name, how to find it, how to get it."""

    name: str
    find: Callable[[], Path | None]
    how_to_get: str


def find_program(*names: str) -> Path | None:
    """Return the first of these programs, on the path or where Debian keeps the servers."""
    debian_servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, debian_servers)])
    found = (shutil.which(name, path=path) for name in names)
    return next((Path(program) for program in found if program), None)


def find_postgresql() -> Path | None:
    """Return PostgreSQL's initdb where PostGIS is there too."""
    postgis = any(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    return find_program("initdb") if postgis else None


def find_chromium() -> Path | None:
    """Return Chromium, by whatever name."""
    return find_program("chromium", "chromium-browser", "google-chrome")


def find_valhalla() -> Path | None:
    """Return the installed Python package of Valhalla."""
    spec = find_spec("valhalla")
    return Path(spec.origin) if spec and spec.origin else None


def find_shared_data() -> Path | None:
    """Return the folder with real cities: ``WAYFINDER_SHARED_DATA``, else ``../shared/data``."""
    folder = Path(os.environ.get("WAYFINDER_SHARED_DATA") or ROOT.parent / "shared" / "data")
    return folder if folder.is_dir() else None


DATA_FROM = "put them in ../shared/data, or name the folder in WAYFINDER_SHARED_DATA"
NEEDS = {
    "needs_postgresql": Need("PostgreSQL", find_postgresql, "apt-get install postgresql postgis"),
    "needs_redis": Need("Redis", lambda: find_program("redis-server"), "apt-get install redis-server"),
    "needs_mosquitto": Need("Mosquitto", lambda: find_program("mosquitto"), "apt-get install mosquitto"),
    "needs_chromium": Need("Chromium", find_chromium, "apt-get install chromium"),
    "needs_valhalla": Need("Valhalla", find_valhalla, "make bench-tools"),
    "real_data": Need("The real cities", find_shared_data, DATA_FROM),
}
REQUIRE_ALL = pytest.StashKey[bool]()
ABSENT = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REQUIRE_ALL] = os.environ.get("WAYFINDER_REQUIRE_ALL") == "1"
    config.stash[ABSENT] = Counter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if REAL_DATA in item.path.parents:
            item.add_marker("real_data")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, need in NEEDS.items():
        if item.get_closest_marker(marker) and need.find() is None:
            item.config.stash[ABSENT][marker] += 1
            pytest.skip(f"{need.name} not found ({need.how_to_get})")


def skip_is_allowed(item: pytest.Item) -> bool:
    """Say whether a test may be skipped although everything is required."""
    data_absent = item.get_closest_marker("real_data") is not None and find_shared_data() is None
    return data_absent and os.environ.get("WAYFINDER_REQUIRE_DATA") != "1"


def fail_instead(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that says why it is one."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"WAYFINDER_REQUIRE_ALL=1 allows no skip. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and item.config.stash[REQUIRE_ALL] and not skip_is_allowed(item):
        fail_instead(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    in_real_data = REAL_DATA in collector.path.parents and find_shared_data() is None
    if report.skipped and collector.config.stash[REQUIRE_ALL] and not in_real_data:
        fail_instead(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.stash[ABSENT]:
        return
    terminalreporter.section("not tested here")
    for marker, count in config.stash[ABSENT].most_common():
        need = NEEDS[marker]
        terminalreporter.write_line(f"{need.name}: {count} skipped; to get it: {need.how_to_get}")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder with real cities."""
    folder = find_shared_data()
    if folder is None:
        pytest.skip(f"{NEEDS['real_data'].name} not found ({NEEDS['real_data'].how_to_get})")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return Chromium's program; for tests marked ``needs_chromium``."""
    program = find_chromium()
    assert program is not None, "mark the test needs_chromium"
    return program
