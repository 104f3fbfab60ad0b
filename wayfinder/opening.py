"""Opening hours as OSM writes them, at a moment: open, closed or unknown, and never a false "open".

A wrapper around opening-hours-py. What that library reads more generously than the specification says
(comments, school holidays, days that do not exist, open ends, holidays of one federal state) is unknown here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays
from opening_hours import (  # type: ignore[attr-defined]  # its stubs leave out the errors
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)

MOST_CHARACTERS: Final = 255
"""Longer texts are not read: OSM values end there."""
MOST_AHEAD: Final = timedelta(days=2)
"""Changes farther away than this are not looked for."""
_LAST_DAYS: Final = {"Feb": 29, "Apr": 30, "Jun": 30, "Sep": 30, "Nov": 30}
_MONTH_DAY: Final = re.compile(r"\b([A-Z][a-z]{2})\s*(\d{1,2})\b(?!:)")
_TIMES: Final = re.compile(r"\d:\d\d\s*(?P<more>\+|/)")
_SUN: Final = re.compile(r"\b(?:sunrise|sunset|dawn|dusk)\b", re.IGNORECASE)
_WORD: Final = re.compile(r"\b(?:PH|SH)\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"[^"]*"')


class Openness(StrEnum):
    """Whether one gets through."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Region:
    """Where hours hold.

    Attributes
    ----------
    time_zone
        IANA name.
    code
        ISO 3166: country, and the part of it whose holidays hold (``DE-HE``).
    lon, lat
        For the sun; None leaves hours by the sun unknown.
    """

    time_zone: str = "Europe/Berlin"
    code: str = "DE-HE"
    lon: float | None = None
    lat: float | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def country(self) -> str:
        """ISO 3166-1 code."""
        return self.code.partition("-")[0]


class Hours:
    """Opening hours that are understood; made by `parse_hours`."""

    def __init__(self, text: str, region: Region) -> None:
        spoken = _QUOTED.sub("", text)
        self._region, self._zone = region, region.zone
        coords = None if region.lon is None or region.lat is None else (region.lat, region.lon)
        self._hours = OpeningHours(
            text,
            timezone=self._zone,
            country=region.country,
            coords=coords,
            max_interval_days=MOST_AHEAD.days,
        )
        words = {word.upper() for word in _WORD.findall(spoken)}
        self._never_sure = "SH" in words or (coords is None and _SUN.search(spoken) is not None)
        self._has_loose_end = _TIMES.search(spoken) is not None
        self._has_holidays = "PH" in words

    def get_state(self, moment: datetime) -> Openness:
        """Open, closed or unknown at an aware moment."""
        if self._never_sure:
            return Openness.UNKNOWN
        local = moment.astimezone(self._zone)
        state, comment = self._hours.state(local)
        if comment or state == State.UNKNOWN or (self._has_holidays and self._is_disputed(local)):
            return Openness.UNKNOWN
        if state == State.OPEN:
            return Openness.UNKNOWN if self._has_loose_end else Openness.OPEN
        return Openness.CLOSED

    def find_change(self, moment: datetime, until: datetime) -> datetime | None:
        """The first moment after `moment`, at most `until`, from which on the state is another; else None."""
        state, local = self.get_state(moment), moment.astimezone(self._zone)
        until = min(until, moment + MOST_AHEAD)
        while True:
            midnight = datetime.combine(local.date() + timedelta(days=1), time(), self._zone)
            change = self._hours.next_change(local)
            local = midnight if change is None or change > midnight else change
            if local > until:
                return None
            if self.get_state(local) is not state:
                return local

    def _is_disputed(self, local: datetime) -> bool:
        """Whether the library's calendar and that of the region part on this day, or did on the last.

        A day's hours may go on past midnight, so that the next morning is in doubt as long as the library
        says open.
        """
        today = local.date()
        if _is_disputed_holiday(self._region, today):
            return True
        if not _is_disputed_holiday(self._region, today - timedelta(days=1)):
            return False
        state, _ = self._hours.state(datetime.combine(today, time(), self._zone))
        if state != State.OPEN:
            return False
        change = self._hours.next_change(datetime.combine(today, time(), self._zone))
        return change is None or local < change


@lru_cache(maxsize=4096)
def parse_hours(text: str, region: Region) -> Hours | None:
    """Read opening hours; None where they are not understood, or name a day that does not exist."""
    if not text.strip() or len(text) > MOST_CHARACTERS or not text.isprintable():
        return None
    days = _MONTH_DAY.findall(_QUOTED.sub("", text))
    if any(int(day) > _LAST_DAYS.get(month, 31) for month, day in days):
        return None
    try:
        return Hours(text, region)
    except (ParserError, ValueError, OverflowError):
        return None


@cache
def _get_holidays(code: str) -> holidays.HolidayBase:
    country, _, part = code.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)


@lru_cache(maxsize=1024)
def _is_disputed_holiday(region: Region, day: date) -> bool:
    """Whether only one of the two calendars has a public holiday on this day (Corpus Christi in Hesse)."""
    known = OpeningHours("PH", timezone=region.zone, country=region.country)
    noon = datetime.combine(day, time(12), region.zone)
    return (known.state(noon)[0] == State.OPEN) != (day in _get_holidays(region.code))


def is_region(code: str) -> bool:
    """Whether holidays are known of this country, or part of a country."""
    try:
        OpeningHours("PH", country=code.partition("-")[0])
        _get_holidays(code)
    except (UnknownCountryError, NotImplementedError):
        return False
    return True
