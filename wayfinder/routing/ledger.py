"""How many trips each barrier breaks or lengthens, and each unknown would change: counted, not guessed.

A barrier is all that exceeds a blocking limit on one OSM object. What it does to a trip is found by taking
just it away and searching that trip again. Which trips must be searched again follows from two spreads per
trip: a better way can only run over what can be reached from its home and leads to its destination, at less
than the best way costs now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from wayfinder.routing.costs import Verdict
from wayfinder.routing.islands import Parts
from wayfinder.routing.measurements import Outlook
from wayfinder.routing.network import Int32, Int64, Mask, Network
from wayfinder.routing.snapping import SnappedPoint
from wayfinder.routing.what_if import Measured, Trip, TripNetwork, group_arcs, list_arcs

LEAST_LOSS_MM: Final = 10_000
"""A trip counts as longer or shorter from this difference on; less is lost in where a house number stands."""
_FAR: Final = np.int64(2**61)

Tell = Callable[[int, int], None]
"""Told how much is done, and how much there is."""


class TripOutcome(StrEnum):
    """How a trip ends for a profile."""

    FOUND = "found"
    BROKEN = "broken"
    """There is no way within the limits, but there is one over them."""
    UNREACHABLE = "unreachable"
    """Not even so: only closed ways lead there, or none."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a changed fact does to the sampled trips, by their numbers.

    Attributes
    ----------
    broken
        Trips that have no way within the limits any more.
    mended
        Trips that have one now.
    longer_mm, shorter_mm
        Trip -> millimetres its best way became longer (shorter) by, `LEAST_LOSS_MM` at least.
    """

    broken: tuple[int, ...]
    mended: tuple[int, ...]
    longer_mm: Mapping[int, int]
    shorter_mm: Mapping[int, int]

    @property
    def trips(self) -> frozenset[int]:
        """All trips it makes a difference to."""
        return frozenset((*self.broken, *self.mended, *self.longer_mm, *self.shorter_mm))

    @property
    def metres(self) -> float:
        """Sum of all differences in length."""
        return (sum(self.longer_mm.values()) + sum(self.shorter_mm.values())) / 1000.0


@dataclass(frozen=True, slots=True)
class Barrier:
    """What exceeds blocking limits on one OSM object.

    Attributes
    ----------
    arcs
        int32[k], those over a limit.
    removed
        What taking it away does: trips are mended, or get shorter.
    with_others
        Broken trips that no single barrier mends, and on whose least bad way it lies.
    """

    osm_type: int
    osm_id: int
    arcs: Int32
    removed: Change
    with_others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What nobody has measured on one OSM object.

    Attributes
    ----------
    measurement
        Name of the row of ``measurements.csv``.
    arcs
        int32[k], those it is unknown on.
    used
        Trips whose best way runs over it today.
    if_good, if_bad
        What the best and the worst of the values tried would do.
    """

    measurement: str
    osm_type: int
    osm_id: int
    arcs: Int32
    used: tuple[int, ...]
    if_good: Change
    if_bad: Change

    @property
    def trips(self) -> frozenset[int]:
        """Trips whose answer hangs on it."""
        return self.if_good.trips | self.if_bad.trips


@dataclass(frozen=True, slots=True)
class Ledger:
    """The sampled trips of one profile.

    Attributes
    ----------
    outcomes
        By trip.
    length_mm
        int64[t], of the best way, -1 where there is none.
    mended_by_one
        Broken trips that one barrier less would mend.
    barriers
        All that make a difference alone, or stand on a least bad way; most trips mended first, then metres.
    unknowns
        The most valuable ones, most trips first: none that was left out would change more.
    """

    outcomes: tuple[TripOutcome, ...]
    length_mm: Int64
    mended_by_one: frozenset[int]
    barriers: tuple[Barrier, ...]
    unknowns: tuple[Unknown, ...]


