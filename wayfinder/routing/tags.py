"""OSM tags -> attributes, by the rows of ``data/accessibility/tags.csv``. No later stage reads OSM tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, cast

from wayfinder.routing.attributes import ATTRIBUTE_INDEX, OTHER, EdgeAttributes, Interval, Kind, Unclear
from wayfinder.routing.schedule import Clause, Schedule, parse_conditional
from wayfinder.routing.tag_rules import Fact, Read, TagRules, get_worst, load_tag_rules

Tags = Mapping[str, str]
Value = str | float | Interval | Unclear
"""A read value; ``None`` never stands in these mappings: an unmapped attribute has no entry."""


class Side(StrEnum):
    """A side of a road, in the direction of its way."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class SideReading:
    """One side of a road (``sidewalk:left`` or ``sidewalk:right``), in the direction of the way.

    Attributes
    ----------
    sidewalk
        ``yes``, ``no``, ``separate``, ``OTHER``, or None where nothing is said of this side.
    attributes
        What is tagged of this side's pavement: surface, smoothness, width_cm, incline_percent,
        cross_slope_percent, lit, tactile_paving.
    kerb_cm
        The kerb of this side (``sidewalk:left:kerb``, ``...:kerb:height``), worst of ``:start`` and ``:end``.
    """

    sidewalk: str | Unclear | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    kerb_cm: Interval | Unclear | None = None


@dataclass(frozen=True, slots=True)
class WayReading:
    """What the tags of a way say to a person on foot.

    Attributes
    ----------
    kind
        What the way is; None where a person on foot has no business (motorway, proposed, a road with
        ``foot=no`` ...).
    attributes
        Attribute name -> value, by the names of `wayfinder.routing.attributes` (``access``, ``carriageway``,
        ``sidewalk``, ``crossing``, ``signal_sound`` ... included), read from the way itself. Of a road whose
        pavement's side is not said they are the pavement's; of any other road, the carriageway's.
    left, right
        The two sides of a road; what is said of their pavements stands there, see `read_pavement`.
    incline_percent
        Signed, uphill along the way; OTHER where not understood; None unmapped or only a direction.
    incline_direction
        ``up`` or ``down`` along the way where only that is tagged (steps, ramps), else None.
    kerb_cm
        Kerb tagged on the way itself (usual on ``footway=crossing``): it stands at both its ends.
    oneway
        1 walkable along the way only, -1 against it only, 0 both (``oneway:foot``, ``foot:backward``,
        conveying).
    is_area
        The way outlines an area (``area=yes``).
    levels
        ``level`` of the way's two ends (equal for one level), or None.
    layer
        ``layer`` (0 where untagged).
    name
        ``name``, else ``ref``, else "".
    schedule
        The times at which one gets through, None at all times.
    """

    kind: Kind | None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    left: SideReading = SideReading()
    right: SideReading = SideReading()
    incline_percent: float | Unclear | None = None
    incline_direction: str | None = None
    kerb_cm: Interval | Unclear | None = None
    oneway: int = 0
    is_area: bool = False
    levels: tuple[float, float] | None = None
    layer: int = 0
    name: str = ""
    schedule: Schedule | None = None

    @property
    def pavements(self) -> tuple[Side, ...]:
        """The sides of a road on which one walks along a pavement that is mapped on the road itself."""
        if self.kind not in _ROADS:
            return ()
        return tuple(side for side in Side if self.get_side(side).sidewalk == "yes")

    def get_side(self, side: Side) -> SideReading:
        """What is said of one side of the road."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True, slots=True)
class NodeReading:
    """What the tags of a node say to a person who passes it.

    Attributes
    ----------
    obstacle
        BARRIER, GATE, DOOR, TURNSTILE or LIFT where the node is one, else None (a kerb and a crossing have
        fields of their own).
    attributes
        Attributes of that obstacle, and of the crossing (crossing, crossing_island, signal_sound, ...),
        tactile_paving.
    kerb_cm
        The kerb on this node; OTHER where a kerb is tagged whose height is unknown or not understood
        (``kerb=yes``). None where no kerb is tagged.
    is_crossing
        ``highway=crossing``, ``railway=crossing`` or a crossing tag on a traffic light.
    levels
        Lowest and highest ``level`` of a lift, or None.
    name
        ``name`` or "".
    schedule
        The times at which one gets through, None at all times.
    """

    obstacle: Kind | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    kerb_cm: Interval | Unclear | None = None
    is_crossing: bool = False
    levels: tuple[float, float] | None = None
    name: str = ""
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True, order=True)
class NotUnderstood:
    """A tag value that no row of the table understands (counted, listed by ``city build``)."""

    key: str
    value: str


Misreadings = Counter[NotUnderstood]


def read_way(tags: Tags, misreadings: Misreadings) -> WayReading:
    """Read the tags of a way; values not understood are counted in `misreadings`."""
    rules = load_tag_rules()
    strange: list[NotUnderstood] = []
    facts = _gather(rules, _WAY, tags, strange)
    kind = _find_kind(facts, tags)
    if kind is not None and kind.value in rules.objects:
        strange.clear()
        facts = _gather(rules, (kind.value, "way"), tags, strange)
    left, right, part = _read_sides(rules, kind in _ROADS, facts, tags, strange)
    sidewalk = _get_sidewalk(facts, left, right)
    if facts.get("on_foot") == "if_tagged" and not _is_foot_allowed(facts, tags) and sidewalk != "yes":
        kind = None
    if kind is None:
        misreadings.update(mark for mark in strange if mark.key == "highway")
        return _NO_WAY
    misreadings.update(strange)

    attributes = _get_attributes(facts)
    incline = facts.get("incline_percent")
    if kind not in _ROADS:
        attributes.pop("sidewalk", None)
        attributes.update(part.attributes)
        incline = attributes.pop("incline_percent", incline)
        if "use_sidepath" in facts:
            attributes["access"] = "no"
    elif sidewalk == "yes":
        attributes["sidewalk"] = "yes"
        if "yes" not in (left.sidewalk, right.sidewalk):
            incline = _walk_on_pavement(attributes, incline, part)
    elif sidewalk is not None:
        attributes["sidewalk"] = sidewalk
    direction = facts.get("incline_direction")
    return WayReading(
        kind=kind,
        attributes=attributes,
        left=left,
        right=right,
        incline_percent=cast(float | Unclear | None, incline),
        incline_direction=direction if isinstance(direction, str) else None,
        kerb_cm=None if kind in _ROADS else cast(Interval | Unclear | None, facts.get("kerb_cm")),
        oneway=_get_int(facts, "oneway"),
        is_area=facts.get("is_area") == "yes",
        levels=_get_way_levels(facts),
        layer=_get_int(facts, "layer"),
        name=tags.get("name") or tags.get("ref") or "",
        schedule=_read_schedule(rules, (kind.value, "way"), facts, tags),
    )


def read_pavement(road: WayReading, side: Side) -> WayReading:
    """Read the pavement on one side of a road as a way of its own, in the direction of the road's way."""
    attributes = {name: value for name, value in road.attributes.items() if name != "sidewalk"}
    incline = _walk_on_pavement(attributes, road.incline_percent, road.get_side(side))
    return replace(
        road,
        kind=Kind.SIDEWALK,
        attributes=attributes,
        left=_NO_SIDE,
        right=_NO_SIDE,
        incline_percent=cast(float | Unclear | None, incline),
    )


