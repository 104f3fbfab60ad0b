"""Tags -> attributes, by the rows of cases/tags_*.csv: whole answers compared."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from wayfinder.errors import TableError
from wayfinder.routing import tag_rules
from wayfinder.routing.attributes import ATTRIBUTE_INDEX, OTHER, Interval, Kind
from wayfinder.routing.tags import (
    Misreadings,
    NodeReading,
    NotUnderstood,
    Side,
    SideReading,
    WayReading,
    read_node,
    read_pavement,
    read_way,
)
from wayfinder.tables import Row, read_table

CASES = Path(__file__).parent / "cases"
COLUMNS = ("name", "tags", "expected")


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(" | ") if part.strip()]


def _split_tags(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in _split(text))


def list_cases(file: str) -> list[object]:
    return [
        pytest.param(_split_tags(row["tags"]), set(_split(row["expected"])), id=row["name"])
        for row in read_table(CASES / file, COLUMNS, key=("name",), filled=("name",))
    ]


@pytest.mark.parametrize(("tags", "expected"), list_cases("tags_way.csv"))
def test_way_says(tags: dict[str, str], expected: set[str]) -> None:
    misreadings: Misreadings = Counter()
    reading = read_way(tags, misreadings)
    assert set(show_way(reading, misreadings)) == expected


@pytest.mark.parametrize(
    "row", read_table(CASES / "tags_pavement.csv", COLUMNS, filled=("name",)), ids=lambda row: row["name"]
)
def test_pavement_says(row: Row) -> None:
    side, tags = row["tags"].split(" | ", 1)
    road = read_way(_split_tags(tags), Counter())
    assert Side(side) in road.pavements
    assert set(show_way(read_pavement(road, Side(side)), Counter())) == set(_split(row["expected"]))


@pytest.mark.parametrize(("tags", "expected"), list_cases("tags_node.csv"))
def test_node_says(tags: dict[str, str], expected: set[str]) -> None:
    misreadings: Misreadings = Counter()
    reading = read_node(tags, misreadings)
    assert set(show_node(reading, misreadings)) == expected


def test_order_of_tags_does_not_matter() -> None:
    for file, read in (("tags_way.csv", read_way), ("tags_node.csv", read_node)):
        for row in read_table(CASES / file, COLUMNS, filled=("name",)):
            tags = _split_tags(row["tags"])
            backwards = dict(reversed(tags.items()))
            assert read(tags, Counter()) == read(backwards, Counter()), row["name"]


def test_what_is_not_understood_is_counted_each_time() -> None:
    misreadings: Misreadings = Counter()
    for _ in range(3):
        read_way({"highway": "footway", "surface": "lava", "width": "wide"}, misreadings)
    read_node({"kerb": "lava"}, misreadings)
    assert misreadings == {
        NotUnderstood("surface", "lava"): 3,
        NotUnderstood("width", "wide"): 3,
        NotUnderstood("kerb", "lava"): 1,
    }


def test_tags_of_ways_that_carry_nobody_are_not_counted() -> None:
    misreadings: Misreadings = Counter()
    read_way({"highway": "motorway", "surface": "lava", "width": "wide"}, misreadings)
    assert not misreadings


def test_kerb_height_taken_as_centimetres_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    read_node({"kerb:height": "14.25"}, Counter())
    assert [record.getMessage() for record in caplog.records] == [
        "kerb height '14.25' has no unit and is read as centimetres"
    ]


def test_every_attribute_of_a_reading_is_an_attribute_with_a_listed_value() -> None:
    table = tag_rules.load_tag_rules()
    known = set(ATTRIBUTE_INDEX) | set(tag_rules.FIELDS)
    said = {
        fact.attribute
        for keys in table.objects.values()
        for rules in keys.values()
        for facts in rules.words.values()
        for fact in facts
    }
    assert said <= known
    assert {"kind", "surface", "smoothness", "handrail", "step_ramp", "crossing", "access"} <= said


def test_reading_25_000_ways_takes_no_longer_than_a_breath() -> None:
    ways = [_split_tags(row["tags"]) for row in read_table(CASES / "tags_way.csv", COLUMNS, filled=("name",))]
    started = time.perf_counter()
    for number in range(25_000):
        read_way(ways[number % len(ways)], Counter())
    assert time.perf_counter() - started < 5.0


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("road,surface,asphalt,surface,lava,me", "line 2: reading is 'lava', not one of asphalt"),
        ("road,surface,asphalt,surfaec,asphalt,me", "line 2: attribute is 'surfaec', which nothing reads"),
        ("street,surface,asphalt,surface,asphalt,me", "line 2: object is 'street', not one of way"),
        ("road,width,*,width_cm,[feet],me", "line 2: parser is 'feet', not one of length_cm"),
        ("road,width,wide,width_cm,200,me", "line 2: width_cm is a number and needs a parser"),
        ("node,kerb,raised,kerb_cm,high,me", "line 2: reading is 'high', not an interval like 0..3"),
        ("road,surface,asphalt|asphalt,surface,asphalt,me", "line 2: surface=asphalt is said twice of"),
        ("road,surface,asphalt,surface,asphalt,", "line 2: source is empty"),
    ],
)
def test_wrong_row_is_named_by_file_and_line(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "tags.csv"
    path.write_text(f"object,key,value,attribute,reading,source\n{row}\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"^tags\.csv, ") as caught:
        tag_rules.load_tag_rules(path)
    assert problem in str(caught.value)


def show_way(reading: WayReading, misreadings: Misreadings) -> Iterator[str]:
    yield f"kind={reading.kind.value if reading.kind else 'none'}"
    yield from _show_values(reading.attributes)
    yield from _show_side("left", reading.left)
    yield from _show_side("right", reading.right)
    fields = {
        "incline": reading.incline_percent,
        "direction": reading.incline_direction,
        "kerb": reading.kerb_cm,
        "oneway": reading.oneway or None,
        "layer": reading.layer or None,
        "name": reading.name or None,
    }
    yield from _show_values({name: value for name, value in fields.items() if value is not None})
    yield from ["area"] if reading.is_area else []
    yield from [f"levels={reading.levels[0]:g}..{reading.levels[1]:g}"] if reading.levels else []
    yield from _show_misreadings(misreadings)


def show_node(reading: NodeReading, misreadings: Misreadings) -> Iterator[str]:
    yield from [f"obstacle={Kind(reading.obstacle).value}"] if reading.obstacle else []
    yield from _show_values(reading.attributes)
    yield from _show_values({"kerb": reading.kerb_cm} if reading.kerb_cm is not None else {})
    yield from ["crossing_here"] if reading.is_crossing else []
    yield from [f"levels={reading.levels[0]:g}..{reading.levels[1]:g}"] if reading.levels else []
    yield from [f"name={reading.name}"] if reading.name else []
    yield from _show_misreadings(misreadings)


def _show_side(name: str, side: SideReading) -> Iterator[str]:
    shown: dict[str, object] = {f"{name}.{attribute}": value for attribute, value in side.attributes.items()}
    if side.sidewalk is not None:
        shown[f"{name}.sidewalk"] = side.sidewalk
    if side.kerb_cm is not None:
        shown[f"{name}.kerb"] = side.kerb_cm
    yield from _show_values(shown)


def _show_values(values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        if value is OTHER:
            yield f"{name}=OTHER"
        elif isinstance(value, Interval):
            yield f"{name}={value.low:g}..{'' if value.high == float('inf') else f'{value.high:g}'}"
        elif isinstance(value, int | float):
            yield f"{name}={value:.10g}"
        else:
            yield f"{name}={value}"


def _show_misreadings(misreadings: Misreadings) -> Iterator[str]:
    for mark, count in misreadings.items():
        assert count == 1
        yield f"misread={mark.key}={mark.value}"
