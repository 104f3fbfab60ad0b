"""The picture of the city report: one SVG, ways by what is known of them, barriers by their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from shapely.geometry import MultiPolygon

from wayfinder.city.districts import District
from wayfinder.city.markup import Markup, join, tag
from wayfinder.routing.attributes import ATTRIBUTE_INDEX, EdgeAttributes
from wayfinder.routing.classes import KNOWN, MEANINGLESS, build_class_columns
from wayfinder.routing.network import INCLINE_ORIGINS, SLOPE_NONE, Float64, Int32, Network, UInt8

LAYERS: Final = (
    ("surface", ("surface",)),
    ("smoothness", ("smoothness",)),
    ("width_cm", ("width_cm",)),
    ("incline_percent", ()),
    ("kerb", ("kerb_up_cm", "kerb_down_cm")),
)
"""Layers of the map, and the attributes one of which must be known; the incline is a column of its own."""
_SIZE: Final = 8000
"""Units along the longer side; lines need whole numbers only."""
_EDGE_SHARE: Final = 0.5
"""Percent of the nodes cut off at each side: an extract's loose ends would shrink the city to a dot."""
_MARGIN: Final = 0.02
_MARKER: Final = 70
_STATES: Final = ("", "k", "u", "e")
"""Nothing to know, known, unknown, estimated: class of a line by the number of its layer."""
_NOTHING, _IS_KNOWN, _IS_UNKNOWN, _IS_ESTIMATED = range(len(_STATES))


@dataclass(frozen=True, slots=True)
class Marker:
    """A barrier on the map: its number in the ledger of a profile."""

    profile: str
    number: int
    lon: float
    lat: float
    title: str


