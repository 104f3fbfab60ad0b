"""The overlay at a moment: what keeps hours is open, closed or unknown then, and lifts run or do not.

Precedence, attribute by attribute: an accepted report or survey, the live state of a lift, hours and
conditional access, what was built. A lift that runs opens no station that is closed.

All variants an edge can take are classes from the start, so that a moment is only a matter of which arc has
which class: no table is judged anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

import numpy as np

from wayfinder.opening import Openness, Region
from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.classes import build_class_columns
from wayfinder.routing.costs import CostTable, Judge, Verdict
from wayfinder.routing.lift_states import CurrentLifts, LiveLifts, NoLifts
from wayfinder.routing.network import Int32
from wayfinder.routing.overlay import Closing, Overlay, Stretch, Timing, set_classes
from wayfinder.routing.schedule import Moment, find_change, get_moment
from wayfinder.routing.variants import LIFT_STATES, apply_moment, keeps_hours, list_variants

_Kept = TypeVar("_Kept")
MARGIN: Final = timedelta(minutes=10)
MARGIN_SHARE: Final = 0.25
"""People are slower than planned: a change is named up to so much later than they should have passed."""
_MOST_KEPT: Final = 256
"""Minutes that are kept, and (below) arrays of classes that they share."""
_MOST_ALIKE: Final = 6
_MOST_CHANGES: Final = 8


def _get_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Group:
    """Arcs of one class that change together: by a schedule, a lift's state, or both (-1: none)."""

    arcs: Int32
    class_: int
    schedule: int
    lift: int


class _State(NamedTuple):
    """What one set of states makes of the arcs: classes, hops, and when states of lifts were measured."""

    arc_class: Int32
    hops: Int32
    measured: dict[int, datetime]


@dataclass(frozen=True)
class _Prepared:
    """An overlay with all variants among its classes; `class_of` finds them."""

    base: Overlay
    lift_arcs: tuple[tuple[int, ...], ...]
    overlay: Overlay
    class_of: dict[EdgeAttributes, int]
    groups: tuple[_Group, ...]
    kept: OrderedDict[object, Overlay] = field(default_factory=OrderedDict)
    alike: OrderedDict[object, _State] = field(default_factory=OrderedDict)

    def fits(self, overlay: Overlay, lifts: LiveLifts) -> bool:
        """Whether this is what `overlay` and the lifts of that source need."""
        return self.base is overlay and (self.lift_arcs is lifts.arcs or self.lift_arcs == lifts.arcs)

    @cached_property
    def schedules(self) -> tuple[int, ...]:
        """The schedules that have a say here."""
        return tuple(sorted({group.schedule for group in self.groups if group.schedule >= 0}))


