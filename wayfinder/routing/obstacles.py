"""What a way meets: facts of the trace -> obstacles with value, limit, source and place, without words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from wayfinder.routing.attributes import ATTRIBUTE_INDEX, ATTRIBUTES, EdgeAttributes, Interval, Kind, Unclear
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.classes import MEANINGLESS, SLOPE_ATTRIBUTES, build_class_columns
from wayfinder.routing.costs import CostTable, Judge, Tables
from wayfinder.routing.judgement import JudgementRow, fill_in
from wayfinder.routing.network import OSM_TYPES, Int32
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.profiles import LimitType, Profile, Unknowns
from wayfinder.routing.trace import GAP_BIT, PLACE_BIT, Fact, FactRow, FactTables, Part, Trace


class ObstacleKind(StrEnum):
    """What an obstacle is about; closed, part of the API."""

    KERB = "kerb"
    STEPS = "steps"
    ESCALATOR = "escalator"
    LIFT = "lift"
    CROSSING = "crossing"
    BARRIER = "barrier"
    GATE = "gate"
    DOOR = "door"
    TURNSTILE = "turnstile"
    ENTRANCE = "entrance"
    """Of the place one goes to or comes from."""
    SURFACE = "surface"
    SMOOTHNESS = "smoothness"
    WIDTH = "width"
    INCLINE = "incline"
    CROSS_SLOPE = "cross_slope"
    TACTILE_PAVING = "tactile_paving"
    LIT = "lit"
    CARRIAGEWAY = "carriageway"
    ACCESS = "access"
    OPENING = "opening"
    WHEELCHAIR = "wheelchair"
    WAY = "way"
    """The kind of way itself."""
    REST = "rest"
    """A stretch without a known place to sit down."""
    DISTANCE = "distance"
    UNKNOWN = "unknown"
    """Facts about a stretch that the profile needs and nobody knows."""


class Source(StrEnum):
    """Where a value comes from; closed, part of the API."""

    OSM = "osm"
    SURVEY = "survey"
    REPORT = "report"
    ESTIMATE = "estimate"
    ASSUMPTION = "assumption"


Value = float | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What is met, apart from where: made once for all its like, so that its wording can be kept.

    Attributes
    ----------
    direction
        ``up`` or ``down`` in the direction of travel, None where it has none or nobody knows it.
    value
        A number in `unit`, an OSM-spelled word, a range ``"0..3"`` (``"3.."`` without upper end), or None,
        unknown.
    limit_name
        Name of the limit it is held against, "" where no limit speaks of it.
    exceeds
        None where that cannot be told because the value is unknown.
    beyond
        ``block`` or ``avoid``, where it exceeds a limit or its not being known does; else None.
    certain
        False where only a part of the range, or an assumption, exceeds the limit.
    attribute
        Name of the attribute the value is of.
    details
        More that is known, by name; ``unknown`` lists needed attributes that are not, ``assumed`` is a range.
    is_estimate
        The value is estimated: a range, without a date.
    """

    kind: ObstacleKind
    direction: str | None
    value: Value
    unit: str | None
    limit_name: str
    exceeds: bool | None
    beyond: str | None
    certain: bool
    attribute: str
    details: Mapping[str, object] = field(default_factory=dict)
    is_estimate: bool = False

    @property
    def is_unknown(self) -> bool:
        """Whether it is an assumption that stands in for its value."""
        return self.value is None and self.exceeds is not False and self.attribute != "kind"


