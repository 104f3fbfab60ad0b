"""A real town, fetched in the tiles of Overpass or cut from an extract, is the town of the whole file."""

from pathlib import Path

import osmium
import osmnx
import pytest

from tests.support.map_server import OSM_AT, MapServer, build_place, serve_map
from wayfinder.sources import download
from wayfinder.sources.download import Endpoints, Fetcher
from wayfinder.sources.osm import load_osm
from wayfinder.sources.osm_files import COUNTRYSIDE, rewrite_file

TOWN = (8.534, 48.734, 8.577, 48.770)


class _RealServer(MapServer):
    """Overpass over a real file; each answer is what the file has in the box asked for."""

    osm: Path
    work: Path

    def draw(self, query: str) -> bytes:
        south, west, north, east = map(float, query.partition("node(")[2].partition(")")[0].split(","))
        answer = self.work / f"{len(self.queries)}.osm"
        rewrite_file(self.osm, answer, "osm", (west, south, east, north))
        head, _, rest = answer.read_bytes().partition(b"<bounds")
        return head + f'<meta osm_base="{OSM_AT}"/>'.encode() + b"<bounds" + rest


def test_bad_wildbad_comes_in_tiles_and_loses_nothing(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TILE_M", 3_000.0)
    monkeypatch.setattr(
        osmnx._nominatim, "time", type("NoPause", (), {"sleep": staticmethod(lambda s: None)})
    )
    source, out = shared_data / "osm" / "badwildbad.osm.pbf", tmp_path / "wildbad.osm.pbf"
    spots = [(n.lon, n.lat) for n in osmium.FileProcessor(source, osmium.osm.NODE)]
    west, south = (min(spot[axis] for spot in spots) for axis in (0, 1))
    east, north = (max(spot[axis] for spot in spots) for axis in (0, 1))
    with serve_map(_RealServer, places=[build_place((west, south, east, north))]) as server:
        server.osm, server.work = source, tmp_path  # type: ignore[attr-defined]
        Fetcher(Endpoints(f"{server.url}/nominatim", f"{server.url}/overpass")).fetch_place(
            "Bad Wildbad", out
        )
        assert len(server.queries) > 3

    whole, fetched = load_osm(source), load_osm(out)
    assert fetched.nodes == whole.nodes
    assert fetched.ways == whole.ways
    assert fetched.relations == whole.relations
    assert fetched.walls == whole.walls
    lost = [place for place in whole.places if place not in fetched.places]
    assert all(place.type == "relation" and any(key in place.tags for key in COUNTRYSIDE) for place in lost)


def test_a_part_of_miraustrasse_keeps_every_way_that_touches_it(shared_data: Path, tmp_path: Path) -> None:
    source, out = shared_data / "osm" / "miraustr.osm.pbf", tmp_path / "part.osm.pbf"
    west, south, east, north = 13.300, 52.580, 13.315, 52.590
    rewrite_file(source, out, "pbf", (west, south, east, north))

    whole, part = load_osm(source), load_osm(out)
    inside = {
        ref for ref, node in whole.nodes.items() if west <= node.lon <= east and south <= node.lat <= north
    }
    expected = [way for way in whole.ways if inside & set(way.nodes) and way.tags]
    assert [way for way in part.ways if way.tags and inside & set(way.nodes)] == expected
    assert len(expected) > 500
    assert whole.osm_at is not None and part.osm_at is not None
    assert part.osm_at <= whole.osm_at
