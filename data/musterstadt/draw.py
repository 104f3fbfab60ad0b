"""Draw Musterstadt: turn the tables beside this file into `musterstadt.osm`.

The town is invented and not for navigation. It is drawn on a grid in metres (x east, y north) around the
anchor of `town.toml`:

* `nodes.csv`: named points that ways share or that carry tags;
* `ways.csv`: lines through named points; a bare `x/y` point is shape and belongs to this one way alone;
* `relations.csv`: squares with holes;
* `places.csv`: points beside the ways;
* `houses.csv`: house numbers, evenly spaced along a line.

Tags are written `key=value|key=value`. A line that begins with `#` is a comment.
An OSM id is computed from the row's name, so adding or moving a row changes no other id.

Run `python data/musterstadt/draw.py` after every change and commit the result.
"""

import csv
import math
import re
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

FOLDER = Path(__file__).parent
LABEL = "Musterstadt: erfunden, nicht zur Navigation / invented, not for navigation"
FIRST_ID = 900_000_000_000  # far above every id OpenStreetMap has given out
ID_SPAN = 1_000_000_000
SHAPE_POINT = re.compile(r"(-?\d+)/(-?\d+)")

Tags = dict[str, str]
Row = dict[str, str]


@dataclass
class Drawing:
    """Everything drawn so far: positions as (lon, lat) in degrees, members as OSM ids."""

    anchor: tuple[float, float]
    drawn_at: str
    nodes: dict[int, tuple[float, float, Tags]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], Tags]] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int]], Tags]] = field(default_factory=dict)

    def add_node(self, name: str, x_m: float, y_m: float, tags: Tags) -> int:
        node = object_id("node", name)
        if node in self.nodes:
            raise ValueError(f"the name {name!r} is taken (or its id is); choose another one")
        lon, lat = self.anchor
        metre_lon, metre_lat = degrees_per_metre(lat)
        self.nodes[node] = (lon + x_m * metre_lon, lat + y_m * metre_lat, tags)
        return node

    def get_node(self, point: str, way: str) -> int:
        """Id of a named point, or of a new shape point of this way."""
        shape = SHAPE_POINT.fullmatch(point)
        if shape:
            return self.add_node(f"{way} {point}", float(shape[1]), float(shape[2]), {})
        if (node := object_id("node", point)) not in self.nodes:
            raise ValueError(f"no point is named {point!r}")
        return node

    def add_way(self, name: str, points: list[str], tags: Tags) -> None:
        way = object_id("way", name)
        if way in self.ways:
            raise ValueError(f"the name {name!r} is taken (or its id is); choose another one")
        closed = len(points) > 2 and points[0] == points[-1]
        refs = [self.get_node(point, name) for point in (points[:-1] if closed else points)]
        self.ways[way] = (refs + refs[:1] if closed else refs, tags)

    def add_relation(self, name: str, members: list[tuple[str, str]], tags: Tags) -> None:
        ids = [(role, object_id("way", way)) for role, way in members]
        for (_, way), (_, identity) in zip(members, ids, strict=True):
            if identity not in self.ways:
                raise ValueError(f"no way is named {way!r}")
        self.relations[object_id("relation", name)] = (ids, tags)


def object_id(kind: str, name: str) -> int:
    """OSM id of a row, from its kind and name alone."""
    return FIRST_ID + zlib.crc32(f"{kind} {name}".encode()) % ID_SPAN


def degrees_per_metre(lat: float) -> tuple[float, float]:
    """Degrees of longitude and latitude per metre (the usual series for the WGS84 ellipsoid)."""
    phi = math.radians(lat)
    metres_per_lon = 111_412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi) + 0.118 * math.cos(5 * phi)
    metres_per_lat = 111_132.954 - 559.822 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    return 1 / metres_per_lon, 1 / metres_per_lat


def read_rows(table: str, folder: Path) -> Iterator[tuple[str, Row]]:
    """Rows of a table with their place (`nodes.csv line 7`), comments left out."""
    lines = (folder / table).read_text(encoding="utf-8").splitlines()
    kept = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    reader = csv.DictReader((line for _, line in kept), strict=True)
    for (number, _), row in zip(kept[1:], reader, strict=True):
        place = f"{table} line {number}"
        if None in row or None in row.values():
            raise ValueError(f"{place}: needs exactly the columns {', '.join(reader.fieldnames or [])}")
        yield place, row


