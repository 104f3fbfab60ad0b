"""The invented town: the committed file is what the tables draw, and it holds what it is meant to show."""

import importlib.util
import itertools
import math
import shutil
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import networkx as nx
import osmium
import pytest
from shapely import LineString

TOWN = Path(__file__).parents[2] / "data" / "musterstadt"
PRESETS = (
    *("foot", "wheelchair-manual", "wheelchair-electric", "wheelchair-pushed", "mobility-scooter"),
    *("walker", "walking-stick", "pushchair", "blind", "low-vision", "cognitive"),
)
TABLES = ("nodes.csv", "ways.csv", "relations.csv", "places.csv", "houses.csv", "town.toml")


def load_draw() -> ModuleType:
    spec = importlib.util.spec_from_file_location("musterstadt_draw", TOWN / "draw.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


draw = load_draw()
ROOT = ElementTree.parse(TOWN / "musterstadt.osm").getroot()


def tags_of(element: ElementTree.Element) -> dict[str, str]:
    return {tag.attrib["k"]: tag.attrib["v"] for tag in element.iter("tag")}


def refs_of(way: ElementTree.Element) -> list[str]:
    return [nd.attrib["ref"] for nd in way.iter("nd")]


def tagged(kind: str, **wanted: str) -> list[dict[str, str]]:
    """Tags of all objects of a kind that carry the wanted tags (`__` stands for a colon)."""
    want = {key.replace("__", ":"): value for key, value in wanted.items()}.items()
    return [tags for tags in map(tags_of, ROOT.iter(kind)) if want <= tags.items()]


def values(key: str, objects: Iterable[dict[str, str]]) -> set[str | None]:
    return {tags.get(key) for tags in objects}


def is_walkable(tags: dict[str, str]) -> bool:
    closed = tags.get("foot") == "no" or tags.get("access") == "private"
    return not closed and ("highway" in tags or tags.get("railway") == "platform")


def copy_tables(folder: Path) -> Path:
    for table in TABLES:
        shutil.copy(TOWN / table, folder)
    return folder


def test_redrawing_gives_the_committed_bytes() -> None:
    assert draw.draw() == (TOWN / "musterstadt.osm").read_bytes()


def test_a_new_row_changes_no_other_object(tmp_path: Path) -> None:
    table = copy_tables(tmp_path) / "nodes.csv"
    header, rest = table.read_text(encoding="utf-8").split("\n", 1)
    table.write_text(f"{header}\nnew point,1,2,barrier=bollard\n{rest}", encoding="utf-8")

    before, after = draw.draw().decode().splitlines(), draw.draw(tmp_path).decode().splitlines()

    assert len(after) == len(before) + 3
    assert [line for line in after if line not in set(before)] == [
        f'  <node id="{draw.object_id("node", "new point")}" version="1" timestamp="2026-11-01T00:00:00Z"'
        ' lat="55.0000180" lon="4.0000156">'
    ]


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("ways.csv", "Irrweg,h1 nowhere,highway=path", "no point is named 'nowhere'"),
        ("nodes.csv", "h1,0,0,", "the name 'h1' is taken (or its id is); choose another one"),
        ("nodes.csv", "new,0,0,barrier", "cannot use the tag 'barrier'"),
        ("nodes.csv", "new,0,0,kerb=no|kerb=yes", "cannot use the tag 'kerb=yes'"),
        ("nodes.csv", "new,0,0", "needs exactly the columns name, x_m, y_m, tags"),
        ("relations.csv", "Platz,outer:nichts,area=yes", "no way is named 'nichts'"),
    ],
)
def test_a_slip_in_a_table_is_named_with_its_line(tmp_path: Path, table: str, row: str, message: str) -> None:
    path = copy_tables(tmp_path) / table
    text = path.read_text(encoding="utf-8") + row + "\n"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError) as caught:
        draw.draw(tmp_path)

    assert str(caught.value) == f"{table} line {text.count(chr(10))}: {message}"


def test_objects_are_sorted_dated_and_have_ids_no_real_object_has() -> None:
    objects = [element for element in ROOT if element.tag != "bounds"]
    order = {"node": 0, "way": 1, "relation": 2}
    keys = [(order[element.tag], int(element.attrib["id"])) for element in objects]

    assert keys == sorted(set(keys))
    assert min(identity for _, identity in keys) >= 900_000_000_000
    assert {(e.attrib["version"], e.attrib["timestamp"]) for e in objects} == {("1", "2026-11-01T00:00:00Z")}


def test_every_reference_resolves_and_every_shape_point_is_used() -> None:
    nodes = {node.attrib["id"]: tags_of(node) for node in ROOT.iter("node")}
    ways = {way.attrib["id"] for way in ROOT.iter("way")}
    used = {ref for way in ROOT.iter("way") for ref in refs_of(way)}

    assert used - nodes.keys() == set()
    assert {member.attrib["ref"] for member in ROOT.iter("member")} - ways == set()
    assert {node for node, tags in nodes.items() if not tags} - used == set()


def test_osmium_reads_the_file_and_builds_the_square_with_the_church_as_its_hole() -> None:
    squares = [
        (thing.tags["name"], thing.num_rings())
        for thing in osmium.FileProcessor(str(TOWN / "musterstadt.osm")).with_areas()
        if isinstance(thing, osmium.osm.Area) and not thing.from_way()
    ]

    assert squares == [("Kirchplatz", (1, 1))]


