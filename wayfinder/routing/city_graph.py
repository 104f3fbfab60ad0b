"""Everything the planner reads of one city: the network, its classes, names and the helpers of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayfinder.routing.attributes import EdgeAttributes, Kind
from wayfinder.routing.classes import Columns, build_class_columns, build_slope_columns
from wayfinder.routing.entrances import NO_ENTRANCES, Entrances
from wayfinder.routing.landmarks import Bounds
from wayfinder.routing.network import Float32, Int32, Mask, Network
from wayfinder.routing.origins import NO_ORIGINS, Origins
from wayfinder.routing.scheduled import NO_SCHEDULES, Scheduled
from wayfinder.routing.slope_classes import Rests

BLOCKED: Final = EdgeAttributes(kind=Kind.LINK, access="blocked")
"""What an arc closed by an accepted report is like: judged like any other class, by a row of the table."""

HOP_LENGTH, HOP_HEAD, HOP_ARC, HOP_CLASS, HOP_SLOPES, HOP_TIES = 0, 1, 2, 3, 5, 6
"""Columns of `CityGraph.hops`."""


class Landmark(NamedTuple):
    """A place people orient themselves by: the key of its kind (``pharmacy``), and its name or ""."""

    key: str
    name: str


@dataclass(frozen=True)
class CityGraph:
    """A city as the planner sees it; read-only and shared.

    Attributes
    ----------
    id
        Content hash of the city folder.
    osm_at
        Date of the OSM data, ISO 8601 UTC, or None.
    classes
        Attributes by class id.
    names
        Street names by ``Network.edge_name``.
    landmarks
        By ``Network.node_landmark``.
    bounds
        Lower bounds of the search by preset, and in lengths.
    grid
        The snapping grid.
    origins
        Which facts do not come from OSM.
    rests
        Places to sit down.
    heights
        float32[p] of the points of the lines, metres, NaN unknown; None where no terrain was given.
    scheduled
        Which arcs keep hours.
    entrances
        Of its places.
    """

    id: str
    osm_at: str | None
    network: Network
    classes: Sequence[EdgeAttributes]
    names: Sequence[str]
    landmarks: Sequence[Landmark]
    bounds: Mapping[str, Bounds]
    grid: SnapGrid
    origins: Origins = NO_ORIGINS
    rests: Rests = field(default_factory=Rests)
    heights: Float32 | None = None
    scheduled: Scheduled = NO_SCHEDULES
    entrances: Entrances = NO_ENTRANCES

    @cached_property
    def columns(self) -> Columns:
        """The classes as columns, and behind them one more class: `BLOCKED`."""
        return build_class_columns([*self.classes, BLOCKED])

    @cached_property
    def slopes(self) -> Columns:
        """The slope classes as columns."""
        return build_slope_columns(self.network)

    @property
    def blocked_class(self) -> int:
        """Class id of `BLOCKED`."""
        return len(self.classes)

    @cached_property
    def hops(self) -> Int32:
        """int32[2m, 8]: all the search needs of the arcs, in the order of ``Network.out_arc``.

        The columns are `HOP_LENGTH` (mm), `HOP_HEAD` (node it leads to), `HOP_ARC`, `HOP_CLASS` (of the arc,
        and one column on of its reverse); `HOP_SLOPES` and `HOP_TIES` hold the arc's in the low half and the
        reverse's in the high half. One row is half a cache line, and a node's rows stand together.
        """
        network = self.network
        out, back = network.out_arc, network.out_arc ^ 1
        hops = np.zeros((len(out), 8), dtype=np.int32)
        hops[:, HOP_LENGTH] = network.edge_length_mm[out >> 1]
        hops[:, HOP_HEAD] = np.where(out & 1, network.edge_tail[out >> 1], network.edge_head[out >> 1])
        hops[:, HOP_ARC] = out
        hops[:, HOP_CLASS], hops[:, HOP_CLASS + 1] = network.arc_class[out], network.arc_class[back]
        hops[:, HOP_SLOPES] = network.arc_slope[out] | network.arc_slope[back].astype(np.int32) << 16
        hops[:, HOP_TIES] = network.arc_tie[out] | network.arc_tie[back] << 16
        hops.flags.writeable = False
        return hops

    @cached_property
    def out_position(self) -> Int32:
        """int32[2m]: where each arc stands in ``Network.out_arc``."""
        position = np.empty(len(self.network.out_arc), dtype=np.int32)
        position[self.network.out_arc] = np.arange(len(position), dtype=np.int32)
        return position

    @cached_property
    def bounding_classes(self) -> Mask:
        """bool[c], which of `columns` stand on an edge with a length: they bound the search from below."""
        long = np.repeat(self.network.edge_length_mm > 0, 2)
        return np.bincount(self.network.arc_class[long], minlength=self.columns.count) > 0


@dataclass(frozen=True, slots=True)
class SnapGrid:
    """Which pieces of which edges lie in which cell of a regular grid.

    Attributes
    ----------
    west, south
        Corner of the grid, degrees.
    cell_lon, cell_lat
        Size of a cell in degrees (about `CELL_M`).
    columns, rows
        Cells in each direction.
    first
        int32[rows * columns + 1].
    edge, point
        int32: the pieces of a cell; a piece is the line from ``point`` to ``point + 1`` of ``edge``.
    """

    west: float
    south: float
    cell_lon: float
    cell_lat: float
    columns: int
    rows: int
    first: Int32
    edge: Int32
    point: Int32


_RESTS: Final = tuple(item.name for item in fields(Rests))


def pack_relief(rests: Rests, heights: Float32 | None) -> dict[str, NDArray[Any]]:
    """Seats and heights as named arrays for the city folder."""
    arrays: dict[str, NDArray[Any]] = {f"rest.{name}": getattr(rests, name) for name in _RESTS}
    return arrays if heights is None else arrays | {"height.point_m": heights}


def unpack_relief(arrays: Mapping[str, NDArray[Any]]) -> tuple[Rests, Float32 | None]:
    """Read what `pack_relief` wrote."""
    return Rests(*(arrays[f"rest.{name}"] for name in _RESTS)), arrays.get("height.point_m")
