"""Fetching a place or an extract from a server on the loopback, which is as unreliable as the real ones."""

import gzip
import os
import shutil
import tomllib
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import osmium
import osmnx
import pytest

from tests.support.map_server import (
    BUSY,
    KASSEL,
    NODES,
    OSM_AT,
    RELATIONS,
    WAYS,
    WEB_PAGE,
    Answer,
    MapServer,
    build_place,
    draw_town,
    serve_map,
)
from wayfinder.errors import WayfinderError
from wayfinder.sources.attribution import find_attribution
from wayfinder.sources.download import KEPT_S, Endpoints, Fetched, Fetcher, list_tiles
from wayfinder.sources.osm import load_osm
from wayfinder.sources.osm_files import join_files, rewrite_file
from wayfinder.sources.transfer import Manners

OLD = b"the file of last year"


@dataclass
class Bench:
    """A server, and a fetcher whose pauses take no time."""

    server: MapServer
    out: Path
    pauses: list[float] = field(default_factory=list)
    told: list[tuple[str, int, int]] = field(default_factory=list)
    most_bytes: int = 10_000_000

    @property
    def fetcher(self) -> Fetcher:
        endpoints = Endpoints(f"{self.server.url}/nominatim", f"{self.server.url}/overpass")
        manners = Manners(tries=3, timeout_s=5, most_bytes=self.most_bytes, sleep=self.pauses.append)
        return Fetcher(endpoints, manners, lambda *told: self.told.append(told))

    def fetch_place(self, place: str = "Kassel") -> Fetched:
        return self.fetcher.fetch_place(place, self.out)

    def fetch_extract(self, place: str | None = None) -> Fetched:
        return self.fetcher.fetch_extract(f"{self.server.url}/extract.osm.pbf", self.out, place)

    def list_left(self) -> list[str]:
        """What lies beside the file."""
        folder = self.out.parent
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path != self.out)


