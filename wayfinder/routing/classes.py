"""Equal judged attributes -> class ids: the columns that `costs` judges, one value per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wayfinder.routing.attributes import (
    ATTRIBUTES,
    OTHER,
    Attribute,
    AttributeType,
    EdgeAttributes,
    Interval,
    Kind,
)
from wayfinder.routing.network import (
    SLOPE_DOWN,
    SLOPE_NONE,
    SLOPE_UP,
    SLOPE_ZERO,
    Float64,
    Network,
    SlopeClasses,
    UInt8,
)

UNMAPPED: Final = 0
KNOWN: Final = 1
NOT_UNDERSTOOD: Final = 2
MEANINGLESS: Final = 3
"""The attribute says nothing about this kind of edge, so that its absence is no unknown."""

SLOPE_ATTRIBUTES: Final[tuple[Attribute, ...]] = (
    Attribute("incline_up_percent", AttributeType.NUMBER, "percent", frozenset(Kind)),
    Attribute("incline_down_percent", AttributeType.NUMBER, "percent", frozenset(Kind)),
    Attribute("incline_up_likely_percent", AttributeType.NUMBER, "percent", frozenset(Kind)),
    Attribute("incline_down_likely_percent", AttributeType.NUMBER, "percent", frozenset(Kind)),
    Attribute("slope_run_m", AttributeType.NUMBER, "m", frozenset(Kind)),
    Attribute("distance_to_rest_m", AttributeType.NUMBER, "m", frozenset(Kind)),
)
"""Columns of the slope classes. How steep uphill and downhill in the direction of travel, never negative: a
range where it is estimated, for limits, and its likely value, for time and effort. Then how long it has been
steep so far, and how far the last place to sit down lies behind (`slope_classes`)."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Attribute values of a list of things (classes, or slope classes), one row per attribute.

    Attributes
    ----------
    attributes
        ``a`` attributes in row order.
    low, high
        float64[a, c]: the value as a range (equal for numbers and choices; a choice is its index in
        ``Attribute.values``); NaN where not known.
    status
        uint8[a, c]: UNMAPPED, KNOWN, NOT_UNDERSTOOD or MEANINGLESS.
    """

    attributes: tuple[Attribute, ...]
    low: Float64
    high: Float64
    status: UInt8

    @property
    def count(self) -> int:
        """Number of things (columns of the matrices)."""
        return int(self.low.shape[1])

    def extend(self, other: Columns) -> Columns:
        """These columns followed by `other`'s (extra classes of an overlay)."""
        return Columns(
            self.attributes,
            np.hstack([self.low, other.low]),
            np.hstack([self.high, other.high]),
            np.hstack([self.status, other.status]),
        )


def build_class_columns(classes: Sequence[EdgeAttributes]) -> Columns:
    """Turn classes into columns, in the order of `ATTRIBUTES`."""
    shape = (len(ATTRIBUTES), len(classes))
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    status = np.full(shape, UNMAPPED, dtype=np.uint8)
    for row, attribute in enumerate(ATTRIBUTES):
        codes = {value: float(code) for code, value in enumerate(attribute.values)}
        name, applies_to = attribute.name, attribute.applies_to
        for column, edge in enumerate(classes):
            value = getattr(edge, name)
            if value is None:
                if edge.kind not in applies_to:
                    status[row, column] = MEANINGLESS
            elif value is OTHER:
                status[row, column] = NOT_UNDERSTOOD
            else:
                status[row, column] = KNOWN
                if isinstance(value, Interval):
                    low[row, column], high[row, column] = value
                else:
                    low[row, column] = high[row, column] = codes[value] if attribute.values else value
    return Columns(ATTRIBUTES, low, high, status)


def build_slope_columns(network: Network | SlopeClasses) -> Columns:
    """The slope classes of a city as columns, in the order of `SLOPE_ATTRIBUTES`."""
    slope = network.slope_incline
    percent = (slope - SLOPE_ZERO) / 10.0
    error = network.slope_error / 10.0
    up, down = np.maximum(percent, 0.0), np.maximum(-percent, 0.0)
    low = np.vstack(
        [
            np.maximum(percent - error, 0.0),
            np.maximum(-percent - error, 0.0),
            up,
            down,
            network.slope_run_m,
            network.slope_rest_m,
        ]
    )
    high = low.copy()
    high[0], high[1] = np.maximum(percent + error, 0.0), np.maximum(error - percent, 0.0)
    status = np.full(low.shape, KNOWN, dtype=np.uint8)
    open_ = slope <= SLOPE_DOWN
    status[:4, open_] = UNMAPPED
    status[5, network.slope_rest_m < 0] = UNMAPPED
    # "up" without a number says nothing about going down, and the other way round
    for flat, tagged in ((1, SLOPE_UP), (0, SLOPE_DOWN)):
        status[flat:4:2, slope == tagged] = KNOWN
        low[flat:4:2, slope == tagged] = high[flat:4:2, slope == tagged] = 0.0
    status[:, slope == SLOPE_NONE] = MEANINGLESS
    low[status != KNOWN] = high[status != KNOWN] = np.nan
    return Columns(SLOPE_ATTRIBUTES, low, high, status)