def test_the_label_is_carried_by_the_file_the_place_and_the_metadata() -> None:
    town = tomllib.loads((TOWN / "town.toml").read_text(encoding="utf-8"))
    label = "erfunden, nicht zur Navigation"

    assert label in ROOT.attrib["generator"]
    assert [(p["name"], p["note"]) for p in tagged("node", place="town")] == [
        ("Musterstadt (erfunden)", "Erfundene Stadt, nicht zur Navigation")
    ]
    assert (town["name"], town["fictional"], town["time_zone"]) == ("Musterstadt", True, "Europe/Berlin")
    assert label in town["notice"]["de"] and "not for navigation" in town["notice"]["en"]


def test_the_town_lies_in_the_open_north_sea() -> None:
    at = [(float(n.attrib["lon"]), float(n.attrib["lat"])) for n in ROOT.iter("node")]

    assert all(abs(lon - 4.0) < 0.02 and abs(lat - 55.0) < 0.01 for lon, lat in at)


def test_everything_walkable_hangs_together() -> None:
    network: nx.Graph[str] = nx.Graph()
    for way in ROOT.iter("way"):
        if is_walkable(tags_of(way)):
            nx.add_path(network, refs_of(way))

    assert nx.number_connected_components(network) == 1


def test_ways_cross_without_meeting_only_at_the_bridge_and_above_the_tunnel() -> None:
    at = {n.attrib["id"]: (float(n.attrib["lon"]), float(n.attrib["lat"])) for n in ROOT.iter("node")}
    ways = [way for way in ROOT.iter("way") if "highway" in tags_of(way)]
    crossing = {
        frozenset({tags_of(one)["name"], tags_of(other)["name"]})
        for one, other in itertools.combinations(ways, 2)
        if not set(refs_of(one)) & set(refs_of(other))
        and LineString([at[r] for r in refs_of(one)]).intersects(LineString([at[r] for r in refs_of(other)]))
    }

    assert crossing == {
        frozenset({"Uferpromenade", "Brückenstraße"}),
        frozenset({"Stollengang", "Bergstraße"}),
    }


def test_the_town_shows_what_it_was_drawn_for() -> None:
    kerbs = tagged("node", barrier="kerb")
    steps = tagged("way", highway="steps")
    roads = [tags for tags in map(tags_of, ROOT.iter("way")) if "highway" in tags]

    assert values("kerb", kerbs) == {"flush", "lowered", "rolled", "raised", "no", "yes"}
    assert values("kerb:height", kerbs) == {None, "0.02", "0.03", "0.06", "6 cm", "0.12"}
    assert values("tactile_paving", kerbs) == {None, "yes", "no"}
    assert {"4%", "7%", "12%"} <= values("incline", roads)
    assert {"sett", "cobblestone", "compacted", "gravel", "wood", None} <= values("surface", roads)
    assert {"both", "left", "right", "no"} <= values("sidewalk", roads)
    assert values("ramp:wheelchair", steps) == {"yes", "no", None}
    assert values("ramp:stroller", steps) == {"yes", None}
    bare_ramps = [s["name"] for s in tagged("way", ramp="yes") if "ramp:stroller" not in s]
    assert bare_ramps == ["Fischertreppe"]
    assert {"bollard", "cycle_barrier", "gate", "kissing_gate", "turnstile", "block"} <= values(
        "barrier", map(tags_of, ROOT.iter("node"))
    )
    assert values("level", tagged("node", highway="elevator")) == {"0;1"}
    crossings = tagged("node", highway="crossing")
    assert values("crossing", crossings) == {"traffic_signals", "uncontrolled", "unmarked"}
    assert sorted(b["name"] for b in tagged("way", bridge="yes")) == ["Brückenstraße", "Mühlsteg"]
    assert [s["name"] for s in tagged("way", highway="pedestrian", area="yes")] == ["Marktplatz"]
    assert {"townhall", "pharmacy", "doctors", "dentist", "toilets", "library", "cafe", "hospital"} <= values(
        "amenity", map(tags_of, [*ROOT.iter("node"), *ROOT.iter("way")])
    )
    assert [t["name"] for t in tagged("node", amenity="toilets", wheelchair="yes", centralkey="eurokey")] == [
        "WC am Marktplatz"
    ]
    assert len(tagged("node", parking_space="disabled")) == 1
    assert len(tagged("node", railway="tram_stop")) == len(tagged("node", shop="supermarket")) == 1


def test_every_address_names_a_street_of_the_town() -> None:
    ways = [tags_of(way) for way in ROOT.iter("way")]
    streets = {tags["name"] for tags in ways if "highway" in tags and "name" in tags} | {"Kirchplatz"}
    addresses = [tags for tags in [*map(tags_of, ROOT.iter("node")), *ways] if "addr:street" in tags]
    written = [(tags["addr:street"], tags["addr:housenumber"]) for tags in addresses]

    assert {street for street, _ in written} - streets == set()
    assert len(written) == len(set(written)) >= 60


def test_every_pair_starts_and_ends_on_a_walkable_point_and_expects_something() -> None:
    walkable = {ref for way in ROOT.iter("way") if is_walkable(tags_of(way)) for ref in refs_of(way)}
    points = [
        (float(node.attrib["lon"]), float(node.attrib["lat"]))
        for node in ROOT.iter("node")
        if node.attrib["id"] in walkable
    ]
    rows = [row for _, row in draw.read_rows("pairs.csv", TOWN)]
    ends = [(float(row[f"{end}_lon"]), float(row[f"{end}_lat"])) for row in rows for end in ("from", "to")]

    assert list(rows[0]) == [
        *("name", "from", "from_lon", "from_lat", "to", "to_lon", "to_lat"),
        *PRESETS,
        "remark",
    ]
    assert len({row["name"] for row in rows}) == len(rows) >= 15
    assert all(any(row[preset] for preset in PRESETS) for row in rows)
    assert {preset for preset in PRESETS if not any(row[preset] for row in rows)} == set()
    assert [end for end in ends if min(math.dist(end, point) for point in points) > 1e-6] == []
