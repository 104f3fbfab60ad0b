"""What a survey can measure: the unknowns of a city, and what a profile makes of their possible values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from wayfinder.routing.attributes import ATTRIBUTE_INDEX, ATTRIBUTES, AttributeType, EdgeAttributes, Interval
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.classes import (
    NOT_UNDERSTOOD,
    SLOPE_ATTRIBUTES,
    UNMAPPED,
    Columns,
    build_class_columns,
    build_slope_columns,
)
from wayfinder.routing.costs import FORBIDDEN, Judge, Verdict
from wayfinder.routing.network import (
    SLOPE_DOWN,
    SLOPE_UNKNOWN,
    SLOPE_UP,
    Int16,
    Int32,
    Int64,
    Mask,
    Network,
    SlopeClasses,
)
from wayfinder.routing.network_arrays import get_slope_bin
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.profiles import Profile
from wayfinder.routing.what_if import TripNetwork, judge_pairs
from wayfinder.tables import TABLES_FOLDER, read_table

_INCLINES: Final = frozenset(attribute.name for attribute in SLOPE_ATTRIBUTES)
_TYPICAL_MM: Final = 10_000
"""Length over which two values of an unknown are compared where one costs by the metre, the other once."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of ``measurements.csv``: attributes measured together, and the values tried for them."""

    name: str
    attributes: tuple[str, ...]
    values: tuple[float, ...]
    unit: str

    @property
    def is_incline(self) -> bool:
        """Whether it is about the slope of a way, which has columns of its own."""
        return self.attributes[0] in _INCLINES


