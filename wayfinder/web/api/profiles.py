"""``GET /api/v1/profiles``: the presets, with every limit a person may set."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Literal

import orjson
from flask import Blueprint, Response

from wayfinder.routing.costs import load_tables
from wayfinder.routing.profiles import Limit, LimitDefinition, LimitType, Unknowns
from wayfinder.speech.labels import describe_profile, label_limit, label_profile
from wayfinder.web.openapi import LANGUAGE_PARAMETER, Operation
from wayfinder.web.query import read_language
from wayfinder.web.wire import Answer, Policy

blueprint = Blueprint("profiles", __name__)


class LimitsSchema(Answer):
    """JSON Schema of a profile's limits: title, unit (``x-unit``), range, default and source of each."""

    type: Literal["object"]
    additionalProperties: Literal[False]  # noqa: N815 - a keyword of JSON Schema
    properties: dict[str, dict[str, Any]]


class ProfileAnswer(Answer):
    """A preset."""

    name: str
    label: str
    description: str
    unknowns: Policy
    limits: LimitsSchema


class ProfilesAnswer(Answer):
    """All presets, in the order to be offered, and the policies for what is unknown."""

    profiles: list[ProfileAnswer]
    unknowns: list[Policy]


OPERATIONS: Final = (
    Operation(
        "get",
        "/api/v1/profiles",
        "Presets and the limits a person may set",
        answer=ProfilesAnswer,
        parameters=(LANGUAGE_PARAMETER,),
        errors=(422,),
    ),
)


@blueprint.get("/api/v1/profiles")
def list_profiles() -> Response:
    """All presets, worded."""
    return Response(_pack_profiles(read_language()), mimetype="application/json")


@lru_cache(maxsize=16)
def _pack_profiles(language: str) -> bytes:
    tables = load_tables()
    profiles = [
        {
            "name": preset.name,
            "label": label_profile(preset.name, language),
            "description": describe_profile(preset.name, language),
            "unknowns": preset.unknowns,
            "limits": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    name: {
                        "title": label_limit(name, language),
                        **describe_limit(definition),
                        **_describe_default(definition, preset.limits.get(name)),
                    }
                    for name, definition in tables.limits.items()
                },
            },
        }
        for preset in tables.presets.values()
    ]
    return orjson.dumps({"profiles": profiles, "unknowns": list(Unknowns)})


def describe_limit(definition: LimitDefinition) -> dict[str, Any]:
    """JSON Schema of a limit's bare value: type, range or closed list, unit."""
    schema: dict[str, Any]
    none = [] if definition.type is LimitType.PACE else ["null"]
    if definition.is_number:
        schema = {"type": ["number", *none], "minimum": definition.minimum, "maximum": definition.maximum}
    elif definition.type is LimitType.FLAG:
        schema = {"type": ["boolean", *none]}
    elif definition.type is LimitType.LIST:
        schema = {"type": ["array", *none], "items": {"enum": list(definition.values)}, "uniqueItems": True}
    else:
        schema = {"type": ["string", *none], "enum": [*definition.values, None]}
    if definition.unit:
        schema["x-unit"] = definition.unit
    return schema


def _describe_default(definition: LimitDefinition, limit: Limit | None) -> dict[str, Any]:
    if limit is None:
        default: list[str] | None = [] if definition.type is LimitType.LIST else None
        return {"default": default, "x-beyond": "block", "x-source": definition.source}
    return {"default": limit.value, "x-beyond": limit.beyond, "x-source": limit.source}
