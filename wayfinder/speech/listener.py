"""What of a person decides how a thing is worded: few people differ in it, so wordings can be kept."""

from __future__ import annotations

from typing import Final, NamedTuple

from wayfinder.routing.profiles import Profile

_SIGHT: Final = frozenset({"blind", "low-vision", "cane"})
"""Groups to whom sound, vibration and tactile paving are said also where no limit asks."""


class Listener(NamedTuple):
    """Whom a sentence is for.

    Attributes
    ----------
    by_clock
        Turns are said as on a clock face.
    by_landmark
        A landmark replaces metres.
    by_touch
        Tactile paving is said of kerbs.
    asks_signals
        Sound, vibration and tactile paving are said of crossings.
    """

    language: str
    by_clock: bool
    by_landmark: bool
    by_touch: bool
    asks_signals: bool


def get_listener(profile: Profile, language: str) -> Listener:
    """The listener a profile makes."""
    groups, by_touch = profile.groups, not _SIGHT.isdisjoint(profile.groups)
    asks_signals = by_touch or "signals_needed" in profile.limits
    return Listener(language, "blind" in groups, "cognitive" in groups, by_touch, asks_signals)
