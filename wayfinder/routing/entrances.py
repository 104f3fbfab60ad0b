"""Entrances as the planner sees them: the nodes behind which a place lies, and how far before a way ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import orjson


class Entrance(NamedTuple):
    """An entrance of a place.

    Attributes
    ----------
    osm_id
        Of its node.
    kind
        What it is called: ``main``, ``secondary``, ``any``, ``home``.
    side
        On which side of its building, as the eighth of the compass clockwise from north; -1 unknown.
    lon, lat
        WGS84 degrees.
    nodes
        Network nodes behind it, one for each way it can be reached by; nothing lies beyond them.
    offsets_m
        Straight distance between way and entrance, by node.
    """

    osm_id: int
    kind: str
    side: int
    lon: float
    lat: float
    nodes: tuple[int, ...]
    offsets_m: tuple[float, ...]


@dataclass(frozen=True)
class Entrances:
    """The entrances of a city.

    Attributes
    ----------
    of_place
        Place id -> indices into `entrances`; nothing where it has an entrance that nobody has mapped, or that
        no way leads to. A place that is not in it has none by its nature.
    """

    entrances: Sequence[Entrance] = ()
    of_place: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def list_of(self, place_id: str) -> list[Entrance]:
        """The entrances of a place."""
        return [self.entrances[index] for index in self.of_place.get(place_id, ())]

    def has_entrance(self, place_id: str) -> bool:
        """Whether it is a place one enters, mapped or not."""
        return place_id in self.of_place

    def find(self, node: int) -> Entrance | None:
        """The entrance a network node lies behind."""
        return self._by_node.get(node)

    @cached_property
    def _by_node(self) -> dict[int, Entrance]:
        return {node: entrance for entrance in self.entrances for node in entrance.nodes}


NO_ENTRANCES: Final = Entrances()


def pack_entrances(entrances: Entrances) -> bytes:
    """Entrances as JSON: rows with the fields of `Entrance`, and the indices of each place."""
    return orjson.dumps(
        {
            "entrances": [tuple(entrance) for entrance in entrances.entrances],
            "places": {place: tuple(indices) for place, indices in sorted(entrances.of_place.items())},
        }
    )


def unpack_entrances(content: bytes) -> Entrances:
    """Undo `pack_entrances`.

    Raises
    ------
    ValueError, TypeError, KeyError
        The content is something else.
    """
    table = orjson.loads(content)
    rows = [
        Entrance(osm_id, kind, side, lon, lat, tuple(nodes), tuple(offsets_m))
        for osm_id, kind, side, lon, lat, nodes, offsets_m in table["entrances"]
    ]
    return Entrances(rows, table["places"])
