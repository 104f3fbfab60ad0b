"""Where a fact comes from when it is not from OSM: a sparse table beside the network, sorted by edge.

OSM is the rule: what this table does not name comes from the edge's OSM object and its date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayfinder.routing.attributes import ATTRIBUTES
from wayfinder.routing.network import Int32, UInt8

ORIGINS: Final = ("report", "survey", "osm", "estimate", "assumption")
"""Closed list, best first: of two facts about one attribute the one that stands earlier holds."""
INCLINE: Final = "incline_percent"
FACT_ATTRIBUTES: Final = (*(attribute.name for attribute in ATTRIBUTES), INCLINE)
"""What a fact may be about, by ``Origins.fact_attribute``."""
_ROWS: Final = {name: row for row, name in enumerate(FACT_ATTRIBUTES)} | {
    "incline_up_percent": len(ATTRIBUTES),
    "incline_down_percent": len(ATTRIBUTES),
}
_DTYPES: Final = {
    "fact_edge": np.int32,
    "fact_attribute": np.uint8,
    "fact_origin": np.uint8,
    "fact_day": np.int32,
    "fact_source": np.int32,
}


class FactOrigin(NamedTuple):
    """Origin of one fact: a word of `ORIGINS`, days since 1970-01-01 (-1 unknown), and who says it."""

    origin: str
    day: int
    source: str


class FactRow(NamedTuple):
    """A row of the table before it is one."""

    edge: int
    attribute: str
    origin: str
    day: int
    source: str


@dataclass(frozen=True)
class Origins:
    """The facts of a network that do not come from OSM.

    Attributes
    ----------
    fact_edge
        int32[f], ascending.
    fact_attribute
        uint8[f], index into `FACT_ATTRIBUTES`.
    fact_origin
        uint8[f], index into `ORIGINS`.
    fact_day
        int32[f], days since 1970-01-01, -1 unknown.
    fact_source
        int32[f], index into `sources`.
    sources
        Names of those who say it.
    """

    fact_edge: Int32
    fact_attribute: UInt8
    fact_origin: UInt8
    fact_day: Int32
    fact_source: Int32
    sources: tuple[str, ...] = ()

    @cached_property
    def _first_of(self) -> dict[int, int]:
        """Edge -> its first row; nearly every edge asked for has none, and must be told so at once."""
        edges, first = np.unique(self.fact_edge, return_index=True)
        return dict(zip(edges.tolist(), first.tolist(), strict=True))

    def find(self, edge: int, attribute: str) -> FactOrigin | None:
        """Where the value of an edge's attribute comes from; None for OSM."""
        at = self._first_of.get(edge)
        if at is None:
            return None
        row = _ROWS.get(attribute, -1)
        while at < len(self.fact_edge) and self.fact_edge[at] == edge:
            if self.fact_attribute[at] == row:
                source = self.sources[int(self.fact_source[at])]
                return FactOrigin(ORIGINS[int(self.fact_origin[at])], int(self.fact_day[at]), source)
            at += 1
        return None


def build_origins(rows: Iterable[FactRow]) -> Origins:
    """Lay rows out as a table; of two rows about the same fact the one of better origin stays."""
    best: dict[tuple[int, int], FactRow] = {}
    for row in rows:
        place = (row.edge, _ROWS[row.attribute])
        other = best.get(place)
        if other is None or ORIGINS.index(row.origin) < ORIGINS.index(other.origin):
            best[place] = row
    sources = tuple(sorted({row.source for row in best.values()}))
    table = [
        (*place, ORIGINS.index(row.origin), row.day, sources.index(row.source))
        for place, row in sorted(best.items())
    ]
    columns: list[tuple[int, ...]] = list(zip(*table, strict=True)) if table else [()] * len(_DTYPES)
    edge, attribute, origin, day, source = (
        np.array(column, dtype=dtype) for column, dtype in zip(columns, _DTYPES.values(), strict=True)
    )
    return Origins(edge, attribute, origin, day, source, sources)


NO_ORIGINS: Final = build_origins(())
"""Everything comes from OSM."""


def list_rows(origins: Origins) -> list[FactRow]:
    """Undo `build_origins`."""
    columns = (getattr(origins, name).tolist() for name in _DTYPES)
    return [
        FactRow(edge, FACT_ATTRIBUTES[attribute], ORIGINS[origin], day, origins.sources[source])
        for edge, attribute, origin, day, source in zip(*columns, strict=True)
    ]


def pack_origins(origins: Origins) -> dict[str, NDArray[Any]]:
    """The table as arrays of a city folder, by name."""
    return {name: getattr(origins, name) for name in _DTYPES}


def unpack_origins(arrays: Mapping[str, NDArray[Any]], sources: Iterable[str]) -> Origins:
    """Undo `pack_origins`; an empty table where the city has none.

    Raises
    ------
    ValueError
        The table does not hold together.
    """
    if "fact_edge" not in arrays:
        return NO_ORIGINS
    table = Origins(**{name: arrays[name] for name in _DTYPES}, sources=tuple(sources))
    ends = {"fact_attribute": len(FACT_ATTRIBUTES), "fact_origin": len(ORIGINS)}
    ends["fact_source"] = len(table.sources)
    for name, dtype in _DTYPES.items():
        array = arrays[name]
        if array.dtype != dtype or array.shape != table.fact_edge.shape:
            raise ValueError(f"{name} is of another type or length")
        if name in ends and len(array) and not 0 <= array.min() <= array.max() < ends[name]:
            raise ValueError(f"{name} is out of range")
    return table


assert tuple(field.name for field in fields(Origins))[:-1] == tuple(_DTYPES)