def read_node(tags: Tags, misreadings: Misreadings) -> NodeReading:
    """Read the tags of a node; values not understood are counted in `misreadings`."""
    if not tags:
        return _NO_NODE
    rules = load_tag_rules()
    strange: list[NotUnderstood] = []
    objects: tuple[str, ...] = _NODE
    facts = _gather(rules, objects, tags, strange)
    obstacle = facts.get("obstacle")
    kind = None if obstacle is None else Kind.BARRIER if obstacle is OTHER else Kind(str(obstacle))
    if kind is not None:
        strange.clear()
        objects = (f"barrier={facts.get('barrier')}", kind.value, "node")
        facts = _gather(rules, objects, tags, strange)
        if kind is Kind.DOOR:
            facts.setdefault("barrier", "door")
    misreadings.update(strange)
    levels = facts.get("levels")
    signals_cross = tags.get("highway") == "traffic_signals" and facts.get("crossing", "none") != "none"
    return NodeReading(
        obstacle=kind,
        attributes=_get_attributes(facts),
        kerb_cm=cast(Interval | Unclear | None, facts.get("kerb_cm")),
        is_crossing=facts.get("is_crossing") == "yes" or signals_cross,
        levels=(min(levels), max(levels)) if isinstance(levels, tuple) else None,
        name=tags.get("name", ""),
        schedule=_read_schedule(rules, objects, facts, tags),
    )


