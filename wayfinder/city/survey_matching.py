"""Rows of a survey -> edges of the network: by OSM id, else by place, kind and name; never by guess.

A row that fits two things equally well is ambiguous and changes nothing. What a row says is put together with
what other rows say of the same edge; of several values the worst holds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from wayfinder.city.lines import get_mean_distance, get_share, is_parallel, shares_stretch
from wayfinder.city.survey_things import CityPlane, Thing, Things, fold_name
from wayfinder.routing.attributes import KERB_KINDS, EdgeAttributes, Interval, Kind
from wayfinder.routing.network import SLOPE_DOWN, SLOPE_UP, Network
from wayfinder.routing.origins import INCLINE
from wayfinder.routing.osm_records import OsmPlace
from wayfinder.routing.standing_changes import Closure
from wayfinder.routing.surveyed import EdgeFact, FactValue, list_fields, takes
from wayfinder.sources.surveys.mapping import PLACE, TARGETS, Column
from wayfinder.sources.surveys.survey import Survey, SurveyRow
from wayfinder.sources.surveys.values import get_worst_value

_MARGIN_M: Final = 250.0
"""A row so far outside the network's bounds is outside the city."""
_FAR_FROM_ID_M: Final = 100.0
"""An OSM object so far from its row is another one: ids are given anew."""
_CROSSING_REACH_M: Final = 25.0
"""So far from the middle of the carriageway a kerb still belongs to a crossing."""


class RowResult(NamedTuple):
    """What became of a row.

    Attributes
    ----------
    status
        ``matched``, ``ambiguous``, ``unmatched`` or ``broken``.
    reason
        How it was matched (``osm_id``, ``place``), or why it was not.
    objects
        What it was matched to, or could not decide between: ``node/1``, ``way/2``.
    """

    number: int
    key: str
    status: str
    reason: str
    objects: tuple[str, ...] = ()


class PlaceFact(NamedTuple):
    """What a survey says of a place, in OSM's words."""

    place_id: str
    attribute: str
    value: str
    day: int
    source: str


@dataclass(frozen=True, slots=True)
class Matched:
    """A survey on a network.

    Attributes
    ----------
    results
        One for each row of the file, by number.
    facts
        By edge and attribute, one at most of each.
    counts
        ``facts``, of which ``new`` where OSM says nothing, ``changed`` where it says something else; beside
        them ``closures`` and ``places``, and where there are any ``differing`` (rows that say different
        things of an edge: the worst holds), ``direction_unknown`` (inclines whose direction nobody knows) and
        ``no_worse`` (spots that are no worse than what is known).
    is_swapped
        No row lies in the city, but most would if longitude and latitude changed places.
    """

    survey: Survey
    results: tuple[RowResult, ...]
    facts: tuple[EdgeFact, ...]
    closures: tuple[Closure, ...]
    places: tuple[PlaceFact, ...]
    counts: Mapping[str, int]
    is_swapped: bool


