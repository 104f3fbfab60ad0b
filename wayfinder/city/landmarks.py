"""Places one can see from a decision: "an der Apotheke links" instead of metres."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.network import Int32, Network
from wayfinder.routing.osm_records import OsmPlace
from wayfinder.tables import TABLES_FOLDER, read_table

WITHIN_SIGHT_M: Final = 25.0
"""As far as a landmark may stand from the decision it explains."""
DECISION_STREETS: Final = 3
"""Ways out of a place that make it a decision."""
_MAX_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Landmark:
    """A place to turn at.

    Attributes
    ----------
    key
        What it is: a key of ``data/accessibility/landmarks.csv``, worded by the catalogues.
    name
        Its own name, or "".
    """

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class LandmarkKind:
    """A row of the table: what a tag is as a landmark; the lowest `rank` in sight is named."""

    key: str
    rank: int


def load_landmark_kinds(
    path: Path = TABLES_FOLDER / "landmarks.csv",
) -> Mapping[tuple[str, str], LandmarkKind]:
    """Read the table of landmarks: (OSM key, value) -> kind.

    Raises
    ------
    TableError
        With file and line.
    """
    kinds: dict[tuple[str, str], LandmarkKind] = {}
    for row in read_table(path, ("key", "value", "landmark", "rank", "source"), key=("key", "value")):
        rank = row.number("rank")
        if rank is None or rank != int(rank) or rank < 1:
            row.fail(f"rank is not a whole number from 1: {row['rank']!r}")
        if not row["landmark"].isidentifier():
            row.fail(f"landmark is not a key: {row['landmark']!r}")
        kinds[row["key"], row["value"]] = LandmarkKind(row["landmark"], int(rank))
    return kinds


def place_landmarks(
    network: Network,
    places: Iterable[OsmPlace],
    kinds: Mapping[tuple[str, str], LandmarkKind] | None = None,
) -> tuple[Network, tuple[Landmark, ...]]:
    """Give every decision the best landmark within sight.

    A decision is a spot of the network from which at least three ways lead; obstacle edges of no length are
    part of the spot. Among the places within `WITHIN_SIGHT_M` the lowest rank wins, then the nearest, then
    the lowest id.

    Returns
    -------
    Network, tuple of Landmark
        The network with ``node_landmark`` filled in, and the landmarks it points to.
    """
    kinds = load_landmark_kinds() if kinds is None else kinds
    seen: list[tuple[LandmarkKind, OsmPlace]] = []
    for place in places:
        kind = find_kind(place.tags, kinds)
        if kind is not None:
            seen.append((kind, place))
    decisions = np.flatnonzero(count_ways_out(network) >= DECISION_STREETS)
    node_landmark: Int32 = np.full(network.node_count, -1, dtype=np.int32)
    if not seen or not len(decisions):
        return replace(network, node_landmark=node_landmark), ()

    scale = np.cos(np.radians(np.mean(network.node_lat)))
    x = network.node_lon[decisions] * scale * METRES_PER_DEGREE
    y = network.node_lat[decisions] * METRES_PER_DEGREE
    by_x = np.argsort(x, kind="stable")
    sorted_x = x[by_x]
    best: dict[int, tuple[int, float, int]] = {}
    for index, (kind, place) in enumerate(seen):
        place_x, place_y = place.lon * scale * METRES_PER_DEGREE, place.lat * METRES_PER_DEGREE
        first, last = np.searchsorted(sorted_x, (place_x - WITHIN_SIGHT_M, place_x + WITHIN_SIGHT_M))
        strip = by_x[first:last]
        distance_m = np.hypot(x[strip] - place_x, y[strip] - place_y)
        for at, metres in zip(strip, distance_m, strict=True):
            if metres <= WITHIN_SIGHT_M:
                node, offer = int(decisions[at]), (kind.rank, float(metres), index)
                best[node] = min(best.get(node, offer), offer)

    landmarks: dict[int, int] = {}
    for node in sorted(best):
        index = best[node][2]
        node_landmark[node] = landmarks.setdefault(index, len(landmarks))
    listed = tuple(Landmark(seen[i][0].key, seen[i][1].tags.get("name", "")[:_MAX_NAME]) for i in landmarks)
    return replace(network, node_landmark=node_landmark), listed


def count_ways_out(network: Network) -> Int32:
    """How many ways of some length lead away from the spot of each node, int32[n].

    Nodes joined by obstacles (edges of no length) are one spot: a kerb between two pavements splits no
    decision.
    """
    flat = network.edge_length_mm == 0
    spot = label_connected(network.node_count, network.edge_tail[flat], network.edge_head[flat])
    ways = np.zeros(network.node_count, dtype=np.int32)
    np.add.at(ways, spot[network.edge_tail[~flat]], 1)
    np.add.at(ways, spot[network.edge_head[~flat]], 1)
    return ways[spot]


def label_connected(count: int, tail: Int32, head: Int32) -> Int32:
    """Lowest node of the part that each of `count` nodes hangs together with by the edges, int32[count]."""
    label = np.arange(count, dtype=np.int32)
    while True:
        lowest = np.minimum(label[tail], label[head])
        joined = label.copy()
        np.minimum.at(joined, label[tail], lowest)
        np.minimum.at(joined, label[head], lowest)
        while not np.array_equal(joined, shorter := joined[joined]):
            joined = shorter
        if np.array_equal(joined, label):
            return label
        label = joined


def find_kind(tags: Mapping[str, str], kinds: Mapping[tuple[str, str], LandmarkKind]) -> LandmarkKind | None:
    """Find what a place is as a landmark: the kind of the lowest rank among its tags."""
    found = [kind for item in tags.items() if (kind := kinds.get(item)) is not None]
    return min(found, key=lambda kind: (kind.rank, kind.key), default=None)