@pytest.fixture(autouse=True)
def no_pause_of_osmnx(monkeypatch: pytest.MonkeyPatch) -> None:
    """OSMnx waits a second before each question to Nominatim, as its rules ask for."""
    monkeypatch.setattr(osmnx._nominatim, "time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    town = tmp_path / "town.osm"
    town.write_bytes(draw_town())
    rewrite_file(town, tmp_path / "town.osm.pbf", "pbf", None)
    extract = (tmp_path / "town.osm.pbf").read_bytes()
    (tmp_path / "out").mkdir()
    with serve_map(extract=extract) as server:
        yield Bench(server, tmp_path / "out" / "kassel.osm.pbf")


def get_sentence(call: object) -> str:
    with pytest.raises(WayfinderError) as caught:
        call()  # type: ignore[operator]
    return str(caught.value)


# A place


def test_a_place_comes_whole_with_tags_dates_and_attribution(bench: Bench) -> None:
    fetched = bench.fetch_place()

    data = load_osm(bench.out)
    assert {way.id: (way.nodes, way.tags) for way in data.ways} == WAYS
    assert set(data.nodes) == set(NODES) - {4}
    assert data.nodes[2].tags == {"barrier": "bollard"}
    assert [(relation.id, relation.tags) for relation in data.relations] == [(20, RELATIONS[20][1])]
    assert [place.tags["name"] for place in data.places] == ["Löwen & Co"]
    assert {way.edited_day for way in data.ways} == {20_635}  # 2026-07-01
    assert data.osm_at == OSM_AT

    kept = tomllib.loads((bench.out.parent / "kassel.osm.pbf.attribution.toml").read_text())
    assert kept.pop("fetched_at") == fetched.attribution.fetched_at
    assert kept.pop("sha256")
    assert kept == {
        "attribution": "© OpenStreetMap-Mitwirkende, ODbL 1.0",
        "name": "OpenStreetMap",
        "licence": "ODbL-1.0",
        "url": "https://www.openstreetmap.org/copyright",
        "fetched_from": f"{bench.server.url}/overpass",
        "place": "Kassel, Hessen",
        "as_of": OSM_AT,
    }
    assert bench.list_left() == ["kassel.osm.pbf.attribution.toml"]


@pytest.mark.parametrize("name", ["kassel.osm.pbf", "kassel.osm", "kassel.osm.gz"])
def test_version_and_date_of_an_edit_are_kept_and_who_made_it_is_not(bench: Bench, name: str) -> None:
    bench.out = bench.out.with_name(name)

    bench.fetch_place()

    found = {
        (thing.version, f"{thing.timestamp:%Y-%m-%d}", thing.changeset, thing.uid, thing.user)
        for thing in osmium.FileProcessor(bench.out)
    }
    assert found == {(3, "2026-07-01", 0, 0, "")}


def test_every_request_says_who_asks(bench: Bench) -> None:
    bench.fetch_place()

    assert [path for path, _ in bench.server.asked] == ["/nominatim/search", "/overpass/interpreter"]
    assert {headers["user-agent"].split("/")[0] for _, headers in bench.server.asked} == {"Wegweiser"}


def test_a_larger_place_comes_in_tiles_and_each_object_once(bench: Bench) -> None:
    west, south, east, north = KASSEL
    bench.server.places = [build_place((west - 0.1, south - 0.05, east + 0.1, north + 0.05))]

    bench.fetch_place()

    assert len(bench.server.queries) == len(set(bench.server.queries)) == 16
    assert {way.id: way.nodes for way in load_osm(bench.out).ways} == {
        i: refs for i, (refs, _) in WAYS.items()
    }
    assert [told for told in bench.told if told[0] == "fetch"] == [("fetch", i, 16) for i in range(17)]


def test_only_tiles_near_the_place_are_asked_for(bench: Bench) -> None:
    place = build_place((9.3, 51.2, 9.6, 51.4))
    corner, far = [9.3, 51.2], [9.6, 51.4]
    place["geojson"]["coordinates"] = [[corner, [9.6, 51.2], far, [9.59, 51.39], [9.58, 51.21], corner]]
    bench.server.places = [place]

    tiles = list_tiles(bench.fetcher.find_boundary("Kassel"))

    assert len(tiles) == 9  # of 5 columns and 5 rows: along the lower and the right edge
    assert not any(w < 9.4 and s > 51.3 for w, s, _, _ in tiles)


def test_a_broken_fetch_goes_on_with_the_tiles_it_has_for_a_day(bench: Bench) -> None:
    bench.server.places = [build_place((9.44, 51.30, 9.53, 51.33))]
    bench.server.first["/overpass/interpreter"] = []
    tiles = len(list_tiles(bench.fetcher.find_boundary("Kassel")))
    assert tiles == 2
    town = bench.server.draw("node(51,9,52,10)")
    bench.server.first["/overpass/interpreter"] = [Answer(200, {}, town), *[BUSY] * 3]

    sentence = get_sentence(bench.fetch_place)
    assert sentence == "127.0.0.1 is too busy (429); please try again later."
    assert not bench.out.exists()
    kept = [name for name in bench.list_left() if name.endswith(".osm")]
    assert len(kept) == 1

    bench.server.queries.clear()
    bench.fetch_place()
    assert len(bench.server.queries) == 1

    # and not with yesterday's
    bench.out.unlink()
    bench.server.first["/overpass/interpreter"] = [Answer(200, {}, town), *[BUSY] * 3]
    get_sentence(bench.fetch_place)
    old = next(bench.out.parent.rglob("*.osm"))
    os.utime(old, (old.stat().st_mtime - KEPT_S - 1,) * 2)
    bench.server.queries.clear()
    bench.fetch_place()
    assert len(bench.server.queries) == 2


def test_a_compressed_answer_is_read_as_well(bench: Bench) -> None:
    packed = gzip.compress(bench.server.draw("node(51,9,52,10)"))
    bench.server.first["/overpass/interpreter"] = [Answer(200, {"Content-Encoding": "gzip"}, packed)]

    bench.fetch_place()

    assert len(load_osm(bench.out).ways) == len(WAYS)


def test_a_busy_server_is_asked_again_after_the_pause_it_asks_for(bench: Bench) -> None:
    bench.server.first["/nominatim/search"] = [Answer(429, {"Retry-After": "7"}), Answer(503)]
    bench.server.first["/overpass/interpreter"] = [Answer(504), Answer(429, {"Retry-After": "30"})]

    bench.fetch_place()

    assert bench.pauses == [7, 4, 2, 30]
    assert bench.out.exists()


def test_half_an_answer_of_overpass_is_no_answer(bench: Bench) -> None:
    whole = bench.server.draw("node(51,9,52,10)")
    bench.server.first["/overpass/interpreter"] = [Answer(200, {}, whole[:-30]), Answer(200, {}, whole, 300)]

    bench.fetch_place()
    assert len(bench.server.queries) == 1
    assert len(bench.pauses) == 2

    bench.server.remark = "runtime error: Query timed out in &quot;query&quot; after 180 seconds."
    assert get_sentence(bench.fetch_place).startswith(
        "127.0.0.1 could not answer wholly: runtime error: Query timed out"
    )


WRONG_PLACES = {
    "unknown": ([], "The map has no place called Kassel."),
    "a point": (
        [build_place(KASSEL) | {"geojson": {"type": "Point", "coordinates": [9.5, 51.3]}}],
        "The map has no boundary for Kassel; please name a city or a district.",
    ),
    "too large": (
        [build_place((5.9, 47.3, 15.0, 55.0), "Deutschland")],
        "Deutschland is too large for Overpass; please give an extract by --url.",
    ),
    "half a hit": ([{"display_name": "Kassel"}], "127.0.0.1 sent a damaged answer."),
    "the sea": ([build_place((0.0, 0.0, 0.01, 0.01), "Null Island")], "The map has no ways in Null Island."),
}


@pytest.mark.parametrize(("places", "expected"), WRONG_PLACES.values(), ids=WRONG_PLACES)
def test_a_place_that_cannot_be_fetched_is_one_sentence(bench: Bench, places: list, expected: str) -> None:
    bench.server.places = places
    bench.out.write_bytes(OLD)

    assert get_sentence(bench.fetch_place) == expected
    assert bench.out.read_bytes() == OLD


WRONG_ANSWERS = {
    "web page": (WEB_PAGE, "127.0.0.1 answers with a web page instead of map data."),
    "no JSON": (Answer(200, {"Content-Type": "application/json"}, b"{"), "127.0.0.1 sent a damaged answer."),
    "forbidden": (Answer(403), "127.0.0.1 does not grant {url}/nominatim/search?"),
}


@pytest.mark.parametrize(("answer", "expected"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_a_wrong_answer_of_nominatim_is_one_sentence(bench: Bench, answer: Answer, expected: str) -> None:
    bench.server.first["/nominatim/search"] = [answer]

    assert get_sentence(bench.fetch_place).startswith(expected.format(url=bench.server.url))


@pytest.mark.parametrize("answer", [WEB_PAGE, Answer(200, {}, b"<!DOCTYPE html><p>no"), Answer(200, {}, b"")])
def test_a_web_page_of_overpass_is_no_map(bench: Bench, answer: Answer) -> None:
    bench.server.first["/overpass/interpreter"] = [answer] * 3

    sentences = {
        "127.0.0.1 answers with a web page instead of map data.",
        "127.0.0.1 sent a damaged answer.",
    }
    assert get_sentence(bench.fetch_place) in sentences
    assert not bench.out.exists()


def test_a_service_that_is_not_there_is_one_sentence(bench: Bench) -> None:
    nobody = "http://127.0.0.1:9"
    for endpoints in (Endpoints(nobody, nobody), Endpoints(f"{bench.server.url}/nominatim", nobody)):
        fetcher = Fetcher(endpoints, bench.fetcher.manners)
        sentence = get_sentence(lambda fetcher=fetcher: fetcher.fetch_place("Kassel", bench.out))
        assert sentence == "127.0.0.1 cannot be reached: Connection refused."


# An extract


def test_an_extract_is_kept_byte_by_byte(bench: Bench) -> None:
    fetched = bench.fetch_extract()

    assert bench.out.read_bytes() == bench.server.extract
    assert fetched.attribution.fetched_from == f"{bench.server.url}/extract.osm.pbf"
    assert find_attribution(bench.out) == fetched.attribution
    assert bench.list_left() == ["kassel.osm.pbf.attribution.toml"]
    size = len(bench.server.extract)
    assert [told for told in bench.told if told[0] == "fetch"][-1] == ("fetch", size, size)


def test_an_extract_goes_on_where_the_line_broke(bench: Bench) -> None:
    bench.server.cuts = [100, 50]

    bench.fetch_extract()

    assert bench.out.read_bytes() == bench.server.extract
    assert [headers.get("range") for _, headers in bench.server.asked] == [None, "bytes=100-", "bytes=150-"]
    assert bench.pauses == [2, 2]  # each time there was a gain


def test_the_next_call_goes_on_where_the_last_one_gave_up(bench: Bench) -> None:
    bench.server.cuts = [100, 0, 0]
    bench.out.write_bytes(OLD)
    assert get_sentence(bench.fetch_extract) == (
        "The connection to 127.0.0.1 broke off after 0 MB; the same command goes on from there."
    )
    assert bench.out.read_bytes() == OLD

    bench.server.asked.clear()
    bench.fetch_extract()

    assert bench.server.asked[0][1]["range"] == "bytes=100-"
    assert bench.out.read_bytes() == bench.server.extract
    assert bench.list_left() == ["kassel.osm.pbf.attribution.toml"]


@pytest.mark.parametrize("why", ["no ranges", "changed", "weak tag", "no validator"])
def test_what_cannot_be_continued_starts_anew(bench: Bench, why: str) -> None:
    bench.server.cuts = [100, 0, 0]
    if why == "weak tag":
        bench.server.headers = {"ETag": 'W/"one"'}
    if why == "no validator":
        bench.server.headers = {}
    get_sentence(bench.fetch_extract)
    bench.server.asked.clear()

    if why == "no ranges":
        bench.server.ranges = False
    if why == "changed":
        bench.server.headers = {"ETag": '"two"'}
        older = bench.server.extract
        bench.server.extract = gzip.compress(draw_town())  # an extract of another day
        assert len(bench.server.extract) > 100
        assert bench.server.extract[:100] != older[:100]
        bench.out = bench.out.with_name("kassel.osm.gz")
        (bench.out.parent / ".kassel.osm.pbf.fetch").rename(bench.out.parent / ".kassel.osm.gz.fetch")
    bench.fetch_extract()

    asked_for_rest = "range" in bench.server.asked[0][1]
    assert asked_for_rest == (why in ("no ranges", "changed"))
    assert bench.out.read_bytes() == bench.server.extract


def test_a_date_will_do_where_there_is_no_entity_tag(bench: Bench) -> None:
    bench.server.headers = {"Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"}
    bench.server.cuts = [100]

    bench.fetch_extract()

    assert bench.server.asked[1][1]["if-range"] == "Fri, 20 Nov 2026 10:00:00 GMT"
    assert bench.out.read_bytes() == bench.server.extract


def test_an_extract_is_cut_to_the_place_with_whole_ways(bench: Bench) -> None:
    bench.server.places = [build_place((9.47, 51.30, 9.48, 51.306))]  # nodes 1, 6 and 7 with their margin

    fetched = bench.fetch_extract("Kassel")

    data = load_osm(bench.out)
    assert sorted({way.id for way in data.ways}) == [10, 12]
    assert data.ways[0].nodes == (1, 2, 3)
    assert [relation.id for relation in data.relations] == [20]
    assert data.places == ()
    assert fetched.attribution.place == "Kassel, Hessen"


def test_an_extract_takes_the_form_its_new_name_asks_for(bench: Bench) -> None:
    bench.out = bench.out.with_name("kassel.osm.gz")

    bench.fetch_extract()

    assert gzip.decompress(bench.out.read_bytes()).startswith(b"<?xml")
    assert len(load_osm(bench.out).ways) == len(WAYS)


WRONG_FILES = {
    "a web page": (WEB_PAGE, "127.0.0.1 answers with a web page instead of map data."),
    "a web page in disguise": (
        Answer(200, {}, b"<!DOCTYPE html><html>login"),
        "extract.osm.pbf is a web page, not an OSM file.",
    ),
    "missing": (Answer(404), "127.0.0.1 does not grant {url}/extract.osm.pbf: 404 Not Found."),
    "empty": (Answer(200, {}, b""), "extract.osm.pbf is empty."),
    "noise": (
        Answer(200, {}, b"noise"),
        "extract.osm.pbf is not an OSM file (pbf, osm, osm.gz or osm.bz2).",
    ),
    "too patient": (
        Answer(429, {"Retry-After": "86400"}),
        "The server asks for a pause of 86400 s; please try again then.",
    ),
    "an odd redirect": (
        Answer(302, {"Location": "file:///etc/passwd"}),
        "127.0.0.1 does not grant {url}/extract.osm.pbf: 302 Found",
    ),
}


@pytest.mark.parametrize(("answer", "expected"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_what_is_no_extract_is_one_sentence(bench: Bench, answer: Answer, expected: str) -> None:
    bench.server.first["/extract.osm.pbf"] = [answer]
    bench.out.write_bytes(OLD)

    assert get_sentence(bench.fetch_extract).startswith(expected.format(url=bench.server.url))
    assert bench.out.read_bytes() == OLD
    assert bench.list_left() == []


def test_a_file_cut_off_at_its_source_is_no_extract(bench: Bench) -> None:
    bench.server.extract = bench.server.extract[:-40]

    assert "it is cut off" in get_sentence(bench.fetch_extract)
    assert bench.list_left() == []


def test_what_is_larger_than_allowed_is_refused_before_it_comes_or_while_it_comes(bench: Bench) -> None:
    bench.most_bytes = 1_000_000
    large = b"x" * 1_000_001
    bench.server.first["/extract.osm.pbf"] = [
        Answer(200, {}, large),
        Answer(200, {"Content-Length": "", "Connection": "close"}, large, len(large)),
    ]

    for _ in range(2):
        sentence = get_sentence(bench.fetch_extract)
        assert sentence.endswith("/extract.osm.pbf is larger than 1 MB; --max-mb allows more.")
    assert not bench.out.exists()


def test_a_full_disk_is_one_sentence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 90, 10))

    assert get_sentence(bench.fetch_extract).endswith("has no room for 1 MB more, only for 0 MB.")
    assert not bench.out.exists()


def test_two_fetches_do_not_write_the_same_file(bench: Bench) -> None:
    sentences = []

    def fetch_too(step: str, done: int, total: int) -> None:
        if not sentences:
            sentences.append(get_sentence(bench.fetch_extract))

    Fetcher(bench.fetcher.endpoints, progress=fetch_too).fetch_extract(
        f"{bench.server.url}/extract.osm.pbf", bench.out
    )

    assert sentences == [f"{bench.out} is being fetched already."]
    assert bench.out.read_bytes() == bench.server.extract


def test_an_address_loses_its_secrets_before_it_is_kept(bench: Bench) -> None:
    url = f"{bench.server.url}/extract.osm.pbf?token=1#x"
    fetched = bench.fetcher.fetch_extract(url, bench.out)

    assert fetched.attribution.fetched_from == f"{bench.server.url}/extract.osm.pbf"


def test_an_attribution_says_nothing_of_another_file(bench: Bench) -> None:
    bench.fetch_extract()
    bench.out.write_bytes(OLD)

    assert find_attribution(bench.out) is None


def test_joined_pieces_keep_the_newest_version_of_each_object(tmp_path: Path) -> None:
    node = '<node id="{}" version="{}" timestamp="2026-01-0{}T00:00:00Z" lat="51.3" lon="9.4{}"/>'
    pieces = []
    for number, nodes in enumerate(([(1, 1, 1, 1), (2, 1, 1, 1)], [(1, 2, 2, 2), (3, 1, 1, 3)])):
        pieces.append(tmp_path / f"{number}.osm")
        drawn = "".join(node.format(*values) for values in nodes)
        pieces[-1].write_text(
            f'<osm version="0.6">{drawn}<way id="9" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>'
            '<tag k="highway" v="path"/></way></osm>'
        )

    for order, out in ((pieces, "a.osm.pbf"), (pieces[::-1], "b.osm.pbf")):
        join_files(order, tmp_path / out, "pbf", OSM_AT, (9, 51, 10, 52))

    data = load_osm(tmp_path / "a.osm.pbf")
    assert {ref: found.lon for ref, found in data.nodes.items()} == {1: 9.42, 2: 9.41, 3: 9.43}
    assert [way.id for way in data.ways] == [9]
    assert data.osm_at == OSM_AT
    assert (tmp_path / "a.osm.pbf").read_bytes() == (tmp_path / "b.osm.pbf").read_bytes()
