"""What people write into the cells of a survey, and what is read of it: never a guess."""

import csv
import math
from pathlib import Path

import pytest

from tests.support.drawn_town import word
from wayfinder.routing.attributes import Interval
from wayfinder.sources.surveys.values import EMPTY, UNCLEAR, Nothing, ValueReader, get_worst_value

CASES = Path(__file__).parent / "cases" / "survey_values.csv"


def list_cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", list_cases(), ids=lambda case: f"{case['attribute']} {case['cell']!r}")
def test_a_cell_says(case: dict[str, str]) -> None:
    value = ValueReader(case["attribute"], case["unit"], decimal=case["decimal"]).read(case["cell"])
    said = value.value if isinstance(value, Nothing) else word(value)
    if isinstance(value, float):
        said = f"{value:.10g}"

    assert said.removesuffix("inf") == case["value"]


def test_numbers_of_typed_files_need_no_reading() -> None:
    metres = ValueReader("width_cm", "m", decimal=",")

    assert metres.read(1.5) == 150.0
    assert metres.read(2) == 200.0
    assert [metres.read(cell) for cell in (math.nan, math.inf, -1.0, True)] == [
        EMPTY,
        UNCLEAR,
        UNCLEAR,
        UNCLEAR,
    ]


def test_words_of_a_survey_go_before_the_usual_ones() -> None:
    reader = ValueReader("kerb_cm", "cm", {"nullabsenkung": "0", "doppelbord": "0 - 6", "entfällt": ""})

    assert reader.read("Nullabsenkung") == Interval(0, 0)
    assert reader.read(" DOPPELBORD ") == Interval(0, 6)
    assert reader.read("entfällt") is EMPTY
    assert reader.read("4") == Interval(4, 4)
    assert reader.read("hoch") is UNCLEAR


def test_where_a_survey_has_words_of_its_own_yes_and_no_must_be_among_them() -> None:
    reader = ValueReader("handrail", "", {"beidseitig": "yes"})

    assert (reader.read("beidseitig"), reader.read("ja"), reader.read("yes")) == ("yes", UNCLEAR, "yes")


@pytest.mark.parametrize(
    ("attribute", "values", "worst"),
    [
        ("kerb_cm", [Interval(0, 3), Interval(2, 6), Interval(4, 4)], Interval(2, 6)),
        ("width_cm", [180.0, 95.0], 95.0),
        ("incline_percent", [3.0, -8.0], -8.0),
        ("surface", ["asphalt", "sett", "concrete"], "sett"),
        ("handrail", ["no", "yes"], "no"),
    ],
)
def test_of_several_values_the_worst_is_expected(attribute: str, values: list[object], worst: object) -> None:
    assert get_worst_value(attribute, values) == worst  # type: ignore[arg-type]
    assert get_worst_value(attribute, values[::-1]) == worst  # type: ignore[arg-type]