def read_entrance(tags: Tags, misreadings: Misreadings) -> EdgeAttributes:
    """Read the tags of the entrance of a place; values not understood are counted in `misreadings`."""
    strange: list[NotUnderstood] = []
    facts = _gather(load_tag_rules(), _ENTRANCE, tags, strange)
    misreadings.update(strange)
    words = {name: value for name, value in _get_attributes(facts).items() if name in _OF_AN_ENTRANCE}
    return EdgeAttributes(Kind.ENTRANCE, **words)  # type: ignore[arg-type]


Facts = dict[str, Read]
_NOT_UNDERSTOOD: Final = Clause(OTHER.value, ("",))
"""May hold at any time, and nobody knows what it says."""
_WAY: Final = ("way",)
_NODE: Final = ("node",)
_SIDE: Final = ("side",)
_ENTRANCE: Final = (Kind.ENTRANCE.value, "node")
_OF_AN_ENTRANCE: Final = frozenset(
    {
        "step_count",
        "step_ramp",
        "threshold_cm",
        "passage_cm",
        "door",
        "bell",
        "wheelchair",
        "opening",
        "locked",
    }
)
_NO_WAY: Final = WayReading(kind=None)
_NO_NODE: Final = NodeReading()
_NO_SIDE: Final = SideReading()
_ROADS: Final = frozenset({Kind.ROAD, Kind.LIVING_STREET})
_NARROWED: Final = frozenset({Kind.FOOTWAY, Kind.PATH, Kind.CYCLEWAY, Kind.PEDESTRIAN})
"""Kinds that ``footway=crossing`` and its like say more of; steps stay steps whatever they lead along."""
_EXPLICITLY_ALLOWED: Final = frozenset({"designated", "yes", "permissive"})
_OF_THE_CARRIAGEWAY: Final = (
    "carriageway",
    "surface",
    "smoothness",
    "width_cm",
    "tracktype",
    "cross_slope_percent",
    "tactile_paving",
)
"""What is tagged of a road itself and does not hold for its pavement. Its incline, lamps and access do."""


def _gather(rules: TagRules, objects: Sequence[str], tags: Tags, strange: list[NotUnderstood]) -> Facts:
    """What all tags say together; of the plain key, ``:start`` and ``:end`` the worst holds."""
    best: dict[str, Fact] = {}
    ends: dict[str, dict[str, Fact]] = {}
    for key, value in tags.items():
        held, reading = best, rules.read(objects, key, value)
        if reading is None:
            plain, end = _split_end(key)
            reading = rules.read(objects, plain, value) if plain != key else None
            if reading is None:
                continue
            held = ends.setdefault(end, {}) if end else best
        if not reading.understood:
            strange.append(NotUnderstood(key, value))
        for fact in reading.facts:
            other = held.get(fact.attribute)
            if other is None or fact.rank < other.rank:
                held[fact.attribute] = fact
    facts = {name: fact.value for name, fact in best.items()}
    for end_facts in ends.values():
        for name, fact in end_facts.items():
            facts[name] = get_worst(name, (facts[name], fact.value)) if name in facts else fact.value
    return facts


def _split_end(key: str) -> tuple[str, str]:
    """``sloped_curb.start`` -> ``sloped_curb`` and ``start``; without an end, the key with ``.`` as ``:``."""
    key = key.replace(".", ":")
    plain, _, end = key.rpartition(":")
    return (plain, end) if plain and end in ("start", "end") else (key, "")


def _get_attributes(facts: Facts) -> dict[str, Value]:
    names = (name for name in facts if name in ATTRIBUTE_INDEX and name != "kind")
    return {name: cast(Value, facts[name]) for name in names}


def _get_int(facts: Facts, name: str) -> int:
    value = facts.get(name)
    return value if isinstance(value, int) else 0


def _get_way_levels(facts: Facts) -> tuple[float, float] | None:
    """Levels of both ends: from the incline where it is tagged, else in the order written."""
    levels = facts.get("levels")
    if not isinstance(levels, tuple):
        return None
    direction = facts.get("incline_direction")
    if direction == "up":
        return min(levels), max(levels)
    if direction == "down":
        return max(levels), min(levels)
    return levels[0], levels[-1]


