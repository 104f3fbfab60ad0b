"""``POST /api/v1/route-plans``: a way within a person's own limits, step by step."""

from __future__ import annotations

from typing import Annotated, Final

import orjson
from flask import Blueprint, Response
from pydantic import Discriminator, Field, JsonValue, StringConstraints, Tag

from wayfinder.assembly import Trip
from wayfinder.geo import LonLat
from wayfinder.routing.profiles import Unknowns
from wayfinder.speech.phrases import word_plan
from wayfinder.web.api import get_services
from wayfinder.web.language import get_language
from wayfinder.web.openapi import Operation
from wayfinder.web.route_answer import RoutePlanAnswer
from wayfinder.web.wire import (
    LIMIT_NAME,
    PROFILE_NAME,
    Language,
    Lat,
    Lon,
    PlaceId,
    Policy,
    RequestBody,
    read_body,
)

blueprint = Blueprint("route_plans", __name__)


class Position(RequestBody):
    """A position in WGS84; longitude is east."""

    lon: Lon
    lat: Lat


class PlaceReference(RequestBody):
    """A place of the city, as the address search gives it."""

    place_id: PlaceId = Field(examples=["osm:node/1"])


def _tell_place(value: object) -> str:
    is_place = isinstance(value, PlaceReference) or (isinstance(value, dict) and "place_id" in value)
    return "~place" if is_place else "~position"


Place = Annotated[
    Annotated[Position, Tag("~position")] | Annotated[PlaceReference, Tag("~place")],
    Discriminator(_tell_place),
]
Time = Annotated[str, StringConstraints(max_length=40), Field(json_schema_extra={"format": "date-time"})]
ProfileName = Annotated[str, StringConstraints(pattern=PROFILE_NAME)]
LimitName = Annotated[str, StringConstraints(pattern=LIMIT_NAME)]


class RoutePlanRequest(RequestBody):
    """From where to where, for whom, and in which language.

    A limit is a value, ``{"value": 3, "beyond": "block"}``, or ``null``, which clears it; names, units and
    ranges are those of ``GET /api/v1/profiles``.
    """

    from_: Place = Field(alias="from")
    to: Place
    via: list[Place] = Field(default=[], max_length=10, description="Stops on the way, in order.")
    profile: ProfileName = Field(examples=["wheelchair-manual"])
    limits: dict[LimitName, JsonValue] = Field(default={}, max_length=64, examples=[{"kerb_up_max_cm": 3}])
    unknowns: Policy | None = Field(
        default=None, description="What an unknown fact does to a way; if absent, as the profile says."
    )
    language: Language | None = None
    alternatives: int = Field(
        default=0,
        ge=0,
        le=2,
        description="How many other ways are wanted; only those within the limits that differ in substance.",
    )
    depart_at: Time | None = Field(
        default=None,
        description="With offset, within a year of today; now if absent. What is open then counts as open.",
        examples=["2026-11-23T10:00:00+01:00"],
    )


OPERATIONS: Final = (
    Operation(
        "post",
        "/api/v1/route-plans",
        "Plan a way",
        request=RoutePlanRequest,
        answer=RoutePlanAnswer,
        errors=(400, 413, 415, 422, 503),
    ),
)


@blueprint.post("/api/v1/route-plans")
def plan_route() -> Response:
    """Plan a way; every outcome is an answer, also that there is none."""
    plan = get_services().plan(_read_trip(read_body(RoutePlanRequest)))
    return Response(orjson.dumps(word_plan(plan, get_language())), mimetype="application/json")


def _read_trip(body: RoutePlanRequest) -> Trip:
    return Trip(
        start=_read_place(body.from_),
        goal=_read_place(body.to),
        profile=body.profile,
        limits=body.limits,
        unknowns=None if body.unknowns is None else Unknowns(body.unknowns),
        via=[_read_place(place) for place in body.via],
        alternatives=body.alternatives,
        depart_at=body.depart_at,
    )


def _read_place(place: Position | PlaceReference) -> LonLat | str:
    return place.place_id if isinstance(place, PlaceReference) else LonLat(place.lon, place.lat)
