"""Numbers, distances, durations and dates as people say them; quick: an answer says a hundred of them."""

from __future__ import annotations

import datetime
import math
from functools import lru_cache

from wayfinder.i18n import Catalogue, get_catalogue


@lru_cache(maxsize=4096)
def say_number(value: float, language: str) -> str:
    """A number with at most two decimals and the language's decimal sign: ``2,5``."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace(".", get_catalogue(language).texts["format.decimal"])


@lru_cache(maxsize=4096)
def say_amount(value: float, unit: str, language: str) -> str:
    """A number with its unit (``cm``, ``percent``, ...), a no-break space between them."""
    return get_catalogue(language).say(f"unit.{unit}", number=say_number(value, language))


def say_distance(distance_m: float, language: str) -> str:
    """A distance: to 5 m below 100 m (to 1 m below 10 m), to 10 m below 1 km, then in tenths of a kilometre.

    Examples
    --------
    >>> [say_distance(m, "de").replace(chr(160), " ") for m in (3.4, 42, 412, 996, 1234)]
    ['3 m', '40 m', '410 m', '1 km', '1,2 km']
    """
    return say_rounded(round_distance(distance_m), language)


def round_distance(distance_m: float) -> int:
    """A distance in metres as it is said: to 5 m, to 10 m, to 100 m."""
    grid = 1 if distance_m < 9.5 else 5 if distance_m < 97.5 else 10 if distance_m < 995.0 else 100
    return int(distance_m / grid + 0.5) * grid


def say_rounded(distance_m: int, language: str) -> str:
    """A distance that is rounded already."""
    if distance_m < 1000:
        return say_amount(distance_m, "m", language)
    return say_amount(distance_m / 1000, "km", language)


def say_duration(duration_s: float, language: str) -> str:
    """A duration in whole minutes, rounded up."""
    minutes = -int(-duration_s // 60)
    catalogue = get_catalogue(language)
    if duration_s < 60:
        return catalogue.texts["duration.below_minute"]
    if minutes < 60:
        return say_amount(minutes, "min", language)
    return catalogue.say("unit.h_min", hours=minutes // 60, minutes=minutes % 60)


def say_range(value: float | str, unit: str, language: str) -> str:
    """A number or a range such as ``0..3`` or ``3..`` with its unit."""
    catalogue = get_catalogue(language)
    if not isinstance(value, str):
        return say_amount(value, unit, language)
    low, _, high = value.partition("..")
    if not high:
        # "over 3 cm" is what is known of a range that begins a little above 3
        return catalogue.say("range.above", low=say_amount(math.floor(float(low)), unit, language))
    between = catalogue.say(
        "range.between", low=say_number(float(low), language), high=say_number(float(high), language)
    )
    return catalogue.say(f"unit.{unit}", number=between)


def say_date(date: datetime.date, catalogue: Catalogue) -> str:
    """A date with the month's name: ``1. Juli 2026``."""
    return catalogue.say(
        "format.date", day=date.day, month=catalogue.texts[f"month.{date.month}"], year=date.year
    )


@lru_cache(maxsize=16384)
def show_day(day: int) -> str | None:
    """Days since 1970-01-01 as ``2026-07-01``; None for -1, unknown."""
    return None if day < 0 else (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat()
