"""What else a person could choose: ways that differ in substance, and limits whose small change helps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from operator import attrgetter
from typing import Final

import numpy as np

from wayfinder.routing.costs import FORBIDDEN, CostTable, Prices, Tables, Verdict
from wayfinder.routing.directions import Route, describe_route
from wayfinder.routing.legs import LegFinder, Stop
from wayfinder.routing.network import Int64
from wayfinder.routing.obstacles import Obstacle, Value
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.profiles import Limit, LimitDefinition, LimitType, Profile, Unknowns
from wayfinder.routing.search import Weights, build_weights

SHORTEST: Final = "shortest"
LEAST_UNKNOWN: Final = "least_unknown"
_US_PER_MM: Final = 1000
_UNKNOWN_TIMES: Final = 4
"""A metre (or spot) about which something needed is unknown counts as so many known ones."""
_SPOT_M: Final = 60
"""An unknown kerb or crossing counts as so many metres."""
_GAIN_M, _GAIN_SHARE = 20.0, 0.05
"""Another way is worth showing if it is better by so much: in metres, and as a share of the way."""
_MOST_CHANGED: Final = 2
"""So many limits are changed at once, at most."""
_MOST_SHOWN: Final = 2


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A small change of limits that opens a way without any known obstacle beyond them.

    Attributes
    ----------
    limits
        Limit -> (what the person has set, what would be enough).
    unknowns
        The policy for unknowns that would be needed; None if the person's own will do.
    """

    limits: Mapping[str, tuple[Value, Value]]
    unknowns: Unknowns | None
    distance_m: float
    duration_s: float


def list_alternatives(
    finder: LegFinder, stops: Sequence[Stop], recommended: Route, count: int
) -> list[Route]:
    """Other ways within the limits: the shortest, and the one about which least is unknown.

    Only ways that differ in substance; there may be none.
    """
    weights = {SHORTEST: _weigh_lengths(finder.costs), LEAST_UNKNOWN: _weigh_unknowns(finder.costs)}
    found: list[Route] = []
    for label, own in weights.items():
        if len(found) == count:
            break
        legs = finder.find_legs(stops, own, Verdict.AVOID)
        if legs is None:
            continue
        ways = [leg.way for leg in legs]
        route = describe_route(finder.graph, finder.overlay, finder.costs, ways, label)
        if route.limits_exceeded:  # the limit of the whole way's length
            continue
        measure = _MEASURES[label]
        gain_m = measure(recommended) - measure(route)
        is_better = gain_m >= max(_GAIN_M, _GAIN_SHARE * recommended.distance_m)
        if is_better and all(not _is_same_line(route, other) for other in (recommended, *found)):
            found.append(route)
    return found


_MEASURES: Final = {SHORTEST: attrgetter("distance_m"), LEAST_UNKNOWN: attrgetter("unknown_m")}
"""What each of the other ways is better in, metres."""


def _is_same_line(one: Route, other: Route) -> bool:
    return np.array_equal(one.coordinates, other.coordinates)


def _weigh_lengths(costs: CostTable) -> Weights:
    """Every way within the limits by its length alone."""

    def weigh(prices: Prices, rate: int) -> Int64:
        return np.where(prices.verdict <= int(Verdict.AVOID), rate, FORBIDDEN).astype(np.int64)

    class_rate = weigh(costs.classes, _US_PER_MM)
    return Weights(class_rate, np.zeros_like(class_rate), weigh(costs.slopes, 0), _US_PER_MM, "")


def _weigh_unknowns(costs: CostTable) -> Weights:
    """Every way within the limits, dear where something needed is unknown."""
    weights = build_weights(costs, priced=False)
    us_per_mm = int(1000.0 / costs.profile.speed_mps)

    def raise_(rate: Int64, prices: Prices) -> Int64:
        is_unknown = (prices.whole.masks[2] != 0) & (rate >= 0)
        raised: Int64 = rate + is_unknown * (_UNKNOWN_TIMES - 1) * us_per_mm
        return raised

    is_unknown = costs.classes.whole.masks[2] != 0
    return replace(
        weights,
        class_rate=raise_(weights.class_rate, costs.classes),
        slope_rate=raise_(weights.slope_rate, costs.slopes),
        class_fixed=weights.class_fixed + is_unknown * _SPOT_M * 1000 * us_per_mm,
    )


def list_relaxations(
    finder: LegFinder, stops: Sequence[Stop], least_bad: Route, tables: Tables
) -> list[Relaxation]:
    """For a way over the limits: the one or two limits whose small change would open a clean way.

    Which limits are tried follows from the least bad way; how much each may change, from ``limits.csv``.
    """
    profile = finder.costs.profile
    may_change = sorted(
        {
            obstacle.limit_name
            for obstacle in least_bad.limits_exceeded
            if obstacle.limit_name in profile.limits
            and tables.limits[obstacle.limit_name].small_change is not None
        }
    )
    asks_unknown = any(obstacle.exceeds is None for obstacle in least_bad.limits_exceeded)
    found: list[Relaxation] = []
    for names, unknowns in _list_attempts(may_change, asks_unknown and profile.unknowns is Unknowns.REJECT):
        if any(set(one.limits) <= set(names) and one.unknowns in (None, unknowns) for one in found):
            continue  # less is enough
        relaxation = _relax(finder, stops, tables, names, unknowns)
        if relaxation is not None:
            found.append(relaxation)
    found.sort(key=lambda one: (len(one.limits) + (one.unknowns is not None), one.distance_m))
    return found[:_MOST_SHOWN]


