"""The OpenAPI 3.1 document, written from the models and lists that the interface itself uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from flask import Flask, Response
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from wayfinder.i18n import LANGUAGES
from wayfinder.web.problems import Problem

LANGUAGE_PARAMETER: Final = {
    "name": "language",
    "in": "query",
    "description": "Language of the texts; else Accept-Language, else German.",
    "schema": {"type": "string", "enum": list(LANGUAGES)},
}
_REFERENCE: Final = "#/components/schemas/{model}"
_ERRORS: Final = {
    400: "Not readable as JSON",
    413: "Body too large",
    415: "Not application/json",
    422: "Values that cannot be used, each with its pointer",
    503: "No city at the moment",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the interface, as its resource declares it."""

    method: str
    path: str
    summary: str
    answer: type[BaseModel]
    request: type[BaseModel] | None = None
    parameters: tuple[dict[str, Any], ...] = ()
    errors: tuple[int, ...] = ()
    also_answers: tuple[int, ...] = ()
    """Further statuses that carry `answer`."""


def register_openapi(app: Flask, operations: Sequence[Operation]) -> None:
    """Serve the document at ``/openapi.json``."""
    document = lru_cache(maxsize=1)(lambda: orjson.dumps(build_openapi(operations)))

    @app.get("/openapi.json")
    def openapi() -> Response:
        return Response(document(), mimetype="application/json", headers={"Cache-Control": "no-cache"})


def build_openapi(operations: Sequence[Operation]) -> dict[str, Any]:
    """Write the document."""
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    for operation in operations:
        models.append((operation.answer, "serialization"))
        if operation.request is not None:
            models.append((operation.request, "validation"))
    references, definitions = models_json_schema(models, ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _describe(operation, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wegweiser",
            "version": "1",
            "description": "Ways through a city within a person's own limits, step by step.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _describe(operation: Operation, references: Any) -> dict[str, Any]:
    answer = _as_json("application/json", references[operation.answer, "serialization"])
    described: dict[str, Any] = {
        "operationId": operation.path.strip("/").replace("/", "_").replace("-", "_").replace(".", "_"),
        "summary": operation.summary,
        "responses": {
            "200": {"description": "The answer", "content": answer},
        },
    }
    for status in operation.also_answers:
        described["responses"][str(status)] = {"description": _ERRORS[status], "content": answer}
    problem = _as_json("application/problem+json", references[Problem, "serialization"])
    for status in operation.errors:
        described["responses"][str(status)] = {"description": _ERRORS[status], "content": problem}
    if operation.path.startswith("/api/"):
        described["responses"]["default"] = {"description": "Any other error", "content": problem}
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.request:
        content = _as_json("application/json", references[operation.request, "validation"])
        described["requestBody"] = {"required": True, "content": content}
    return described


def _as_json(media_type: str, schema: Any) -> dict[str, Any]:
    return {media_type: {"schema": schema}}