class Obstacle(NamedTuple):
    """Something met on the way that a person should hear of.

    Attributes
    ----------
    limit
        What the person set.
    as_of_day
        Days since 1970-01-01, -1 unknown.
    length_m
        How far it stretches, 0 for a spot.
    """

    finding: Finding
    limit: Value
    source: Source
    as_of_day: int
    osm: str | None
    lon: float
    lat: float
    length_m: float

    @property
    def kind(self) -> ObstacleKind:
        """As of the finding."""
        return self.finding.kind

    @property
    def direction(self) -> str | None:
        """As of the finding."""
        return self.finding.direction

    @property
    def value(self) -> Value:
        """As of the finding."""
        return self.finding.value

    @property
    def limit_name(self) -> str:
        """As of the finding."""
        return self.finding.limit_name

    @property
    def exceeds(self) -> bool | None:
        """As of the finding."""
        return self.finding.exceeds

    @property
    def beyond(self) -> str | None:
        """As of the finding."""
        return self.finding.beyond

    @property
    def certain(self) -> bool:
        """As of the finding."""
        return self.finding.certain

    @property
    def attribute(self) -> str:
        """As of the finding."""
        return self.finding.attribute

    @property
    def details(self) -> Mapping[str, object]:
        """As of the finding."""
        return self.finding.details