def parse_tags(text: str) -> Tags:
    """Read `key=value|key=value`; ValueError for anything else."""
    tags: Tags = {}
    for part in filter(None, text.split("|")):
        key, equals, value = part.partition("=")
        if not (key and equals and value) or key in tags:
            raise ValueError(f"cannot use the tag {part!r}")
        tags[key] = value
    return tags


def draw_row(drawing: Drawing, table: str, row: Row) -> None:
    """Add what one row of a table says."""
    if table in ("nodes.csv", "places.csv"):
        drawing.add_node(row["name"], float(row["x_m"]), float(row["y_m"]), parse_tags(row["tags"]))
    elif table == "ways.csv":
        drawing.add_way(row["name"], row["points"].split(), parse_tags(row["tags"]))
    elif table == "relations.csv":
        parts = (part.partition(":") for part in row["members"].split("|"))
        members = [(role, way) for role, _, way in parts]
        drawing.add_relation(row["name"], members, parse_tags(row["tags"]))
    else:
        draw_houses(drawing, row)


def draw_houses(drawing: Drawing, row: Row) -> None:
    """Add one address point for each house number, first and last at the ends of the line."""
    numbers = range(int(row["first"]), int(row["last"]) + 1, int(row["step"]))
    x0, y0, x1, y1 = (float(row[key]) for key in ("x0_m", "y0_m", "x1_m", "y1_m"))
    for i, number in enumerate(numbers):
        share = i / max(1, len(numbers) - 1)
        tags = {"addr:city": "Musterstadt", "addr:street": row["street"], "addr:housenumber": str(number)}
        drawing.add_node(f"{row['street']} {number}", x0 + share * (x1 - x0), y0 + share * (y1 - y0), tags)


def draw(folder: Path = FOLDER) -> bytes:
    """The whole town as OSM XML 0.6, sorted by kind and id; the same tables always give the same bytes."""
    town = tomllib.loads((folder / "town.toml").read_text(encoding="utf-8"))
    drawn_at = town["drawn_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    drawing = Drawing((town["anchor"]["lon"], town["anchor"]["lat"]), drawn_at)
    for table in ("nodes.csv", "ways.csv", "relations.csv", "places.csv", "houses.csv"):
        for place, row in read_rows(table, folder):
            try:
                draw_row(drawing, table, row)
            except ValueError as error:
                raise ValueError(f"{place}: {error}") from error
    return "".join(f"{line}\n" for line in xml_lines(drawing)).encode()


def xml_lines(drawing: Drawing) -> Iterator[str]:
    """Lines of the OSM file, without line ends."""
    lons, lats = zip(*((lon, lat) for lon, lat, _ in drawing.nodes.values()), strict=True)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<!-- {LABEL} -->"
    yield f'<osm version="0.6" generator={quoteattr(f"draw.py; {LABEL}")}>'
    yield (
        f'  <bounds minlat="{min(lats):.7f}" minlon="{min(lons):.7f}"'
        f' maxlat="{max(lats):.7f}" maxlon="{max(lons):.7f}"/>'
    )
    for node, (lon, lat, tags) in sorted(drawing.nodes.items()):
        yield from element("node", node, f' lat="{lat:.7f}" lon="{lon:.7f}"', [], tags, drawing.drawn_at)
    for way, (refs, tags) in sorted(drawing.ways.items()):
        yield from element("way", way, "", [f'<nd ref="{ref}"/>' for ref in refs], tags, drawing.drawn_at)
    for relation, (members, tags) in sorted(drawing.relations.items()):
        inside = [f'<member type="way" ref="{ref}" role={quoteattr(role)}/>' for role, ref in members]
        yield from element("relation", relation, "", inside, tags, drawing.drawn_at)
    yield "</osm>"


def element(kind: str, identity: int, where: str, inside: list[str], tags: Tags, at: str) -> Iterator[str]:
    """Lines of one node, way or relation."""
    inside += [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in sorted(tags.items())]
    yield f'  <{kind} id="{identity}" version="1" timestamp="{at}"{where}' + (">" if inside else "/>")
    if inside:
        yield from (f"    {line}" for line in inside)
        yield f"  </{kind}>"


if __name__ == "__main__":
    (FOLDER / "musterstadt.osm").write_bytes(draw())
