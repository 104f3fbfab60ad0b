"""The ports an OSM node falls into, and the short obstacle edges between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from wayfinder.geo import LonLat
from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.segments import MOST_PAIRS, Stub


@dataclass(frozen=True, slots=True)
class ObstacleEdge:
    """A short edge between two ports of a node; `forward` is met going from `tail` to `head`.

    Attributes
    ----------
    osm_type, osm_id, edited_day
        The object that explains the edge; `edited_day` is -1 where nothing is tagged and a rule put it there.
    name
        Of the street, where the edge is the stretch over its carriageway.
    """

    tail: int
    head: int
    forward: EdgeAttributes
    backward: EdgeAttributes
    osm_type: int
    osm_id: int
    edited_day: int
    level_from: float = math.nan
    level_to: float = math.nan
    name: str = ""


MakeEdge = Callable[[int, int], ObstacleEdge]
"""Makes the edge between two ports."""


@dataclass(slots=True)
class Junction:
    """One OSM node while it is built: the port each segment end stands at, and the edges between ports.

    Segment ends that may be changed between freely share a port. Port 0 is the node itself.

    Attributes
    ----------
    spots
        Where ports lie that do not lie at the node: on a pavement beside it.
    """

    node: int
    port_of: dict[Stub, int]
    port_count: int = 1
    edges: list[ObstacleEdge] = field(default_factory=list)
    spots: dict[int, LonLat] = field(default_factory=dict)

    def add_port(self, beside: int | None = None) -> int:
        """Add a port nothing stands at yet, at the node or where another port lies."""
        port = self.port_count
        self.port_count += 1
        if beside in self.spots:
            self.spots[port] = self.spots[beside]
        return port

    def separate(self, stubs: Iterable[Stub]) -> list[int]:
        """Give each of these segment ends a port of its own."""
        ports = []
        for stub in stubs:
            self.port_of[stub] = self.add_port(self.port_of[stub])
            ports.append(self.port_of[stub])
        return ports

    def join(self, ports: Sequence[int], make: MakeEdge) -> None:
        """Join ports pair by pair, or through a hub where they are many: every change meets the obstacle."""
        if len(ports) > MOST_PAIRS:
            hub = self.add_port(ports[0])
            self.edges += [make(port, hub) for port in ports]
        else:
            self.edges += [make(a, b) for a, b in combinations(ports, 2)]

    def set_before(self, stub: Stub, make: MakeEdge) -> None:
        """Put an obstacle between a segment end and the rest of the node: ``make(inner, outer)``."""
        inner = self.port_of[stub]
        outer = self.add_port(inner)
        self.port_of[stub] = outer
        self.edges.append(make(inner, outer))

    def enclose(self, make: MakeEdge) -> None:
        """Put an obstacle between all segment ends, around what already stands at the node.

        On some ways between ends that were already apart it is met twice: before and after what stands there.
        """
        stubs = list(self.port_of)
        if not self.edges:
            self.join(self.separate(stubs), make)
            return
        # One end that stands alone needs no obstacle of its own: whoever comes from it meets the others'.
        groups: dict[int, list[Stub]] = {}
        for stub in stubs:
            groups.setdefault(self.port_of[stub], []).append(stub)
        alone = next((group for group in groups.values() if len(group) == 1), None)
        for group in groups.values():
            if group is alone:
                continue
            for stub in group:
                self.set_before(stub, make)
            if len(group) <= MOST_PAIRS:
                self.join([self.port_of[stub] for stub in group], make)

    def list_used_ports(self) -> list[int]:
        """Ports that something leads to."""
        joined = {port for edge in self.edges for port in (edge.tail, edge.head)}
        return sorted(joined.union(self.port_of.values()))