class Timetable:
    """Applies the clock to overlays of one city. Safe to share between threads.

    Parameters
    ----------
    current_lifts
        Asked once per request for the states of lifts.
    clock
        Says what time it is.
    """

    def __init__(
        self,
        graph: CityGraph,
        region: Region,
        current_lifts: CurrentLifts | None = None,
        clock: Callable[[], datetime] = _get_now,
    ) -> None:
        self._graph, self._region, self._clock = graph, region, clock
        self._current_lifts = current_lifts or NoLifts()
        self._schedule_of = dict(
            zip(graph.scheduled.schedule_arc.tolist(), graph.scheduled.schedule_id.tolist(), strict=True)
        )
        self._prepared: _Prepared | None = None
        self._lock = threading.Lock()

    def apply(self, overlay: Overlay, depart_at: datetime | None) -> Overlay:
        """The overlay at the minute of departure, now where None."""
        lifts = self._current_lifts()
        if not self._schedule_of and not lifts.arcs:
            return overlay
        now = self._clock()
        moment = (depart_at or now).replace(second=0, microsecond=0)
        prepared = self._prepared
        if prepared is None or not prepared.fits(overlay, lifts):
            with self._lock:
                prepared = self._prepare(overlay, lifts)
        # what a lift's measurement is worth depends on the minute it is asked at, too
        minute = now.replace(second=0, microsecond=0) if lifts.states else None
        key = (moment, minute, lifts.version)
        found = prepared.kept.get(key)
        if found is None:
            found = self._compose(prepared, lifts, moment, now)
            with self._lock:
                _keep(prepared.kept, key, found, _MOST_KEPT)
        return found

    def list_closings(
        self, overlay: Overlay, costs: CostTable, way: Stretch, elapsed_s: float = 0.0
    ) -> tuple[Closing, ...]:
        """What closes, or may close, on a way before a person has surely passed it, in the order met.

        ``overlay`` is one that `apply` made.
        """
        timing = overlay.timing
        if timing is None:
            return ()
        depart_at = timing.depart_at
        lifts = self._current_lifts()
        lift_of = {arc: number for number, arcs in enumerate(lifts.arcs) for arc in arcs}
        arcs = way.arcs.tolist()
        if not any(arc in self._schedule_of or arc in lift_of for arc in arcs):
            return ()
        network = self._graph.network
        found: dict[tuple[int, int, datetime], Closing] = {}
        ends_s = elapsed_s + self._get_ends_s(overlay, costs, way)
        for position, arc in enumerate(arcs):
            start_s = float(ends_s[position - 1]) if position else elapsed_s
            until = depart_at + MARGIN + timedelta(seconds=float(ends_s[position]) * (1 + MARGIN_SHARE))
            change = self._find_closing(overlay, timing, costs, arc, until)
            outages = lifts.states[lift_of[arc]].outages if arc in lift_of else ()
            begins = [("closes", begin) for begin, _ in outages if depart_at < begin <= until]
            changes = [*([change] if change is not None else []), *begins]
            if not changes:
                continue
            key, at = min(changes, key=lambda item: item[1])
            edge = overlay.classes[int(overlay.arc_class[arc])]
            identity = (int(network.edge_osm_type[arc >> 1]), int(network.edge_osm_id[arc >> 1]), at)
            node = int((network.edge_head if arc & 1 else network.edge_tail)[arc >> 1])
            found.setdefault(
                identity,
                Closing(
                    key,
                    float(network.node_lon[node]),
                    float(network.node_lat[node]),
                    str(edge.kind),
                    at.astimezone(self._region.zone),
                    (depart_at + timedelta(seconds=start_s)).astimezone(self._region.zone),
                ),
            )
        return tuple(found.values())

    def _prepare(self, overlay: Overlay, lifts: LiveLifts) -> _Prepared:
        """Make every variant a class of its own; the judge of the last time does where it knows them all."""
        last = self._prepared
        if last is not None and last.fits(overlay, lifts):
            return last
        groups = tuple(self._list_groups(overlay, lifts))
        wanted = {
            (variant, group.class_) for group in groups for variant in self._list_variants(overlay, group)
        }
        if (
            last is not None
            and last.base.judge is overlay.judge
            and all(variant in last.class_of for variant, _ in wanted)
        ):
            known = last.overlay
            extended = replace(overlay, judge=known.judge, classes=known.classes, replaced=known.replaced)
            class_of = last.class_of
        else:
            extended, class_of = _extend(self._graph, overlay, wanted)
        self._prepared = _Prepared(overlay, lifts.arcs, extended, class_of, groups)
        return self._prepared

    def _list_groups(self, overlay: Overlay, lifts: LiveLifts) -> Iterator[_Group]:
        lift_of = {arc: number for number, arcs in enumerate(lifts.arcs) for arc in arcs}
        members: dict[tuple[int, int, int], list[int]] = {}
        for arc in sorted(self._schedule_of.keys() | lift_of.keys()):
            class_ = int(overlay.arc_class[arc])
            if class_ == self._graph.blocked_class:
                continue
            schedule = self._schedule_of.get(arc, -1)
            if not keeps_hours(overlay.classes[class_]):
                schedule = -1
            lift = lift_of.get(arc, -1)
            if schedule >= 0 or lift >= 0:
                members.setdefault((class_, schedule, lift), []).append(arc)
        for (class_, schedule, lift), arcs in members.items():
            yield _Group(np.array(arcs, dtype=np.int32), class_, schedule, lift)

    def _list_variants(self, overlay: Overlay, group: _Group) -> set[EdgeAttributes]:
        edge = overlay.classes[group.class_]
        variants = {edge}
        if group.schedule >= 0:
            variants = list_variants(edge, self._graph.scheduled.schedules[group.schedule])
        if group.lift >= 0:
            variants |= {replace(one, lift_state=state) for one in variants for state in LIFT_STATES}
        return variants

    def _compose(self, prepared: _Prepared, lifts: LiveLifts, moment: datetime, now: datetime) -> Overlay:
        schedules = self._graph.scheduled.schedules
        moments = {
            number: get_moment(schedules[number], moment, self._region) for number in prepared.schedules
        }
        states = lifts.get_states(moment, now)
        # most minutes are like the one before: they share one array of classes
        key = (lifts.version, tuple(moments.values()), states)
        alike = prepared.alike.get(key)
        if alike is None:
            alike = self._apply_states(prepared, lifts, moments, states)
            with self._lock:
                _keep(prepared.alike, key, alike, _MOST_ALIKE)
        timing = Timing(
            moment, prepared.overlay.arc_class, prepared.class_of, alike.measured, self.list_closings
        )
        return replace(prepared.overlay, arc_class=alike.arc_class, hops=alike.hops, timing=timing)

    def _apply_states(
        self,
        prepared: _Prepared,
        lifts: LiveLifts,
        moments: Mapping[int, Moment],
        states: Sequence[str | None],
    ) -> _State:
        arc_class = np.array(prepared.overlay.arc_class)
        measured: dict[int, datetime] = {}
        for group in prepared.groups:
            edge = prepared.overlay.classes[group.class_]
            state = states[group.lift] if group.lift >= 0 else None
            varied = self._vary(edge, group.schedule, moments.get(group.schedule), state)
            arc_class[group.arcs] = prepared.class_of[varied]
            measured_at = lifts.states[group.lift].measured_at if state is not None else None
            if measured_at is not None:
                local = measured_at.astimezone(self._region.zone)
                measured.update(dict.fromkeys(group.arcs.tolist(), local))
        arc_class.flags.writeable = False
        arcs = np.concatenate([np.zeros(0, dtype=np.int32), *(group.arcs for group in prepared.groups)])
        return _State(arc_class, set_classes(self._graph, prepared.overlay.hops, arc_class, arcs), measured)

    def _vary(
        self, edge: EdgeAttributes, schedule: int, moment: Moment | None, state: str | None
    ) -> EdgeAttributes:
        if moment is not None:
            edge = apply_moment(edge, moment, narrows=self._graph.scheduled.schedules[schedule].narrows)
        return edge if state is None else replace(edge, lift_state=state)

    def _find_closing(
        self, overlay: Overlay, timing: Timing, costs: CostTable, arc: int, until: datetime
    ) -> tuple[str, datetime] | None:
        """The first change for the worse of an arc until then: what it is called, and when."""
        number = self._schedule_of.get(arc)
        base = overlay.classes[int(timing.arc_class[arc])]
        if number is None or not keeps_hours(base):
            return None
        schedule, at = self._graph.scheduled.schedules[number], timing.depart_at
        lift_state = overlay.classes[int(overlay.arc_class[arc])].lift_state
        was_sure = _is_sure(get_moment(schedule, at, self._region))
        for _ in range(_MOST_CHANGES):
            following = find_change(schedule, at, until, self._region)
            if following is None:
                return None
            at, moment = following, get_moment(schedule, following, self._region)
            edge = replace(apply_moment(base, moment, narrows=schedule.narrows), lift_state=lift_state)
            if costs.classes.verdict[timing.class_of[edge]] == Verdict.CLOSED:
                return "closes", at
            if was_sure and not _is_sure(moment):
                return "may_close", at
        return None

    def _get_ends_s(
        self, overlay: Overlay, costs: CostTable, way: Stretch
    ) -> np.ndarray[tuple[int], np.dtype]:
        """Seconds after departure at which each arc of a way is left."""
        network = self._graph.network
        lengths = network.edge_length_mm[way.arcs >> 1].astype(np.int64)
        used = lengths.copy()
        used[-1] = way.to_mm
        used[0] -= way.from_mm
        classes = overlay.arc_class[way.arcs]
        _, (rate, fixed) = costs.look_up(classes, network.arc_slope[way.arcs])
        share = np.where(lengths > 0, used / np.maximum(lengths, 1), 1.0)
        return np.cumsum(used * rate + fixed * share) / 1e6


