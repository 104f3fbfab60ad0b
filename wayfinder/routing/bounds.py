"""Which lower bounds a search may use: a preset's, shrunk to a person's own prices, or plain lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wayfinder.routing.classes import Columns
from wayfinder.routing.costs import Judge
from wayfinder.routing.landmarks import Bounds, build_landmark_distances
from wayfinder.routing.network import Network

LENGTHS: Final = "length"
"""Name of the bounds at one millisecond per millimetre: what is left when a preset's have shrunk too much."""
_ARRAYS: Final = ("distance_ms", "class_rate", "class_fixed", "slope_rate")


def build_bounds(network: Network, columns: Columns, judge: Judge) -> dict[str, Bounds]:
    """Measure bounds for every preset, and in lengths.

    Parameters
    ----------
    columns
        The classes of the network and the closed class.
    """
    nothing = np.zeros(columns.count, dtype=np.int64)
    prices = {
        LENGTHS: (
            np.full(columns.count, 1000, dtype=np.int64),
            nothing,
            np.zeros(len(network.slope_incline), np.int64),
        )
    }
    for name, preset in judge.tables.presets.items():
        costs = judge.get_costs(preset)
        prices[name] = (costs.classes.rate, costs.classes.fixed, costs.slopes.rate)
    return {name: Bounds(build_landmark_distances(network, *paid), *paid) for name, paid in prices.items()}


def pack_bounds(bounds: Mapping[str, Bounds]) -> dict[str, NDArray[Any]]:
    """The bounds as named arrays for the city folder."""
    return {f"bound.{name}.{array}": getattr(one, array) for name, one in bounds.items() for array in _ARRAYS}


def unpack_bounds(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Bounds]:
    """Read what `pack_bounds` wrote."""
    names = [name.split(".")[1] for name in arrays if name.startswith("bound.") and name.endswith(_ARRAYS[0])]
    return {name: Bounds(*(arrays[f"bound.{name}.{array}"] for array in _ARRAYS)) for name in names}
