"""Live states of lifts: the form of DB FaSta and a plain JSON list, matched to the lifts of a network.

The plain form is an object with a list ``lifts``, each an object with ``id``, ``state`` (``working``,
``out_of_order`` or ``unknown``), ``measured_at`` (ISO 8601 with offset: the sensor's own time), and ``osm``
(``node/1``, ``way/1``) or ``lon`` and ``lat``; ``name`` is optional. FaSta gives no time of measurement: the
time at which its answer was received stands in for it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from wayfinder.errors import WayfinderError
from wayfinder.geo import LonLat, get_distance_m
from wayfinder.routing.attributes import EdgeAttributes, Kind
from wayfinder.routing.lift_states import LiftState
from wayfinder.routing.network import OSM_TYPES, Network

MATCH_WITHIN_M: Final = 25.0
"""A lift of the network this near to a reported position may be the one meant."""
CLEAR_BY_M: Final = 10.0
"""... if the next nearest is farther by this much."""
MOST_LIFTS: Final = 20_000
_FASTA_STATES: Final = {"ACTIVE": "working", "INACTIVE": "out_of_order"}
_FASTA_DOUBTFUL: Final = ("available", "")
"""Explanations beside which ACTIVE is believed; others (``monitoring disrupted``) leave the state unknown."""
_STATES: Final = {"working": "working", "out_of_order": "out_of_order", "unknown": None}


@dataclass(frozen=True, slots=True)
class LiftReading:
    """What a source says of one lift.

    Attributes
    ----------
    id
        The source's own name of it.
    osm
        ``node/1`` or ``way/1``, "" where the source does not say.
    lon, lat
        NaN where the source does not say.
    """

    id: str
    name: str
    osm: str
    lon: float
    lat: float
    state: LiftState


@dataclass(frozen=True, slots=True)
class LiftDocument:
    """A document of a source: its lifts, each id once, and how many entries could not be used."""

    readings: tuple[LiftReading, ...]
    unusable: int


@dataclass(frozen=True, slots=True)
class LiftMatches:
    """Which lift of the network each reading is about.

    Attributes
    ----------
    arcs
        For each reading the arcs of its lift; empty where it is not matched.
    ambiguous, unmatched
        Ids of readings with several lifts nearby (or that share one), and with none.
    """

    arcs: tuple[tuple[int, ...], ...]
    ambiguous: tuple[str, ...]
    unmatched: tuple[str, ...]


def parse_lifts(content: bytes, received_at: datetime) -> LiftDocument:
    """Read a document of either form.

    Raises
    ------
    WayfinderError
        It is neither.
    """
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise WayfinderError("The states of lifts are no JSON.") from error
    is_plain = isinstance(document, dict) and isinstance(document.get("lifts"), list)
    rows = document["lifts"] if is_plain else document
    if not isinstance(rows, list) or len(rows) > MOST_LIFTS:
        raise WayfinderError("The states of lifts are of no form that is known.")
    readings: dict[str, LiftReading] = {}
    unusable = 0
    for row in rows:
        try:
            reading = _read_plain(row) if is_plain else _read_fasta(row, received_at)
        except (AttributeError, KeyError, TypeError, ValueError):
            unusable += 1
            continue
        if reading is not None:
            other = readings.get(reading.id)
            readings[reading.id] = reading if other is None else _join(other, reading)
    return LiftDocument(tuple(readings.values()), unusable)


def _read_plain(row: Mapping[str, Any]) -> LiftReading:
    measured_at = row.get("measured_at")
    state = LiftState(_STATES[row["state"]], None if measured_at is None else _parse_time(measured_at))
    osm = str(row.get("osm", ""))
    lon, lat = (float(row[name]) if row.get(name) is not None else math.nan for name in ("lon", "lat"))
    if not osm and not _is_position(lon, lat):
        raise ValueError
    return LiftReading(str(row["id"]), str(row.get("name", "")), osm, lon, lat, state)


def _read_fasta(row: Mapping[str, Any], received_at: datetime) -> LiftReading | None:
    """A lift; None for an escalator."""
    if row["type"] != "ELEVATOR":
        return None
    state = _FASTA_STATES.get(row["state"])
    if state == "working" and row.get("stateExplanation", "") not in _FASTA_DOUBTFUL:
        state = None
    outages = tuple((_parse_time(begin), _parse_time(end)) for begin, end in row.get("outOfService", ()))
    lon, lat = (float(row.get(name, math.nan)) for name in ("geocoordX", "geocoordY"))
    number = str(int(row["equipmentnumber"]))
    return LiftReading(
        number, str(row.get("description", "")), "", lon, lat, LiftState(state, received_at, outages)
    )


def _join(one: LiftReading, other: LiftReading) -> LiftReading:
    """Two entries about one lift: where they contradict each other, nobody knows."""
    times = [item.state.measured_at for item in (one, other) if item.state.measured_at is not None]
    state = one.state.state if one.state.state == other.state.state else None
    outages = tuple(sorted({*one.state.outages, *other.state.outages}))
    joined = LiftState(state, min(times, default=None), outages)
    return LiftReading(one.id, one.name, one.osm, one.lon, one.lat, joined)


def _parse_time(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("a time without offset")
    return moment


def _is_position(lon: float, lat: float) -> bool:
    return -180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0


def load_mapping(path: Path) -> dict[str, str]:
    """Read which lift of a source is which of OSM: a CSV file with the columns ``id`` and ``osm``.

    Raises
    ------
    WayfinderError
        It cannot be read, lacks a column, or names a lift twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["id"].strip(), row["osm"].strip()) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, KeyError, AttributeError, csv.Error) as error:
        raise WayfinderError("{file} is no table with the columns id and osm.", file=path.name) from error
    if len(dict(rows)) != len(rows):
        raise WayfinderError("{file} names a lift twice.", file=path.name)
    return dict(rows)


