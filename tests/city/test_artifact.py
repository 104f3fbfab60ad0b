"""The city folder: opened as written, damage is named, and there is a whole city at any moment."""

import errno
import math
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from wayfinder.city import artifact, swap
from wayfinder.city.addresses import Addresses, HouseNumber, NamedPlace, Street
from wayfinder.city.artifact import (
    NETWORK_DTYPES,
    CityParts,
    open_city,
    pack_classes,
    unpack_classes,
    write_city,
)
from wayfinder.city.info import CityFacts, Coverage, Source, pack_info, unpack_info
from wayfinder.city.landmarks import Landmark
from wayfinder.errors import CityError
from wayfinder.routing.attributes import OTHER, EdgeAttributes, Interval, Kind
from wayfinder.routing.network import NETWORK_ARRAYS, SLOPE_NONE, SLOPE_ZERO, Network

CLASSES = (
    EdgeAttributes(Kind.FOOTWAY, surface="asphalt", smoothness=OTHER, width_cm=180.0),
    EdgeAttributes(Kind.KERB_UP, kerb_up_cm=Interval(3.0, math.inf), tactile_paving="no"),
    EdgeAttributes(Kind.KERB_DOWN, kerb_down_cm=Interval(3.0, 3.0)),
    EdgeAttributes(Kind.KERB, kerb_up_cm=OTHER, kerb_down_cm=OTHER),
)


def make_network() -> Network:
    """A footway of two nodes, and a kerb at its end."""
    values: dict[str, list[float]] = {
        "node_lon": [9.0, 9.001, 9.001],
        "node_lat": [51.0, 51.0, 51.0],
        "node_osm_id": [1, 2, 2],
        "node_landmark": [-1, 0, -1],
        "edge_tail": [0, 1],
        "edge_head": [1, 2],
        "edge_length_mm": [70_000, 0],
        "edge_osm_type": [1, 0],
        "edge_osm_id": [10, 2],
        "edge_as_of_day": [20_000, -1],
        "edge_name": [1, 0],
        "edge_incline_percent": [0.0, math.nan],
        "edge_incline_origin": [1, 0],
        "edge_level_from": [math.nan, math.nan],
        "edge_level_to": [math.nan, math.nan],
        "edge_layer": [0, 0],
        "edge_points": [0, 2, 4],
        "point_lon_e7": [90_000_000, 90_010_000, 90_010_000, 90_010_000],
        "point_lat_e7": [510_000_000] * 4,
        "arc_class": [0, 0, 1, 2],
        "arc_slope": [1, 1, 0, 0],
        "slope_incline": [SLOPE_NONE, SLOPE_ZERO],
        "slope_error": [0, 0],
        "slope_run_m": [0, 0],
        "slope_rest_m": [-1, -1],
        "arc_tie": [1, 2, 3, 4],
        "out_first": [0, 1, 3, 4],
        "out_arc": [0, 1, 2, 3],
    }
    return Network(**{name: np.array(values[name], dtype=NETWORK_DTYPES[name]) for name in NETWORK_ARRAYS})