def _list_attempts(
    names: Sequence[str], asks_unknown: bool
) -> Iterator[tuple[tuple[str, ...], Unknowns | None]]:
    """Fewest changes first."""
    policies = (None, Unknowns.AVOID) if asks_unknown else (None,)
    attempts = [
        (changed, policy)
        for count in range(_MOST_CHANGED + 1)
        for changed in combinations(names, count)
        for policy in policies
        if 0 < count + (policy is not None) <= _MOST_CHANGED
    ]
    attempts.sort(key=lambda attempt: len(attempt[0]) + (attempt[1] is not None))
    yield from attempts


def _relax(
    finder: LegFinder, stops: Sequence[Stop], tables: Tables, names: Sequence[str], unknowns: Unknowns | None
) -> Relaxation | None:
    profile = finder.costs.profile
    policy = unknowns or profile.unknowns
    wide = _judge(finder.overlay, profile, _widen(profile, tables.limits, names), policy)
    found = replace(finder, costs=wide).find_legs(stops, build_weights(wide, priced=False), Verdict.AVOID)
    if found is None:
        return None
    # what this way asks for, held against the person's own limits: no more than that must change
    ways = [leg.way for leg in found]
    own = _judge(finder.overlay, profile, profile.limits, policy)
    route = describe_route(finder.graph, finder.overlay, own, ways)
    needed = _list_needed(route.limits_exceeded, tables.limits)
    if needed is None or set(needed) - set(names):
        return None
    changes = {name: Limit(value, profile.limits[name].beyond, "person") for name, value in needed.items()}
    relaxed = _judge(finder.overlay, profile, {**profile.limits, **changes}, policy)
    checked = describe_route(finder.graph, finder.overlay, relaxed, ways)
    if checked.limits_exceeded:
        return None
    before = {name: profile.limits[name].value for name in needed}
    limits = {name: (_show(before[name]), _show(value)) for name, value in needed.items()}
    return Relaxation(limits, unknowns, checked.distance_m, checked.duration_s)


def _show(value: object) -> Value:
    assert isinstance(value, float | str)
    return value


def _judge(overlay: Overlay, profile: Profile, limits: Mapping[str, Limit], unknowns: Unknowns) -> CostTable:
    return overlay.judge.get_costs(replace(profile, limits=limits, unknowns=unknowns))


def _widen(
    profile: Profile, definitions: Mapping[str, LimitDefinition], names: Sequence[str]
) -> Mapping[str, Limit]:
    """The limits with each of `names` changed as far as a small change goes."""
    limits = dict(profile.limits)
    for name in names:
        definition, limit = definitions[name], limits[name]
        change = definition.small_change
        assert change is not None
        if definition.type is LimitType.WORST:
            at = definition.values.index(str(limit.value)) + int(change)
            value: float | str = definition.values[min(at, len(definition.values) - 1)]
        else:
            assert isinstance(limit.value, float)
            assert definition.minimum is not None and definition.maximum is not None
            more = -change if definition.type is LimitType.MIN else change
            value = min(max(limit.value + more, definition.minimum), definition.maximum)
        limits[name] = Limit(value, limit.beyond, "person")
    return limits


def _list_needed(
    excesses: Sequence[Obstacle], definitions: Mapping[str, LimitDefinition]
) -> dict[str, float | str] | None:
    """What each limit would have to be for these to keep it; None where no value of a limit would do."""
    needed: dict[str, float | str] = {}
    for obstacle in excesses:
        definition = definitions.get(obstacle.limit_name)
        value = obstacle.value if obstacle.value is not None else obstacle.details.get("assumed")
        if definition is None or obstacle.exceeds is None or value is None:
            return None
        before = needed.get(definition.name)
        if definition.type is LimitType.WORST:
            ranks = [definition.values.index(str(one)) for one in (value, before) if one is not None]
            needed[definition.name] = definition.values[max(ranks)]
            continue
        low, high = _get_range(value)
        ends = [low if definition.type is LimitType.MIN else high]
        ends += [float(before)] if before is not None else []
        needed[definition.name] = min(ends) if definition.type is LimitType.MIN else max(ends)
        if not math.isfinite(float(needed[definition.name])):
            return None
    return needed


def _get_range(value: object) -> tuple[float, float]:
    """Ends of a value as obstacles show it: ``3``, ``"0..3"``, ``"3.."``."""
    if not isinstance(value, str):
        return float(value), float(value)  # type: ignore[arg-type]
    low, _, high = value.partition("..")
    return float(low), float(high) if high else math.inf
