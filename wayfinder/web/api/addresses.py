"""``POST /api/v1/addresses/search``: streets, house numbers and places, typing errors forgiven."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import orjson
from flask import Blueprint, Response
from pydantic import Field, StringConstraints

from wayfinder.city.address_search import LONGEST_TEXT, MOST_RESULTS, Found
from wayfinder.speech.labels import label_hit
from wayfinder.web.api import get_services
from wayfinder.web.language import get_language
from wayfinder.web.openapi import Operation
from wayfinder.web.wire import Answer, Language, RequestBody, read_body

blueprint = Blueprint("addresses", __name__)


class AddressSearchRequest(RequestBody):
    """What was typed or said, typing errors and all."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)] = (
        Field(examples=["Marktpl 3"])
    )
    language: Language | None = None
    limit: int = Field(default=8, ge=1, le=MOST_RESULTS)


class AddressHit(Answer):
    """A hit; ``detail`` says in words what it is, or that another number is the nearest one known."""

    label: str
    detail: str
    kind: Literal["address", "street", "place"]
    lon: float
    lat: float
    place_id: str | None


class AddressSearchAnswer(Answer):
    """Hits, best first."""

    results: list[AddressHit]


OPERATIONS: Final = (
    Operation(
        "post",
        "/api/v1/addresses/search",
        "Find addresses, streets and places",
        request=AddressSearchRequest,
        answer=AddressSearchAnswer,
        errors=(400, 413, 415, 422, 503),
    ),
)


@blueprint.post("/api/v1/addresses/search")
def search_addresses() -> Response:
    """Hits by name, kept nowhere."""
    body = read_body(AddressSearchRequest)
    language = get_language()
    hits = get_services().city.addresses.search(body.text, body.limit)
    results = [_word(found, language) for found in hits]
    return Response(orjson.dumps({"results": results}), mimetype="application/json")


def _word(found: Found, language: str) -> dict[str, object]:
    return {
        "label": found.label,
        "detail": label_hit(found.detail, language).format(number=found.asked_number or ""),
        "kind": found.kind,
        "lon": found.lon,
        "lat": found.lat,
        "place_id": found.place_id,
    }
