"""Bodies of requests: read once, strictly, with an error and a pointer for everything that cannot be used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from flask import g, request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, from_json
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from wayfinder.i18n import LANGUAGES
from wayfinder.routing.profiles import Unknowns
from wayfinder.web.problems import InvalidRequestError, Wrong
from wayfinder.web.query import refuse_query

MOST_BYTES: Final = 64 * 1024
_UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PLACE_ID: Final = rf"^(osm:(node|way|relation)/[1-9][0-9]{{0,18}}|city:{_UUID})$"
PROFILE_NAME: Final = r"^[a-z][a-z-]{0,40}$"
LIMIT_NAME: Final = r"^[a-z][a-z_]{0,40}$"

if TYPE_CHECKING:  # the lists have their home in the code; a type checker wants them spelled out
    Language = str
    Policy = str
else:
    Language = Literal[LANGUAGES]
    Policy = Literal[tuple(policy.value for policy in Unknowns)]

Lon = Annotated[float, Field(ge=-180, le=180, description="Degrees east, WGS84", examples=[9.4966])]
Lat = Annotated[float, Field(ge=-90, le=90, description="Degrees north, WGS84", examples=[51.3151])]
PlaceId = Annotated[str, StringConstraints(pattern=PLACE_ID)]

Body = TypeVar("Body", bound="RequestBody")


class RequestBody(BaseModel):
    """Base of all request bodies: no coercion, no unknown fields, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Answer(BaseModel):
    """Base of all documented answers; they describe, the answers themselves are built without them."""

    model_config = ConfigDict(extra="forbid")


def read_body(model: type[Body]) -> Body:
    """Read the body of the current request.

    Raises
    ------
    InvalidRequestError
        400 for what is not JSON, 422 for values that cannot be used.
    UnsupportedMediaType, RequestEntityTooLarge
        As HTTP says.
    """
    refuse_query()
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    body = request.get_data(cache=False)
    if (
        request.content_length is None and len(body) >= MOST_BYTES
    ):  # sent in chunks: what is beyond was not read
        raise RequestEntityTooLarge
    document = _parse_json(body)
    if isinstance(document, dict) and document.get("language") in LANGUAGES:
        g.language = document["language"]
    try:
        return model.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True, include_input=False)
        raise InvalidRequestError(422, [_explain(detail) for detail in details[:20]]) from None


def _parse_json(body: bytes) -> object:
    # The compiled parser refuses deep nesting, NaN and lone surrogates; the second look finds a name given
    # twice, of which it would silently keep the last. That reads no numbers: one of 60,000 digits is slow.
    try:
        document = from_json(body, allow_inf_nan=False)
        json.loads(body, object_pairs_hook=_refuse_repeated, parse_int=len, parse_float=len)
    except _RepeatedError as error:
        raise InvalidRequestError(400, [Wrong("", "json_repeated", "A name is given twice.")]) from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(
            400, [Wrong("", "json_invalid", "The body cannot be read as JSON.")]
        ) from error
    return document


class _RepeatedError(Exception):
    """A name stands twice in one object."""


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _RepeatedError


# Error type of Pydantic -> our code and sentence. Whatever is not listed gets the last line of `_explain`.
_SENTENCES: Final = {
    "missing": ("missing", "This is missing."),
    "extra_forbidden": ("field_unknown", "There is no field of this name."),
    "finite_number": ("number_expected", "Please give a number."),
    "float_type": ("number_expected", "Please give a number."),
    "int_type": ("number_expected", "Please give a whole number."),
    "int_from_float": ("number_expected", "Please give a whole number."),
    "string_type": ("text_expected", "Please give a text."),
    "string_too_short": ("text_empty", "Please enter something."),
    "string_too_long": ("text_too_long", "This text is too long: at most {max_length} characters."),
    "list_type": ("list_expected", "Please give a list."),
    "dict_type": ("object_expected", "Please give an object with names and values."),
    "model_type": ("object_expected", "Please give an object with names and values."),
    "model_attributes_type": ("object_expected", "Please give an object with names and values."),
    "greater_than_equal": ("out_of_range", "This must be at least {ge:g}."),
    "less_than_equal": ("out_of_range", "This must be at most {le:g}."),
    "literal_error": ("value_unknown", "This must be one of: {expected}."),
    "string_unicode": ("text_unreadable", "This text contains characters that cannot be used."),
    "too_long": ("too_many", "These are too many: at most {max_length}."),
}
_PATTERNS: Final = {
    PLACE_ID: ("place_unknown", "There is no such place in this city."),
    PROFILE_NAME: ("profile_unknown", "There is no profile of this name."),
    LIMIT_NAME: ("limit_unknown", "There is no limit of this name."),
}


def _explain(detail: ErrorDetails) -> Wrong:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "string_pattern_mismatch" and context.get("pattern") in _PATTERNS:
        code, key = _PATTERNS[context["pattern"]]
    else:
        code, key = _SENTENCES.get(kind, ("value_invalid", "This value cannot be used."))
    parameters: dict[str, Any] = {
        name: value for name, value in context.items() if isinstance(value, str | int | float)
    }
    if "expected" in parameters:
        parameters["expected"] = parameters["expected"].replace("'", "").replace(" or ", ", ")
    return Wrong(build_pointer(detail["loc"]), code, key, parameters)


# Names by which Pydantic marks where it stands, and that do not stand in the document.
MARKS: Final = frozenset({"[key]", "~position", "~place"})


def build_pointer(location: tuple[str | int, ...]) -> str:
    """Write a place in a document as a JSON pointer (RFC 6901), a long name cut."""
    parts = (str(part)[:60].replace("~", "~0").replace("/", "~1") for part in location if part not in MARKS)
    return "".join(f"/{part}" for part in parts)