@dataclass(frozen=True, slots=True)
class _Objects:
    """Arcs by the OSM object they are explained by: `groups` of them, and the group of each arc or -1."""

    groups: Sequence[Int32]
    arcs: Int32
    group: Int32
    of_arc: Int32


def build_ledger(
    city: Network,
    network: TripNetwork,
    parts: Parts,
    trips: Sequence[Trip | None],
    outlooks: Sequence[Outlook],
    most_unknowns: int,
    tell: Tell | None = None,
) -> Ledger:
    """Count what barriers and unknowns do to trips.

    Parameters
    ----------
    trips
        None where an end lies beside no way.
    most_unknowns
        How many unknowns to find.
    """
    return _Counter(city, network, parts, trips, tell or (lambda done, total: None)).count(
        outlooks, most_unknowns
    )


class _Counter:
    def __init__(
        self, city: Network, network: TripNetwork, parts: Parts, trips: Sequence[Trip | None], tell: Tell
    ) -> None:
        self.city, self.network, self.parts, self.trips, self._tell = city, network, parts, trips, tell
        self.best = [None if trip is None else network.measure(trip) for trip in trips]
        self.least_bad = [
            network.measure_least_bad(trip) if trip is not None and best is None else None
            for trip, best in zip(trips, self.best, strict=True)
        ]
        self.outcomes = tuple(
            TripOutcome.FOUND
            if best is not None
            else TripOutcome.UNREACHABLE
            if worse is None
            else TripOutcome.BROKEN
            for best, worse in zip(self.best, self.least_bad, strict=True)
        )
        self._reached: dict[tuple[bool, tuple[int, ...]], Mask] = {}

    def count(self, outlooks: Sequence[Outlook], most_unknowns: int) -> Ledger:
        over = np.flatnonzero(self.network.verdict == Verdict.OVER_LIMIT).astype(np.int32)
        barriers = self._group(over)
        unknowns = [self._group(self._list_arcs(outlook.good >= 0)) for outlook in outlooks]
        better = [
            item.arcs[outlook.is_better[self.network.arc_state[item.arcs]]]
            for item, outlook in zip(unknowns, outlooks, strict=True)
        ]
        asked = [(barriers, over, self.network.mend(over))] + [
            (item, arcs, outlook.good[self.network.arc_state[arcs]])
            for item, arcs, outlook in zip(unknowns, better, outlooks, strict=True)
        ]
        candidates = self._find_candidates(asked)
        found = self._count_barriers(barriers, candidates[0])
        most = self._count_unknowns(unknowns, outlooks, candidates[1:], most_unknowns)
        mended = frozenset(trip for barrier in found for trip in barrier.removed.mended)
        lengths = np.array([-1 if best is None else best.length_mm for best in self.best], dtype=np.int64)
        return Ledger(self.outcomes, lengths, mended, found, most)

    def _group(self, arcs: Int32) -> _Objects:
        edges = arcs >> 1
        groups, group = group_arcs(
            arcs, [self.city.edge_osm_type[edges].astype(np.int64), self.city.edge_osm_id[edges]]
        )
        of_arc = np.full(2 * self.city.edge_count, -1, dtype=np.int32)
        of_arc[arcs] = group
        return _Objects(groups, arcs, group, of_arc)

    def _list_arcs(self, states: Mask) -> Int32:
        return np.flatnonzero(states[self.network.arc_state]).astype(np.int32)

    # ------------------------------------------------------------ which trips may change

    def _find_candidates(self, asked: Sequence[tuple[_Objects, Int32, Int32]]) -> list[dict[int, list[int]]]:
        """Per question (objects, arcs, better states of theirs): object -> trips it may mend or shorten.

        Complete: the first changed arc of a better way begins where the home leads today, the last one ends
        where the destination is reached from today, and all of it together costs less than today.
        """
        found: list[dict[int, list[int]]] = [defaultdict(list) for _ in asked]
        prepared = []
        for objects, arcs, states in asked:
            price = self.network.get_prices(arcs, states)
            keep = price >= 0
            kept = arcs[keep]
            ends = self.network.arc_tail[kept], self.network.arc_head[kept]
            prepared.append((objects, *ends, objects.of_arc[kept], price[keep]))
        for number, trip in enumerate(self.trips):
            self._tell(number, len(self.trips))
            if trip is None or self.outcomes[number] is TripOutcome.UNREACHABLE:
                continue
            best = self.best[number]
            if best is None:
                reached = self._reach(trip.starts, is_start=True), self._reach(trip.goals, is_start=False)
            else:
                ahead = self.network.spread(trip.starts, is_start=True, most_us=best.cost_us)
                behind = self.network.spread(trip.goals, is_start=False, most_us=best.cost_us)
            own_arcs = list_arcs(trip.starts), list_arcs(trip.goals)
            for at, (objects, tail, head, group, price) in enumerate(prepared):
                at_ends = [objects.of_arc[arcs] for arcs in own_arcs]
                count = len(objects.groups)
                if best is None:
                    may = np.zeros((2, count), dtype=np.bool_)
                    may[0, group[reached[0][tail]]] = True
                    may[1, group[reached[1][head]]] = True
                    for side, own in enumerate(at_ends):
                        may[side, own[own >= 0]] = True
                    chosen = np.flatnonzero(may.all(axis=0)).astype(np.int32)
                else:
                    chosen = _list_cheaper(group, ahead[tail], behind[head], price, best.cost_us, count)
                    both = np.concatenate(at_ends)
                    chosen = np.union1d(chosen, both[both >= 0])
                for group_number in chosen.tolist():
                    found[at][group_number].append(number)
        self._tell(len(self.trips), len(self.trips))
        return found

    def _reach(self, points: Sequence[SnappedPoint], *, is_start: bool) -> Mask:
        """bool[n]: where the points lead to (or are reached from) within the limits."""
        nodes = self.network.list_usable_nodes(points, is_start=is_start)
        parts = sorted({int(self.parts.strong[node]) for node in nodes})
        key = (is_start, tuple(parts))
        if key not in self._reached:
            self._reached[key] = self.network.spread(points, is_start=is_start) >= 0
        return self._reached[key]

    # ------------------------------------------------------------ searching them again

    def _measure_changed(self, numbers: Sequence[int], arcs: Int32, states: Int32) -> Change:
        broken, mended = [], []
        longer: dict[int, int] = {}
        shorter: dict[int, int] = {}
        with self.network.changed(arcs, states):
            for number in numbers:
                trip, before = self.trips[number], self.best[number]
                assert trip is not None
                after = self.network.measure(trip)
                if before is None:
                    if after is not None:
                        mended.append(number)
                elif after is None:
                    broken.append(number)
                elif after.length_mm - before.length_mm >= LEAST_LOSS_MM:
                    longer[number] = after.length_mm - before.length_mm
                elif before.length_mm - after.length_mm >= LEAST_LOSS_MM:
                    shorter[number] = before.length_mm - after.length_mm
        return Change(tuple(broken), tuple(mended), longer, shorter)

    def _count_barriers(
        self, objects: _Objects, candidates: Mapping[int, Sequence[int]]
    ) -> tuple[Barrier, ...]:
        removed = {
            group: self._measure_changed(
                numbers, objects.groups[group], self.network.mend(objects.groups[group])
            )
            for group, numbers in sorted(candidates.items())
        }
        mended = {number for change in removed.values() for number in change.mended}
        together: dict[int, list[int]] = defaultdict(list)
        for number, worse in enumerate(self.least_bad):
            if worse is not None and number not in mended:
                for group in _list_groups(objects, worse):
                    together[group].append(number)
        nothing = Change((), (), {}, {})
        found = []
        for group in sorted(removed.keys() | together.keys()):
            arcs, change = objects.groups[group], removed.get(group, nothing)
            edge = int(arcs[0] >> 1)
            if change.mended or change.shorter_mm or together[group]:
                found.append(
                    Barrier(
                        int(self.city.edge_osm_type[edge]),
                        int(self.city.edge_osm_id[edge]),
                        arcs,
                        change,
                        tuple(together[group]),
                    )
                )
        return tuple(sorted(found, key=_rank_barrier))

    def _count_unknowns(
        self,
        unknowns: Sequence[_Objects],
        outlooks: Sequence[Outlook],
        candidates: Sequence[Mapping[int, Sequence[int]]],
        most: int,
    ) -> tuple[Unknown, ...]:
        """The most valuable unknowns.

        They are tried in the order of how many trips each might change at most, until none that is left could
        change more than those found.
        """
        waiting: list[tuple[int, int, int, Sequence[int], Sequence[int]]] = []
        for at, (objects, outlook) in enumerate(zip(unknowns, outlooks, strict=True)):
            used: dict[int, list[int]] = defaultdict(list)
            for number, best in enumerate(self.best):
                if best is not None:
                    for group in _list_groups(objects, best):
                        used[group].append(number)
            for group in sorted(used.keys() | candidates[at].keys()):
                may = set(candidates[at].get(group, ()))
                if np.any(outlook.is_worse[self.network.arc_state[objects.groups[group]]]):
                    may |= set(used[group])
                waiting.append((len(may), at, group, used[group], candidates[at].get(group, ())))
        waiting.sort(key=lambda item: (-item[0], item[1], item[2]))
        found: list[Unknown] = []
        for number, (bound, at, group, used_by, may_gain) in enumerate(waiting):
            self._tell(number, len(waiting))
            if len(found) >= most and bound < len(found[most - 1].trips):
                break
            arcs, outlook = unknowns[at].groups[group], outlooks[at]
            states = self.network.arc_state[arcs]
            better, worse = outlook.is_better[states], outlook.is_worse[states]
            unknown = Unknown(
                outlook.measurement.name,
                int(self.city.edge_osm_type[arcs[0] >> 1]),
                int(self.city.edge_osm_id[arcs[0] >> 1]),
                arcs,
                tuple(used_by),
                self._measure_changed(may_gain, arcs[better], outlook.good[states[better]]),
                self._measure_changed(used_by, arcs[worse], outlook.bad[states[worse]]),
            )
            if unknown.trips:
                found.append(unknown)
                found.sort(key=_rank_unknown)
        self._tell(len(waiting), len(waiting))
        return tuple(found[:most])


