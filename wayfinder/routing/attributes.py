"""The judged attributes of an edge: names, values, units, and on which kinds of edge they mean something.

Everything later in the house (classes, judgement, directions, the phone) speaks of the world in these names
only. A value is known, ``None`` (nobody mapped it) or ``OTHER`` (something was mapped that we do not
understand).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum, StrEnum
from typing import Final, NamedTuple


class Unclear(Enum):
    """The one value that means: tagged, but not understood."""

    OTHER = "other"


OTHER: Final = Unclear.OTHER


class Interval(NamedTuple):
    """A measured or classified size in cm, as the range it lies in; ``high`` may be infinite."""

    low: float
    high: float


class Kind(StrEnum):
    """What an edge is. Ways have a length; obstacles are short edges of length 0."""

    FOOTWAY = "footway"
    SIDEWALK = "sidewalk"
    PEDESTRIAN = "pedestrian"
    PATH = "path"
    TRACK = "track"
    CYCLEWAY = "cycleway"
    LIVING_STREET = "living_street"
    ROAD = "road"
    PLATFORM = "platform"
    CORRIDOR = "corridor"
    CROSSING = "crossing"
    """The stretch of a footway over a carriageway; what one waits for there is a ROAD_CROSSING."""
    STEPS = "steps"
    ESCALATOR = "escalator"
    LIFT = "lift"
    KERB_UP = "kerb_up"
    KERB_DOWN = "kerb_down"
    KERB = "kerb"
    """A kerb whose high side could not be told: judged both up and down, in both directions."""
    BARRIER = "barrier"
    GATE = "gate"
    DOOR = "door"
    TURNSTILE = "turnstile"
    ROAD_CROSSING = "road_crossing"
    ENTRANCE = "entrance"
    """The door of a place one goes to, with its steps and threshold; nothing lies behind it."""
    LINK = "link"


WAY_KINDS: Final = frozenset(
    {
        Kind.FOOTWAY,
        Kind.SIDEWALK,
        Kind.PEDESTRIAN,
        Kind.PATH,
        Kind.TRACK,
        Kind.CYCLEWAY,
        Kind.LIVING_STREET,
        Kind.ROAD,
        Kind.PLATFORM,
        Kind.CORRIDOR,
        Kind.CROSSING,
    }
)
"""Kinds with a surface that is walked or rolled on along a length."""

OBSTACLE_KINDS: Final = frozenset(
    {
        Kind.LIFT,
        Kind.KERB_UP,
        Kind.KERB_DOWN,
        Kind.KERB,
        Kind.BARRIER,
        Kind.GATE,
        Kind.DOOR,
        Kind.TURNSTILE,
        Kind.ROAD_CROSSING,
        Kind.ENTRANCE,
        Kind.LINK,
    }
)

KERB_KINDS: Final = frozenset({Kind.KERB_UP, Kind.KERB_DOWN, Kind.KERB})
_PASSAGES: Final = frozenset({Kind.BARRIER, Kind.GATE, Kind.DOOR, Kind.TURNSTILE})
_ENTRANCE: Final = frozenset({Kind.ENTRANCE})


class AttributeType(StrEnum):
    """How a value is compared."""

    NUMBER = "number"
    INTERVAL = "interval"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One judged attribute.

    Attributes
    ----------
    name
        Field name in `EdgeAttributes`; numbers carry their unit in it.
    type
        Number, interval or choice.
    unit
        ``cm``, ``m``, ``percent``, ``count`` or ``""`` for choices.
    applies_to
        Kinds of edge on which a missing value is an unknown (elsewhere it means nothing).
    values
        Closed list of a choice, from best to worst where the list is ranked.
    """

    name: str
    type: AttributeType
    unit: str
    applies_to: frozenset[Kind]
    values: tuple[str, ...] = ()


