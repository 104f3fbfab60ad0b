"""On real cities, nearly everything that is tagged is understood; the rest is listed (pytest -s shows it)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import osmium
import pytest

from wayfinder.routing.attributes import OTHER, Kind
from wayfinder.routing.tags import Misreadings, NotUnderstood, read_node, read_way

DATA = Path(os.environ.get("WAYFINDER_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data") / "osm"
CITIES = ("badwildbad", "darmstadt-frankfurt", "garmisch", "heidelberg", "miraustr")
Tags = dict[str, str]

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="real city data is not beside the checkout")

WAY_KEYS = ("surface", "smoothness", "width", "incline")
NODE_KEYS = ("kerb", "kerb:height")


@cache
def load_tags(city: str) -> tuple[list[Tags], list[Tags]]:
    ways: list[Tags] = []
    nodes: list[Tags] = []
    for item in osmium.FileProcessor(str(DATA / f"{city}.osm.pbf")):
        if len(item.tags) and item.is_way():
            ways.append({tag.k: tag.v for tag in item.tags})
        elif len(item.tags) and item.is_node():
            nodes.append({tag.k: tag.v for tag in item.tags})
    return ways, nodes


def list_keys(tags: Tags, wanted: tuple[str, ...]) -> Iterator[str]:
    """Wanted keys, also of a pavement: sidewalk:left:width is a width."""
    for key in tags:
        plain = key.replace(".", ":").removeprefix("sidewalk:").removeprefix("footway:")
        plain = plain.removeprefix("left:").removeprefix("right:").removeprefix("both:")
        if plain in wanted:
            yield plain


@pytest.mark.parametrize("city", CITIES)
def test_nearly_all_tagged_values_are_understood(city: str) -> None:
    ways, nodes = load_tags(city)
    tagged: Counter[str] = Counter()
    misreadings: Misreadings = Counter()
    for tags in ways:
        if read_way(tags, misreadings).kind is not None:
            tagged.update(list_keys(tags, WAY_KEYS))
    for tags in nodes:
        tagged.update(list_keys(tags, NODE_KEYS))
        read_node(tags, misreadings)
    print(f"\n{city}: tagged {dict(tagged)}; not understood:")
    for mark, count in misreadings.most_common(20):
        print(f"  {count:5} {mark.key}={mark.value}")
    missed: Counter[str] = Counter()
    for mark, count in misreadings.items():
        for plain in list_keys({mark.key: mark.value}, WAY_KEYS + NODE_KEYS):
            missed[plain] += count
    shares = {key: 1 - missed[key] / tagged[key] for key in tagged}
    assert tagged["surface"] > 500
    assert {key: share for key, share in shares.items() if share < 0.99 and missed[key] > 1} == {}


@pytest.mark.parametrize("city", CITIES)
def test_what_is_tagged_on_a_footway_stands_in_its_reading(city: str) -> None:
    ways, _ = load_tags(city)
    attribute_of = {"surface": "surface", "smoothness": "smoothness", "width": "width_cm"}
    lost: Counter[NotUnderstood] = Counter()
    for tags in ways:
        reading = read_way(tags, Counter())
        if reading.kind in (None, Kind.LIFT) or reading.attributes.get("sidewalk") == "yes":
            continue
        for key, attribute in attribute_of.items():
            if key in tags and attribute not in reading.attributes:
                lost[NotUnderstood(key, tags[key])] += 1
        if "incline" in tags and reading.incline_percent is None and reading.incline_direction is None:
            lost[NotUnderstood("incline", tags["incline"])] += 1
    assert not lost


@pytest.mark.parametrize("city", CITIES)
def test_every_tagged_kerb_stands_in_its_reading_and_a_raised_one_is_never_low(city: str) -> None:
    _, nodes = load_tags(city)
    for tags in nodes:
        kerb = read_node(tags, Counter()).kerb_cm
        if "kerb" in tags or "kerb:height" in tags or tags.get("barrier") == "kerb":
            assert kerb is not None, tags
        if "raised" in tags.get("kerb", "") and "kerb:height" not in tags:
            assert kerb is not OTHER and kerb is not None and kerb.low > 3, tags


@pytest.mark.parametrize("city", CITIES)
def test_steps_are_never_read_as_anything_level(city: str) -> None:
    ways, _ = load_tags(city)
    kinds = {read_way(tags, Counter()).kind for tags in ways if tags.get("highway") == "steps"}
    assert kinds <= {Kind.STEPS, Kind.ESCALATOR, None}
