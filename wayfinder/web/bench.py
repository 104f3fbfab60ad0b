"""What a request costs over HTTP, against an empty one: one worker, loopback, one connection kept alive."""

from __future__ import annotations

import http.client
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from flask import Flask, Response

from wayfinder.assembly import Services
from wayfinder.city.bench import PROFILE, choose_pairs, get_ratio, locate_node, summarise
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.settings import Settings
from wayfinder.web.server import run_app, run_server

_PATIENCE_S = 60.0


def measure_http(services: Services, folder: Path, settings: Settings, pairs: int) -> dict[str, Any]:
    """Measure the same requests' answers and empty POSTs in turn.

    Returns
    -------
    dict
        ``http_ms`` with ``wayfinder`` and ``empty``, and ``ratio`` with ``http_vs_empty``.
    """
    bodies = list(_make_bodies(services, pairs))
    here, empty = (replace(settings, port=_find_port(), workers=1) for _ in range(2))
    times: dict[str, list[float]] = {"wayfinder": [], "empty": []}
    with (
        _running(lambda: run_server(folder, here, _say_nothing), here.port) as asked,
        _running(lambda: run_app(_build_empty_app(), empty, _say_nothing), empty.port) as nothing,
    ):
        for body in bodies[:5] + bodies:
            for name, connection, path in (
                ("wayfinder", asked, "/api/v1/route-plans"),
                ("empty", nothing, "/"),
            ):
                began = time.perf_counter()
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                connection.getresponse().read()
                times[name].append(time.perf_counter() - began)
    figures = {name: summarise(values[5:]) for name, values in times.items()}
    return {"http_ms": figures, "ratio": {"http_vs_empty": get_ratio(figures["wayfinder"], figures["empty"])}}


def _make_bodies(services: Services, pairs: int) -> Iterator[bytes]:
    graph = services.graph
    overlay = build_empty_overlay(graph)
    for pair in choose_pairs(services.planner, overlay, pairs, np.random.default_rng(2)):
        ends = {
            "from": locate_node(graph, pair.start)._asdict(),
            "to": locate_node(graph, pair.goal)._asdict(),
        }
        yield orjson.dumps({**ends, "profile": PROFILE, "language": "de", "limits": pair.limits})


def _build_empty_app() -> Flask:
    app = Flask("empty")
    app.post("/")(lambda: Response(b""))
    return app


def _say_nothing(_: str) -> None:
    return None


def _find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def _running(serve: Callable[[], None], port: int) -> Iterator[http.client.HTTPConnection]:
    process = multiprocessing.get_context("fork").Process(target=serve)
    process.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                connection.connect()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection
        connection.close()
    finally:
        process.terminate()
        process.join(10)