_PART: Final = {
    **dict.fromkeys(Kind, Part.WALK),
    Kind.ROAD: Part.ROAD,
    Kind.LIVING_STREET: Part.ROAD,
    Kind.CROSSING: Part.CROSS,
    Kind.ROAD_CROSSING: Part.CROSS,
    Kind.STEPS: Part.STEPS,
    Kind.ESCALATOR: Part.ESCALATOR,
    Kind.LIFT: Part.LIFT,
    Kind.GATE: Part.PASS,
    Kind.DOOR: Part.PASS,
    Kind.TURNSTILE: Part.PASS,
    Kind.ENTRANCE: Part.PASS,
    Kind.KERB_UP: Part.MET,
    Kind.KERB_DOWN: Part.MET,
    Kind.KERB: Part.MET,
    Kind.BARRIER: Part.MET,
    Kind.LINK: Part.NOTHING,
}
_MAIN: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.KERB_UP: ("kerb_up_cm",),
    Kind.KERB_DOWN: ("kerb_down_cm",),
    Kind.KERB: ("kerb_up_cm", "kerb_down_cm"),
    Kind.STEPS: ("step_count", "kind"),
    Kind.ESCALATOR: ("kind",),
    Kind.LIFT: ("kind",),
    Kind.ROAD_CROSSING: ("crossing", "kind"),
    Kind.BARRIER: ("passage_cm", "kind", "barrier"),
    Kind.GATE: ("passage_cm", "kind", "barrier"),
    Kind.DOOR: ("passage_cm", "kind", "barrier"),
    Kind.TURNSTILE: ("passage_cm", "kind", "barrier"),
    Kind.ENTRANCE: ("step_count", "passage_cm", "threshold_cm", "wheelchair", "kind", "door"),
}
"""Places worth saying by themselves, and the attributes that say them; the first gives their value."""
_DETAILS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.KERB_UP: ("tactile_paving",),
    Kind.KERB_DOWN: ("tactile_paving",),
    Kind.KERB: ("tactile_paving",),
    Kind.STEPS: ("step_count", "handrail", "step_ramp", "tactile_paving"),
    Kind.ESCALATOR: (),
    Kind.LIFT: ("lift_door_cm", "lift_width_cm", "lift_depth_cm", "lift_state", "opening"),
    Kind.ROAD_CROSSING: (
        "crossing",
        "crossing_island",
        "crossing_length_m",
        "crossed_road",
        "signal_sound",
        "signal_vibration",
        "tactile_paving",
    ),
    Kind.BARRIER: ("barrier", "passage_cm"),
    Kind.GATE: ("barrier", "passage_cm", "opening"),
    Kind.DOOR: ("door", "passage_cm", "opening"),
    Kind.TURNSTILE: ("barrier", "passage_cm"),
    Kind.ENTRANCE: (
        "step_count",
        "step_ramp",
        "threshold_cm",
        "passage_cm",
        "door",
        "bell",
        "wheelchair",
        "opening",
    ),
}
_PLACE_KIND: Final = {
    Kind.KERB_UP: ObstacleKind.KERB,
    Kind.KERB_DOWN: ObstacleKind.KERB,
    Kind.KERB: ObstacleKind.KERB,
    Kind.STEPS: ObstacleKind.STEPS,
    Kind.ESCALATOR: ObstacleKind.ESCALATOR,
    Kind.LIFT: ObstacleKind.LIFT,
    Kind.ROAD_CROSSING: ObstacleKind.CROSSING,
    Kind.CROSSING: ObstacleKind.CROSSING,
    Kind.BARRIER: ObstacleKind.BARRIER,
    Kind.GATE: ObstacleKind.GATE,
    Kind.DOOR: ObstacleKind.DOOR,
    Kind.TURNSTILE: ObstacleKind.TURNSTILE,
    Kind.ENTRANCE: ObstacleKind.ENTRANCE,
}
_TURNED: Final = frozenset({Kind.STEPS, Kind.ESCALATOR, Kind.LIFT})
"""Places whose direction or levels are the edge's, not the class's."""
_OF_THE_PLACE: Final = frozenset({"kind", "passage_cm", "turning_cm", "barrier", "locked"})
"""Attributes whose obstacle is of the kind of the place they are met at."""
_KIND_OF: Final = {
    "surface": ObstacleKind.SURFACE,
    "tracktype": ObstacleKind.SURFACE,
    "smoothness": ObstacleKind.SMOOTHNESS,
    "width_cm": ObstacleKind.WIDTH,
    "cross_slope_percent": ObstacleKind.CROSS_SLOPE,
    "step_count": ObstacleKind.STEPS,
    "handrail": ObstacleKind.STEPS,
    "step_ramp": ObstacleKind.STEPS,
    "kerb_up_cm": ObstacleKind.KERB,
    "kerb_down_cm": ObstacleKind.KERB,
    "tactile_paving": ObstacleKind.TACTILE_PAVING,
    "crossing": ObstacleKind.CROSSING,
    "crossing_island": ObstacleKind.CROSSING,
    "crossing_length_m": ObstacleKind.CROSSING,
    "crossed_road": ObstacleKind.CROSSING,
    "signal_sound": ObstacleKind.CROSSING,
    "signal_vibration": ObstacleKind.CROSSING,
    "lit": ObstacleKind.LIT,
    "door": ObstacleKind.DOOR,
    "lift_door_cm": ObstacleKind.LIFT,
    "lift_width_cm": ObstacleKind.LIFT,
    "lift_depth_cm": ObstacleKind.LIFT,
    "lift_state": ObstacleKind.LIFT,
    "wheelchair": ObstacleKind.WHEELCHAIR,
    "carriageway": ObstacleKind.CARRIAGEWAY,
    "sidewalk": ObstacleKind.CARRIAGEWAY,
    "access": ObstacleKind.ACCESS,
    "opening": ObstacleKind.OPENING,
    "incline_up_percent": ObstacleKind.INCLINE,
    "incline_down_percent": ObstacleKind.INCLINE,
    "slope_run_m": ObstacleKind.INCLINE,
}
_UNITS: Final = {item.name: item.unit or None for item in (*ATTRIBUTES, *SLOPE_ATTRIBUTES)}
_ATTRIBUTES: Final = (*ATTRIBUTES, *SLOPE_ATTRIBUTES)
_ROW_OF: Final = {attribute.name: row for row, attribute in enumerate(_ATTRIBUTES)}
_DIRECTIONS: Final = {
    "kerb_up_cm": "up",
    "kerb_down_cm": "down",
    "incline_up_percent": "up",
    "incline_down_percent": "down",
}
_SOURCES: Final = {"survey": Source.SURVEY, "report": Source.REPORT, "lift": Source.REPORT}
_SENSES: Final = {LimitType.MAX: 1, LimitType.WORST: 1, LimitType.MIN: -1}
_OVER, _UNSURE, _UNKNOWN, _PLACE = int(Fact.OVER), int(Fact.UNSURE), int(Fact.UNKNOWN), int(Fact.PLACE)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one judge's classes are, for explaining; worked out once.

    Attributes
    ----------
    has_meaning
        bool[a, c], whether an attribute says anything about a class.
    findings, needs
        Kept results of `ObstacleLister` and `get_needs`.
    """

    tables: FactTables
    has_meaning: NDArray[np.bool_]
    findings: dict[object, tuple[_Met, ...]]
    needs: dict[tuple[int, ...], tuple[NDArray[np.bool_], bool]]


_knowledge: WeakKeyDictionary[Judge, Knowledge] = WeakKeyDictionary()


def get_knowledge(graph: CityGraph, overlay: Overlay) -> Knowledge:
    """What the classes of an overlay are; worked out once per judge and kept as long as it lives."""
    known = _knowledge.get(overlay.judge)
    if known is None:
        known = _knowledge[overlay.judge] = _build_knowledge(graph, overlay)
    return known


def _build_knowledge(graph: CityGraph, overlay: Overlay) -> Knowledge:
    tables, base = overlay.judge.tables, len(graph.classes) + 1
    columns = graph.columns
    if len(overlay.classes) > base:
        columns = columns.extend(build_class_columns(overlay.classes[base:]))
    filled = fill_in(columns, tables.assumptions)
    slopes = fill_in(graph.slopes, tables.assumptions)
    shape = (len(_ATTRIBUTES), max(filled.count, slopes.count))
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    for matrix, ways, bins in ((low, filled.low, slopes.low), (high, filled.high, slopes.high)):
        matrix[: len(ATTRIBUTES), : filled.count] = ways
        matrix[len(ATTRIBUTES) :, : slopes.count] = bins
    kinds = columns.low[ATTRIBUTE_INDEX["kind"]].astype(np.int64)
    part = np.array([_PART[kind] for kind in Kind], dtype=np.uint8)[kinds]
    place = np.array([kind in _MAIN for kind in Kind], dtype=np.bool_)[kinds]
    bit_attribute, bit_sense = np.full(64, -1, dtype=np.int8), np.zeros(64, dtype=np.int8)
    for bit, row in enumerate(tables.explained):
        bit_attribute[bit] = _ROW_OF[row.attribute]
        bit_sense[bit] = _SENSES.get(tables.limits[row.limit].type, 0) if row.limit else 0
    return Knowledge(
        FactTables(part, place, low, high, bit_attribute, bit_sense), filled.status != MEANINGLESS, {}, {}
    )


def get_needs(knowledge: Knowledge, costs: CostTable) -> tuple[NDArray[np.bool_], bool]:
    """Which classes a profile needs to know something about, and whether it needs to know inclines."""
    needed = costs.needed
    found = knowledge.needs.get(needed)
    if found is None:
        rows = {bit: int(knowledge.tables.bit_attribute[bit]) for bit in needed}
        of_classes = {bit: row for bit, row in rows.items() if row < len(ATTRIBUTES)}
        needs_class = np.zeros(knowledge.has_meaning.shape[1], dtype=np.bool_)
        for bit, row in of_classes.items():
            needs_class |= knowledge.has_meaning[row] & _match_kinds(knowledge, costs.rows[bit])
        found = (needs_class, len(of_classes) < len(rows))
        knowledge.needs[needed] = found
    return found


def _match_kinds(knowledge: Knowledge, row: JudgementRow) -> NDArray[np.bool_]:
    """Of which classes a row may speak, by the kinds it names."""
    kinds = knowledge.tables.low[ATTRIBUTE_INDEX["kind"], : knowledge.has_meaning.shape[1]]
    matched = np.ones(len(kinds), dtype=np.bool_)
    for term in row.when:
        if term.attribute == "kind" and term.operator == "=":
            matched &= np.isin(kinds, [list(Kind).index(Kind(value)) for value in term.values])
    return matched


@dataclass(frozen=True, slots=True)
class _Limit:
    """A judgement row as it holds for one person."""

    row: JudgementRow
    value: Value
    beyond: str | None


def _find_limit(row: JudgementRow, profile: Profile, tables: Tables) -> _Limit:
    if not row.limit:
        return _Limit(row, None, "block")
    limit = profile.limits.get(row.limit)
    if limit is None:
        return _Limit(row, None, None)
    beyond = row.beyond or limit.beyond.value
    if tables.limits[row.limit].type is LimitType.STANCE and not row.beyond:
        beyond = str(limit.value)
    return _Limit(row, show_limit(limit.value), beyond)


def show_limit(value: float | str | bool | tuple[str, ...]) -> Value:
    """A limit as number or string: lists are joined by commas, flags are ``yes`` or ``no``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) else value