def _keep(kept: OrderedDict[object, _Kept], key: object, value: _Kept, most: int) -> None:
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)


def _is_sure(moment: Moment) -> bool:
    return moment.openness is not Openness.UNKNOWN and len(moment.access) == 1


def _extend(
    graph: CityGraph, overlay: Overlay, wanted: Iterable[tuple[EdgeAttributes, int]]
) -> tuple[Overlay, dict[EdgeAttributes, int]]:
    """Add classes to an overlay, each beside a class it stands in for; no arc changes."""
    class_of = {edge: number for number, edge in reversed(list(enumerate(overlay.classes)))}
    extra: list[EdgeAttributes] = []
    pairs: list[tuple[int, int]] = []
    for edge, class_ in sorted(wanted, key=lambda item: (item[1], repr(item[0]))):
        if edge not in class_of:
            class_of[edge] = len(overlay.classes) + len(extra)
            extra.append(edge)
        if class_of[edge] != class_:
            pairs.append((class_of[edge], class_))
    if not extra:
        return overlay, class_of
    built = len(graph.classes) + 1
    columns = graph.columns.extend(build_class_columns([*overlay.classes[built:], *extra]))
    bounding = np.ones(columns.count, dtype=np.bool_)
    bounding[: len(graph.bounding_classes)] = graph.bounding_classes
    judge = Judge(columns, graph.slopes, bounding, overlay.judge.tables)
    replaced = np.hstack([overlay.replaced, np.array(sorted(set(pairs)), dtype=np.int32).reshape(-1, 2).T])
    classes = [*overlay.classes, *extra]
    return replace(overlay, classes=classes, judge=judge, replaced=np.ascontiguousarray(replaced)), class_of