def _list_cheaper(group: Int32, ahead: Int64, behind: Int64, price: Int64, most_us: int, count: int) -> Int32:
    """Groups by which a trip might cost less than `most_us`: a bound from below that may be too low only."""
    comes, goes = ahead >= 0, behind >= 0
    lowest = np.full((3, count), _FAR, dtype=np.int64)
    np.minimum.at(lowest[0], group[comes], ahead[comes])
    np.minimum.at(lowest[1], group[goes], behind[goes])
    near = comes | goes
    np.minimum.at(lowest[2], group[near], price[near])
    both = np.flatnonzero((lowest[0] < _FAR) & (lowest[1] < _FAR))
    cheaper: Int32 = both[lowest[:, both].sum(axis=0) < most_us].astype(np.int32)
    return cheaper


def _list_groups(objects: _Objects, way: Measured) -> list[int]:
    groups = np.unique(objects.of_arc[way.arcs])
    return [int(group) for group in groups if group >= 0]


def _rank_barrier(barrier: Barrier) -> tuple[int, int, int, int, int]:
    shorter = barrier.removed.shorter_mm
    return (
        -len(barrier.removed.mended),
        -sum(shorter.values()),
        -len(barrier.with_others),
        barrier.osm_type,
        barrier.osm_id,
    )


def _rank_unknown(unknown: Unknown) -> tuple[int, int, float, str, int, int]:
    breaks = len(unknown.if_bad.broken) + len(unknown.if_good.mended)
    metres = unknown.if_bad.metres + unknown.if_good.metres
    return (-len(unknown.trips), -breaks, -metres, unknown.measurement, unknown.osm_type, unknown.osm_id)
