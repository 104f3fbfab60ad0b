"""How a line lies beside another one, on a plane in metres."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

_PARALLEL_COS: Final = 0.85
_SAME_STRETCH: Final = 0.5


def get_share(line: BaseGeometry, band: BaseGeometry) -> float:
    """Share of a line that lies in a band, 0 to 1."""
    return line.intersection(band).length / line.length if line.length else 0.0


def is_parallel(line: BaseGeometry, along: BaseGeometry) -> bool:
    """Whether most of a line has the direction of what it runs along."""
    spots = _list_spots(line, 0.0, 1.0, 6)
    merged = shapely.line_merge(along)
    total = aligned = 0.0
    for one, other in pairwise(spots):
        ends = shapely.get_coordinates([one, other])
        foot = [merged.project(one), merged.project(other)]
        if foot[0] == foot[1]:
            total += 1.0
            continue
        base = shapely.get_coordinates([merged.interpolate(foot[0]), merged.interpolate(foot[1])])
        a, b = ends[1] - ends[0], base[1] - base[0]
        length = float(np.hypot(*a) * np.hypot(*b))
        total += 1.0
        aligned += bool(length and abs(float(a @ b)) / length >= _PARALLEL_COS)
    return aligned > total / 2


def get_mean_distance(line: BaseGeometry, along: BaseGeometry) -> float:
    """How far a line is from what it runs along, over its middle part."""
    return float(np.mean([spot.distance(along) for spot in _list_spots(line, 0.1, 0.9, 5)]))


def _list_spots(line: BaseGeometry, first: float, last: float, count: int) -> list[Point]:
    return [line.interpolate(share, normalized=True) for share in np.linspace(first, last, count)]


def shares_stretch(one: BaseGeometry, other: BaseGeometry, along: BaseGeometry) -> bool:
    """Whether two lines run beside the same stretch of a third, over half of the shorter one."""
    merged = shapely.line_merge(along)
    spans = []
    for line in (one, other):
        feet = [merged.project(shapely.get_point(line, end)) for end in (0, -1)]
        spans.append((min(feet), max(feet)))
    overlap = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    shorter = min(high - low for low, high in spans)
    return bool(shorter > 0 and overlap > _SAME_STRETCH * shorter)
