"""Planner vectors: requests with the whole answers, for planners elsewhere that must give the very same."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from wayfinder.city.bench import locate_node
from wayfinder.routing.planner import RoutePlanner, RouteRequest
from wayfinder.speech.phrases import word_plan

DEPART_AT: Final = "2026-11-24T12:00:00+01:00"
"""Every trip of the vectors: what is open must not depend on when they are written."""


def write_vectors(planner: RoutePlanner, out: Path, pairs: int, seed: int = 1) -> int:
    """Write `pairs` random trips, the presets taking turns, with the answers in German.

    Returns
    -------
    int
        How many vectors were written. The same city gives the same bytes.
    """
    random = np.random.default_rng(seed)
    presets = list(planner.tables.presets)
    vectors: list[dict[str, Any]] = []
    for number in range(pairs):
        start, goal = random.integers(planner.graph.network.node_count, size=2).tolist()
        ends = locate_node(planner.graph, start), locate_node(planner.graph, goal)
        preset = presets[number % len(presets)]
        plan = planner.plan(RouteRequest(*ends, preset, depart_at=datetime.fromisoformat(DEPART_AT)))
        request = {
            "from": {"lon": ends[0].lon, "lat": ends[0].lat},
            "to": {"lon": ends[1].lon, "lat": ends[1].lat},
            "profile": preset,
            "language": "de",
            "depart_at": DEPART_AT,
        }
        vectors.append({"request": request, "answer": word_plan(plan, "de")})
    document = {"format": 1, "graph": planner.graph.id, "vectors": vectors}
    out.write_bytes(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_INDENT_2))
    return len(vectors)