_YES_NO: Final = ("yes", "no")
_SURFACES: Final = (
    "asphalt",
    "concrete",
    "concrete:plates",
    "paving_stones",
    "paved",
    "metal",
    "wood",
    "rubber",
    "chipseal",
    "bricks",
    "concrete:lanes",
    "sett",
    "cobblestone:flattened",
    "unhewn_cobblestone",
    "cobblestone",
    "compacted",
    "fine_gravel",
    "unpaved",
    "grass_paver",
    "gravel",
    "pebblestone",
    "ground",
    "earth",
    "dirt",
    "grass",
    "sand",
    "mud",
    "woodchips",
    "rock",
    "metal_grid",
    "stepping_stones",
    "clay",
    "artificial_turf",
    "snow",
    "ice",
    "salt",
)

_NUMBER, _INTERVAL, _CHOICE = AttributeType.NUMBER, AttributeType.INTERVAL, AttributeType.CHOICE

ATTRIBUTES: Final[tuple[Attribute, ...]] = (
    Attribute("kind", _CHOICE, "", frozenset(Kind), tuple(Kind)),
    Attribute("surface", _CHOICE, "", WAY_KINDS, _SURFACES),
    Attribute(
        "smoothness",
        _CHOICE,
        "",
        WAY_KINDS,
        ("excellent", "good", "intermediate", "bad", "very_bad", "horrible", "very_horrible", "impassable"),
    ),
    Attribute(
        "tracktype", _CHOICE, "", frozenset({Kind.TRACK}), ("grade1", "grade2", "grade3", "grade4", "grade5")
    ),
    Attribute("width_cm", _NUMBER, "cm", WAY_KINDS - {Kind.ROAD, Kind.LIVING_STREET, Kind.CROSSING}),
    Attribute("cross_slope_percent", _NUMBER, "percent", WAY_KINDS),
    Attribute("step_count", _NUMBER, "count", frozenset({Kind.STEPS, Kind.ENTRANCE})),
    Attribute("handrail", _CHOICE, "", frozenset({Kind.STEPS}), _YES_NO),
    Attribute(
        "step_ramp",
        _CHOICE,
        "",
        frozenset({Kind.STEPS}),
        ("wheelchair", "stroller", "bicycle", "separate", "unspecified", "no"),
    ),
    Attribute("kerb_up_cm", _INTERVAL, "cm", frozenset({Kind.KERB_UP, Kind.KERB})),
    Attribute("kerb_down_cm", _INTERVAL, "cm", frozenset({Kind.KERB_DOWN, Kind.KERB})),
    Attribute(
        "tactile_paving",
        _CHOICE,
        "",
        KERB_KINDS | {Kind.ROAD_CROSSING, Kind.PLATFORM, Kind.STEPS},
        ("yes", "contrasted", "primitive", "incorrect", "no"),
    ),
    Attribute(
        "crossing", _CHOICE, "", frozenset({Kind.ROAD_CROSSING}), ("signals", "marked", "unmarked", "none")
    ),
    Attribute("crossing_island", _CHOICE, "", frozenset({Kind.ROAD_CROSSING}), _YES_NO),
    Attribute("crossing_length_m", _NUMBER, "m", frozenset({Kind.ROAD_CROSSING})),
    Attribute(
        "crossed_road",
        _CHOICE,
        "",
        frozenset({Kind.ROAD_CROSSING}),
        (
            "primary",
            "secondary",
            "tertiary",
            "unclassified",
            "residential",
            "service",
            "living_street",
            "track",
            "railway",
        ),
    ),
    Attribute("signal_sound", _CHOICE, "", frozenset({Kind.ROAD_CROSSING}), ("yes", "walk", "locate", "no")),
    Attribute("signal_vibration", _CHOICE, "", frozenset({Kind.ROAD_CROSSING}), _YES_NO),
    Attribute("lit", _CHOICE, "", WAY_KINDS | {Kind.STEPS}, _YES_NO),
    Attribute("passage_cm", _NUMBER, "cm", _PASSAGES | _ENTRANCE),
    Attribute("turning_cm", _NUMBER, "cm", _PASSAGES),
    Attribute(
        "barrier",
        _CHOICE,
        "",
        _PASSAGES,
        (
            "entrance",
            "bollard",
            "block",
            "cycle_barrier",
            "gate",
            "lift_gate",
            "swing_gate",
            "sliding_gate",
            "chain",
            "bump_gate",
            "hampshire_gate",
            "kissing_gate",
            "turnstile",
            "full-height_turnstile",
            "stile",
            "cattle_grid",
            "motorcycle_barrier",
            "planter",
            "log",
            "debris",
            "rope",
            "bar",
            "jersey_barrier",
            "step",
            "wall",
            "fence",
            "hedge",
            "door",
        ),
    ),
    Attribute(
        "door",
        _CHOICE,
        "",
        frozenset({Kind.DOOR, Kind.ENTRANCE}),
        ("automatic", "none", "hinged", "sliding", "revolving"),
    ),
    Attribute("threshold_cm", _INTERVAL, "cm", _ENTRANCE),
    Attribute("bell", _CHOICE, "", _ENTRANCE, _YES_NO),
    Attribute("lift_door_cm", _NUMBER, "cm", frozenset({Kind.LIFT})),
    Attribute("lift_width_cm", _NUMBER, "cm", frozenset({Kind.LIFT})),
    Attribute("lift_depth_cm", _NUMBER, "cm", frozenset({Kind.LIFT})),
    Attribute("lift_state", _CHOICE, "", frozenset({Kind.LIFT}), ("working", "out_of_order")),
    Attribute("wheelchair", _CHOICE, "", frozenset(), ("designated", "yes", "limited", "no")),
    Attribute(
        "carriageway",
        _CHOICE,
        "",
        frozenset(),
        (
            "living_street",
            "service",
            "track",
            "residential",
            "unclassified",
            "tertiary",
            "secondary",
            "primary",
            "trunk",
        ),
    ),
    Attribute("sidewalk", _CHOICE, "", frozenset({Kind.ROAD}), ("yes", "separate", "no")),
    Attribute(
        "access",
        _CHOICE,
        "",
        frozenset(),
        (
            "designated",
            "yes",
            "permissive",
            "destination",
            "customers",
            "delivery",
            "permit",
            "private",
            "no",
            "blocked",
        ),
    ),
    Attribute("opening", _CHOICE, "", frozenset(), ("always", "open", "limited", "closed")),
    Attribute("locked", _CHOICE, "", frozenset({Kind.GATE}), ("no", "yes")),
)
"""Every judged attribute, in the order of the class columns. Incline is a column of its own."""

