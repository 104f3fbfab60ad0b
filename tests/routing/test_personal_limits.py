"""A person's own limits are judged on the few classes they change, and the result is that of judging all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.graphs import build_graph, make_random_town
from wayfinder.routing.costs import Judge, load_tables
from wayfinder.routing.profiles import Unknowns, personalise

TABLES = load_tables()
CHANGES: tuple[dict[str, object], ...] = (
    {"kerb_up_max_cm": 12},
    {"kerb_up_max_cm": 0.5, "width_min_cm": 95},
    {"kerb_up_max_cm": {"value": 2, "beyond": "avoid"}},
    {"kerb_down_max_cm": None, "width_min_cm": None},
    {"incline_up_max_percent": 2, "incline_down_max_percent": 20},
    {"steps": "ok", "lifts": "block", "carriageway": "ok"},
    {"surface_avoid": ["sett"], "smoothness_worst": "bad"},
    {"signals_needed": "sound", "tactile_wanted": True, "lit_wanted": True},
    {"steps_max_count": 3, "steps_handrail": True},
    {"speed_mps": 0.4, "kerb_up_max_cm": 1},
)


@pytest.mark.parametrize("preset", TABLES.presets)
@pytest.mark.parametrize("unknowns", list(Unknowns))
def test_own_limits_cost_what_a_preset_with_these_limits_costs(preset: str, unknowns: Unknowns) -> None:
    graph = build_graph(make_random_town(3))
    judge = Judge(graph.columns, graph.slopes, graph.bounding_classes, TABLES)
    for changes in CHANGES:
        profile = personalise(TABLES.presets[preset], changes, unknowns, TABLES.limits)
        tables = replace(TABLES, presets={**TABLES.presets, preset: profile})
        whole = Judge(graph.columns, graph.slopes, graph.bounding_classes, tables).get_costs(profile)
        own = judge.get_costs(profile)
        for mine, theirs in (
            (own.classes.whole, whole.classes.whole),
            (own.slopes.whole, whole.slopes.whole),
        ):
            assert np.array_equal(mine.numbers, theirs.numbers)
            assert np.array_equal(mine.masks, theirs.masks)
            assert np.array_equal(mine.verdict, theirs.verdict)
        assert 0 < own.least_rate <= whole.least_rate
