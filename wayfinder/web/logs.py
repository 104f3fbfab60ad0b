"""The log: one JSON line per request, without any value that a person sent.

Neither path nor query, body, client address, user agent or position is ever written.
"""

from __future__ import annotations

import sys
import time
import traceback
from typing import Final
from uuid import uuid4

import orjson
import structlog
from flask import Flask, Response, g, request

# Upper ends in ms: enough to see a slow server, too coarse to tell one request from another.
_CLASSES: Final = (1, 3, 10, 30, 100, 300, 1000, 3000)


def configure_logs() -> None:
    """Let structlog write JSON lines to standard error."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def register_logs(app: Flask) -> None:
    """Number every request, and log it when it is answered."""
    log = structlog.get_logger()

    @app.before_request
    def begin() -> None:
        g.request_id = uuid4()
        g.began = time.perf_counter()

    @app.after_request
    def end(answer: Response) -> Response:
        log.info(
            "request",
            at=time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
            method=request.method if request.url_rule else "-",
            route=request.url_rule.rule if request.url_rule else "-",
            status=answer.status_code,
            took=_get_class((time.perf_counter() - g.began) * 1000),
            bytes=answer.content_length,
            id=str(g.request_id),
        )
        return answer


def _get_class(took_ms: float) -> str:
    return next((f"<{end}ms" for end in _CLASSES if took_ms < end), f">={_CLASSES[-1]}ms")


def log_crash(error: Exception) -> None:
    """Log where the program failed: type and places, not the message, which may quote what a person sent."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    structlog.get_logger().error("crash", type=type(error).__name__, places=places[-8:], id=str(g.request_id))