ATTRIBUTE_INDEX: Final = {attribute.name: index for index, attribute in enumerate(ATTRIBUTES)}

Choice = str | Unclear | None
Number = float | Unclear | None
Size = Interval | Unclear | None


@dataclass(frozen=True, slots=True)
class EdgeAttributes:
    """What one direction of an edge is like; the key of its class.

    ``None`` is unmapped, ``OTHER`` tagged but not understood. Choices are OSM-spelled values of `ATTRIBUTES`.
    ``kerb_up_cm`` is met going up in the direction of travel, ``kerb_down_cm`` going down; on a ``Kind.KERB``
    both.
    """

    kind: Kind
    surface: Choice = None
    smoothness: Choice = None
    tracktype: Choice = None
    width_cm: Number = None
    cross_slope_percent: Number = None
    step_count: Number = None
    handrail: Choice = None
    step_ramp: Choice = None
    kerb_up_cm: Size = None
    kerb_down_cm: Size = None
    tactile_paving: Choice = None
    crossing: Choice = None
    crossing_island: Choice = None
    crossing_length_m: Number = None
    crossed_road: Choice = None
    signal_sound: Choice = None
    signal_vibration: Choice = None
    lit: Choice = None
    passage_cm: Number = None
    turning_cm: Number = None
    barrier: Choice = None
    door: Choice = None
    threshold_cm: Size = None
    bell: Choice = None
    lift_door_cm: Number = None
    lift_width_cm: Number = None
    lift_depth_cm: Number = None
    lift_state: Choice = None
    wheelchair: Choice = None
    carriageway: Choice = None
    sidewalk: Choice = None
    access: Choice = None
    opening: Choice = None
    locked: Choice = None


assert tuple(field.name for field in fields(EdgeAttributes)) == tuple(ATTRIBUTE_INDEX)
