"""Hours and conditional access, from tags to what holds at a moment: the rows of cases/conditional.csv."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, find_arcs, word
from wayfinder.opening import Region
from wayfinder.routing.attributes import EdgeAttributes, Kind
from wayfinder.routing.network_build import build_network
from wayfinder.routing.schedule import MOST_CLAUSES, Clause, Schedule, get_moment, parse_conditional
from wayfinder.routing.scheduled import build_schedules, pack_schedules, unpack_schedules
from wayfinder.routing.tags import read_node, read_way
from wayfinder.routing.variants import apply_moment, list_variants
from wayfinder.tables import Row, read_table

BERLIN = ZoneInfo("Europe/Berlin")
CASES = read_table(
    Path(__file__).parent / "cases" / "conditional.csv",
    ("name", "tags", "moment", "opening", "access"),
    key=("name",),
    filled=("name", "tags", "moment", "opening"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_at_a_moment_it_is_as_the_case_says(case: Row) -> None:
    tags = dict(part.strip().split("=", 1) for part in case["tags"].split(" | "))
    is_node = "barrier" in tags or tags.get("highway") == "elevator"
    reading = read_node(tags, Counter()) if is_node else read_way(tags, Counter())
    kind = (reading.obstacle if is_node else reading.kind) or Kind.LINK  # type: ignore[union-attr]
    words = {name: value for name, value in reading.attributes.items() if name in ("opening", "access")}
    edge = EdgeAttributes(kind, **words)  # type: ignore[arg-type]
    if edge.opening != "limited":
        says = {"always": "none", None: "none"}.get(edge.opening, "unread")  # type: ignore[arg-type]
        assert (says, "") == (case["opening"], case["access"])
        return
    assert reading.schedule is not None
    moment = datetime.fromisoformat(case["moment"]).replace(tzinfo=BERLIN)
    then = apply_moment(
        edge, get_moment(reading.schedule, moment, Region()), narrows=reading.schedule.narrows
    )
    access = "" if then.access is None else word(then.access).replace("other", "?")
    assert (word(then.opening).replace("other", "?"), access) == (case["opening"], case["access"])
    assert then in list_variants(edge, reading.schedule)


@pytest.mark.parametrize(
    "text", ["no", "@ (22:00-06:00)", "no @ ()", "no @", "", ";", "no @ (22:00-06:00); and so on"]
)
def test_a_conditional_that_is_no_list_of_clauses_is_not_understood(text: str) -> None:
    assert parse_conditional(text) is None


def test_a_conditional_without_end_is_not_read() -> None:
    assert parse_conditional("no @ (Mo);" * MOST_CLAUSES) is not None
    assert parse_conditional("no @ (Mo);" * (MOST_CLAUSES + 1)) is None
    assert parse_conditional(f"no @ ({'Mo,' * 5000}Mo)") is None
    assert parse_conditional("(" * 200 + ")" * 50) is None


def test_a_gate_keeps_its_hours_and_the_kerb_beside_it_none() -> None:
    data = draw_town(
        "A-----G-----B-----C",
        ways=["AGB highway=footway", "BC highway=footway opening_hours=06:00-22:00"],
        nodes={"G": "barrier=gate kerb=raised opening_hours=08:00-20:00"},
    )
    built = build_network(data)
    scheduled = build_schedules(data, built.network, built.classes)

    kinds = {
        (str(built.classes[built.network.arc_class[arc]].kind), scheduled.schedules[number].hours)
        for arc, number in zip(scheduled.schedule_arc.tolist(), scheduled.schedule_id.tolist(), strict=True)
    }
    assert kinds == {("gate", "08:00-20:00"), ("footway", "06:00-22:00")}


def test_a_condition_opens_no_way_against_its_direction() -> None:
    tags = "highway=footway oneway:foot=yes access=no access:conditional=yes @ (06:00-22:00)"
    data = draw_town("A-----B", ways=[f"AB {tags}"])
    built = build_network(data)
    scheduled = build_schedules(data, built.network, built.classes)
    assert scheduled.schedule_arc.tolist() == find_arcs(built, "A", "B")


def test_the_same_town_gives_the_same_schedules_whatever_the_order() -> None:
    ways = ["AB highway=footway opening_hours=08:00-20:00", "BC highway=path foot:conditional=no @ (Mo)"]
    data = draw_town("A---B---C", ways=ways)
    built = build_network(data)
    scheduled = build_schedules(data, built.network, built.classes)
    assert scheduled.schedules == (
        Schedule("", (Clause("no", ("Mo",)),)),
        Schedule("08:00-20:00"),
    )

    arrays, content = pack_schedules(scheduled)
    read = unpack_schedules(arrays, content, 2 * built.network.edge_count)
    assert (read.schedules, read.schedule_arc.tolist(), read.schedule_id.tolist()) == (
        scheduled.schedules,
        scheduled.schedule_arc.tolist(),
        scheduled.schedule_id.tolist(),
    )
    assert pack_schedules(read)[1] == content


@pytest.mark.parametrize(("arc", "number"), [([9], [0]), ([-1], [0]), ([0], [1]), ([0, 1], [0])])
def test_schedules_that_do_not_fit_the_network_are_an_error(arc: list[int], number: list[int]) -> None:
    arrays = {"schedule_arc": np.array(arc, np.int32), "schedule_id": np.array(number, np.int32)}
    with pytest.raises(ValueError, match="do not fit"):
        unpack_schedules(arrays, b'[{"hours": "24/7", "clauses": [], "narrows": false}]', 4)
