"""The city folder: written beside the old one, verified, swapped in one step; opened as memory maps."""

from __future__ import annotations

import errno
import hashlib
import io
import mmap
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from wayfinder.city.address_search import AddressIndex
from wayfinder.city.addresses import Addresses, pack_addresses, unpack_addresses
from wayfinder.city.info import (
    CITY_FILE,
    CityFacts,
    CityInfo,
    DamagedError,
    FileRecord,
    build_info,
    get_id,
    pack_info,
    unpack_info,
)
from wayfinder.city.landmarks import Landmark
from wayfinder.city.swap import find_folder, replace_folder, sync_folder
from wayfinder.errors import CityError
from wayfinder.routing.attributes import ATTRIBUTES, OTHER, AttributeType, EdgeAttributes, Interval, Kind
from wayfinder.routing.entrances import NO_ENTRANCES, Entrances, pack_entrances, unpack_entrances
from wayfinder.routing.network import INCLINE_ORIGINS, NETWORK_ARRAYS, OSM_TYPES, SLOPE_BINS, Network

_DTYPES: Final = {
    "Int8": np.int8,
    "UInt8": np.uint8,
    "Int16": np.int16,
    "Int32": np.int32,
    "Int64": np.int64,
    "Float32": np.float32,
    "Float64": np.float64,
}
NETWORK_DTYPES: Final = {item.name: np.dtype(_DTYPES[str(item.type)]) for item in fields(Network)}
_REQUIRED: Final = (
    *(f"graph/{name}.npy" for name in NETWORK_ARRAYS),
    "graph/classes.json",
    "graph/names.json",
    "judgement.json",
    "landmarks.json",
    "addresses.json",
    "entrances.json",
)
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class CityParts:
    """Everything `write_city` writes.

    Attributes
    ----------
    names
        Name list of the network; the first is "".
    judgement
        ``judgement.json`` as exported by the cost model.
    arrays
        Further arrays by name, e.g. ``landmark_distance_mm`` int32[k, n]; any that is no array of the
        network.
    files
        Further files: path inside the folder -> content.
    """

    facts: CityFacts
    network: Network
    classes: Sequence[EdgeAttributes]
    names: Sequence[str]
    landmarks: Sequence[Landmark]
    addresses: Addresses
    judgement: bytes
    entrances: Entrances = NO_ENTRANCES
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class City:
    """An opened city: arrays are read-only memory maps, lists are read when first asked for.

    A city stays as it was opened, also when the folder is replaced under it.

    Attributes
    ----------
    folder
        As given to `open_city`.
    arrays
        The further arrays, see `CityParts`.
    """

    folder: Path
    info: CityInfo
    network: Network
    arrays: Mapping[str, NDArray[Any]]
    _texts: Mapping[str, memoryview]

    @cached_property
    def classes(self) -> tuple[EdgeAttributes, ...]:
        """Class id -> attributes."""
        return unpack_classes(self.read("graph/classes.json"))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name list; the first is ""."""
        return tuple(_get_list(self.read("graph/names.json"), str))

    @cached_property
    def landmarks(self) -> tuple[Landmark, ...]:
        """What ``network.node_landmark`` points to."""
        rows = _get_list(self.read("landmarks.json"), dict)
        return tuple(Landmark(str(row["key"]), str(row["name"])) for row in rows)

    @cached_property
    def addresses(self) -> AddressIndex:
        """The address search."""
        return AddressIndex(unpack_addresses(self.read("addresses.json")))

    def read(self, name: str) -> bytes:
        """The content of a file that is no array, e.g. ``judgement.json``.

        Raises
        ------
        KeyError
            The city has no such file.
        """
        return bytes(self._texts[name])


def write_city(folder: Path, parts: CityParts) -> CityInfo:
    """Write a city folder beside the old one, verify it by opening it, then swap the two in one step.

    Raises
    ------
    CityError
        It cannot be written, or does not hold together; the old city stays as it was.
    """
    folder = Path(folder)
    try:
        check_target(folder)
        contents = _list_contents(parts)
        records = {
            name: FileRecord(len(content), hashlib.sha256(content).hexdigest())
            for name, content in contents.items()
        }
        info = build_info(parts.facts, records)

        def fill(new: Path) -> None:
            for name, content in contents.items():
                _write(new / name, content)
            _write(new / CITY_FILE, pack_info(info).encode())
            for inner in sorted({(new / name).parent for name in contents} - {new}):
                sync_folder(inner)
            _open(new, verify=True)

        replace_folder(folder, fill)
    except OSError as error:
        raise CityError("{problem}; an older city stays as it was.", problem=_word(error, folder)) from error
    return info


def open_city(folder: Path, verify: bool = False) -> City:
    """Open a city folder.

    Parameters
    ----------
    folder
        As written by `write_city`.
    verify
        Also compare the hash of every file and check every index; without it only sizes, types and shapes
        are checked.

    Raises
    ------
    CityError
        The folder is missing, damaged, half written or of another version.
    """
    folder = Path(folder)
    for attempt in range(_TRIES):
        found = find_folder(folder)
        if found is None:
            raise CityError("There is no city in {folder}.", folder=folder)
        before = found.stat().st_ino
        try:
            return _open(found, verify, folder)
        except (CityError, OSError) as error:
            # A build may have replaced the folder under us: then the next try finds the new one.
            now = find_folder(folder)
            if attempt + 1 < _TRIES and now is not None and now.stat().st_ino != before:
                continue
            if isinstance(error, CityError):
                raise
            raise CityError(
                "The city in {folder} cannot be opened: {problem}.",
                folder=folder,
                problem=_word(error, folder),
            ) from error
    raise AssertionError("unreachable")


def _open(found: Path, verify: bool, folder: Path | None = None) -> City:
    folder = folder or found
    here = os.open(found, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return _open_files(here, verify, folder)
    except FileNotFoundError as error:
        missing = Path(str(error.filename)).name
        raise CityError(
            "The city in {folder} is incomplete: {file} is missing.", folder=folder, file=missing
        ) from error
    except (DamagedError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        problem = error if isinstance(error, DamagedError) else f"{type(error).__name__}: {error}"
        raise CityError(
            "The city in {folder} is damaged: {problem}.", folder=folder, problem=problem
        ) from error
    finally:
        os.close(here)


def _open_files(here: int, verify: bool, folder: Path) -> City:
    # Every file is opened relative to one directory handle, so that all of them are of the same city.
    info = unpack_info(bytes(_map(here, CITY_FILE)))
    arrays: dict[str, NDArray[Any]] = {}
    texts: dict[str, memoryview] = {}
    for name in (*_REQUIRED, *info.files):
        if name in texts or name in arrays:
            continue
        if name not in info.files:
            raise DamagedError(f"{name} is not listed in {CITY_FILE}")
        content = _map(here, name)
        record = info.files[name]
        if len(content) != record.size:
            raise DamagedError(f"{name} has {len(content)} bytes instead of {record.size}")
        if verify and hashlib.sha256(content).hexdigest() != record.sha256:
            raise DamagedError(f"{name} was changed after it was written")
        if name.startswith("graph/") and name.endswith(".npy"):
            arrays[name] = _read_array(content, name)
        else:
            texts[name] = content
    if verify and info.id != get_id(info):
        raise DamagedError(f"{CITY_FILE} was changed after it was written")
    named = {name.removeprefix("graph/").removesuffix(".npy"): array for name, array in arrays.items()}
    network = Network(**{name: named.pop(name) for name in NETWORK_ARRAYS})
    _check_shapes(network)
    city = City(folder, info, network, named, texts)
    if verify:
        _check_indices(city)
    return city


def _map(here: int, name: str) -> memoryview:
    handle = os.open(name, os.O_RDONLY, dir_fd=here)
    try:
        if not os.fstat(handle).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(handle)


def _read_array(content: memoryview, name: str) -> NDArray[Any]:
    head = io.BytesIO(content[:1024])
    if np.lib.format.read_magic(head) != (1, 0):
        raise DamagedError(f"{name} is no array file of version 1.0")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(head)
    if fortran or dtype.hasobject or head.tell() + dtype.itemsize * int(np.prod(shape)) != len(content):
        raise DamagedError(f"{name} is no plain array of its length")
    return np.frombuffer(content, dtype=dtype, offset=head.tell()).reshape(shape)


def _list_contents(parts: CityParts) -> dict[str, bytes]:
    clash = set(parts.arrays) & set(NETWORK_ARRAYS)
    if clash:
        raise ValueError(f"arrays of the network given twice: {sorted(clash)}")
    arrays = {name: getattr(parts.network, name) for name in NETWORK_ARRAYS} | dict(
        sorted(parts.arrays.items())
    )
    contents = {f"graph/{name}.npy": _pack_array(array) for name, array in arrays.items()}
    contents["graph/classes.json"] = pack_classes(parts.classes)
    contents["graph/names.json"] = orjson.dumps(list(parts.names))
    contents["judgement.json"] = parts.judgement
    landmarks = [{"key": landmark.key, "name": landmark.name} for landmark in parts.landmarks]
    contents["landmarks.json"] = orjson.dumps(landmarks)
    contents["addresses.json"] = pack_addresses(parts.addresses)
    contents["entrances.json"] = pack_entrances(parts.entrances)
    return contents | dict(sorted(parts.files.items()))


def _pack_array(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    np.lib.format.write_array(file, plain, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def check_target(folder: Path) -> None:
    """Make sure that a city may be written there.

    Raises
    ------
    CityError
        It is a file, or a folder with other things in it.
    """
    if folder.exists() and not folder.is_dir():
        raise CityError("{folder} is a file; a city is written into a folder.", folder=folder)
    if folder.is_dir() and not (folder / CITY_FILE).exists() and any(folder.iterdir()):
        raise CityError(
            "{folder} holds other files and no city; please choose a new or empty folder.", folder=folder
        )


def pack_classes(classes: Sequence[EdgeAttributes]) -> bytes:
    """Classes as JSON: one object per class, with what is mapped of it.

    A value that was not understood is ``"other"``; an interval is ``[low, high]`` with ``null`` for no upper
    end.
    """
    rows: list[dict[str, Any]] = []
    for attributes in classes:
        row: dict[str, Any] = {}
        for attribute in ATTRIBUTES:
            value = getattr(attributes, attribute.name)
            if value is OTHER:
                row[attribute.name] = OTHER.value
            elif isinstance(value, Interval):
                row[attribute.name] = [value.low, value.high if np.isfinite(value.high) else None]
            elif value is not None:
                row[attribute.name] = value
        rows.append(row)
    return orjson.dumps(rows)


def unpack_classes(content: bytes) -> tuple[EdgeAttributes, ...]:
    """Undo `pack_classes`.

    Raises
    ------
    ValueError
        The content is no list of classes.
    """
    types = {attribute.name: attribute.type for attribute in ATTRIBUTES}
    classes: list[EdgeAttributes] = []
    for row in _get_list(content, dict):
        values: dict[str, Any] = {}
        for name, value in row.items():
            if value == OTHER.value:
                values[name] = OTHER
            elif types[name] is AttributeType.INTERVAL:
                low, high = value
                values[name] = Interval(float(low), float("inf") if high is None else float(high))
            else:
                values[name] = value
        classes.append(EdgeAttributes(**(values | {"kind": Kind(values["kind"])})))
    return tuple(classes)


def _get_list(content: bytes, of: type) -> list[Any]:
    rows = orjson.loads(content)
    if not isinstance(rows, list) or not all(isinstance(row, of) for row in rows):
        raise ValueError(f"not a list of {of.__name__}")
    return rows


def _check_shapes(network: Network) -> None:
    n, m = len(network.node_lon), len(network.edge_tail)
    sizes = {
        "node": n,
        "edge": m,
        "arc": 2 * m,
        "point": len(network.point_lon_e7),
        "slope": len(network.slope_incline),
    }
    for name in NETWORK_ARRAYS:
        array = getattr(network, name)
        size = {"edge_points": m + 1, "out_first": n + 1, "out_arc": 2 * m}.get(name)
        shape = (sizes[name.split("_")[0]] if size is None else size,)
        if array.shape != shape or array.dtype != NETWORK_DTYPES[name]:
            raise DamagedError(
                f"{name} is {array.dtype}{list(array.shape)}, not {NETWORK_DTYPES[name]}{list(shape)}"
            )
    if network.edge_points[-1] != sizes["point"] or network.out_first[-1] != 2 * m:
        raise DamagedError("offsets do not end where their arrays end")


def _check_indices(city: City) -> None:
    network = city.network
    n, m = network.node_count, network.edge_count
    ranges = {
        "edge_tail": (0, n),
        "edge_head": (0, n),
        "edge_length_mm": (0, 2**31),
        "edge_osm_type": (0, len(OSM_TYPES)),
        "edge_name": (0, len(city.names)),
        "arc_class": (0, len(city.classes)),
        "arc_slope": (0, len(network.slope_incline)),
        "slope_incline": (0, SLOPE_BINS),
        "edge_incline_origin": (0, len(INCLINE_ORIGINS)),
        "arc_tie": (0, 1024),
        "node_landmark": (-1, len(city.landmarks)),
        "point_lon_e7": (-1_800_000_000, 1_800_000_001),
        "point_lat_e7": (-900_000_000, 900_000_001),
    }
    for name, (low, end) in ranges.items():
        array = getattr(network, name)
        if len(array) and not (array.min() >= low and array.max() < end):
            raise DamagedError(f"{name} is out of range")
    if not (np.all(np.abs(network.node_lon) <= 180.0) and np.all(np.abs(network.node_lat) <= 90.0)):
        raise DamagedError("a node lies outside the world")
    for name, least in (("edge_points", 2), ("out_first", 0)):
        offsets = getattr(network, name)
        if offsets[0] != 0 or np.any(np.diff(offsets) < least):
            raise DamagedError(f"{name} does not rise")
    arcs = network.out_arc
    tails = np.empty(2 * m, dtype=np.int32)
    tails[0::2], tails[1::2] = network.edge_tail, network.edge_head
    if not np.array_equal(np.sort(arcs), np.arange(2 * m)) or not np.array_equal(
        tails[arcs], np.repeat(np.arange(n), np.diff(network.out_first))
    ):
        raise DamagedError("out_arc does not list every arc once, under the node it leaves")
    _ = city.addresses
    entrances = unpack_entrances(city.read("entrances.json"))
    nodes = [node for entrance in entrances.entrances for node in entrance.nodes]
    if nodes and not (min(nodes) >= 0 and max(nodes) < n):
        raise DamagedError("an entrance has a node that is not there")
    indices = [index for of_place in entrances.of_place.values() for index in of_place]
    if indices and not (min(indices) >= 0 and max(indices) < len(entrances.entrances)):
        raise DamagedError("a place has an entrance that is not there")


def _word(error: OSError, folder: Path) -> str:
    """What the system says, in words for the person who builds."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"there is no space left on the disk for {folder}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"there is no permission to write {folder}"
    return f"{folder} cannot be written: {error.strerror or error}"
