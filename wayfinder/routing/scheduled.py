"""Which arcs keep hours: the distinct schedules of a city, and the arcs each of them holds on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.network import OSM_TYPES, Int32, Network
from wayfinder.routing.osm_records import OsmData
from wayfinder.routing.schedule import Clause, Schedule
from wayfinder.routing.tags import read_node, read_way

SCHEDULES_FILE: Final = "schedules.json"
_TYPE: Final = {name: number for number, name in enumerate(OSM_TYPES)}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The arcs that keep hours.

    Attributes
    ----------
    schedule_arc
        int32[k], ascending; arcs against a one-way are not among them.
    schedule_id
        int32[k], index into `schedules`.
    schedules
        Distinct and sorted.
    """

    schedule_arc: Int32
    schedule_id: Int32
    schedules: tuple[Schedule, ...] = ()


def _none() -> Scheduled:
    empty = np.zeros(0, dtype=np.int32)
    empty.flags.writeable = False
    return Scheduled(empty, empty)


NO_SCHEDULES: Final = _none()


def build_schedules(data: OsmData, network: Network, classes: Sequence[EdgeAttributes]) -> Scheduled:
    """Find the schedules of everything the network was built from.

    They hold on the arcs that are explained by the tagged object and say that they keep hours
    (``opening=limited``): the gate at a node, and not the kerb beside it.
    """
    keeps_hours = np.array([edge.opening == "limited" for edge in classes], dtype=np.bool_)
    arcs = np.flatnonzero(keeps_hours[network.arc_class])
    if not len(arcs):
        return NO_SCHEDULES
    edges = arcs >> 1
    identities = list(
        zip(network.edge_osm_type[edges].tolist(), network.edge_osm_id[edges].tolist(), strict=True)
    )
    read = _read_schedules(data, frozenset(identities))
    schedules = sorted({schedule for schedule, _ in read.values()})
    number = {schedule: index for index, schedule in enumerate(schedules)}
    kept = [
        (arc, number[read[identity][0]])
        for arc, identity in zip(arcs.tolist(), identities, strict=True)
        if identity in read and read[identity][1] * (1 - 2 * (arc & 1)) >= 0
    ]
    columns = np.array(kept, dtype=np.int32).reshape(-1, 2)
    return Scheduled(
        np.ascontiguousarray(columns[:, 0]), np.ascontiguousarray(columns[:, 1]), tuple(schedules)
    )


def _read_schedules(
    data: OsmData, wanted: frozenset[tuple[int, int]]
) -> dict[tuple[int, int], tuple[Schedule, int]]:
    """Schedule and one-way (1 along, -1 against, 0 neither) by type and id of the OSM object."""
    unheard: Counter[Any] = Counter()
    found = {}
    for identity, tags in _list_tagged(data):
        if identity not in wanted or identity in found:
            continue
        reading = read_node(tags, unheard) if identity[0] == _TYPE["node"] else read_way(tags, unheard)
        if reading.schedule is not None:
            found[identity] = (reading.schedule, getattr(reading, "oneway", 0))
    return found


def _list_tagged(data: OsmData) -> Iterator[tuple[tuple[int, int], Mapping[str, str]]]:
    yield from (((_TYPE["node"], node.id), node.tags) for node in data.nodes.values() if node.tags)
    yield from (((_TYPE["way"], way.id), way.tags) for way in data.ways)
    yield from (((_TYPE["relation"], relation.id), relation.tags) for relation in data.relations)


def pack_schedules(scheduled: Scheduled) -> tuple[dict[str, NDArray[Any]], bytes]:
    """Arrays by name and the content of `SCHEDULES_FILE` for the city folder."""
    rows = [
        {
            "hours": schedule.hours,
            "clauses": [tuple(clause) for clause in schedule.clauses],
            "narrows": schedule.narrows,
        }
        for schedule in scheduled.schedules
    ]
    arrays = {"schedule_arc": scheduled.schedule_arc, "schedule_id": scheduled.schedule_id}
    return arrays, orjson.dumps(rows)


def unpack_schedules(arrays: Mapping[str, NDArray[Any]], content: bytes, arc_count: int) -> Scheduled:
    """Read what `pack_schedules` wrote, of a network of so many arcs.

    Raises
    ------
    ValueError
        Arrays and schedules do not fit together.
    """
    schedules = tuple(
        Schedule(
            str(row["hours"]),
            tuple(Clause(str(value), tuple(map(str, terms))) for value, terms in row["clauses"]),
            bool(row["narrows"]),
        )
        for row in orjson.loads(content)
    )
    arc, number = arrays["schedule_arc"], arrays["schedule_id"]
    fits = arc.shape == number.shape and arc.ndim == 1
    for ids, end in ((arc, arc_count), (number, len(schedules))):
        fits = fits and (not len(ids) or 0 <= int(ids.min()) <= int(ids.max()) < end)
    if not fits:
        raise ValueError("schedules do not fit the network")
    return Scheduled(arc, number, schedules)
