"""Every error of the interface leaves through here: problem details (RFC 9457), and a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import orjson
from flask import Flask, Response, g, render_template, request
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import HTTPException

from wayfinder.errors import CityError, RequestError
from wayfinder.web.language import get_language
from wayfinder.web.logs import log_crash
from wayfinder.web.words import say

PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong in a request: where, a stable code, and a sentence of the catalogues."""

    pointer: str
    code: str
    key: str
    parameters: Mapping[str, object] = field(default_factory=dict)


class ProblemError(BaseModel):
    """One thing that is wrong: a JSON pointer into the request, a stable code, a sentence."""

    model_config = ConfigDict(extra="forbid")

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457); ``code`` is stable, ``instance`` finds the request in the log."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[ProblemError]


class InvalidRequestError(Exception):
    """A request that cannot be used, with everything that is wrong in it."""

    def __init__(self, status: int, errors: list[Wrong]) -> None:
        self.status = status
        self.errors = errors
        super().__init__(", ".join(error.code for error in errors))


# Status -> code, title and sentence. Titles are those of HTTP, in the person's language.
_STATUS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("bad_request", "Request not readable", "The request cannot be read."),
    404: ("not_found", "Not found", "There is nothing at this address."),
    405: ("method_not_allowed", "Method not allowed", "This address only takes: {methods}."),
    413: ("too_large", "Request too large", "The request is too large: at most {most_kb} KiB."),
    415: ("json_expected", "Wrong format", "Please send the request as application/json."),
    422: ("invalid_request", "Request cannot be used", "{count} details of the request cannot be used."),
    500: (
        "internal_error",
        "Error of the program",
        "The program made an error. It is noted, without your details.",
    ),
    503: ("city_missing", "Not available", "The city is not available. Please try again later."),
}


def build_problem(status: int, errors: list[Wrong] | None = None, **parameters: object) -> Response:
    """Build the answer for an error, in the person's language.

    Parameters
    ----------
    errors
        What is wrong, each with its place; one alone gives its code and sentence to the whole.
    parameters
        Values of the sentence of the status.
    """
    language = get_language()
    code, title, key = _STATUS.get(status) or _STATUS[500 if status >= 500 else 400]
    listed = [
        {"pointer": wrong.pointer, "code": wrong.code, "detail": say(language, wrong.key, wrong.parameters)}
        for wrong in errors or ()
    ]
    if len(listed) == 1:
        code, detail = listed[0]["code"], listed[0]["detail"]
    else:
        detail = say(language, key, {"count": len(listed), **parameters})
    body = {
        "type": "about:blank",
        "title": say(language, title),
        "status": status,
        "detail": detail,
        "code": code,
        "instance": f"urn:uuid:{g.request_id}",
        "errors": listed,
    }
    if _is_for_people():
        page = render_template("problem.html", language=language, title=body["title"], detail=detail)
        return Response(page, status, mimetype="text/html")
    answer = Response(orjson.dumps(body), status, mimetype=PROBLEM)
    answer.headers["Content-Language"] = language
    return answer


def _is_for_people() -> bool:
    return not request.path.startswith("/api/") and request.accept_mimetypes.accept_html


def register_problems(app: Flask) -> None:
    """Let every error of the app become a problem."""
    app.register_error_handler(InvalidRequestError, _on_invalid)
    app.register_error_handler(RequestError, _on_request_error)
    app.register_error_handler(CityError, _on_city_error)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_crash)


def _on_invalid(error: InvalidRequestError) -> Response:
    return build_problem(error.status, error.errors)


def _on_request_error(error: RequestError) -> Response:
    return build_problem(422, [Wrong(error.pointer, error.code, error.key, error.parameters)])


def _on_city_error(error: CityError) -> Response:
    # Why there is no city is for the operator: it stands in the log and, on this machine, in /readyz.
    answer = build_problem(503)
    answer.headers["Retry-After"] = "10"
    return answer


def _on_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect
    methods = ", ".join(sorted(set(getattr(error, "valid_methods", None) or ()) - {"HEAD", "OPTIONS"}))
    most_kb = (request.max_content_length or 0) // 1024
    answer = build_problem(status, methods=methods, most_kb=most_kb)
    if methods:
        answer.headers["Allow"] = methods
    if status not in _STATUS:
        answer.headers["X-Reason"] = HTTPStatus(status).phrase
    return answer


def _on_crash(error: Exception) -> Response:
    log_crash(error)
    return build_problem(500)
