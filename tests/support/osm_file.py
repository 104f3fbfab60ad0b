"""Drawn towns as OSM files, for tests that begin with a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from wayfinder.geo import LonLat
from wayfinder.routing.osm_records import OsmData

Place = tuple[LonLat, Mapping[str, str]]


def write_osm_file(path: Path, town: OsmData, places: Sequence[Place] = (), day: str = "2024-10-04") -> Path:
    """Write a town and nodes with these places as OSM XML, all of it last edited on `day`."""
    edited = f'version="1" timestamp="{day}T00:00:00Z"'

    def show(tags: Mapping[str, str]) -> str:
        return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())

    lines = [
        f'<node id="{node.id}" lat="{node.lat:.7f}" lon="{node.lon:.7f}" {edited}>{show(node.tags)}</node>'
        for node in town.nodes.values()
    ]
    lines += [
        f'<node id="{number}" lat="{spot.lat:.7f}" lon="{spot.lon:.7f}" {edited}>{show(tags)}</node>'
        for number, (spot, tags) in enumerate(places, start=1000)
    ]
    for way in town.ways:
        refs = "".join(f'<nd ref="{ref}"/>' for ref in way.nodes)
        lines.append(f'<way id="{way.id}" {edited}>{refs}{show(way.tags)}</way>')
    path.write_text(f'<osm version="0.6">{"".join(lines)}</osm>', encoding="utf-8")
    return path
