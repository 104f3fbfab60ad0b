"""A test that cannot run says so, and counts as a failure where everything is required."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ON_A_CITY = "def test_on_a_city(shared_data): assert shared_data.is_dir()"
WITHOUT_REASON = "import pytest\ndef test_some_day(): pytest.skip('some day')"
WITHOUT_A_MODULE = "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass"
ALL = {"WAYFINDER_REQUIRE_ALL": "1"}
ALL_AND_DATA = {**ALL, "WAYFINDER_REQUIRE_DATA": "1"}


def run_test(root: Path, folder: Path, file: str, text: str, **environment: str) -> tuple[int, str]:
    """Run one test file under this project's rules; return pytest's exit code and output."""
    test = folder / "tests" / file
    test.parent.mkdir(parents=True)
    test.write_text(text, encoding="utf-8")
    shutil.copy(root / "pyproject.toml", folder)
    shutil.copy(root / "tests" / "conftest.py", folder / "tests")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("WAYFINDER", "PYTEST"))}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**ours, "WAYFINDER_SHARED_DATA": str(folder / "data"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout


def test_a_test_on_a_missing_city_is_skipped_and_the_summary_says_how_to_get_it(
    root: Path, tmp_path: Path
) -> None:
    code, output = run_test(root, tmp_path, "real_data/test_city.py", ON_A_CITY)
    assert code == 0
    assert "not tested here" in output
    assert "The real cities: 1 skipped; to get it: put them in ../shared/data" in output


def test_a_test_on_a_city_runs_where_the_city_is(root: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    code, output = run_test(root, tmp_path, "real_data/test_city.py", ON_A_CITY, **ALL_AND_DATA)
    assert (code, "1 passed" in output) == (0, True)


@pytest.mark.parametrize(
    ("file", "text", "environment", "fails"),
    [
        ("test_x.py", WITHOUT_REASON, {}, False),
        ("test_x.py", WITHOUT_REASON, ALL, True),
        ("test_x.py", WITHOUT_A_MODULE, ALL, True),
        ("real_data/test_x.py", ON_A_CITY, ALL, False),
        ("real_data/test_x.py", ON_A_CITY, ALL_AND_DATA, True),
    ],
)
def test_a_skip_fails_where_everything_is_required(
    root: Path, tmp_path: Path, file: str, text: str, environment: dict[str, str], fails: bool
) -> None:
    code, output = run_test(root, tmp_path, file, text, **environment)
    assert ("allows no skip" in output) == fails
    assert (code in (1, 2)) == fails
