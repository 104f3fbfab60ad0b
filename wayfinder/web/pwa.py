"""The page: what Vite built, served as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Flask, Response, render_template, send_from_directory

from wayfinder.web.language import get_language
from wayfinder.web.words import say

# Files below assets/ carry a hash of their content in their name.
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"


def register_page(app: Flask, folder: Path) -> None:
    """Serve the built page from `folder`; where it is not built yet, a page that says so."""

    @app.get("/")
    def page() -> Response:
        if not (folder / "index.html").is_file():
            return _say_not_built()
        return send(folder, "index.html", _ASK_AGAIN)

    @app.get("/<name>")
    def file(name: str) -> Response:
        return send(folder, name, _ASK_AGAIN)

    @app.get("/assets/<path:name>")
    def asset(name: str) -> Response:
        return send(folder / "assets", name, _FOREVER)


def send(folder: Path, name: str, caching: str) -> Response:
    """Send a file of `folder`, and nothing outside of it."""
    answer = send_from_directory(folder.resolve(), name)
    if name.endswith(".webmanifest"):
        answer.mimetype = "application/manifest+json"
    answer.headers["Cache-Control"] = caching
    return answer


def _say_not_built() -> Response:
    language = get_language()
    title = say(language, "The page is not built yet")
    detail = say(language, "Please run make setup, then reload this page.")
    return Response(render_template("problem.html", language=language, title=title, detail=detail), 503)
