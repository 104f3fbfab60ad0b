"""Edge attributes written as text, for tables of cases: ``kind=kerb_up kerb_up_cm=0..3``."""

from __future__ import annotations

import numpy as np

from wayfinder.routing.attributes import (
    ATTRIBUTE_INDEX,
    ATTRIBUTES,
    OTHER,
    AttributeType,
    EdgeAttributes,
    Interval,
    Kind,
    Unclear,
)
from wayfinder.routing.classes import build_class_columns, build_slope_columns
from wayfinder.routing.costs import Judge
from wayfinder.routing.network_arrays import number_slopes


def parse_attributes(text: str) -> EdgeAttributes:
    """Read ``name=value`` words; ``?`` is a value not understood, ``0..3`` and ``3.1..`` are ranges."""
    values = dict(word.split("=", 1) for word in text.split())
    kind = Kind(values.pop("kind"))
    return EdgeAttributes(kind=kind, **{name: _parse(name, value) for name, value in values.items()})  # type: ignore[arg-type]


def _parse(name: str, text: str) -> str | float | Interval | Unclear:
    attribute = ATTRIBUTES[ATTRIBUTE_INDEX[name]]
    if text == "?":
        return OTHER
    if attribute.type is AttributeType.CHOICE:
        assert text in attribute.values, f"{name} is never {text}"
        return text
    if attribute.type is AttributeType.NUMBER:
        return float(text)
    low, _, high = text.partition("..")
    return Interval(float(low), float(high or "inf") if ".." in text else float(low))


def build_judge(*edges: str) -> Judge:
    """A judge of classes given as text, on level ground."""
    slopes = number_slopes(np.empty((0, 4), dtype=np.int16))
    return Judge(build_class_columns([parse_attributes(edge) for edge in edges]), build_slope_columns(slopes))
