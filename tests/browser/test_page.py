"""The page in a real Chromium, against the demo town: axe, keyboard alone, reflow, no foreign request.

The steps themselves are scripts of the page (``pwa/tests/browser/*.test.mjs``); this file brings the server
and the browser together. ``WAYFINDER_URL`` takes a server that already runs.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_chromium

SCRIPTS = ("page.test.mjs", "looks.test.mjs")
START_TIMEOUT_S = 90
SCRIPT_TIMEOUT_S = 600


@pytest.fixture(scope="module")
def pwa(root: Path) -> Path:
    """The page's folder, with its node modules and its build."""
    folder = root / "pwa"
    if shutil.which("node") is None:
        pytest.skip("node is not installed (Node.js 20 or newer with npm)")
    if not (folder / "node_modules" / "playwright-core").is_dir():
        pytest.skip("the page's node modules are absent (make setup)")
    if not (folder / "dist" / "index.html").is_file():
        pytest.skip("the page is not built (make setup)")
    return folder


@pytest.fixture(scope="module")
def page_url(root: Path, pwa: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the demo town: the given one, else one of our own on a free port."""
    given = os.environ.get("WAYFINDER_URL")
    if given:
        yield given.rstrip("/")
        return
    command = Path(sys.executable).with_name("wayfinder")
    if not command.is_file():
        pytest.skip("the command wayfinder is not installed (make setup)")
    log = tmp_path_factory.mktemp("demo") / "demo.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [command, "demo", "--port", str(port)], stdout=output, stderr=subprocess.STDOUT, cwd=root
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the demo answers; fail with its own words when it ends or takes too long."""
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"the demo ended with {server.returncode}:\n{log.read_text(errors='replace')}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    pytest.fail(f"the demo was not ready after {START_TIMEOUT_S} s:\n{log.read_text(errors='replace')}")


@pytest.mark.parametrize("script", SCRIPTS)
def test_page_in_chromium(script: str, pwa: Path, page_url: str, chromium: Path) -> None:
    run = subprocess.run(
        ["node", "--test", "--test-reporter=spec", f"tests/browser/{script}"],
        cwd=pwa,
        env={**os.environ, "WAYFINDER_URL": page_url, "WAYFINDER_CHROMIUM": str(chromium)},
        capture_output=True,
        text=True,
        timeout=SCRIPT_TIMEOUT_S,
        check=False,
    )
    assert run.returncode == 0, f"{script} against {page_url}\n{run.stdout}\n{run.stderr}"
