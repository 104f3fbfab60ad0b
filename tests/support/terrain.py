"""Ground made of a formula, for towns that are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.support.drawn_town import ORIGIN
from wayfinder.geo import METRES_PER_DEGREE

Float64 = NDArray[np.float64]
Heights = Callable[[Float64, Float64], Float64]


@dataclass
class DrawnTerrain:
    """Heights by metres east and north of the corner of a drawn town; inside `extent_m` of it alone."""

    heights: Heights
    cell_m: float = 10.0
    step_m: float = 0.0
    extent_m: float = 10_000.0

    def _locate(self, lon: Float64, lat: Float64) -> tuple[Float64, Float64]:
        east = (np.asarray(lon) - ORIGIN.lon) * METRES_PER_DEGREE * math.cos(math.radians(ORIGIN.lat))
        return east, (np.asarray(lat) - ORIGIN.lat) * METRES_PER_DEGREE

    def covers(self, lon: Float64, lat: Float64) -> NDArray[np.bool_]:
        east, _ = self._locate(lon, lat)
        return np.asarray(np.abs(east) <= self.extent_m)

    def get_heights(self, lon: Float64, lat: Float64) -> Float64:
        east, north = self._locate(lon, lat)
        return np.where(np.abs(east) <= self.extent_m, self.heights(east, north) + 0.0 * north, np.nan)


def rise_east(percent: float) -> DrawnTerrain:
    """A plane that rises to the east."""
    return DrawnTerrain(lambda east, north: 100.0 + east * percent / 100.0)
