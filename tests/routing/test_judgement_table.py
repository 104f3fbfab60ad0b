"""The judgement table is read strictly: a slip is found when it is read, with file and line."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from wayfinder.errors import TableError
from wayfinder.routing.costs import export_judgement, load_tables
from wayfinder.routing.judgement import load_assumptions, load_judgement

HEADER = "id,profiles,attribute,when,limit,beyond,unknown,effect,value,per_unit,from,unit,source\n"
GROUPS = frozenset({"all", "wheels"})


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("a,all,kerb,,,,,penalty_s,1,,,,x", "unknown attribute 'kerb'"),
        ("a,all,kerb_up_cm,,kerb_max,,,excess_s,1,,,,x", "unknown limit 'kerb_max'"),
        (
            "a,all,kerb_up_cm,,kerb_up_max_cm,,,penalty_s,1,,,,x",
            "a limit goes with excess_percent or excess_s",
        ),
        ("a,all,kerb_up_cm,,,,,excess_s,1,,,,x", "a limit goes with excess_percent or excess_s"),
        ("a,all,crossing,,signals_needed,,,excess_s,1,,,,x", "a level, and nothing else, names the value"),
        ("a,all,crossing,,signals_needed=loud,,,excess_s,1,,,,x", "signals_needed is never 'loud'"),
        ("a,all,surface,surface=lava,,,,penalty_s,1,,,,x", "surface is never 'lava'"),
        ("a,all,surface,surface~sett,,,,penalty_s,1,,,,x", "not a condition: 'surface~sett'"),
        ("a,all,surface,colour=red,,,,penalty_s,1,,,,x", "unknown attribute 'colour' in 'colour=red'"),
        ("a,all,width_cm,width_cm<wide,,,,penalty_s,1,,,,x", "width_cm is never 'wide'"),
        ("a,all,surface,surface>sett,,,,penalty_s,1,,,,x", "only one number can be compared with >"),
        ("a,all,surface,,,,often,penalty_s,1,,,,x", "unknown must be a price such as 30% or 60s"),
        ("a,all,surface,,,,,penalty,1,,,,x", "effect is 'penalty', not one of"),
        ("a,all,surface,,,never,,penalty_s,1,,,,x", "beyond is 'never', not one of"),
        ("a,all,surface,,,,,penalty_s,much,,,,x", "value is not a number: 'much'"),
        ("a,dancers,surface,,,,,penalty_s,1,,,,x", "unknown profiles or groups: dancers"),
        ("a,all,incline_up_percent,,,,,penalty_s,1,,,,x", "a slope has no beginning and no end"),
        ("a,all,surface,,,,,penalty_s,1,,,,", "source is empty"),
        ("a,all,surface,,,,,penalty_s,1,,,x", "12 cells instead of 13"),
        ("b,all,lit,,,,,penalty_s,1,,,,x\nb,all,lit,,,,,penalty_s,1,,,,x", "repeats line 2: b"),
    ],
)
def test_a_slip_is_named_with_file_and_line(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "judgement.csv"
    path.write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(TableError) as refusal:
        load_judgement(load_tables().limits, path, GROUPS)
    line = 1 + len(row.splitlines())
    assert str(refusal.value).startswith(f"judgement.csv, line {line}: {problem}")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("width_cm,,wide,x", "value is neither a number nor a range: 'wide'"),
        ("surface,,lava,x", "value is 'lava', not one of"),
        ("width_cm,,150,", "source is empty"),
    ],
)
def test_a_slip_in_the_assumptions_too(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "assumptions.csv"
    path.write_text(f"attribute,when,value,source\n{row}\n", encoding="utf-8")
    with pytest.raises(TableError) as refusal:
        load_assumptions(path)
    assert str(refusal.value).startswith(f"assumptions.csv, line 2: {problem}")


def test_the_export_holds_every_row_for_other_planners() -> None:
    tables = load_tables()
    document = orjson.loads(export_judgement(tables))
    assert [row["id"] for row in document["rows"]] == [row.id for row in tables.rows]
    assert [profile["name"] for profile in document["profiles"]] == list(tables.presets)
    assert document["rows"][0]["when"] == [
        {"attribute": "access", "operator": "=", "values": ["private", "no", "permit", "blocked"]}
    ]
    assert export_judgement(tables) == export_judgement(tables)
