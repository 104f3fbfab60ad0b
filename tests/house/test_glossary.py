"""The glossary names every value of the closed lists of the interface."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wayfinder.routing.directions import Manoeuvre
from wayfinder.routing.obstacles import ObstacleKind, Source
from wayfinder.routing.planner import Outcome
from wayfinder.routing.profiles import Unknowns
from wayfinder.web.route_answer import UNITS

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("outcome", set(Outcome)),
        ("unknowns", set(Unknowns)),
        ("source", set(Source)),
        ("kind (of an obstacle)", set(ObstacleKind)),
        ("manoeuvre", set(Manoeuvre)),
        ("unit", set(UNITS)),
        ("direction", {"up", "down"}),
    ],
)
def test_a_closed_list_stands_in_the_glossary_as_in_the_code(name: str, values: set[str]) -> None:
    row = next(line for line in GLOSSARY.splitlines() if line.startswith(f"| {name} |"))
    assert set(re.findall(r"`([a-z_]+)`", row)) == {str(value) for value in values}