def _read_schedule(rules: TagRules, objects: Sequence[str], facts: Facts, tags: Tags) -> Schedule | None:
    """Hours and conditions; the condition for people on foot goes before the one for everybody."""
    hours, key, condition = str(facts.get("hours", "")), "foot", facts.get("foot_condition")
    if condition is None:
        key, condition = "access", facts.get("access_condition")
    parsed = () if condition is None else parse_conditional(str(condition))
    clauses = []
    for clause in (_NOT_UNDERSTOOD,) if parsed is None else parsed:
        reading = rules.read(objects, key, clause.value)
        read = [fact.value for fact in reading.facts if fact.attribute == "access"] if reading else []
        word = read[0] if read and isinstance(read[0], str) else OTHER.value
        clauses.append(clause._replace(value=word))
    if not hours and not clauses:
        return None
    return Schedule(hours, tuple(clauses), narrows=key == "access" and bool(clauses) and "foot" in tags)


def _find_kind(facts: Facts, tags: Tags) -> Kind | None:
    base = facts.get("kind")
    if not isinstance(base, str) or "gone" in facts:
        return None
    kind = Kind(base)
    if kind in _ROADS and "foot" in tags and facts.get("access") == "no" and "use_sidepath" not in facts:
        return None
    if "conveyed" in facts and kind is not Kind.LIFT:
        return Kind.ESCALATOR
    narrowed = facts.get("foot_kind")
    return Kind(narrowed) if isinstance(narrowed, str) and kind in _NARROWED else kind


def _is_foot_allowed(facts: Facts, tags: Tags) -> bool:
    return "foot" in tags and facts.get("access") in _EXPLICITLY_ALLOWED


def _get_sidewalk(facts: Facts, left: SideReading, right: SideReading) -> str | Unclear | None:
    """Whether the road as a whole has a pavement: one side with one will do, ``no`` needs both sides."""
    states = (left.sidewalk, right.sidewalk, facts.get("sidewalk"))
    if "yes" in states:
        return "yes"
    if "separate" in states or "use_sidepath" in facts:
        return "separate"
    if OTHER in states:
        return OTHER
    return "no" if left.sidewalk == right.sidewalk == "no" else None


def _walk_on_pavement(
    attributes: dict[str, Value], incline: Read | None, pavement: SideReading
) -> Read | None:
    """Put a pavement in the place of the carriageway; its incline is returned.

    What the pavement does not say stays unknown; the road's incline, lamps and access hold for it too.
    """
    for name in _OF_THE_CARRIAGEWAY:
        attributes.pop(name, None)
    attributes.update(pavement.attributes)
    return attributes.pop("incline_percent", incline)


def _read_sides(
    rules: TagRules, is_road: bool, facts: Facts, tags: Tags, strange: list[NotUnderstood]
) -> tuple[SideReading, SideReading, SideReading]:
    """Left, right, and the part for feet whose side is not said (``sidewalk:surface``, ``footway:width``)."""
    tagged: dict[str, dict[str, str]] = {}
    for key, value in tags.items():
        if not key.startswith(("sidewalk", "footway")):
            continue
        parts = key.replace(".", ":").split(":", 2)
        if len(parts) == 1 or parts[0] not in ("sidewalk", "footway"):
            continue
        has_side = parts[1] in ("left", "right", "both")
        if has_side and not is_road:
            continue
        name = parts[2] if has_side and len(parts) > 2 else "" if has_side else ":".join(parts[1:])
        reading = rules.read(_SIDE, _split_end(name)[0], value)
        if reading is not None:
            tagged.setdefault(parts[1] if has_side else "", {})[name] = value
            if not reading.understood:
                strange.append(NotUnderstood(key, value))
    any_side = tagged.get("", {})
    part = _read_side(rules, None, any_side)
    if not is_road:
        return _NO_SIDE, _NO_SIDE, part
    left, right = (
        _read_side(rules, facts.get(side), {**tagged.get("both", {}), **tagged.get(side, {})}, any_side)
        for side in ("left", "right")
    )
    return left, right, part


def _read_side(
    rules: TagRules, state: Read | None, tags: Tags, any_side: Tags = MappingProxyType({})
) -> SideReading:
    """One side; tags of its own (not those of `any_side`) prove that there is a pavement."""
    if state is None and not tags and not any_side:
        return _NO_SIDE
    has_own = bool(tags)
    if state not in ("no", "separate"):
        tags = {**any_side, **tags}
    facts = _gather(rules, _SIDE, tags, [])
    kerb = facts.pop("kerb_cm", None)
    facts.pop("incline_direction", None)
    return SideReading(
        sidewalk=cast(str | Unclear | None, "yes" if state is None and has_own else state),
        attributes=cast(dict[str, Value], facts),
        kerb_cm=cast(Interval | Unclear | None, kerb),
    )
