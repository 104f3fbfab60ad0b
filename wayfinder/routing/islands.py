"""Which parts of a city a profile can reach: the structure of the ways within its limits, by networkx."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import networkx as nx
import numpy as np

from wayfinder.routing.network import Int32, Mask, Network

MAIN: Final = -1
"""Island number of the main part."""
NOWHERE: Final = -2
"""Island number of a node that no usable way touches."""


@dataclass(frozen=True, slots=True)
class Island:
    """Ways within the limits that are no part of the main one.

    Attributes
    ----------
    edges
        int32[k], usable in at least one direction, with both ends in the island.
    length_m
        Of those edges.
    way_in, way_out
        Whether the profile gets there from the main part, or from there to it. Never both.
    """

    edges: Int32
    length_m: float
    way_in: bool
    way_out: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """A city as one profile can walk it.

    Attributes
    ----------
    strong
        int32[n]: nodes of one number lead to each other within the limits.
    island
        int32[n]: number of the island a node lies in, `MAIN` or `NOWHERE`.
    islands
        Longest first.
    usable_m, main_m
        Metres of all ways usable in some direction, and of those in the main part.
    """

    strong: Int32
    island: Int32
    islands: tuple[Island, ...]
    usable_m: float
    main_m: float


def find_parts(network: Network, usable: Mask) -> Parts:
    """Find the parts of a city.

    Parameters
    ----------
    usable
        bool[2m], which arcs may be walked. The main part is the one of the longest ways whose nodes all lead
        to each other.
    """
    forth, back = usable[0::2], usable[1::2]
    tail, head = network.edge_tail, network.edge_head
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from(zip(tail[forth].tolist(), head[forth].tolist(), strict=True))
    graph.add_edges_from(zip(head[back].tolist(), tail[back].tolist(), strict=True))
    strong = np.arange(network.node_count, dtype=np.int32)
    for part in nx.strongly_connected_components(graph):
        strong[list(part)] = min(part)
    edges = np.flatnonzero(forth | back).astype(np.int32)
    inside = edges[strong[tail[edges]] == strong[head[edges]]]
    length_mm = network.edge_length_mm.astype(np.int64)
    by_part = np.bincount(strong[tail[inside]], length_mm[inside], network.node_count)
    main = int(by_part.argmax()) if len(inside) else -1

    rest: nx.Graph[int] = nx.Graph()
    outside = edges[(strong[tail[edges]] != main) & (strong[head[edges]] != main)]
    rest.add_edges_from(zip(tail[outside].tolist(), head[outside].tolist(), strict=True))
    touched = np.union1d(tail[edges], head[edges])
    rest.add_nodes_from(touched[strong[touched] != main].tolist())
    island = np.full(network.node_count, NOWHERE, dtype=np.int32)
    island[strong == main] = MAIN
    groups = sorted(sorted(nodes) for nodes in nx.connected_components(rest))
    for number, nodes in enumerate(groups):
        island[nodes] = number
    first, last = island[tail[edges]], island[head[edges]]
    enters, leaves = np.zeros(len(groups), np.bool_), np.zeros(len(groups), np.bool_)
    for one, other, there, here in ((first, last, forth, back), (last, first, back, forth)):
        joins = (one == MAIN) & (other >= 0)
        enters[other[joins & there[edges]]] = True
        leaves[other[joins & here[edges]]] = True
    of_edge = np.where(first == last, first, NOWHERE)
    order = np.argsort(of_edge, kind="stable")
    starts = np.searchsorted(of_edge[order], np.arange(len(groups) + 1))
    found = []
    for number in range(len(groups)):
        own = edges[np.sort(order[starts[number] : starts[number + 1]])]
        length_m = float(length_mm[own].sum()) / 1000.0
        found.append(Island(own, length_m, bool(enters[number]), bool(leaves[number])))
    by_length = sorted(range(len(found)), key=lambda number: (-found[number].length_m, number))
    rank = np.empty(len(found), dtype=np.int32)
    rank[by_length] = np.arange(len(found), dtype=np.int32)
    island[island >= 0] = rank[island[island >= 0]]
    in_main = (first == MAIN) & (last == MAIN)
    return Parts(
        strong,
        island,
        tuple(found[number] for number in by_length),
        float(length_mm[edges].sum()) / 1000.0,
        float(length_mm[edges[in_main]].sum()) / 1000.0,
    )
