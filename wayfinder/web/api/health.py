"""``/healthz``: the process answers; ``/readyz``: it has a city, and which."""

from __future__ import annotations

from typing import Final, Literal

import orjson
from flask import Blueprint, Response

from wayfinder.errors import CityError
from wayfinder.web.api import get_services
from wayfinder.web.openapi import Operation
from wayfinder.web.wire import Answer

blueprint = Blueprint("health", __name__)


class Graph(Answer):
    """The city's network."""

    id: str


class HealthAnswer(Answer):
    """Whether the process answers."""

    status: Literal["ok"]


class ReadinessAnswer(Answer):
    """Whether there is a city; if not, why (503)."""

    status: Literal["ready", "not ready"]
    graph: Graph | None = None
    reason: str | None = None


OPERATIONS: Final = (
    Operation("get", "/healthz", "Whether the process answers", answer=HealthAnswer),
    Operation("get", "/readyz", "Whether a city is served", answer=ReadinessAnswer, also_answers=(503,)),
)


@blueprint.get("/healthz")
def tell_health() -> Response:
    """Alive, whatever the city does."""
    return Response(b'{"status":"ok"}', mimetype="application/json")


@blueprint.get("/readyz")
def tell_readiness() -> Response:
    """Ready with a city, else 503 with the kind of reason; the sentence with the folder stands in the log."""
    try:
        graph_id = get_services().graph.id
    except CityError as error:
        reason = error.key.replace(" in {folder}", "").format_map(_Hidden())
        answer = {"status": "not ready", "reason": reason}
        return Response(orjson.dumps(answer), 503, mimetype="application/json")
    return Response(orjson.dumps({"status": "ready", "graph": {"id": graph_id}}), mimetype="application/json")


class _Hidden(dict[str, object]):
    """Hides what a sentence would tell about the machine."""

    def __missing__(self, name: str) -> str:
        return "…"
