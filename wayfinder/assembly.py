"""The one place where ports meet adapters: a city folder becomes the services that web and commands use."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import orjson

from wayfinder.city.addresses import unpack_addresses
from wayfinder.city.artifact import City, open_city
from wayfinder.city.survey_layers import LAYERS_FOLDER, unpack_layer
from wayfinder.city.surveys import SOURCES_FILE
from wayfinder.errors import CityError, RequestError
from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.bounds import unpack_bounds
from wayfinder.routing.city_graph import CityGraph, Landmark, unpack_relief
from wayfinder.routing.costs import Tables, load_tables
from wayfinder.routing.origins import Origins, unpack_origins
from wayfinder.routing.overlay import Overlay, apply_changes, build_empty_overlay
from wayfinder.routing.planner import RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import Unknowns
from wayfinder.routing.snapping import MOST_OFFSET_M, build_snap_grid
from wayfinder.routing.standing_changes import Closure, list_changes_at, list_turns
from wayfinder.routing.surveyed import EdgeFact

_MARGIN_DEGREES: Final = 2 * MOST_OFFSET_M / METRES_PER_DEGREE
"""A position may lie this far outside the bounds; how far from a way is the planner's question."""


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip as a person asks for it.

    Attributes
    ----------
    start, goal
        A position, or the id of a place.
    limits
        As `wayfinder.routing.profiles.personalise` takes them.
    unknowns
        None for the preset's own policy.
    via
        Stops on the way, in order.
    alternatives
        How many other ways are wanted, at most.
    depart_at
        ISO 8601 with offset; checked, but without effect yet.
    """

    start: LonLat | str
    goal: LonLat | str
    profile: str
    limits: Mapping[str, object] = field(default_factory=dict)
    unknowns: Unknowns | None = None
    via: Sequence[LonLat | str] = ()
    alternatives: int = 0
    depart_at: str | None = None


def _parse_time(text: str, pointer: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RequestError(
            "A time needs date, time and offset, e.g. 2026-11-23T10:00:00+01:00.",
            code="time_invalid",
            pointer=pointer,
        )
    return moment


@dataclass(frozen=True)
class Services:
    """Everything that answers for one city; immutable, shared by threads.

    Attributes
    ----------
    overlay
        What holds over the city now: its layers and closures.
    """

    city: City
    graph: CityGraph
    planner: RoutePlanner
    tables: Tables
    overlay: StandingOverlay

    @cached_property
    def _places(self) -> dict[str, LonLat]:
        known = unpack_addresses(self.city.read("addresses.json"))
        return {
            f"osm:{item.osm_type}/{item.osm_id}": LonLat(item.lon, item.lat)
            for items in (known.numbers, known.streets, known.places)
            for item in items
        }

    def plan(self, trip: Trip) -> RoutePlan:
        """Plan a trip.

        Raises
        ------
        RequestError
            The trip cannot be used, with a pointer to what is wrong.
        """
        if trip.depart_at is not None:
            _parse_time(trip.depart_at, "/depart_at")
        start, goal = self.get_position(trip.start, "/from"), self.get_position(trip.goal, "/to")
        via = [self.get_position(place, f"/via/{number}") for number, place in enumerate(trip.via)]
        request = RouteRequest(start, goal, trip.profile, trip.limits, trip.unknowns, via, trip.alternatives)
        return self.planner.plan(request)

    def get_position(self, place: LonLat | str, pointer: str) -> LonLat:
        """The position of a place of this city, by its id, or the position itself.

        Raises
        ------
        RequestError
            The city has no such place; the position lies outside, or its two numbers are the wrong way round.
        """
        if isinstance(place, str):
            found = self._places.get(place)
            if found is None:
                pointer += "/place_id"
                raise RequestError(
                    "There is no such place in this city.", code="place_unknown", pointer=pointer
                )
            return found
        return self._check_position(place, pointer)

    def _check_position(self, position: LonLat, pointer: str) -> LonLat:
        if self._is_inside(position):
            return position
        if self._is_inside(LonLat(position.lat, position.lon)):
            raise RequestError(
                "Longitude and latitude seem to be swapped: longitude (east) comes first.",
                code="position_swapped",
                pointer=pointer,
            )
        raise RequestError(
            "This position lies outside {city}.",
            code="position_outside",
            pointer=pointer,
            city=self.city.info.name,
        )

    def _is_inside(self, position: LonLat) -> bool:
        west, south, east, north = self.city.info.bounds
        margin = _MARGIN_DEGREES
        return (
            west - 2 * margin <= position.lon <= east + 2 * margin
            and south - margin <= position.lat <= north + margin
        )


class CurrentServices(Protocol):
    """Port: the services of the city that holds now.

    Raises
    ------
    CityError
        While there is none.
    """

    def __call__(self) -> Services: ...


def open_services(folder: Path) -> Services:
    """Open a city folder and put everything together.

    Raises
    ------
    CityError
        The folder is missing, damaged or half written.
    """
    city = open_city(folder)
    graph = build_graph(city)
    tables = load_tables()
    overlay = _read_overlay(city, graph, build_empty_overlay(graph, tables))
    return Services(city, graph, RoutePlanner(graph, overlay, tables), tables, overlay)


def build_graph(city: City) -> CityGraph:
    """Everything the planner reads of a city."""
    rests, heights = unpack_relief(city.arrays)
    return CityGraph(
        id=city.info.id,
        osm_at=city.info.osm_at,
        network=city.network,
        classes=city.classes,
        names=city.names,
        landmarks=[Landmark(landmark.key, landmark.name) for landmark in city.landmarks],
        bounds=unpack_bounds(city.arrays),
        grid=build_snap_grid(city.network),
        origins=_read_origins(city),
        rests=rests,
        heights=heights,
    )


def _read_origins(city: City) -> Origins:
    try:
        sources = orjson.loads(city.read(SOURCES_FILE)) if SOURCES_FILE in city.info.files else ()
        return unpack_origins(city.arrays, sources)
    except (ValueError, KeyError, TypeError) as error:
        raise CityError(
            "The city in {folder} is damaged: {problem}.", folder=city.folder, problem=error
        ) from error


def _read_overlay(city: City, graph: CityGraph, empty: Overlay) -> StandingOverlay:
    facts: list[EdgeFact] = []
    closures: list[Closure] = []
    for name in sorted(city.info.files):
        if not name.startswith(LAYERS_FOLDER):
            continue
        try:
            layer = unpack_layer(city.read(name), graph.network.edge_count)
        except (ValueError, KeyError, TypeError) as error:
            raise CityError(
                "The city in {folder} is damaged: {problem}.", folder=city.folder, problem=error
            ) from error
        facts += layer.facts
        closures += layer.closures
    return StandingOverlay(graph, empty, facts, closures)


class StandingOverlay:
    """The overlay of a city without reports: its layers, and the closures that hold now.

    Built anew when a closure begins or ends, else the same; looking at the clock costs less than 1 µs.

    Parameters
    ----------
    clock
        Seconds since 1970-01-01 UTC.
    """

    def __init__(
        self,
        graph: CityGraph,
        empty: Overlay,
        facts: Sequence[EdgeFact],
        closures: Sequence[Closure],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._graph, self._empty, self._facts, self._closures = graph, empty, facts, closures
        self._turns, self._clock = list_turns(closures), clock
        self._held: tuple[int, Overlay] | None = None

    def __call__(self) -> Overlay:
        if not self._facts and not self._closures:
            return self._empty
        now_s = self._clock()
        stretch = bisect_right(self._turns, now_s)
        held = self._held
        if held is None or held[0] != stretch:
            held = self._held = stretch, self.get_at(datetime.fromtimestamp(now_s, UTC))
        return held[1]

    def get_at(self, moment: datetime) -> Overlay:
        """The overlay as it holds at a moment."""
        changes = list_changes_at(self._graph, self._facts, self._closures, moment)
        version = 1 + bisect_right(self._turns, moment.timestamp())
        return apply_changes(self._graph, self._empty, version, changes)


class ServedCity:
    """The services of a city folder that may be replaced while it is served.

    A new city is opened beside the old one, and used once it stands; where it cannot be opened the last good
    one is kept.
    """

    def __init__(self, folder: Path, look_every_s: float = 1.0) -> None:
        self._folder = folder
        self._look_every_s = look_every_s
        self._lock = threading.Lock()
        self._services: Services | None = None
        self._seen: object = None
        self._problem: CityError | None = None
        self._look_at = 0.0

    def __call__(self) -> Services:
        now = time.monotonic()
        if now >= self._look_at and self._lock.acquire(blocking=self._services is None):
            try:
                self._look()
                self._look_at = now + self._look_every_s
            finally:
                self._lock.release()
        if self._services is None:
            raise self._problem or CityError("There is no city in {folder}.", folder=self._folder)
        return self._services

    def _look(self) -> None:
        try:
            state = (self._folder / "city.toml").stat()
            seen = (state.st_ino, state.st_mtime_ns)
        except OSError:
            seen = None
        if seen == self._seen and (seen is not None or self._problem is not None):
            return
        try:
            self._services = open_services(self._folder)
            self._problem = None
        except CityError as error:
            self._problem = error
        self._seen = seen
