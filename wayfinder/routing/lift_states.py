"""What is known of lifts right now: a state with its time, and outages announced beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

TRUSTED_AHEAD: Final = timedelta(minutes=2)
"""A measurement from further in the future than this has a wrong clock, and says nothing."""


@dataclass(frozen=True, slots=True)
class LiftState:
    """What a source says of one lift.

    Attributes
    ----------
    state
        ``working``, ``out_of_order``, or None, unknown.
    measured_at
        The source's own time of it, None where it gives none (then nothing is believed).
    outages
        Announced beforehand: from, to.
    """

    state: str | None
    measured_at: datetime | None
    outages: tuple[tuple[datetime, datetime], ...] = ()

    def get_state(self, moment: datetime, now: datetime, believed_for: timedelta) -> str | None:
        """What holds at `moment`: an announced outage, else what was measured at most `believed_for` before.

        A trip tomorrow is not planned on what a lift does today.
        """
        if any(begin <= moment < end for begin, end in self.outages):
            return "out_of_order"
        if self.measured_at is None or self.measured_at > now + TRUSTED_AHEAD:
            return None
        return self.state if abs(moment - self.measured_at) <= believed_for else None


@dataclass(frozen=True)
class LiveLifts:
    """The lifts of a city that a source speaks of, at one version of what it says.

    Attributes
    ----------
    version
        Another one for every change.
    arcs
        For each lift its arcs in the network.
    states
        For each lift what is said of it.
    believed_for
        How long a measurement counts.
    """

    version: int = 0
    arcs: tuple[tuple[int, ...], ...] = ()
    states: tuple[LiftState, ...] = ()
    believed_for: timedelta = timedelta(minutes=30)

    def get_states(self, moment: datetime, now: datetime) -> tuple[str | None, ...]:
        """The state of each lift at `moment`."""
        return tuple(state.get_state(moment, now, self.believed_for) for state in self.states)


class CurrentLifts(Protocol):
    """Port: what is known of the lifts now. Called once per request; must be cheap and never wait."""

    def __call__(self) -> LiveLifts: ...


@dataclass(frozen=True, slots=True)
class NoLifts:
    """A city without a source of lift states."""

    nothing: LiveLifts = field(default_factory=LiveLifts)

    def __call__(self) -> LiveLifts:
        return self.nothing
