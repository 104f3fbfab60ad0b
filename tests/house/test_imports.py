"""The rooms: imports only go down, each contract can fail, and the picture shows the same order."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

# Contract -> (module, the line planted at its end). A module that does not exist is made.
VIOLATIONS = [
    ("Rooms import downwards only", "wayfinder/accounts/planted.py", "import wayfinder.feedback"),
    ("Rooms import downwards only", "wayfinder/sources/planted.py", "import wayfinder.speech"),
    ("Rooms import downwards only", "wayfinder/room_without_a_place.py", ""),
    ("Routing goes from facts through judgement to the answer", "wayfinder/routing/attributes.py",
     "import wayfinder.routing.tags"),
    ("Routing goes from facts through judgement to the answer", "wayfinder/routing/without_a_place.py", ""),
    ("Only web knows a web framework", "wayfinder/city/planted.py", "import flask"),
    ("Only web knows a web framework", "wayfinder/store/planted.py", "from flask_babel import gettext"),
    ("Only store knows SQL", "wayfinder/web/api/planted.py", "import sqlmodel"),
    ("Only store knows SQL", "wayfinder/city/planted.py", "from sqlalchemy import select"),
    ("Only store knows SQL", "wayfinder/city/planted.py", "import sqlite3"),
    ("Routing knows no web and no SQL", "wayfinder/routing/attributes.py", "import pydantic"),
    ("The ground floor knows no framework", "wayfinder/errors.py", "import networkx"),
    ("Only sources read OSM files", "wayfinder/city/planted.py", "import osmium"),
    ("Only sources.download imports OSMnx", "wayfinder/sources/planted.py", "import osmnx"),
    ("Only speech.gtts_voice imports gTTS", "wayfinder/speech/planted.py", "import gtts"),
]  # fmt: skip
ALLOWED = [
    ("wayfinder/web/api/planted.py", "import flask, flask_babel, pydantic"),
    ("wayfinder/store/planted.py", "import sqlmodel, sqlalchemy, sqlite3"),
    ("wayfinder/sources/planted.py", "import osmium"),
    ("wayfinder/sources/download.py", "import osmnx"),
    ("wayfinder/speech/gtts_voice.py", "import gtts"),
    ("wayfinder/city/planted.py", "import wayfinder.sources, wayfinder.routing, wayfinder.errors"),
]
GROUND_FLOOR = ["errors", "geo", "i18n", "opening", "tables", "units"]


def contracts(root: Path) -> list[dict[str, Any]]:
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = pyproject["tool"]["importlinter"]["contracts"]
    return found


def broken_contracts(house: Path) -> list[str]:
    """Run lint-imports in a house; return the contracts that do not hold there."""
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(lint, cwd=house, capture_output=True, text=True, check=False)
    broken = re.findall(r"^(.+) BROKEN\b", run.stdout, re.M)
    assert re.search(r"^Contracts: \d+ kept, \d+ broken\.$", run.stdout, re.M), run.stdout + run.stderr
    assert (run.returncode == 0) == (broken == [])
    return broken


@pytest.fixture(scope="session")
def broken_anyway(root: Path) -> list[str]:
    """Return the contracts that do not hold before anything is planted: a failure of its own, told once."""
    return broken_contracts(root)


@pytest.fixture
def house(root: Path, tmp_path: Path) -> Path:
    """Return a copy of the package and its contracts, to plant things in."""
    ignore = shutil.ignore_patterns("__pycache__", "*.mo", "static")
    shutil.copytree(root / "wayfinder", tmp_path / "wayfinder", ignore=ignore)
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def plant(house: Path, module: str, line: str) -> None:
    file = house / module
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")


def test_all_contracts_hold(broken_anyway: list[str]) -> None:
    assert broken_anyway == []


@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_a_planted_violation_breaks_its_contract_and_no_other(
    house: Path, broken_anyway: list[str], contract: str, module: str, line: str
) -> None:
    plant(house, module, line)
    assert set(broken_contracts(house)) == {contract, *broken_anyway}


def test_what_the_contracts_allow_breaks_none(house: Path, broken_anyway: list[str]) -> None:
    for module, line in ALLOWED:
        plant(house, module, line)
    assert broken_contracts(house) == broken_anyway


def test_every_contract_has_a_planted_violation(root: Path) -> None:
    assert {contract["name"] for contract in contracts(root)} == {contract for contract, _, _ in VIOLATIONS}


def test_the_whole_ground_floor_is_kept_free_of_frameworks(root: Path) -> None:
    [contract] = [c for c in contracts(root) if c["name"] == "The ground floor knows no framework"]
    built = [f"wayfinder.{name}" for name in GROUND_FLOOR if (root / "wayfinder" / f"{name}.py").exists()]
    assert sorted(contract["source_modules"]) == built


def test_the_picture_shows_the_order_of_the_contracts(root: Path) -> None:
    picture = " ".join((root / "docs" / "architecture.md").read_text(encoding="utf-8").split())
    for contract in contracts(root):
        if contract["type"] == "layers":
            order = " > ".join(layer.replace("(", "").replace(")", "") for layer in contract["layers"])
            assert order in picture
