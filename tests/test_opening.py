"""Opening hours at a moment, row by row of cases/opening_hours.csv: never open where that is not sure."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from wayfinder.opening import MOST_CHARACTERS, Hours, Openness, Region, is_region, parse_hours
from wayfinder.tables import Row, read_table

KASSEL = Region("Europe/Berlin", "DE-HE", 9.4924, 51.3155)
BERLIN = ZoneInfo("Europe/Berlin")
CASES = read_table(
    Path(__file__).parent / "cases" / "opening_hours.csv",
    ("name", "hours", "moment", "state", "change"),
    key=("name",),
    filled=("name", "moment", "state"),
)
NOON = datetime(2026, 11, 24, 12, tzinfo=BERLIN)


def read(text: str, region: Region = KASSEL) -> Hours:
    hours = parse_hours(text, region)
    assert hours is not None
    return hours


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_hours_are_what_the_case_says(case: Row):
    moment = datetime.fromisoformat(case["moment"]).replace(tzinfo=BERLIN)
    hours = parse_hours(case["hours"], KASSEL)
    if hours is None:
        assert case["state"] == "not understood"
        return
    change = hours.find_change(moment, moment + timedelta(days=1))
    said = "-" if change is None else f"{change:%Y-%m-%d %H:%M}"
    assert (str(hours.get_state(moment)), said) == (case["state"], case["change"])


def test_a_text_that_is_too_long_is_not_read_and_costs_nothing():
    long = "Mo 08:00-18:00;" * 6000
    began = time.perf_counter()
    assert parse_hours(long, KASSEL) is None
    assert parse_hours("; ".join(["Mo 08:00-18:00"] * (MOST_CHARACTERS // 16)), KASSEL) is not None
    assert time.perf_counter() - began < 0.1


def test_hours_that_are_hard_to_look_ahead_in_cost_no_more():
    hours = read("Feb 29 Mo 10:00-12:00; week 1-53/2 Tu[1] off; PH off; easter off")
    began = time.perf_counter()
    assert hours.find_change(NOON, NOON + timedelta(days=400)) is None
    assert time.perf_counter() - began < 0.05


def test_without_a_place_hours_by_the_sun_are_unknown():
    assert read("sunrise-sunset", Region()).get_state(NOON) is Openness.UNKNOWN


def test_the_holidays_of_a_region_are_its_own():
    all_saints = datetime(2027, 11, 1, 12, tzinfo=BERLIN)
    hours = "Mo-Fr 08:00-18:00; PH off"
    assert read(hours, Region(code="DE-BW")).get_state(all_saints) is Openness.UNKNOWN
    assert read(hours, KASSEL).get_state(all_saints) is Openness.OPEN


def test_a_moment_may_be_given_in_any_time_zone():
    elsewhere = datetime(2026, 11, 24, 21, 30, tzinfo=ZoneInfo("UTC"))
    assert read("06:00-22:00").get_state(elsewhere) is Openness.CLOSED
    assert read("06:00-23:00").get_state(elsewhere) is Openness.OPEN


def test_the_hour_that_is_left_out_in_spring_is_no_error():
    before = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("UTC"))
    assert read("02:15-02:45").get_state(before) is Openness.CLOSED
    assert read("02:15-02:45").get_state(before + timedelta(hours=1)) is Openness.CLOSED


@pytest.mark.parametrize(
    ("code", "known"),
    [("DE-HE", True), ("DE", True), ("CH-ZH", True), ("DE-XX", False), ("XX", False), ("", False)],
)
def test_a_region_has_holidays_or_is_none(code: str, known: bool):
    assert is_region(code) is known
