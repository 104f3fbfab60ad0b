"""Planned closures and building sites: the days a row of a survey names -> moments between which it holds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_FORMS: Final = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%y", "%d/%m/%Y")
"""Beside ISO 8601; a month before a day is nobody's custom here."""


class ClosureTimes(NamedTuple):
    """Seconds since 1970-01-01 UTC, the end not included; None where it is not said."""

    begins_s: int | None
    ends_s: int | None


def read_times(begins: object, ends: object, time_zone: str) -> ClosureTimes | None:
    """The moments of a closure; a day without time holds from its first to its last moment, in local time.

    Returns
    -------
    None where a date cannot be read, neither is given, or the end lies before the beginning.
    """
    zone = ZoneInfo(time_zone)
    moments: list[int | None] = []
    for said, is_end in ((begins, False), (ends, True)):
        text = " ".join(str("" if said is None else said).split())
        moment = _parse(text, is_end, zone) if text else None
        if text and moment is None:
            return None
        moments.append(None if moment is None else int(moment.timestamp()))
    begins_s, ends_s = moments
    if begins_s is None and ends_s is None:
        return None
    if begins_s is not None and ends_s is not None and ends_s <= begins_s:
        return None
    return ClosureTimes(begins_s, ends_s)


def _parse(text: str, is_end: bool, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        has_time = len(text) > len("2026-11-01")
    except ValueError:
        form = next((form for form in _FORMS if _fits(text, form)), None)
        if form is None:
            return None
        moment, has_time = datetime.strptime(text, form), "%H" in form
    if not has_time:
        day = date(moment.year, moment.month, moment.day) + timedelta(days=is_end)
        return datetime.combine(day, time(), zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True
