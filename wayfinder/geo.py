"""Small geometry on the sphere, near enough to a plane for a city."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius (IUGG)."""
METRES_PER_DEGREE: Final = math.pi * EARTH_RADIUS_M / 180.0


class LonLat(NamedTuple):
    """A position in WGS84 degrees, longitude first."""

    lon: float
    lat: float


def get_distance_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in metres (haversine)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b.lon - a.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))