PARTS = CityParts(
    facts=CityFacts(
        name='Kassel "Mitte" \\ Süd',
        bounds=(9.0, 51.0, 9.001, 51.0),
        osm_at="2026-11-01T00:00:00Z",
        built_at="2026-11-02T00:00:00Z",
        fictional=True,
        notices=("Nur zur Probe,\nnicht zur Navigation\x7f",),
        sources=(
            Source("OpenStreetMap", "ODbL-1.0", "https://www.openstreetmap.org", "2026-11-01T00:00:00Z"),
        ),
        counts={"nodes": 3, "edges": 2},
        coverage=(Coverage("surface", "m", 70.0, 0.0, 0.0), Coverage("kerb_up_cm", "count", 1.0, 0.0, 0.0)),
    ),
    network=make_network(),
    classes=CLASSES,
    names=("", "Königsstraße"),
    landmarks=(Landmark("pharmacy", "Löwen-Apotheke"),),
    addresses=Addresses(
        (Street("Königsstraße", "", 9.0, 51.0, "way", 10),),
        (HouseNumber(0, "3", 9.0, 51.0, "node", 3),),
        (NamedPlace("Löwen-Apotheke", "pharmacy", ("Apotheke",), 9.001, 51.0, "node", 4),),
    ),
    judgement=b'{"format":1}',
    arrays={"landmark_distance_mm": np.array([[0, 70_000, 70_000]], dtype=np.int32)},
    files={"device/manifest.json": b"{}"},
)
OTHER_PARTS = replace(PARTS, facts=replace(PARTS.facts, name="Neu"), names=("", "Neue Straße"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_city(tmp_path / "kassel", PARTS)
    return tmp_path / "kassel"


def test_a_city_is_opened_as_it_was_written(folder: Path) -> None:
    city = open_city(folder, verify=True)

    for name in NETWORK_ARRAYS:
        np.testing.assert_array_equal(getattr(city.network, name), getattr(PARTS.network, name))
        assert not getattr(city.network, name).flags.writeable
    assert city.classes == CLASSES
    assert city.names == ("", "Königsstraße")
    assert city.landmarks == (Landmark("pharmacy", "Löwen-Apotheke"),)
    assert city.read("judgement.json") == b'{"format":1}'
    assert city.read("device/manifest.json") == b"{}"
    assert city.arrays["landmark_distance_mm"].tolist() == [[0, 70_000, 70_000]]
    assert city.addresses.search("Koenigsstr 3")[0].label == "Königsstraße 3"
    for item in fields(CityFacts):
        assert getattr(city.info, item.name) == getattr(PARTS.facts, item.name)


def test_the_same_parts_give_the_same_bytes_and_the_build_time_stands_in_one_file_only(
    tmp_path: Path,
) -> None:
    later = replace(PARTS, facts=replace(PARTS.facts, built_at="2027-01-01T00:00:00Z"))
    first, second = write_city(tmp_path / "a", PARTS), write_city(tmp_path / "b", later)

    assert first.id == second.id
    different = [
        file.relative_to(tmp_path / "a").as_posix()
        for file in sorted((tmp_path / "a").rglob("*"))
        if file.is_file()
        and file.read_bytes() != (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()
    ]
    assert different == ["city.toml"]
    assert write_city(tmp_path / "c", OTHER_PARTS).id != first.id


def test_classes_survive_with_unknown_not_understood_and_open_ended_values() -> None:
    assert unpack_classes(pack_classes(CLASSES)) == CLASSES
    assert b'"kerb_up_cm":[3.0,null]' in pack_classes(CLASSES)


def test_city_toml_survives_with_any_text(folder: Path) -> None:
    info = open_city(folder).info

    assert unpack_info(pack_info(info).encode()) == info


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CityError, match=r"^There is no city in .*nowhere\.$"):
        open_city(tmp_path / "nowhere")


def list_files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_every_missing_or_truncated_file_is_found_without_reading_it_all(folder: Path) -> None:
    for name in list_files(folder):
        file = folder / name
        content = file.read_bytes()
        for damaged in (None, content[: len(content) // 2], b""):
            if damaged is None:
                file.unlink()
            else:
                file.write_bytes(damaged)
            with pytest.raises(CityError) as caught:
                open_city(folder)
            assert "\n" not in str(caught.value)
            assert file.name in str(caught.value)
        file.write_bytes(content)
    open_city(folder, verify=True)


def test_every_flipped_bit_is_found_when_the_city_is_verified(folder: Path) -> None:
    for name in list_files(folder):
        if name == "city.toml":
            continue
        file = folder / name
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
        with pytest.raises(CityError, match="is damaged"):
            open_city(folder, verify=True)
        content[-1] ^= 1
        file.write_bytes(content)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("format_version = 2", "format_version = 9", "city.toml is of format 9, this program reads format 2"),
        ("format_version = 2", "", "city.toml is of format None"),
        ("[files]", "[files", r"city\.toml cannot be read"),
        ("bounds = [9.0,", "bounds = [", "is damaged"),
        ("fictional = true\n", "", "is damaged"),
        ('"graph/names.json"', '"../names.json"', "outside the folder"),
        ("fictional = true", 'fictional = "yes"', "has an entry of another type"),
        ("counts", "count", "is damaged"),
    ],
)
def test_a_wrong_city_toml_is_one_sentence(folder: Path, old: str, new: str, sentence: str) -> None:
    text = (folder / "city.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "city.toml").write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(CityError, match=sentence):
        open_city(folder)


def test_a_changed_city_toml_is_found_when_the_city_is_verified(folder: Path) -> None:
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(text.replace("fictional = true", "fictional = false"), encoding="utf-8")

    with pytest.raises(CityError, match=r"city\.toml was changed after it was written"):
        open_city(folder, verify=True)


@pytest.mark.parametrize(
    ("array", "index", "value"),
    [
        ("edge_head", 1, 3),
        ("edge_tail", 0, -1),
        ("arc_class", 3, 4),
        ("edge_name", 0, 2),
        ("node_landmark", 0, 1),
        ("arc_slope", 0, 2),
        ("slope_incline", 1, 1405),
        ("edge_incline_origin", 0, 3),
        ("edge_points", 1, 1),
        ("out_arc", 0, 1),
        ("out_first", 1, 2),
        ("node_lat", 0, math.nan),
        ("edge_osm_type", 0, 3),
    ],
)
def test_a_network_that_does_not_hold_together_is_never_swapped_in(
    folder: Path, array: str, index: int, value: float
) -> None:
    wrong = getattr(PARTS.network, array).copy()
    wrong[index] = value

    with pytest.raises(CityError, match="is damaged"):
        write_city(folder, replace(PARTS, network=replace(PARTS.network, **{array: wrong})))

    assert open_city(folder, verify=True).names == PARTS.names
    assert [path.name for path in folder.parent.iterdir()] == ["kassel"]


def test_arrays_of_another_type_or_shape_are_refused(folder: Path) -> None:
    for wrong in (PARTS.network.edge_tail.astype(np.int64), PARTS.network.edge_tail[:1]):
        with pytest.raises(CityError, match=r"edge_tail|edge_head"):
            write_city(folder, replace(PARTS, network=replace(PARTS.network, edge_tail=wrong)))
    open_city(folder, verify=True)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "there is no space left on the disk"),
        (errno.EACCES, "there is no permission to write"),
        (errno.EIO, "cannot be written: Input/output error"),
    ],
)
def test_a_full_disk_or_a_missing_permission_is_one_sentence_and_the_old_city_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CityError, match=sentence) as caught:
        write_city(folder, OTHER_PARTS)
    monkeypatch.undo()

    assert "\n" not in str(caught.value)
    assert open_city(folder, verify=True).names == PARTS.names
    assert [path.name for path in folder.parent.iterdir()] == ["kassel"]


