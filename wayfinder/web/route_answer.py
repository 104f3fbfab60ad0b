"""The answer of ``POST /api/v1/route-plans`` in the OpenAPI document; closed lists come from the code.

Answers are worded by `wayfinder.speech.phrases.word_plan`, which the tests hold against these models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from wayfinder.routing.attributes import ATTRIBUTES
from wayfinder.routing.choices import LEAST_UNKNOWN, SHORTEST
from wayfinder.routing.classes import SLOPE_ATTRIBUTES
from wayfinder.routing.directions import Manoeuvre
from wayfinder.routing.entrance_rules import KINDS
from wayfinder.routing.obstacles import ObstacleKind, Source
from wayfinder.routing.planner import Outcome
from wayfinder.routing.profiles import Beyond, Unknowns
from wayfinder.web.wire import Answer

UNITS: Final = tuple(sorted({item.unit for item in (*ATTRIBUTES, *SLOPE_ATTRIBUTES) if item.unit} | {"m"}))

LABELS: Final = ("recommended", SHORTEST, LEAST_UNKNOWN)

if TYPE_CHECKING:
    Unit = str
    Label = str
else:
    Unit = Literal[UNITS]
    Label = Literal[LABELS]
Value = float | str | None


class GraphAnswer(Answer):
    """What was planned on: the city, the state of its data, the version of what has changed since."""

    id: str
    osm_at: str | None
    overlay_version: int


class EntranceAnswer(Answer):
    """The entrance of a place at which a way begins or ends; what is known of it stands in its step."""

    osm: str | None = Field(description="Null where no entrance of the place is mapped")
    kind: Literal[KINDS] | None  # type: ignore[valid-type]
    text: str


class SnappedAnswer(Answer):
    """The point on a way that was used, and how far it is from the position asked for.

    At an entrance, the point is the entrance's, and ``offset_m`` how far before it the way ends.
    """

    lon: float
    lat: float
    offset_m: float
    entrance: EntranceAnswer | None = Field(description="Null unless a place with an entrance was asked for")


class ObstacleAnswer(Answer):
    """Something met on the way; ``exceeds`` is null where the value is unknown."""

    kind: ObstacleKind
    direction: Literal["up", "down"] | None
    value: Value = Field(description="A number, a word of OpenStreetMap's, a range such as `0..3` or `3..`")
    unit: Unit | None
    limit: Value
    exceeds: bool | None
    beyond: Beyond | None
    certain: bool = Field(
        description="False where only a part of the range, or an assumption, exceeds the limit"
    )
    attribute: str
    source: Source
    as_of: str | None
    osm: str | None
    lon: float
    lat: float
    length_m: float
    text: str


class StepAnswer(Answer):
    """One instruction; ``first_point`` and ``last_point`` are indices into the coordinates."""

    instruction: str
    manoeuvre: Manoeuvre
    distance_m: float
    duration_s: float
    street: str
    bearing_deg: float
    first_point: int
    last_point: int
    obstacles: list[ObstacleAnswer]


class UnknownAnswer(Answer):
    """A needed fact that nobody knows on part of the way."""

    attribute: str
    distance_m: float
    count: int = Field(description="At how many places without a length")
    text: str


class LineString(Answer):
    """GeoJSON."""

    type: Literal["LineString"]
    coordinates: list[tuple[float, float]]


class WarningAnswer(Answer):
    """A report nobody has confirmed, or (``closes``, ``may_close``) what closes before one has passed."""

    key: str
    text: str
    lon: float
    lat: float


class DifferenceAnswer(Answer):
    """How another way differs from the recommended one: positive is longer, slower, more unknown."""

    distance_m: float
    duration_s: float
    unknown_m: float = Field(description="Length on which something needed is unknown")
    text: str


class SteepestAnswer(Answer):
    """The steepest stretch of the way that is known of."""

    direction: Literal["up", "down"]
    incline_percent: float = Field(ge=0)
    error_percent: float = Field(ge=0, description="How far off an estimate may be either way; 0 for a tag")
    from_m: float = Field(description="Distance from the start of the way to where it begins")
    length_m: float
    source: Source


class ElevationAnswer(Answer):
    """Up and down along the way."""

    known_share: float = Field(ge=0, le=1, description="Share of the sloped length whose incline is known")
    estimated_share: float = Field(
        ge=0, le=1, description="Share of the sloped length whose incline is estimated from heights"
    )
    steepest: SteepestAnswer | None = Field(description="Null where nothing known is steeper than 3 %")
    profile: list[tuple[float, float | None]] = Field(
        description="Distance from the start and height of the ground, metres; the height is null on "
        "bridges, in tunnels and where nothing is known. Empty where the city has no terrain model."
    )


class RouteAnswer(Answer):
    """A way. ``limits_exceeded`` is empty where the outcome is ``found``."""

    label: Label
    title: str
    difference: DifferenceAnswer | None = Field(description="Null for the recommended way")
    distance_m: float
    duration_s: float
    climb_m: float
    descent_m: float
    elevation: ElevationAnswer
    geometry: LineString
    known_share: float = Field(ge=0, le=1)
    unknowns: list[UnknownAnswer]
    assumptions: list[str]
    limits_exceeded: list[ObstacleAnswer]
    warnings: list[WarningAnswer]
    steps: list[StepAnswer]


class RelaxationAnswer(Answer):
    """A small change of limits that would open a way without any known obstacle beyond them."""

    limits: dict[str, float | str] = Field(description="Limit, and the value that would be enough")
    unknowns: Unknowns | None = Field(description="The policy that would be needed, if another")
    distance_m: float
    duration_s: float
    text: str


class ReachableAnswer(Answer):
    """How near one can get."""

    lon: float
    lat: float
    remaining_m: float | None


class SummaryAnswer(Answer):
    """The outcome in a sentence or two, with the date of the data."""

    text: str


class RoutePlanAnswer(Answer):
    """The plan; every outcome is an answer."""

    outcome: Outcome
    graph: GraphAnswer
    from_: SnappedAnswer = Field(alias="from")
    to: SnappedAnswer
    summary: SummaryAnswer
    routes: list[RouteAnswer]
    relaxations: list[RelaxationAnswer]
    reachable: ReachableAnswer | None = None