def match_lifts(
    readings: Sequence[LiftReading],
    network: Network,
    classes: Sequence[EdgeAttributes],
    mapping: Mapping[str, str] | None = None,
) -> LiftMatches:
    """Find the lift of the network each reading is about: by its OSM id, else by position; never by guess."""
    arcs_of, places = _list_lifts(network, classes)
    claims: dict[str, list[int]] = {}
    ambiguous: set[int] = set()
    for number, reading in enumerate(readings):
        osm = (mapping or {}).get(reading.id) or reading.osm
        if not osm:
            near = sorted(
                (distance, other)
                for other, place in places.items()
                if (distance := get_distance_m(LonLat(reading.lon, reading.lat), place)) <= MATCH_WITHIN_M
            )
            if len(near) > 1 and near[1][0] - near[0][0] < CLEAR_BY_M:
                ambiguous.add(number)
                continue
            osm = near[0][1] if near else ""
        if osm in arcs_of:
            claims.setdefault(osm, []).append(number)
    arcs: list[tuple[int, ...]] = [()] * len(readings)
    for osm, numbers in claims.items():
        if len(numbers) == 1:
            arcs[numbers[0]] = arcs_of[osm]
        else:
            ambiguous.update(numbers)
    return LiftMatches(
        tuple(arcs),
        tuple(readings[number].id for number in sorted(ambiguous)),
        tuple(
            reading.id
            for number, reading in enumerate(readings)
            if not arcs[number] and number not in ambiguous
        ),
    )


def _list_lifts(
    network: Network, classes: Sequence[EdgeAttributes]
) -> tuple[dict[str, tuple[int, ...]], dict[str, LonLat]]:
    """Arcs, and the place, of each lift by its OSM id."""
    is_lift = np.array([edge.kind is Kind.LIFT for edge in classes], dtype=np.bool_)
    arcs: dict[str, list[int]] = {}
    spots: dict[str, list[tuple[float, float]]] = {}
    for arc in np.flatnonzero(is_lift[network.arc_class]).tolist():
        edge = arc >> 1
        osm = f"{OSM_TYPES[network.edge_osm_type[edge]]}/{network.edge_osm_id[edge]}"
        arcs.setdefault(osm, []).append(arc)
        for node in (network.edge_tail[edge], network.edge_head[edge]):
            spots.setdefault(osm, []).append((float(network.node_lon[node]), float(network.node_lat[node])))
    places = {
        osm: LonLat(sum(lon for lon, _ in found) / len(found), sum(lat for _, lat in found) / len(found))
        for osm, found in spots.items()
    }
    return {osm: tuple(found) for osm, found in arcs.items()}, places