def draw_map(
    network: Network,
    classes: Sequence[EdgeAttributes],
    districts: Sequence[District],
    markers: Sequence[Marker],
    *,
    title: str,
    description: str,
) -> Markup:
    """Draw the city; which layer and whose markers are seen is for the page's style sheet to say."""
    view = _View(network, districts)
    combined = np.zeros(network.edge_count, dtype=np.int64)
    for number, status in enumerate(_judge_layers(network, classes)):
        combined += status.astype(np.int64) * len(_STATES) ** number
    ways = []
    for combination in np.unique(combined).tolist():
        states = [combination // len(_STATES) ** number % len(_STATES) for number in range(len(LAYERS))]
        names = " ".join(
            f"{_STATES[state]}{number}" for number, state in enumerate(states) if state != _NOTHING
        )
        lines = view.draw_lines(np.flatnonzero(combined == combination).astype(np.int32))
        if names and lines:
            spot = " spot" if states[-1] != _NOTHING else ""
            ways.append(tag("path", class_=names + spot, d=lines))
        elif lines:
            ways.append(tag("path", d=lines))
    borders = [
        tag("path", class_="border", d=view.draw_ring(ring))
        for district in districts
        for polygon in (
            district.boundary.geoms if isinstance(district.boundary, MultiPolygon) else [district.boundary]
        )
        for ring in (np.asarray(polygon.exterior.coords),)
    ]
    # the highest number first, so that the worst barrier lies on top
    spots = [view.draw_marker(marker) for marker in sorted(markers, key=lambda one: -one.number)]
    return tag(
        "svg",
        tag("title", title, id="map-title"),
        tag("desc", description, id="map-desc"),
        tag("g", join(*borders), class_="borders"),
        tag("g", join(*ways), class_="ways"),
        join(*spots),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {view.width} {view.height}",
        role="img",
        aria_labelledby="map-title map-desc",
    )


def _judge_layers(network: Network, classes: Sequence[EdgeAttributes]) -> list[UInt8]:
    """Per layer and edge: nothing to know, known, unknown or estimated."""
    columns = build_class_columns(classes)
    found = []
    for name, attributes in LAYERS:
        if not attributes:
            meant = network.slope_incline[network.arc_slope[0::2]] != SLOPE_NONE
            known = meant & np.isfinite(network.edge_incline_percent)
        else:
            rows = [ATTRIBUTE_INDEX[attribute] for attribute in attributes]
            status = columns.status[rows][:, network.arc_class]
            known_arc, meant_arc = np.any(status == KNOWN, axis=0), np.any(status != MEANINGLESS, axis=0)
            known, meant = known_arc[0::2] | known_arc[1::2], meant_arc[0::2] | meant_arc[1::2]
            if name != "kerb":
                meant = meant & (network.edge_length_mm > 0)
        layer: UInt8 = np.where(meant, np.where(known, _IS_KNOWN, _IS_UNKNOWN), _NOTHING).astype(np.uint8)
        if not attributes:
            layer[known & (network.edge_incline_origin == INCLINE_ORIGINS.index("estimate"))] = _IS_ESTIMATED
        found.append(layer)
    return found


class _View:
    """Degrees -> units of the picture."""

    def __init__(self, network: Network, districts: Sequence[District]) -> None:
        self._network = network
        lon, lat = network.point_lon_e7 / 1e7, network.point_lat_e7 / 1e7
        cut = (_EDGE_SHARE, 100 - _EDGE_SHARE)
        # of the nodes: a lone road far off has few of them, however winding it is
        west, east = np.percentile(network.node_lon, cut)
        south, north = np.percentile(network.node_lat, cut)
        if districts:
            # the city is what its districts say, where they lie in the data
            bounds = np.array([district.boundary.bounds for district in districts])
            inner = (bounds[:, 0].min(), bounds[:, 1].min(), bounds[:, 2].max(), bounds[:, 3].max())
            if inner[0] < east and inner[2] > west and inner[1] < north and inner[3] > south:
                west, south, east, north = inner
        margin = _MARGIN * max(float(east - west), float(north - south), 1e-4)
        self._west, self._north = float(west) - margin, float(north) + margin
        squeeze = float(np.cos(np.radians((south + north) / 2)))
        wide, high = (float(east - west) + 2 * margin) * squeeze, float(north - south) + 2 * margin
        self._scale = _SIZE / max(wide, high)
        self._squeeze = squeeze * self._scale
        self.width, self.height = round(wide * self._scale), round(high * self._scale)
        self._x, self._y = self._project(lon, lat)

    def _project(self, lon: Float64, lat: Float64) -> tuple[Int32, Int32]:
        x = np.rint((lon - self._west) * self._squeeze).astype(np.int32)
        return x, np.rint((self._north - lat) * self._scale).astype(np.int32)

    def draw_lines(self, edges: Int32) -> str:
        """The lines of edges as one SVG path; what lies outside is left out."""
        points = self._network.edge_points
        parts = []
        for edge in edges.tolist():
            first, last = int(points[edge]), int(points[edge + 1])
            x, y = self._x[first:last], self._y[first:last]
            if x.max() < 0 or y.max() < 0 or x.min() > self.width or y.min() > self.height:
                continue
            parts.append(_draw(x.tolist(), y.tolist()))
        return "".join(parts)

    def draw_ring(self, ring: Float64) -> str:
        """A ring as an SVG path."""
        x, y = self._project(ring[:, 0], ring[:, 1])
        return _draw(x.tolist(), y.tolist()) + "z"

    def draw_marker(self, marker: Marker) -> Markup:
        """A disc with the number of a barrier."""
        x, y = self._project(np.array([marker.lon]), np.array([marker.lat]))
        return tag(
            "g",
            tag("title", marker.title),
            tag("circle", r=_MARKER),
            tag("text", str(marker.number), dy="0.36em"),
            class_=f"marker m-{marker.profile}",
            transform=f"translate({int(x[0])} {int(y[0])})",
        )


def _draw(x: Sequence[int], y: Sequence[int]) -> str:
    text = [f"M{x[0]} {y[0]}"]
    moved = False
    for at in range(1, len(x)):
        dx, dy = x[at] - x[at - 1], y[at] - y[at - 1]
        if dx or dy:
            text.append(f"l{dx} {dy}")
            moved = True
    if not moved:
        text.append("h0")
    return "".join(text)