def show_range(low: float, high: float) -> Value:
    """A range as number or string: ``0..3``, ``3..`` without upper end."""
    if low == high:
        return low
    return f"{low:g}.." if math.isinf(high) else f"{low:g}..{high:g}"


def show_value(value: object) -> Value:
    """An attribute value as number or string; None for what is unmapped or not understood."""
    if value is None or isinstance(value, Unclear):
        return None
    if isinstance(value, Interval):
        return show_range(value.low, value.high)
    return value if isinstance(value, float) else str(value) if isinstance(value, str) else float(value)  # type: ignore[arg-type]


class _Met(NamedTuple):
    """A finding among the facts of one spot.

    Attributes
    ----------
    fact
        Which of the facts it is of, counted from the first of the spot.
    limit
        Name of the limit whose value stands beside it, "" none.
    has_length
        Whether the fact's length is the obstacle's.
    """

    fact: int
    finding: Finding
    limit: str
    has_length: bool


_MOST_FINDINGS: Final = 20_000
"""So many findings are kept per judge, then all are forgotten: people's limits are many."""


class ObstacleLister:
    """Turns the facts of one trace into obstacles, step by step.

    What is found is worked out once for all facts that say the same, and kept with the judge.
    """

    def __init__(
        self, graph: CityGraph, overlay: Overlay, costs: CostTable, trace: Trace, arcs: Int32
    ) -> None:
        self._graph, self._overlay, self._costs = graph, overlay, costs
        self._arcs = arcs
        self._tables = overlay.judge.tables
        self._rejects = costs.profile.unknowns is Unknowns.REJECT
        self._knowledge = get_knowledge(graph, overlay)
        if len(self._knowledge.findings) > _MOST_FINDINGS:
            self._knowledge.findings.clear()
        self._facts = [FactRow(*row) for row in trace.facts.tolist()]
        self._where = trace.where.tolist()
        self._limits: dict[int, _Limit] = {}

    def list_by_step(self, steps: int) -> list[list[Obstacle]]:
        """The obstacles of each step, in the order they are met; what is unknown about its stretch last."""
        listed: list[list[Obstacle]] = [[] for _ in range(steps)]
        facts, findings = self._facts, self._knowledge.findings
        at, count = 0, len(facts)
        while at < count:
            fact = facts[at]
            found, end = listed[fact.step], at + 1
            if fact.bit == GAP_BIT:
                mets = findings.get(fact.mask) or self._name_gap(fact.mask)
            elif fact.bit == PLACE_BIT:
                while end < count and facts[end].first == fact.first and facts[end].bit >= 0:
                    end += 1
                mets = self._find_at_place(at, end)
            elif fact.flags & _OVER or self._rejects:
                mets = self._find_on_stretch(at)
            else:
                mets = ()
            for met in mets:
                obstacle = self._put(at, met)
                # a stretch may be over two limits that say the same of it
                if fact.bit < 0 or not any(_is_same(obstacle, other) for other in found):
                    found.append(obstacle)
            at = end
        return listed

    def _put(self, at: int, met: _Met) -> Obstacle:
        """The finding where it is met."""
        fact, finding = self._facts[at + met.fact], met.finding
        source, day = (Source.ESTIMATE, -1) if finding.is_estimate else (Source.OSM, fact.as_of_day)
        arc = int(self._arcs[fact.worst])
        origin = self._graph.origins.find(arc >> 1, finding.attribute)
        if origin is not None:
            source, day = Source(origin.origin), origin.day
        if self._overlay.changes:
            change = self._overlay.changes.get(arc)
            if change is not None and change.speaks_of(finding.attribute):
                source, day = _SOURCES.get(change.source, Source.REPORT), change.as_of_day
        lon, lat = self._where[at + met.fact]
        limit = self._costs.profile.limits.get(met.limit) if met.limit else None
        return Obstacle(
            finding,
            None if limit is None else show_limit(limit.value),
            Source.ASSUMPTION if finding.is_unknown else source,
            day,
            f"{OSM_TYPES[fact.osm_type]}/{fact.osm_id}",
            lon,
            lat,
            fact.length_mm / 1000.0 if met.has_length else 0.0,
        )

    def _get_limit(self, bit: int) -> _Limit:
        limit = self._limits.get(bit)
        if limit is None:
            limit = _find_limit(self._costs.rows[bit], self._costs.profile, self._tables)
            self._limits[bit] = limit
        return limit

    def _find_at_place(self, at: int, end: int) -> tuple[_Met, ...]:
        """A place, as one finding, and before it what else of it is beyond a limit."""
        facts, limits = self._facts[at:end], self._costs.profile.limits
        edge = self._overlay.classes[facts[0].class_]
        is_turned = edge.kind in _TURNED
        key = (
            PLACE_BIT,
            facts[0].class_,
            is_turned and self._get_levels(at),
            is_turned and self._get_measured_at(at),
            self._rejects,
            limits["speed_mps"].value,
            _LIMIT_OF.get(_MAIN[edge.kind][0]) in limits,
            *[
                (
                    fact.bit,
                    fact.flags,
                    fact.class_,
                    fact.flags & _OVER and self._get_limit(fact.bit).beyond,
                    is_turned and self._get_direction(number, edge, ""),
                )
                for number, fact in enumerate(facts, at)
            ],
        )
        found = self._knowledge.findings.get(key)
        if found is None:
            found = self._knowledge.findings[key] = tuple(self._explain_place(at, end))
        return found

    def _explain_place(self, at: int, end: int) -> list[_Met]:
        edge = self._overlay.classes[self._facts[at].class_]
        main = _MAIN[edge.kind]
        details = self._list_details(at, edge)
        found: list[_Met] = []
        said = False
        unknown: list[str] = []
        for other in range(at + 1, end):
            attribute = self._get_limit(self._facts[other].bit).row.attribute
            if not self._facts[other].flags & _OVER and not self._rejects:
                if attribute not in unknown:
                    unknown.append(attribute)
                continue
            met = self._explain(other, details if attribute in main and not said else None, at)
            if any(_says_the_same(met.finding, before.finding) for before in found):
                continue
            said = said or attribute in main
            found.append(met)
        if unknown:
            details["unknown"] = unknown
        if not said:
            found.append(self._mention(at, edge, main[0], details))
        return found

    def _mention(self, at: int, edge: EdgeAttributes, attribute: str, details: dict[str, object]) -> _Met:
        value = None if attribute == "kind" else show_value(getattr(edge, attribute))
        name = _LIMIT_OF.get(attribute, "")
        if name not in self._costs.profile.limits:
            name = ""
        is_asked = attribute != "kind" and value is None
        finding = Finding(
            kind=_PLACE_KIND[edge.kind],
            direction=self._get_direction(at, edge, attribute),
            value=value,
            unit=_UNITS[attribute],
            limit_name=name,
            exceeds=None if is_asked else False,
            beyond=None,
            certain=not is_asked,
            attribute=attribute,
            details=details,
        )
        return _Met(0, finding, name, False)

    def _find_on_stretch(self, at: int) -> tuple[_Met, ...]:
        """A fact about a stretch that is beyond a limit (or unknown, where unknowns are rejected)."""
        fact = self._facts[at]
        edge = self._overlay.classes[fact.class_]
        key = (
            fact.bit,
            fact.flags,
            fact.class_,
            self._get_limit(fact.bit).beyond,
            fact.by_slope and (self._get_incline(at), self._get_slope(at)),
            edge.kind in _TURNED and self._get_direction(at, edge, ""),
        )
        found = self._knowledge.findings.get(key)
        if found is None:
            found = self._knowledge.findings[key] = (self._explain(at, None, at),)
        return found

    def _get_incline(self, at: int) -> float | None:
        """Percent, not negative; None unknown."""
        incline = float(self._graph.network.edge_incline_percent[self._arcs[self._facts[at].worst] >> 1])
        return round(abs(incline), 2) if math.isfinite(incline) else None

    def _get_range(self, at: int, attribute: str) -> Value:
        """The range an estimate of a slope lies in."""
        row, slope, tables = _ROW_OF[attribute], self._get_slope(at), self._knowledge.tables
        return show_range(float(tables.low[row, slope]), float(tables.high[row, slope]))

    def _get_slope(self, at: int) -> int:
        return int(self._graph.network.arc_slope[self._arcs[self._facts[at].worst]])

    def _explain(self, at: int, details: dict[str, object] | None, place: int) -> _Met:
        fact = self._facts[at]
        limit = self._get_limit(fact.bit)
        attribute = limit.row.attribute
        edge = self._overlay.classes[fact.class_]
        details = {} if details is None else details
        is_estimate = bool(fact.by_slope and self._graph.network.slope_error[self._get_slope(at)])
        if fact.by_slope:
            value: Value = self._get_range(at, attribute) if is_estimate else self._get_incline(at)
        elif attribute == "kind":
            value = None if edge.kind in _MAIN else str(edge.kind)
        else:
            value = show_value(getattr(edge, attribute))
        if fact.flags & _UNKNOWN:
            value = None
            assumed = self._find_assumed(at, attribute)
            if assumed is not None:
                details["assumed"] = assumed
        kind = _KIND_OF.get(attribute)
        if kind is None or attribute in _OF_THE_PLACE or edge.kind is Kind.ENTRANCE:
            kind = _PLACE_KIND.get(edge.kind, ObstacleKind.WAY)
        over = bool(fact.flags & _OVER)
        finding = Finding(
            kind=kind,
            direction=self._get_direction(at, edge, attribute),
            value=value,
            unit=_UNITS[attribute],
            limit_name=limit.row.limit,
            exceeds=True if over else None,
            beyond=limit.beyond if over else "block",
            certain=over and not fact.flags & (_UNSURE | _UNKNOWN),
            attribute=attribute,
            details=details,
            is_estimate=is_estimate,
        )
        return _Met(at - place, finding, limit.row.limit, True)

    def _find_assumed(self, at: int, attribute: str) -> Value:
        knowledge, fact = self._knowledge.tables, self._facts[at]
        row = _ROW_OF[attribute]
        column = self._get_slope(at) if fact.by_slope else fact.class_
        return show_assumed(row, float(knowledge.low[row, column]), float(knowledge.high[row, column]))

    def _name_gap(self, mask: int) -> tuple[_Met, ...]:
        """What is needed and unknown on the stretches of a step, as one finding."""
        rows = [self._costs.rows[bit] for bit in range(64) if mask >> bit & 1]
        rows.sort(key=lambda row: -row.unknown_percent)
        names = tuple(dict.fromkeys(row.attribute for row in rows))
        finding = Finding(
            kind=ObstacleKind.UNKNOWN,
            direction=None,
            value=None,
            unit=None,
            limit_name="",
            exceeds=None,
            beyond=None,
            certain=False,
            attribute=names[0],
            details={"unknown": names},
        )
        found = self._knowledge.findings[mask] = (_Met(0, finding, "", True),)
        return found

    def _get_direction(self, at: int, edge: EdgeAttributes, attribute: str) -> str | None:
        kind = edge.kind
        if kind is Kind.KERB:
            return None
        if kind is Kind.STEPS or kind is Kind.ESCALATOR:
            arc = int(self._arcs[self._facts[at].worst])
            return get_step_direction(float(self._graph.network.edge_incline_percent[arc >> 1]), arc)
        if kind is Kind.LIFT:
            before, after = self._get_levels(at)
            return None if before is None or after is None else "up" if after > before else "down"
        return _DIRECTIONS.get(attribute)

    def _get_levels(self, at: int) -> tuple[float | None, float | None]:
        arc, network = int(self._arcs[self._facts[at].worst]), self._graph.network
        levels = [
            None if math.isnan(level) else float(level)
            for level in (network.edge_level_from[arc >> 1], network.edge_level_to[arc >> 1])
        ]
        return (levels[1], levels[0]) if arc & 1 else (levels[0], levels[1])

    def _get_measured_at(self, at: int) -> datetime | None:
        """When the live state of a lift was measured, in local time."""
        timing = self._overlay.timing
        return None if timing is None else timing.measured.get(int(self._arcs[self._facts[at].worst]))

    def _list_details(self, at: int, edge: EdgeAttributes) -> dict[str, object]:
        details: dict[str, object] = {name: show_value(getattr(edge, name)) for name in _DETAILS[edge.kind]}
        if edge.kind is Kind.LIFT:
            details["level_from"], details["level_to"] = self._get_levels(at)
            details["measured_at"] = self._get_measured_at(at)
        elif edge.kind is Kind.ROAD_CROSSING:
            length_m = details["crossing_length_m"]
            if isinstance(length_m, float):
                details["crossing_s"] = math.ceil(length_m / self._costs.profile.speed_mps)
        return details


