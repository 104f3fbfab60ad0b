"""What the shipped tables make of one edge, row by row of ``cases/judgement.csv``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.attributes import build_judge
from wayfinder.routing.costs import CostTable, Verdict, load_tables
from wayfinder.routing.profiles import LimitDefinition, LimitType, Profile, Unknowns, personalise
from wayfinder.tables import Row, read_table

CASES = read_table(
    Path(__file__).parent / "cases" / "judgement.csv",
    ("name", "attributes", "profile", "limits", "unknowns", "verdict", "reasons"),
    key=("name",),
    filled=("name", "attributes", "profile", "verdict"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_edge_is_judged_as_the_case_says(case: Row) -> None:
    judge = build_judge(case["attributes"])
    costs = judge.get_costs(make_profile(case["profile"], case["limits"], case["unknowns"]))
    verdict = Verdict(int(costs.classes.verdict[0]))
    assert (verdict.name.lower(), list_reasons(costs)) == (case["verdict"], case["reasons"].split())


def test_the_same_kerb_has_opposite_worth_for_wheels_and_cane() -> None:
    flush, compromise, raised = (f"kind=kerb_up kerb_up_cm={size}" for size in ("0", "3", "6"))
    judge = build_judge(flush, compromise, raised)
    wheels, cane = (judge.get_costs(load_tables().presets[name]) for name in ("wheelchair-manual", "blind"))
    assert [Verdict(v).name for v in wheels.classes.verdict] == ["PASSABLE", "PASSABLE", "OVER_LIMIT"]
    assert [Verdict(v).name for v in cane.classes.verdict] == ["AVOID", "PASSABLE", "PASSABLE"]
    assert wheels.classes.fixed[0] < wheels.classes.fixed[1]
    assert cane.classes.fixed[0] > cane.classes.fixed[1] == cane.classes.fixed[2] == 0


def make_profile(name: str, limits: str = "", unknowns: str = "") -> Profile:
    """A preset with limits such as ``kerb_up_max_cm=3 avoid; lifts=block``; an empty value clears."""
    tables = load_tables()
    changes: dict[str, object] = {}
    for text in filter(None, (part.strip() for part in limits.split(";"))):
        word, _, beyond = text.partition(" ")
        key, _, value = word.partition("=")
        changes[key] = _read(tables.limits[key], value, beyond)
    return personalise(tables.presets[name], changes, Unknowns(unknowns) if unknowns else None, tables.limits)


def _read(definition: LimitDefinition, value: str, beyond: str) -> object:
    if not value:
        return None
    read: object = float(value) if definition.is_number else value
    if definition.type is LimitType.LIST:
        read = value.split("|")
    return {"value": read, "beyond": beyond} if beyond else read


def list_reasons(costs: CostTable) -> list[str]:
    """Rows beyond their limit (``?`` where not surely), then the needed unknowns."""
    rows = list(enumerate(costs.rows))
    over, unsure, unknown = costs.classes.whole.masks[:, 0].tolist()
    said = [row.id + ("?" if unsure >> bit & 1 else "") for bit, row in rows if over >> bit & 1]
    return said + [f"unknown:{row.id}" for bit, row in rows if unknown >> bit & 1]
