"""Presets, and what a person changes in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from wayfinder.errors import RequestError, TableError
from wayfinder.routing.costs import load_tables
from wayfinder.routing.profiles import Beyond, Limit, Unknowns, load_limits, load_presets, personalise

TABLES = load_tables()
WHEELS = TABLES.presets["wheelchair-manual"]


def test_the_presets_are_those_of_the_contract_in_its_order() -> None:
    assert list(TABLES.presets) == [
        "wheelchair-manual",
        "wheelchair-electric",
        "wheelchair-pushed",
        "mobility-scooter",
        "walker",
        "walking-stick",
        "pushchair",
        "blind",
        "low-vision",
        "cognitive",
        "foot",
    ]


def test_every_limit_of_every_preset_names_its_source() -> None:
    assert all(limit.source for preset in TABLES.presets.values() for limit in preset.limits.values())


def test_a_persons_own_value_blocks_unless_they_say_otherwise() -> None:
    changes = {"kerb_up_max_cm": 2, "width_min_cm": {"value": 85, "beyond": "avoid"}, "steps": "avoid"}
    profile = personalise(WHEELS, changes, Unknowns.REJECT, TABLES.limits)
    assert profile.limits["kerb_up_max_cm"] == Limit(2.0, Beyond.BLOCK, "person")
    assert profile.limits["width_min_cm"] == Limit(85.0, Beyond.AVOID, "person")
    assert profile.limits["steps"].value == "avoid"
    assert profile.unknowns is Unknowns.REJECT
    assert WHEELS.limits["kerb_up_max_cm"].value == 3.0


def test_null_clears_a_limit() -> None:
    profile = personalise(WHEELS, {"kerb_up_max_cm": None}, None, TABLES.limits)
    assert set(WHEELS.limits) - set(profile.limits) == {"kerb_up_max_cm"}


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"kerb": 3}, "limit_unknown", "/limits/kerb"),
        ({"a/b~c": 3}, "limit_unknown", "/limits/a~1b~0c"),
        ({"kerb_up_max_cm": 41}, "limit_out_of_range", "/limits/kerb_up_max_cm"),
        ({"kerb_up_max_cm": -1}, "limit_out_of_range", "/limits/kerb_up_max_cm"),
        ({"kerb_up_max_cm": float("nan")}, "limit_out_of_range", "/limits/kerb_up_max_cm"),
        ({"kerb_up_max_cm": float("inf")}, "limit_out_of_range", "/limits/kerb_up_max_cm"),
        ({"kerb_up_max_cm": "3"}, "limit_wrong_type", "/limits/kerb_up_max_cm"),
        ({"kerb_up_max_cm": True}, "limit_wrong_type", "/limits/kerb_up_max_cm"),
        ({"kerb_up_max_cm": {"value": 3, "beyond": "never"}}, "limit_wrong_type", "/limits/kerb_up_max_cm"),
        ({"kerb_up_max_cm": {"value": 3, "unit": "m"}}, "limit_wrong_type", "/limits/kerb_up_max_cm"),
        ({"steps": "never"}, "limit_unknown_value", "/limits/steps"),
        ({"smoothness_worst": "fair"}, "limit_unknown_value", "/limits/smoothness_worst"),
        ({"surface_avoid": ["sett", "lava"]}, "limit_unknown_value", "/limits/surface_avoid"),
        ({"lit_wanted": "yes"}, "limit_wrong_type", "/limits/lit_wanted"),
        ({"speed_mps": None}, "limit_wrong_type", "/limits/speed_mps"),
        ({"speed_mps": 0}, "limit_out_of_range", "/limits/speed_mps"),
    ],
)
def test_a_limit_that_cannot_be_used_is_refused_with_a_pointer(
    changes: dict[str, object], code: str, pointer: str
) -> None:
    with pytest.raises(RequestError) as refusal:
        personalise(WHEELS, changes, None, TABLES.limits)
    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)


PRESET = """name = "tired"
order = 1
groups = []
unknowns = "avoid"
[limits.speed_mps]
value = 1
source = "test"
"""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PRESET.replace('source = "test"', ""), "limit speed_mps: needs value, source and perhaps beyond"),
        (PRESET.replace("limits.speed_mps", "limits.sped_mps"), "unknown limit sped_mps"),
        (
            PRESET.replace("value = 1", "value = 9"),
            "limit speed_mps: The limit speed_mps must lie between 0.1 and 3 mps.",
        ),
        (PRESET.replace("order = 1\n", ""), "needs exactly the keys name, order, groups, unknowns, limits"),
        (PRESET.replace('"tired"', '"awake"'), "is named awake"),
        (PRESET.replace('unknowns = "avoid"', 'unknowns = "guess"'), "'guess' is not a valid Unknowns"),
        ("name = ", "Invalid value"),
    ],
)
def test_a_preset_with_a_slip_is_refused_by_name(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "tired.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as refusal:
        load_presets(load_limits(), tmp_path)
    assert str(refusal.value).startswith(f"tired.toml: {problem}")
