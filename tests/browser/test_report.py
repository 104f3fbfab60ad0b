"""The city report in a real Chromium: axe, reflow at 320 px, no request, layers without script."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from wayfinder.assembly import open_services
from wayfinder.city.demo import get_demo_city
from wayfinder.city.report import build_report, read_districts
from wayfinder.city.report_html import build_html
from wayfinder.routing.overlay import build_empty_overlay

pytestmark = pytest.mark.needs_chromium
TIMEOUT_S = 300


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    services = open_services(get_demo_city())
    report = build_report(
        services.city, services.graph, build_empty_overlay(services.graph, services.tables), trips=100
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(build_html(report, services.city, read_districts(services.city), "de"), encoding="utf-8")
    return path


def test_report_in_chromium(page: Path, root: Path, chromium: Path) -> None:
    pwa = root / "pwa"
    if shutil.which("node") is None or not (pwa / "node_modules" / "playwright-core").is_dir():
        pytest.skip("Node.js or the page's node modules are absent (make setup)")
    run = subprocess.run(
        ["node", "--test", "--test-reporter=spec", "tests/browser/report.test.mjs"],
        cwd=pwa,
        env={**os.environ, "WAYFINDER_REPORT": str(page), "WAYFINDER_CHROMIUM": str(chromium)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
