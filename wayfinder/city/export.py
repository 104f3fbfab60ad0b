"""City -> GraphML in OSMnx's convention, so that planners can use the network with their own tools.

``osmnx.load_graphml`` reads it as it is. A node is a node of our network (several may stand at one OSM node,
with an obstacle between them), an arc of ours is a directed edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import networkx as nx
import numpy as np
import orjson

from wayfinder.city.artifact import City
from wayfinder.city.surveys import SOURCES_FILE
from wayfinder.city.swap import replace_file
from wayfinder.errors import CityError
from wayfinder.routing.attributes import ATTRIBUTES, OBSTACLE_KINDS, OTHER, EdgeAttributes, Interval
from wayfinder.routing.network import (
    INCLINE_ORIGINS,
    OSM_TYPES,
    SLOPE_DOWN,
    SLOPE_UNKNOWN,
    SLOPE_UP,
)
from wayfinder.routing.origins import INCLINE, list_rows, unpack_origins

CRS: Final = "epsg:4326"
_EPOCH: Final = date(1970, 1, 1)

Value = str | int | float | bool
Told = Callable[[int, int], None]


def write_graphml(city: City, path: Path, told: Told = lambda done, total: None) -> tuple[int, int]:
    """Write the network of a city as GraphML; a file that stood there stays until the new one is whole.

    Returns
    -------
    int, int
        Nodes and directed edges written.

    Raises
    ------
    CityError
        The file cannot be written.
    """
    graph = build_graph(city, told)
    try:
        replace_file(path, lambda new: nx.write_graphml_xml(graph, new))
    except OSError as error:
        raise CityError("{file} cannot be written: {problem}.", file=path, problem=error.strerror) from error
    return graph.number_of_nodes(), graph.number_of_edges()


def build_graph(city: City, told: Told = lambda done, total: None) -> nx.MultiDiGraph[int]:
    """The network as a graph; all values are text, as OSMnx writes (and only then reads) them.

    Nodes have ``x``, ``y`` and ``osmid``. Edges have OSMnx's ``osmid``, ``length`` (m), ``geometry`` (WKT,
    where it is more than the two ends), ``oneway`` (always False: a ban is ``access=no`` of that direction),
    ``reversed`` and ``name``; and our own, each with its unit in its name where it has one:

    - every judged attribute by its name (`wayfinder.routing.attributes`), if it is known. An interval is two
      columns, ``kerb_up_low_cm`` and ``kerb_up_high_cm``; without the second it has no upper end;
    - ``not_understood``: names of attributes that are tagged but not understood, by comma;
    - ``incline_percent``, uphill in the edge's own direction; ``incline`` is ``up`` or ``down`` where no more
      than that is known;
    - ``not_from_osm``: attributes that do not come from OSM, with their origin (``incline_percent=estimate``,
      ``width_cm=survey``), by comma; ``incline_error_percent``: how far off an estimate may be, either way;
    - ``obstacle``: True for kerbs, gates, doors, lifts ..., which are edges of their own;
    - ``osm_type``, ``level_from``, ``level_to``, ``layer``, ``as_of`` (day of the last edit).

    What is not known has no value.
    """
    network = city.network
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs=CRS,
        simplified="True",
        name=city.info.name,
        attribution=city.info.attribution,
        sources="; ".join(f"{source.name} ({source.licence})" for source in city.info.sources),
        osm_at=city.info.osm_at or "",
        city_id=city.info.id,
    )
    lon, lat, osm_id = network.node_lon.tolist(), network.node_lat.tolist(), network.node_osm_id.tolist()
    graph.add_nodes_from(
        (node, {"y": str(lat[node]), "x": str(lon[node]), "osmid": str(osm_id[node])})
        for node in range(network.node_count)
    )
    told_of_class = [_tell_class(attributes) for attributes in city.classes]
    columns = {name: getattr(network, name).tolist() for name in _COLUMNS}
    elsewhere = _list_origins(city)
    points = np.column_stack([network.point_lon_e7, network.point_lat_e7]) / 1e7
    for edge in range(network.edge_count):
        if edge % 10_000 == 0:
            told(edge, network.edge_count)
        facts = _tell_edge(columns, edge, city.names)
        if edge in elsewhere:
            facts["not_from_osm"] = ",".join(f"{name}={origin}" for name, origin in elsewhere[edge].items())
        tail, head = columns["edge_tail"][edge], columns["edge_head"][edge]
        line = points[columns["edge_points"][edge] : columns["edge_points"][edge + 1]]
        for back, (start, end) in enumerate(((tail, head), (head, tail))):
            arc = 2 * edge + back
            values = facts | told_of_class[columns["arc_class"][arc]]
            slope = columns["arc_slope"][arc]
            percent = columns["edge_incline_percent"][edge]
            values |= _tell_incline(columns["slope_incline"][slope], percent, back)
            if columns["slope_error"][slope]:
                values["incline_error_percent"] = columns["slope_error"][slope] / 10
            if back:
                values["level_from"], values["level_to"] = values["level_to"], values["level_from"]
            if len(line) > 2:
                values["geometry"] = _word_line(line[::-1] if back else line)
            values["reversed"] = bool(back)
            known = {name: str(value) for name, value in values.items() if value == value}  # not NaN
            graph.add_edge(start, end, **known)
    told(network.edge_count, network.edge_count)
    return graph


_COLUMNS: Final = (
    "edge_tail",
    "edge_head",
    "edge_length_mm",
    "edge_osm_type",
    "edge_osm_id",
    "edge_as_of_day",
    "edge_name",
    "edge_incline_percent",
    "edge_level_from",
    "edge_level_to",
    "edge_layer",
    "edge_points",
    "arc_class",
    "arc_slope",
    "slope_incline",
    "slope_error",
)


def _list_origins(city: City) -> dict[int, dict[str, str]]:
    """Edge -> attribute -> origin, of what does not come from OSM."""
    found: dict[int, dict[str, str]] = {}
    estimated = city.network.edge_incline_origin == INCLINE_ORIGINS.index("estimate")
    for edge in np.flatnonzero(estimated).tolist():
        found[edge] = {INCLINE: "estimate"}
    sources = orjson.loads(city.read(SOURCES_FILE)) if SOURCES_FILE in city.info.files else ()
    for row in list_rows(unpack_origins(city.arrays, sources)):
        if row.origin != "osm":
            found.setdefault(row.edge, {})[row.attribute] = row.origin
    return found


def _tell_edge(columns: Mapping[str, list[Any]], edge: int, names: tuple[str, ...]) -> dict[str, Value]:
    facts: dict[str, Value] = {
        "osmid": columns["edge_osm_id"][edge],
        "osm_type": OSM_TYPES[columns["edge_osm_type"][edge]],
        "length": columns["edge_length_mm"][edge] / 1000,
        "oneway": False,
        "layer": columns["edge_layer"][edge],
        "level_from": columns["edge_level_from"][edge],
        "level_to": columns["edge_level_to"][edge],
    }
    if names[columns["edge_name"][edge]]:
        facts["name"] = names[columns["edge_name"][edge]]
    if columns["edge_as_of_day"][edge] >= 0:
        facts["as_of"] = (_EPOCH + timedelta(days=columns["edge_as_of_day"][edge])).isoformat()
    return facts


def _tell_class(attributes: EdgeAttributes) -> dict[str, Value]:
    """Known attributes of a class as columns."""
    told: dict[str, Value] = {"obstacle": attributes.kind in OBSTACLE_KINDS}
    unclear = []
    for attribute in ATTRIBUTES:
        value = getattr(attributes, attribute.name)
        if value is OTHER:
            unclear.append(attribute.name)
        elif isinstance(value, Interval):
            stem, _, unit = attribute.name.rpartition("_")
            told[f"{stem}_low_{unit}"] = float(value.low)
            if math.isfinite(value.high):
                told[f"{stem}_high_{unit}"] = float(value.high)
        elif value is not None:
            told[attribute.name] = str(value) if isinstance(value, str) else float(value)
    if unclear:
        told["not_understood"] = ",".join(unclear)
    return told


def _tell_incline(slope: int, percent: float, back: int) -> dict[str, Value]:
    """Incline in the direction of travel; steps have no slope bin, but may be known to lead up or down."""
    if slope in (SLOPE_UP, SLOPE_DOWN):
        return {"incline": "up" if slope == SLOPE_UP else "down"}
    if slope == SLOPE_UNKNOWN or math.isnan(percent):
        return {}
    percent = -percent if back else percent
    if math.isinf(percent):
        return {"incline": "up" if percent > 0 else "down"}
    return {"incline_percent": round(percent, 3) + 0.0}


def _word_line(line: Any) -> str:
    return f"LINESTRING ({', '.join(f'{lon:.7f} {lat:.7f}' for lon, lat in line.tolist())})"