def test_a_folder_with_other_things_in_it_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")

    with pytest.raises(CityError, match="holds other files and no city"):
        write_city(tmp_path / "home", PARTS)
    with pytest.raises(CityError, match="is a file"):
        write_city(tmp_path / "home" / "letter.txt", PARTS)

    assert (tmp_path / "home" / "letter.txt").read_text() == "dear"


def run_until_crash(folder: Path, parts: CityParts, at: int) -> bool:
    """Write a city in a process that dies at its `at`-th touch of the file system; False if it lived."""
    child = os.fork()
    if child == 0:
        touched = 0

        def die(event: str, args: tuple[object, ...]) -> None:
            nonlocal touched
            if event.partition(".")[0] in ("open", "os", "shutil", "fcntl", "ctypes", "mmap"):
                touched += 1
                if touched == at:
                    os._exit(9)

        sys.addaudithook(die)
        try:
            write_city(folder, parts)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_crash_at_any_moment_leaves_the_old_or_the_new_city(
    folder: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(swap, "_exchange", lambda a, b: False)
    seen: list[str] = []
    at = 1
    while run_until_crash(folder, OTHER_PARTS, at):
        name = open_city(folder, verify=True).names[1]
        seen.append(name)
        if name == "Neue Straße":
            write_city(folder, PARTS)
            assert open_city(folder, verify=True).names[1] == "Königsstraße"
        at += 1

    assert {"Königsstraße", "Neue Straße"} == set(seen)
    assert seen == sorted(seen), "once the new city is there it stays"
    assert open_city(folder, verify=True).names[1] == "Neue Straße"
    assert [path.name for path in folder.parent.iterdir()] == ["kassel"]


@pytest.fixture
def rebuilding(folder: Path) -> Iterator[Path]:
    stop = threading.Event()

    def rebuild() -> None:
        while not stop.is_set():
            write_city(folder, OTHER_PARTS)
            write_city(folder, PARTS)

    worker = threading.Thread(target=rebuild)
    worker.start()
    yield folder
    stop.set()
    worker.join()


def test_a_reader_never_sees_half_a_city_while_it_is_rebuilt(rebuilding: Path) -> None:
    whole = {(PARTS.facts.name, PARTS.names), (OTHER_PARTS.facts.name, OTHER_PARTS.names)}
    for _ in range(100):
        city = open_city(rebuilding, verify=True)
        assert (city.info.name, city.names) in whole


def test_an_open_city_stays_as_it_was_when_the_folder_is_replaced(folder: Path) -> None:
    city = open_city(folder)
    write_city(folder, OTHER_PARTS)

    assert city.names == PARTS.names
    assert city.addresses.search("Löwen")[0].label == "Löwen-Apotheke"
    assert artifact.open_city(folder).names == OTHER_PARTS.names
