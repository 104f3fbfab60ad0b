"""``GET /api/v1/city``: which city is served, and what everybody has to be told of it."""

from __future__ import annotations

from typing import Any, Final

import orjson
from flask import Blueprint, Response

from wayfinder.i18n import LANGUAGES
from wayfinder.web.api import get_services
from wayfinder.web.openapi import LANGUAGE_PARAMETER, Operation
from wayfinder.web.query import read_language
from wayfinder.web.wire import Answer
from wayfinder.web.words import say

blueprint = Blueprint("city", __name__)


class CityAnswer(Answer):
    """The city. ``bounds`` are west, south, east, north; ``files`` will be its offline pack."""

    id: str
    name: str
    fictional: bool
    notice: str | None
    bounds: tuple[float, float, float, float]
    languages: list[str]
    time_zone: str
    osm_at: str | None
    built_at: str
    attribution: str
    files: list[dict[str, Any]]


OPERATIONS: Final = (
    Operation(
        "get",
        "/api/v1/city",
        "The city that is served",
        answer=CityAnswer,
        parameters=(LANGUAGE_PARAMETER,),
        errors=(422, 503),
    ),
)


@blueprint.get("/api/v1/city")
def show_city() -> Response:
    """The city and its notices, one below the other."""
    language = read_language()
    info = get_services().city.info
    notices = list(info.notices)
    if info.fictional:
        notices.insert(0, say(language, "Invented city, not for navigation."))
    answer = {
        "id": info.id,
        "name": info.name,
        "fictional": info.fictional,
        "notice": "\n".join(notices) or None,
        "bounds": info.bounds,
        "languages": LANGUAGES,
        "time_zone": info.time_zone,
        "osm_at": info.osm_at,
        "built_at": info.built_at,
        "attribution": info.attribution,
        "files": [],
    }
    return Response(orjson.dumps(answer), mimetype="application/json")