_LIMIT_OF: Final = {
    "kerb_up_cm": "kerb_up_max_cm",
    "kerb_down_cm": "kerb_down_max_cm",
    "step_count": "steps_max_count",
    "passage_cm": "width_min_cm",
    "threshold_cm": "kerb_up_max_cm",
}
"""Limits named beside a place that keeps them."""


def get_step_direction(incline: float, arc: int) -> str | None:
    """``up`` or ``down`` along an arc of steps, None where nobody knows it."""
    if math.isnan(incline) or incline == 0:
        return None
    return "up" if (incline > 0) != bool(arc & 1) else "down"


def show_assumed(row: int, low: float, high: float) -> Value:
    """What is assumed of an attribute (by its row), None where nothing is."""
    if math.isnan(low):
        return None
    values = _ATTRIBUTES[row].values
    return values[int(low)] if values else show_range(low, high)


def get_attribute_name(row: int) -> str:
    """Name of the attribute of a row of `FactTables`."""
    return _ATTRIBUTES[row].name


def _is_same(one: Obstacle, other: Obstacle) -> bool:
    """Whether two rows of the judgement said the same of one spot."""
    return (
        (one.lon, one.lat) == (other.lon, other.lat)
        and one.osm == other.osm
        and _says_the_same(one.finding, other.finding)
    )


def _says_the_same(one: Finding, other: Finding) -> bool:
    return (
        (one.attribute == other.attribute or (_is_unknown_slope(one) and _is_unknown_slope(other)))
        and (one.limit_name == other.limit_name or one.value is None)
        and one.exceeds == other.exceeds
    )


def _is_unknown_slope(finding: Finding) -> bool:
    """An unknown slope is unknown uphill and downhill: said once."""
    return finding.kind is ObstacleKind.INCLINE and finding.value is None and finding.exceeds is None
