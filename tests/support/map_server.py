"""A loopback server in place of Nominatim, Overpass and a house of extracts; it fails as it is told to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import quoteattr

KASSEL = (9.47, 51.30, 9.52, 51.33)
"""West, south, east, north of the town the server knows."""
OSM_AT = "2026-11-20T10:00:00Z"
NODES: dict[int, tuple[float, float, dict[str, str]]] = {
    1: (9.4750, 51.3050, {}),
    2: (9.4950, 51.3050, {"barrier": "bollard"}),
    3: (9.5150, 51.3250, {}),
    4: (9.4900, 51.3200, {"amenity": "pharmacy", "name": "Löwen & Co"}),
    5: (9.6000, 51.3300, {}),
    6: (9.4800, 51.3100, {}),
    7: (9.4810, 51.3110, {}),
}
WAYS: dict[int, tuple[tuple[int, ...], dict[str, str]]] = {
    10: ((1, 2, 3), {"highway": "footway", "surface": "asphalt"}),
    11: ((3, 5), {"highway": "path"}),
    12: ((6, 7, 1, 6), {}),
}
RELATIONS = {20: ((12,), {"type": "multipolygon", "highway": "pedestrian"})}


@dataclass(frozen=True)
class Answer:
    """One answer as it goes over the wire; `cut_at` bytes of the body, and then the line is dead."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut_at: int | None = None


BUSY = Answer(429, {"Retry-After": "0"})
WEB_PAGE = Answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<!DOCTYPE html><p>Please log in.")


@dataclass
class MapServer:
    """What the server holds and what it was asked.

    Attributes
    ----------
    extract
        Content of ``/extract.osm.pbf`` (and of any other path that ends so).
    headers
        Of the extract.
    ranges
        Whether it goes on from the middle.
    cuts
        After how many bytes of each answer's body the line breaks; then it holds.
    first
        Path -> answers to give before the true ones.
    places
        What Nominatim knows.
    """

    url: str = ""
    extract: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    first: dict[str, list[Answer]] = field(default_factory=dict)
    places: list[dict[str, Any]] = field(default_factory=lambda: [build_place(KASSEL)])
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    remark: str = ""
    empty: bool = False

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request as the real one would, unless told otherwise."""
        self.asked.append((path, {name.lower(): value for name, value in headers.items()}))
        if self.first.get(path):
            return self.first[path].pop(0)
        if path == "/nominatim/search":
            return Answer(200, {"Content-Type": "application/json"}, json.dumps(self.places).encode())
        if path == "/overpass/interpreter":
            query = parse_qs(body.decode())["data"][0]
            self.queries.append(query)
            return Answer(200, {"Content-Type": "application/osm3s+xml"}, self.draw(query))
        if path.endswith("/extract.osm.pbf"):
            return self._give_extract(headers)
        return Answer(404)

    def _give_extract(self, headers: Mapping[str, str]) -> Answer:
        asked = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))
        same = headers.get("If-Range") in self.headers.values()
        start, size = int(asked[1]) if asked and same and self.ranges else 0, len(self.extract)
        cut = self.cuts.pop(0) if self.cuts else None
        if start >= size:
            return Answer(416, {"Content-Range": f"bytes */{size}"})
        given = {"Content-Type": "application/octet-stream", **self.headers}
        if start:
            given["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        return Answer(206 if start else 200, given, self.extract[start:], cut)

    def draw(self, query: str) -> bytes:
        """What Overpass answers to a query, which names its box with the nodes."""
        box = re.search(r"node\(([\d.-]+),([\d.-]+),([\d.-]+),([\d.-]+)\)", query)
        assert box, query
        south, west, north, east = map(float, box.groups())
        near = {i for i, (lon, lat, _) in NODES.items() if west <= lon <= east and south <= lat <= north}
        ways = {i for i, (refs, _) in WAYS.items() if near & set(refs)}
        areas = {i for i, (members, _) in RELATIONS.items() if ways & set(members)}
        nodes = near | {ref for i in ways for ref in WAYS[i][0]}
        things = [] if self.empty else [*draw_nodes(nodes), *draw_ways(ways), *draw_relations(areas)]
        remark = f"<remark> {self.remark} </remark>" if self.remark else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="Overpass API">\n'
            f'<note>ODbL</note><meta osm_base="{OSM_AT}"/>\n{"".join(things)}{remark}\n</osm>\n'
        ).encode()


def build_place(extent: tuple[float, float, float, float], name: str = "Kassel, Hessen") -> dict[str, Any]:
    """A hit of Nominatim with a square boundary."""
    west, south, east, north = extent
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "display_name": name,
        "importance": 0.6,
        "lat": str((south + north) / 2),
        "lon": str((west + east) / 2),
        "boundingbox": [str(south), str(north), str(west), str(east)],
        "geojson": {"type": "Polygon", "coordinates": [ring]},
    }


def draw_town() -> bytes:
    """The whole town as an OSM file."""
    things = [*draw_nodes(NODES), *draw_ways(WAYS), *draw_relations(RELATIONS)]
    return f'<osm version="0.6">{"".join(things)}</osm>'.encode()


def draw_nodes(ids: Iterable[int]) -> list[str]:
    return [_draw("node", i, NODES[i][2], lon=str(NODES[i][0]), lat=str(NODES[i][1])) for i in sorted(ids)]


def draw_ways(ids: Iterable[int]) -> list[str]:
    return [
        _draw("way", i, WAYS[i][1], "".join(f'<nd ref="{ref}"/>' for ref in WAYS[i][0])) for i in sorted(ids)
    ]


def draw_relations(ids: Iterable[int]) -> list[str]:
    drawn = []
    for i in sorted(ids):
        members = "".join(f'<member type="way" ref="{ref}" role="outer"/>' for ref in RELATIONS[i][0])
        drawn.append(_draw("relation", i, RELATIONS[i][1], members))
    return drawn


def _draw(kind: str, number: int, tags: Mapping[str, str], inside: str = "", **places: str) -> str:
    edited = {
        "version": "3",
        "timestamp": "2026-07-01T12:00:00Z",
        "changeset": "5",
        "uid": "7",
        "user": "Eva",
    }
    values = {"id": str(number), **edited, **places}
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in values.items())
    drawn = "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
    return f"<{kind} {attributes}>{inside}{drawn}</{kind}>\n"


@contextmanager
def serve_map(kind: type[MapServer] = MapServer, **held: Any) -> Iterator[MapServer]:
    """Run a map server on a free port of the loopback."""
    held_by = kind(**held)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            answer = held_by.answer(urlsplit(self.path).path, self.headers, body)  # type: ignore[arg-type]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut_at])
            self.close_connection = answer.cut_at is not None

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held_by.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield held_by
    finally:
        server.shutdown()
        server.server_close()
