"""How mappers write sizes, slopes, counts and levels, and what is read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayfinder.units import (
    UNREADABLE,
    is_kerb_height_in_cm_assumed,
    parse_count,
    parse_incline_percent,
    parse_kerb_height_cm,
    parse_length_cm,
    parse_level,
    parse_levels,
    parse_width_cm,
)


@pytest.mark.parametrize(
    ("text", "cm"),
    [
        ("0.06", 6),
        ("0,06", 6),
        (".06", 6),
        ("0.07", 7),
        ("0.15", 15),
        ("0.18", 18),
        ("0.2", 20),
        ("1", 100),
        ("12", 1200),
        ("6 cm", 6),
        ("6cm", 6),
        ("15 cm", 15),
        ("20 cm", 20),
        (" 1.5 m ", 150),
        ("1,5m", 150),
        ("30 mm", 3),
        ("2.5 in", 6.35),
        ("3 ft", 91.44),
        ("2'6\"", 76.2),
        ("2' 6\"", 76.2),
        ("2'", 60.96),
        ('3"', 7.62),
        ("0", 0),
        ("1 km", 100_000),
    ],
)
def test_length_is_read_in_full(text: str, cm: float) -> None:
    assert parse_length_cm(text) == cm


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~1.5",
        "<1.2",
        ">2",
        "ca. 2",
        "1-2",
        "1.2;1.5",
        "1.5.2",
        "1m50",
        "wide",
        "-1",
        "1e3",
        "nan",
        "inf",
        "1 stone",
        "'",
        "9" * 400,
    ],
)
def test_length_that_leaves_doubt_is_unreadable(text: str) -> None:
    assert parse_length_cm(text) is UNREADABLE
    assert parse_kerb_height_cm(text) is UNREADABLE


def test_width_of_nothing_is_unreadable() -> None:
    assert (parse_width_cm("0"), parse_width_cm("0.9")) == (UNREADABLE, 90)


@pytest.mark.parametrize(
    ("text", "cm", "assumed"),
    [
        ("0.03", 3, False),
        ("1", 100, False),
        ("1.5", 1.5, True),
        ("3", 3, True),
        ("10", 10, True),
        ("12", 12, True),
        ("16", 16, True),
        ("3 cm", 3, False),
        ("3 m", 300, False),
        ("2,5", 2.5, True),
    ],
)
def test_bare_kerb_height_above_1_is_centimetres(text: str, cm: float, assumed: bool) -> None:
    assert (parse_kerb_height_cm(text), is_kerb_height_in_cm_assumed(text)) == (cm, assumed)


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("7", 7),
        ("7%", 7),
        ("7 %", 7),
        ("+7%", 7),
        ("-3.5 %", -3.5),
        ("-3,5%", -3.5),
        ("\u22123%", -3),
        ("0", 0),
        ("0%", 0),
        ("0.4%", 0.4),
        ("45°", 100),
        ("-45 deg", -100),
        ("4°", 6.992681194),
        ("1:12", 8.333333333),
        ("-1:20", -5),
        ("up", "up"),
        ("down", "down"),
    ],
)
def test_incline_keeps_sign_and_unit(text: str, percent: float | str) -> None:
    assert parse_incline_percent(text) == percent


@pytest.mark.parametrize(
    "text", ["", "steep", "yes", "no", "0.06", "-0.08", "10-12%", ">10%", "~6%", "90°", "1:0", "up 5%", "5%%"]
)
def test_incline_that_leaves_doubt_is_unreadable_and_not_flat(text: str) -> None:
    assert parse_incline_percent(text) is UNREADABLE


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("12", 12),
        (" 3 ", 3),
        ("0", 0),
        ("~10", UNREADABLE),
        ("10+", UNREADABLE),
        ("3-4", UNREADABLE),
        ("-1", UNREADABLE),
    ],
)
def test_count(text: str, count: object) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("0", (0,)),
        ("-0.5", (-0.5,)),
        ("0;1", (0, 1)),
        ("-1; 0", (-1, 0)),
        ("-2;-1.5;-1", (-2, -1.5, -1)),
        ("0-3", (0, 1, 2, 3)),
        ("-1-3", (-1, 0, 1, 2, 3)),
        ("-3--1", (-3, -2, -1)),
        ("0,5", UNREADABLE),
        ("EG", UNREADABLE),
        ("3-0", UNREADABLE),
        ("", UNREADABLE),
        ("0;", UNREADABLE),
    ],
)
def test_levels(text: str, levels: object) -> None:
    assert parse_levels(text) == levels


def test_one_level_is_not_several() -> None:
    assert (parse_level("-0.5"), parse_level("0;1"), parse_level("x")) == (-0.5, UNREADABLE, UNREADABLE)


def test_what_is_not_tagged_is_none() -> None:
    parsers = (
        parse_length_cm,
        parse_width_cm,
        parse_kerb_height_cm,
        parse_incline_percent,
        parse_count,
        parse_level,
        parse_levels,
    )
    assert [parse(None) for parse in parsers] == [None] * len(parsers)


@given(st.integers(0, 100_000))
def test_a_length_written_in_any_unit_comes_back(mm: int) -> None:
    cm = mm / 10
    for text in (
        f"{mm / 1000:.3f}",
        f"{mm / 1000:.3f} m",
        f"{cm:.1f} cm",
        f"{cm:.1f}cm".replace(".", ","),
        f"{mm}mm",
    ):
        assert parse_length_cm(text) == pytest.approx(cm, abs=1e-9)


@given(st.integers(0, 1000), st.sampled_from([" cm", "cm"]))
def test_a_kerb_height_is_never_cut_off(mm: int, unit: str) -> None:
    assert parse_kerb_height_cm(f"{mm / 10:.1f}{unit}") == pytest.approx(mm / 10, abs=1e-9)
    assert parse_kerb_height_cm(f"{mm / 1000:.3f}") == pytest.approx(mm / 10, abs=1e-9)


@given(st.integers(-1000, 1000))
def test_an_incline_keeps_its_sign(tenths: int) -> None:
    assert parse_incline_percent(f"{tenths / 10:.1f}%") == pytest.approx(tenths / 10)
    degrees = math.degrees(math.atan(tenths / 1000))
    assert parse_incline_percent(f"{degrees:.9f}°") == pytest.approx(tenths / 10, abs=1e-5)


@given(st.lists(st.integers(-9, 60).map(lambda halves: halves / 2), min_size=1, max_size=5))
def test_levels_come_back_in_order(levels: list[float]) -> None:
    assert parse_levels(";".join(f"{level:g}" for level in levels)) == tuple(levels)


@given(st.text(max_size=20))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (parse_length_cm, parse_width_cm, parse_kerb_height_cm):
        value = parse(text)
        assert value is UNREADABLE or (isinstance(value, float) and math.isfinite(value) and value >= 0)
    incline = parse_incline_percent(text)
    assert incline in ("up", "down", UNREADABLE) or (isinstance(incline, float) and math.isfinite(incline))
    for count in (parse_count(text),):
        assert count is UNREADABLE or isinstance(count, int)
    levels = parse_levels(text)
    assert levels is UNREADABLE or isinstance(levels, tuple)
