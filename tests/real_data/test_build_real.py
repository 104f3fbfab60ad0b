"""Real cities: they build, open quickly, and their streets are found with typing errors in them."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wayfinder.city.artifact import City, open_city
from wayfinder.city.build import build_city

ROOT = Path(__file__).parent.parent.parent
OSM = Path(os.environ.get("WAYFINDER_SHARED_DATA") or ROOT.parent / "shared" / "data") / "osm"
TOWNS = ("heidelberg", "badwildbad", "miraustr")
EXTENTS = {
    "heidelberg": (8.584, 49.343, 8.845, 49.506),
    "badwildbad": (8.534, 48.734, 8.577, 48.770),
    "miraustr": (13.289, 52.575, 13.329, 52.595),
}

pytestmark = pytest.mark.skipif(not OSM.is_dir(), reason="real city data is not beside the checkout")


@pytest.fixture(scope="module", params=TOWNS)
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city") / str(request.param)
    build_city(OSM / f"{request.param}.osm.pbf", str(request.param), folder)
    return open_city(folder, verify=True)


def get_hit_rate(city: City, change: Callable[[str], str], most: int) -> float:
    names = sorted({name for name in city.names if len(name) > 5 and "," not in name})
    names = [name for name in names if any(hit.label == name for hit in city.addresses.search(name, most))]
    tried = random.Random(1).sample(names, min(300, len(names)))
    hits = sum(any(hit.label == name for hit in city.addresses.search(change(name), most)) for name in tried)
    return hits / len(tried)


def mistype(name: str, generator: random.Random) -> str:
    at = generator.randrange(1, len(name))
    letter = generator.choice("abcdefghijklmnopqrstuvwxyz")
    return generator.choice(
        (
            name[:at] + letter + name[at:],
            name[:at] + name[at + 1 :],
            name[:at] + letter + name[at + 1 :],
            name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
        )
    )


def test_streets_are_found_in_spite_of_typing_errors(city: City) -> None:
    generator = random.Random(2)
    bare = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})
    double = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

    assert get_hit_rate(city, str.upper, 1) == 1.0
    assert get_hit_rate(city, lambda name: name.translate(bare), 1) == 1.0
    assert get_hit_rate(city, lambda name: name.translate(double), 1) == 1.0
    assert get_hit_rate(city, lambda name: mistype(name, generator), 1) >= 0.95
    assert get_hit_rate(city, lambda name: mistype(mistype(name, generator), generator), 1) >= 0.90
    assert get_hit_rate(city, lambda name: name[:6], 5) >= 0.80


def test_a_city_opens_at_once(city: City) -> None:
    def measure() -> float:
        began_s = time.perf_counter()
        open_city(city.folder)
        return time.perf_counter() - began_s

    assert min(measure() for _ in range(5)) < 0.05


def test_the_nodes_of_a_city_are_where_the_file_says(city: City) -> None:
    west, south, east, north = EXTENTS[city.info.name]
    lon, lat = city.network.node_lon, city.network.node_lat
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)

    # Whole ways are kept, so that some lead out of the extract.
    assert inside.mean() > 0.85
    assert city.info.counts["edges"] > 1000
    assert city.info.osm_at is not None


def test_heidelberg_is_built_in_less_than_1500_mb(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from wayfinder.city.build import build_city;"
        "build_city(Path(sys.argv[1]), 'Heidelberg', Path(sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(OSM / "heidelberg.osm.pbf"), str(tmp_path / "heidelberg")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) / 1024 < 1500
