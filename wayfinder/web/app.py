"""The web application: routes, headers, errors."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

from wayfinder.assembly import CurrentServices
from wayfinder.settings import Settings
from wayfinder.web import pwa
from wayfinder.web.api import addresses, city, health, profiles, route_plans
from wayfinder.web.logs import configure_logs, register_logs
from wayfinder.web.openapi import register_openapi
from wayfinder.web.problems import register_problems
from wayfinder.web.wire import MOST_BYTES

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
_HEADERS: Final = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_TWO_YEARS: Final = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def create_app(services: CurrentServices, settings: Settings) -> Flask:
    """Build the application.

    Parameters
    ----------
    services
        Gives the services of the city that holds now.
    """
    configure_logs()
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, WAYFINDER=settings, SERVICES=services)
    register_logs(app)
    register_problems(app)
    resources = (route_plans, profiles, addresses, city, health)
    for resource in resources:
        app.register_blueprint(resource.blueprint)
    register_openapi(app, [operation for resource in resources for operation in resource.OPERATIONS])
    pwa.register_page(app, settings.page)
    headers = (*_HEADERS, _TWO_YEARS) if settings.https else _HEADERS

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers.extend(headers)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return app