class Matcher:
    """Matches surveys to one network."""

    def __init__(
        self,
        network: Network,
        classes: Sequence[EdgeAttributes],
        names: Sequence[str],
        places: Sequence[OsmPlace] = (),
    ) -> None:
        self._classes, self._places = classes, places
        self._plane = CityPlane(network, classes, names)
        self._things: dict[frozenset[Kind], Things] = {}

    def match(self, survey: Survey) -> Matched:
        """Match every row of a survey."""
        results = [RowResult(*rejected) for rejected in survey.rejected]
        said: list[tuple[int, Column, FactValue, int]] = []
        closures: list[Closure] = []
        places: list[PlaceFact] = []
        counts: Counter[str] = Counter()
        name = survey.mapping.name
        inside = [row.shape is None or self._is_inside(row.shape) for row in survey.rows]
        for row, is_inside in zip(survey.rows, inside, strict=True):
            if not is_inside:
                results.append(RowResult(row.number, row.key, "unmatched", "outside"))
                continue
            if row.rule.target == PLACE:
                result, about_place = self._match_place(row, name)
                results.append(result)
                places += about_place
                continue
            shape = None if row.shape is None else self._plane.project(row.shape)
            result, edges = self._match(row, shape)
            if result.status == "matched":
                own, dropped = self._list_facts(row, shape, edges, counts)
                if row.times is not None:
                    ways = tuple(edge for edge in edges if self._plane.kinds[edge] not in KERB_KINDS)
                    values = {column.attribute: value for _, column, value, _ in own}
                    closures.append(Closure(ways or tuple(edges), *row.times, values, row.day, name))
                    own = []
                said += own
                if not own and row.times is None and dropped is not None:
                    result = result._replace(status="unmatched", reason=dropped, objects=())
            results.append(result)
        combined = self._combine(said, name, counts)
        return Matched(
            survey=survey,
            results=tuple(sorted(results)),
            facts=combined,
            closures=tuple(sorted(closures, key=lambda one: (one.edges, one.begins_s or 0, one.ends_s or 0))),
            places=tuple(sorted(places)),
            counts={
                "facts": len(combined),
                "new": sum(self._get_known(fact) is None for fact in combined),
                "changed": sum(self._get_known(fact) not in (None, fact.value) for fact in combined),
                "closures": len(closures),
                "places": len(places),
                **{name: count for name, count in sorted(counts.items()) if count},
            },
            is_swapped=not any(inside) and self._would_fit_swapped(survey.rows),
        )

    # ---------------------------------------------------------------- where a row lies

    def _is_inside(self, shape: BaseGeometry) -> bool:
        west, south, east, north = self._plane.bounds
        margin = _MARGIN_M / 111_000.0
        lon, lat = shapely.get_coordinates(shape).mean(axis=0)
        return bool(west - 2 * margin <= lon <= east + 2 * margin and south - margin <= lat <= north + margin)

    def _would_fit_swapped(self, rows: Iterable[SurveyRow]) -> bool:
        shapes = [row.shape for row in rows if row.shape is not None]
        fitting = sum(self._is_inside(shapely.transform(s, lambda spots: spots[:, ::-1])) for s in shapes)
        return bool(shapes) and fitting > len(shapes) / 2

    def _get_things(self, kinds: frozenset[Kind]) -> Things:
        if kinds not in self._things:
            self._things[kinds] = Things(self._plane.list_things(kinds))
        return self._things[kinds]

    # ---------------------------------------------------------------- matching

    def _match(self, row: SurveyRow, shape: BaseGeometry | None) -> tuple[RowResult, list[int]]:
        kinds = TARGETS[row.rule.target]
        is_crossing = Kind.ROAD_CROSSING in kinds
        things = self._get_things(frozenset({Kind.ROAD_CROSSING}) if is_crossing else kinds)
        status, reason, found = self._find(row, shape, things)
        edges = sorted({edge for thing in found for edge in thing.edges})
        if is_crossing and status == "matched":
            edges = sorted({*edges, *self._list_kerbs_of(edges)})
        objects = sorted({f"{kind}/{number}" for thing in found for kind, number in thing.osm})
        return RowResult(row.number, row.key, status, reason, tuple(objects)), edges

    def _find(
        self, row: SurveyRow, shape: BaseGeometry | None, things: Things
    ) -> tuple[str, str, list[Thing]]:
        if row.osm is not None:
            found = things.list_by_osm(row.osm.type, row.osm.id)
            near = [t for t in found if shape is None or t.shape.distance(shape) <= _FAR_FROM_ID_M]
            if near:
                return "matched", "osm_id", self._narrow(near, shape)
            if shape is None:
                return "unmatched", "id_unknown", []
        assert shape is not None
        near = things.list_near(shape, row.rule.within_m)
        if not near:
            return "unmatched", "nothing_near", []
        street = fold_name(row.street)
        fitting = [thing for thing in near if not street or not thing.names or street in thing.names]
        if not fitting:
            return "unmatched", "name_differs", []
        kinds = TARGETS[row.rule.target]
        if kinds == TARGETS["way"] and shape.length > 0:
            return self._find_along(row, shape, fitting)
        return self._find_nearest(row, shape, fitting)

    def _narrow(self, things: list[Thing], shape: BaseGeometry | None) -> list[Thing]:
        """Of a long way that is known by its id, the stretch a spot lies on; of its kerbs, all."""
        if shape is None or len(things) == 1 or shape.length > 0:
            return things
        if any(self._plane.kinds[edge] in KERB_KINDS for thing in things for edge in thing.edges):
            return things
        nearest = min(thing.shape.distance(shape) for thing in things)
        return [thing for thing in things if thing.shape.distance(shape) <= nearest + 0.01]

    def _find_nearest(
        self, row: SurveyRow, shape: BaseGeometry, things: Sequence[Thing]
    ) -> tuple[str, str, list[Thing]]:
        distances = {thing.edges: thing.shape.distance(shape) for thing in things}
        nearest = min(distances.values())
        close = [thing for thing in things if distances[thing.edges] < nearest + row.rule.clear_m]
        if len(close) == 1:
            return "matched", "place", close
        if all(thing.shape.equals(close[0].shape) for thing in close):
            sides = [thing.side.distance(shape) for thing in close]
            best = min(sides)
            clear = [t for t, d in zip(close, sides, strict=True) if d < best + row.rule.clear_m]
            if len(clear) == 1:
                return "matched", "place", clear
        # a spot where two pieces of one way meet lies on both
        touching = [thing for thing in close if distances[thing.edges] < nearest + 0.05]
        same = {self._plane.get_osm(edge) for thing in close for edge in thing.edges}
        if len(same) == 1 and not any(self._plane.kinds[t.edges[0]] in KERB_KINDS for t in close):
            return "matched", "place", touching
        return "ambiguous", "several_near", close

    def _find_along(
        self, row: SurveyRow, shape: BaseGeometry, things: Sequence[Thing]
    ) -> tuple[str, str, list[Thing]]:
        """Ways that a line runs along, or that lie within an area, over most of their length."""
        band = shape if shape.area else shape.buffer(row.rule.within_m, cap_style="flat")
        covered = [thing for thing in things if get_share(thing.shape, band) >= row.rule.least_share]
        if shape.area:
            return ("matched", "place", covered) if covered else ("unmatched", "partly_covered", [])
        along = [thing for thing in covered if is_parallel(thing.shape, shape)]
        if not along:
            return "unmatched", "partly_covered" if not covered else "nothing_along", []
        distances = {thing.edges: get_mean_distance(thing.shape, shape) for thing in along}
        chosen: list[Thing] = []
        for thing in along:
            rivals = [
                other
                for other in along
                if other is not thing and shares_stretch(thing.shape, other.shape, shape)
            ]
            gaps = [distances[other.edges] - distances[thing.edges] for other in rivals]
            if any(abs(gap) < row.rule.clear_m for gap in gaps):
                return "ambiguous", "several_parallel", [thing, *rivals]
            if all(gap > 0 for gap in gaps):
                chosen.append(thing)
        return "matched", "place", chosen

    def _list_kerbs_of(self, edges: Iterable[int]) -> set[int]:
        """Kerbs one meets from a road crossing along its crossing way, without crossing another road."""
        plane, network = self._plane, self._plane.network
        kerbs: set[int] = set()
        for edge in edges:
            middle = shapely.Point(shapely.get_coordinates(plane.lines[edge])[0])
            todo = [int(network.edge_tail[edge]), int(network.edge_head[edge])]
            seen = set(todo)
            while todo:
                node = todo.pop()
                for other in plane.edges_at[node]:
                    kind = plane.kinds[other]
                    if kind in KERB_KINDS and plane.lines[other].distance(middle) <= _CROSSING_REACH_M:
                        kerbs.add(other)
                    elif kind in (Kind.CROSSING, Kind.LINK):
                        far = int(network.edge_tail[other] + network.edge_head[other]) - node
                        if far not in seen:
                            seen.add(far)
                            todo.append(far)
        return kerbs

    # ---------------------------------------------------------------- facts

    def _list_facts(
        self, row: SurveyRow, shape: BaseGeometry | None, edges: Iterable[int], counts: Counter[str]
    ) -> tuple[list[tuple[int, Column, FactValue, int]], str | None]:
        """What a row says of edges; where that is nothing, why (None: nothing worse than what is known)."""
        found: list[tuple[int, Column, FactValue, int]] = []
        dropped: str | None = "says_nothing_here"
        for edge in edges:
            for column, said in row.facts.items():
                if not takes(self._plane.kinds[edge], column.attribute):
                    continue
                value: FactValue | None = said
                if column.attribute == INCLINE:
                    assert isinstance(said, float)
                    value = self._sign(edge, said, column.direction, shape)
                if value is None:
                    counts["direction_unknown"] += 1
                    dropped = "direction_unknown"
                elif column.only_worse and not self._is_worse(edge, column.attribute, value):
                    counts["no_worse"] += 1
                    dropped = None
                else:
                    found.append((edge, column, value, row.day))
        return found, dropped

    def _sign(self, edge: int, percent: float, direction: str, shape: BaseGeometry | None) -> float | None:
        """An incline uphill along the edge; None where nobody knows which way is up."""
        if percent == 0 or direction == "way":
            return percent
        network = self._plane.network
        if direction == "line" and shape is not None and shape.length > 0 and not shape.area:
            begins, ends = (
                shapely.line_locate_point(
                    shapely.line_merge(shape), shapely.get_point(self._plane.lines[edge], end)
                )
                for end in (0, -1)
            )
            return None if begins == ends else percent if begins < ends else -percent
        known = float(network.edge_incline_percent[edge])
        number = int(network.arc_slope[2 * edge])
        slope, error_percent = int(network.slope_incline[number]), network.slope_error[number] / 10
        if abs(known) <= error_percent:
            return None  # an estimate that may be off by more than itself does not know which way is up
        if slope in (SLOPE_UP, SLOPE_DOWN):
            known = 1.0 if slope == SLOPE_UP else -1.0
        return None if math.isnan(known) or known == 0 else math.copysign(abs(percent), known)

    def _is_worse(self, edge: int, attribute: str, value: FactValue) -> bool:
        """Whether a value is worse than what the network has; anything is worse than nothing known."""
        if attribute == INCLINE:
            known = float(self._plane.network.edge_incline_percent[edge])
            return math.isnan(known) or (isinstance(value, float) and abs(value) > abs(known))
        attributes = self._classes[self._plane.network.arc_class[2 * edge]]
        before = [getattr(attributes, name) for name in list_fields(attribute)]
        said = [one for one in before if isinstance(one, str | float | Interval)]
        return not said or (get_worst_value(attribute, [*said, value]) == value != said[0])

    def _get_known(self, fact: EdgeFact) -> object:
        """What the network has of a fact's attribute; None where nobody has mapped it."""
        network = self._plane.network
        if fact.attribute == INCLINE:
            percent = float(network.edge_incline_percent[fact.edge])
            return percent if math.isfinite(percent) else None
        attributes = self._classes[network.arc_class[2 * fact.edge]]
        known = [getattr(attributes, name) for name in list_fields(fact.attribute)]
        return next((value for value in known if value is not None), None)

    def _combine(
        self, said: Iterable[tuple[int, Column, FactValue, int]], source: str, counts: Counter[str]
    ) -> tuple[EdgeFact, ...]:
        """One fact for each attribute of an edge: the worst, with its own date."""
        groups: dict[tuple[int, str], list[tuple[FactValue, int]]] = {}
        for edge, column, value, day in said:
            groups.setdefault((edge, column.attribute), []).append((value, day))
        facts = []
        for (edge, attribute), values in sorted(groups.items()):
            worst = get_worst_value(attribute, [value for value, _ in values])
            counts["differing"] += len({value for value, _ in values}) > 1
            day = max((day for value, day in values if value == worst), default=-1)
            facts.append(EdgeFact(edge, attribute, worst, day, source))
        return tuple(facts)

    # ---------------------------------------------------------------- places

    def _match_place(self, row: SurveyRow, source: str) -> tuple[RowResult, list[PlaceFact]]:
        """A place by its id, else the only one of its kind, and of its name where both have one, close by."""
        wanted = row.rule.places or {}
        fitting = [
            place
            for place in self._places
            if all(place.tags.get(key) in words for key, words in wanted.items())
        ]
        result = RowResult(row.number, row.key, "unmatched", "nothing_near")
        near: list[tuple[float, OsmPlace]] = []
        if row.osm is not None:
            near = [(0.0, p) for p in fitting if p.id == row.osm.id and row.osm.type in ("", p.type)]
            result = result._replace(reason="id_unknown")
        if len(near) != 1 and row.shape is not None:
            shape = self._plane.project(row.shape)
            all_near = [
                (self._plane.project(shapely.Point(place.lon, place.lat)).distance(shape), place)
                for place in fitting
            ]
            near = [(d, place) for d, place in all_near if d <= row.rule.within_m]
            result = result._replace(reason="nothing_near")
        street = fold_name(row.street)
        named = [
            (d, place)
            for d, place in near
            if not street
            or not (names := {place.tags.get("name", ""), place.tags.get("addr:street", "")} - {""})
            or street in {fold_name(name) for name in names}
        ]
        if not named:
            return result._replace(reason="name_differs") if near else result, []
        least = min(d for d, _ in named)
        close = [place for d, place in named if d < least + row.rule.clear_m]
        objects = tuple(sorted(f"{place.type}/{place.id}" for place in close))
        if len(close) > 1:
            return result._replace(status="ambiguous", reason="several_near", objects=objects), []
        by_id = row.osm is not None and (row.osm.id == close[0].id)
        result = result._replace(status="matched", reason="osm_id" if by_id else "place", objects=objects)
        facts = [
            PlaceFact(close[0].place_id, attribute, value, row.day, source)
            for attribute, value in sorted(row.place_facts.items())
        ]
        return result, facts