def load_measurements(path: Path = TABLES_FOLDER / "measurements.csv") -> tuple[Measurement, ...]:
    """Read what a survey can measure.

    Raises
    ------
    TableError
        With file and line: an attribute that is no number, or of ways and slopes at once; no value.
    """
    columns = ("measurement", "attributes", "values", "unit", "source")
    types = {attribute.name: attribute.type for attribute in (*ATTRIBUTES, *SLOPE_ATTRIBUTES)}
    measurements = []
    for row in read_table(path, columns, key=("measurement",), filled=columns):
        attributes = row.words("attributes")
        for name in attributes:
            if types.get(name, AttributeType.CHOICE) is AttributeType.CHOICE:
                row.fail(f"{name!r} is no attribute that can be measured")
        if len({name in _INCLINES for name in attributes}) > 1:
            row.fail("attributes of ways and of slopes are measured in rows of their own")
        try:
            values = tuple(float(word) for word in row.words("values"))
        except ValueError:
            row.fail(f"values are not numbers: {row['values']!r}")
        measurements.append(Measurement(row["measurement"], attributes, values, row["unit"]))
    return tuple(measurements)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What the unknowns of one measurement may turn out to be.

    Attributes
    ----------
    pairs
        int32[u]: the pairs of class and slope (by their number in `TripNetwork.pairs`) it is unknown on.
    classes, bins
        int64[u, v]: the pair each of them would be.
    """

    measurement: Measurement
    pairs: Int32
    classes: Int64
    bins: Int64


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything a survey could find out in a city, ready to be judged for any profile."""

    judge: Judge
    alternatives: tuple[Alternatives, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The best and the worst that one measurement may bring one profile.

    Attributes
    ----------
    good, bad
        int32[p]: by state as mapped, the state with the best and the worst value; -1 where nothing is
        unknown.
    is_better, is_worse
        bool[p]: whether that differs from what is reckoned with today.
    """

    measurement: Measurement
    good: Int32
    bad: Int32
    is_better: Mask
    is_worse: Mask


def prepare_survey(
    graph: CityGraph, overlay: Overlay, measurements: Sequence[Measurement], pairs: Int64
) -> Survey:
    """Work out what the unknowns of a city may turn out to be.

    Parameters
    ----------
    pairs
        As in `TripNetwork.pairs`.
    """
    classes = list(overlay.classes)
    base = len(classes)
    columns, slope_columns, slopes = (
        build_class_columns(classes),
        graph.slopes,
        _MeasuredSlopes(graph.network),
    )
    class_of: dict[EdgeAttributes, int] = {}
    found = []
    for measurement in measurements:
        of = slope_columns if measurement.is_incline else columns
        index = pairs % slopes.base if measurement.is_incline else pairs // slopes.base
        unknown = _find_unknown(of, measurement.attributes)
        chosen = np.flatnonzero(unknown[index]).astype(np.int32)
        width = len(measurement.values) * (2 if measurement.is_incline else 1)
        new_classes = np.repeat(pairs[chosen, None] // slopes.base, width, axis=1)
        new_slopes = np.repeat(pairs[chosen, None] % slopes.base, width, axis=1)
        for row in range(len(chosen)):
            if measurement.is_incline:
                new_slopes[row] = slopes.list_measured(int(new_slopes[row, 0]), measurement.values)
                continue
            edge = classes[int(new_classes[row, 0])]
            for at, value in enumerate(measurement.values):
                changed = _measure(edge, measurement.attributes, value)
                new_classes[row, at] = base + class_of.setdefault(changed, len(class_of))
        found.append(Alternatives(measurement, chosen, new_classes, new_slopes))
    if class_of:
        columns = columns.extend(build_class_columns(list(class_of)))
    return Survey(Judge(columns, slopes.build_columns(), None, overlay.judge.tables), tuple(found))


def _find_unknown(columns: Columns, attributes: Sequence[str]) -> Mask:
    rows = [row for row, attribute in enumerate(columns.attributes) if attribute.name in attributes]
    status = columns.status[rows]
    unknown: Mask = np.any((status == UNMAPPED) | (status == NOT_UNDERSTOOD), axis=0)
    return unknown


class _MeasuredSlopes:
    """The slope classes of a city, and behind them those that a measured incline would make of them."""

    def __init__(self, network: Network) -> None:
        facts = (network.slope_incline, network.slope_error, network.slope_run_m, network.slope_rest_m)
        self._facts: Int16 = np.stack(facts, axis=1)
        self._new: dict[tuple[int, ...], int] = {}

    @property
    def base(self) -> int:
        """How many the city has."""
        return len(self._facts)

    def list_measured(self, slope: int, values: Sequence[float]) -> list[int]:
        """Slope classes: both directions where nobody knows which one rises, else the known one twice."""
        incline, _, run_m, rest_m = self._facts[slope].tolist()
        signs = {SLOPE_UNKNOWN: (1, -1), SLOPE_UP: (1, 1), SLOPE_DOWN: (-1, -1)}[incline]
        return [
            self.base + self._new.setdefault((get_slope_bin(sign * value), 0, run_m, rest_m), len(self._new))
            for sign in signs
            for value in values
        ]

    def build_columns(self) -> Columns:
        """All of them, to be judged."""
        facts = np.concatenate([self._facts, np.array(list(self._new), dtype=np.int16).reshape(-1, 4)])
        return build_slope_columns(SlopeClasses(np.empty(0, dtype=np.int16), *np.ascontiguousarray(facts.T)))


def _measure(edge: EdgeAttributes, attributes: Sequence[str], value: float) -> EdgeAttributes:
    """The edge with this value for those of its attributes that have a meaning there and are unknown."""
    known: dict[str, Any] = {}
    for name in attributes:
        attribute = ATTRIBUTES[ATTRIBUTE_INDEX[name]]
        is_known = isinstance(getattr(edge, name), float | int | Interval)
        if edge.kind in attribute.applies_to and not is_known:
            known[name] = Interval(value, value) if attribute.type is AttributeType.INTERVAL else value
    return replace(edge, **known)


def judge_survey(survey: Survey, network: TripNetwork, profile: Profile) -> tuple[Outlook, ...]:
    """The best and the worst each measurement may bring a profile; adds their states to `network`."""
    costs = survey.judge.get_costs(profile)
    found = []
    for item in survey.alternatives:
        rate, fixed, verdict = judge_pairs(costs, item.classes.reshape(-1), item.bins.reshape(-1))
        shape = item.classes.shape
        rate = np.where(verdict <= Verdict.AVOID, rate, FORBIDDEN).reshape(shape)
        fixed = fixed.reshape(shape)
        price = np.where(rate < 0, np.int64(2**60), rate * _TYPICAL_MM + fixed)
        today = network.get_typical_prices(_TYPICAL_MM)[item.pairs]
        states: dict[str, Int32] = {}
        differs: dict[str, Mask] = {}
        for name, at in (("good", price.argmin(axis=1)), ("bad", price.argmax(axis=1))):
            rows = np.arange(len(at))
            first = network.add_states(rate[rows, at], fixed[rows, at])
            states[name] = np.full(network.count, -1, dtype=np.int32)
            states[name][item.pairs] = first + rows.astype(np.int32)
            differs[name] = np.zeros(network.count, dtype=np.bool_)
            new = price[rows, at]
            differs[name][item.pairs] = new < today if name == "good" else new > today
        found.append(
            Outlook(item.measurement, states["good"], states["bad"], differs["good"], differs["bad"])
        )
    return tuple(found)
