"""The production server: gunicorn with threads, the city opened once and shared by all workers."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from wayfinder.assembly import ServedCity, Services
from wayfinder.errors import WayfinderError
from wayfinder.geo import LonLat
from wayfinder.i18n import LANGUAGES
from wayfinder.routing.planner import RouteRequest
from wayfinder.settings import Settings
from wayfinder.speech.phrases import word_plan
from wayfinder.web.app import create_app


def run_server(folder: Path, settings: Settings, when_ready: Callable[[str], None]) -> None:
    """Serve a city until the process is told to stop.

    Parameters
    ----------
    when_ready
        Told the address once requests are answered.

    Raises
    ------
    WayfinderError
        The city cannot be opened, or the port is taken.
    """
    _check_port(settings.host, settings.port)
    served = ServedCity(folder, settings=settings)
    warm_up(served())
    run_app(create_app(served, settings), settings, when_ready)


def run_app(app: Any, settings: Settings, when_ready: Callable[[str], None]) -> None:
    """Serve any WSGI application the way the city is served."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "bind": f"{host}:{settings.port}",
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": "gthread",
        "preload_app": True,
        "keepalive": 15,
        "timeout": 60,
        "graceful_timeout": 10,
        "loglevel": "warning",
        "accesslog": None,
        "control_socket_disable": True,
        "when_ready": lambda _: when_ready(f"http://{host}:{settings.port}"),
    }
    _Server(app, options).run()


class _Server(BaseApplication):
    def __init__(self, app: Any, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        return self._app


def _check_port(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        raise WayfinderError(
            "The server cannot listen on {host}:{port}: {problem}.",
            host=host,
            port=port,
            problem=error.strerror,
        ) from error


def warm_up(services: Services) -> None:
    """Answer once for every preset, so that nobody waits for what is compiled or read the first time."""
    network = services.graph.network
    ends = (0, network.node_count // 2)
    first, last = (LonLat(float(network.node_lon[node]), float(network.node_lat[node])) for node in ends)
    for profile in services.tables.presets:
        try:
            plan = services.planner.plan(RouteRequest(first, last, profile))
        except WayfinderError:
            continue
        for language in LANGUAGES:
            word_plan(plan, language)
    # what is there now stays: the collector need not look at it again, nor the workers copy its pages
    gc.collect()
    gc.freeze()
