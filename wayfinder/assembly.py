"""The one place where ports meet adapters: a city folder becomes the services that web and commands use."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from wayfinder.opening import Region
from wayfinder.routing.bounds import unpack_bounds
from wayfinder.routing.city_graph import CityGraph, Landmark, unpack_relief
from wayfinder.routing.costs import Tables, load_tables
from wayfinder.routing.entrances import unpack_entrances
from wayfinder.routing.origins import Origins, unpack_origins
from wayfinder.routing.overlay import Overlay, apply_changes, build_empty_overlay
from wayfinder.routing.planner import RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import Unknowns
from wayfinder.routing.scheduled import NO_SCHEDULES, SCHEDULES_FILE, Scheduled, unpack_schedules
from wayfinder.routing.snapping import MOST_OFFSET_M, build_snap_grid
from wayfinder.routing.standing_changes import Closure, list_changes_at, list_turns
from wayfinder.routing.surveyed import EdgeFact
from wayfinder.routing.timetable import Timetable
from wayfinder.settings import Settings
from wayfinder.sources.lift_feed import LiftFeed, LiftSource
from wayfinder.sources.lifts import load_mapping, match_lifts

MOST_AWAY: Final = timedelta(days=366)
"""Hours farther away than this say little: a year is enough for a holiday."""
_MOST_STRETCHES: Final = 8
"""Overlays of so many stretches between two turns of closures are kept: now, and days people ask for."""
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
        ISO 8601 with offset; now where None.
    """

    start: LonLat | str
    goal: LonLat | str
    profile: str
    limits: Mapping[str, object] = field(default_factory=dict)
    unknowns: Unknowns | None = None
    via: Sequence[LonLat | str] = ()
    alternatives: int = 0
    depart_at: str | None = None


def _parse_time(text: str, pointer: str, now: datetime) -> datetime:
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
    if abs(moment - now) > MOST_AWAY:
        raise RequestError(
            "A trip can be planned for at most {days} days before or after today.",
            code="time_out_of_range",
            pointer=pointer,
            days=MOST_AWAY.days,
        )
    return moment.astimezone(UTC)


def _get_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """Everything that answers for one city; immutable, shared by threads.

    Attributes
    ----------
    overlay
        What holds over the city now: its layers and closures.
    lifts
        The live states of lifts, None where no source is named.
    clock
        Says what time it is.
    """

    city: City
    graph: CityGraph
    planner: RoutePlanner
    tables: Tables
    overlay: StandingOverlay
    lifts: LiftFeed | None = None
    clock: Callable[[], datetime] = _get_now

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
        depart_at = None
        if trip.depart_at is not None:
            depart_at = _parse_time(trip.depart_at, "/depart_at", self.clock())
        start, goal = self.get_position(trip.start, "/from"), self.get_position(trip.goal, "/to")
        via = [self.get_position(place, f"/via/{number}") for number, place in enumerate(trip.via)]
        start_place, goal_place = (
            place if isinstance(place, str) else "" for place in (trip.start, trip.goal)
        )
        return self.planner.plan(
            RouteRequest(
                start,
                goal,
                trip.profile,
                trip.limits,
                trip.unknowns,
                via,
                trip.alternatives,
                depart_at,
                start_place=start_place,
                goal_place=goal_place,
            )
        )

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


def open_services(
    folder: Path, settings: Settings | None = None, clock: Callable[[], datetime] = _get_now
) -> Services:
    """Open a city folder and put everything together.

    Parameters
    ----------
    settings
        Say where live states come from; none if None.
    clock
        Says what time it is.

    Raises
    ------
    CityError
        The folder is missing, damaged or half written.
    WayfinderError
        A source of live states that may not be asked, or a mapping that cannot be read.
    """
    city = open_city(folder)
    graph = build_graph(city)
    tables = load_tables()
    overlay = _read_overlay(city, graph, build_empty_overlay(graph, tables), clock)
    lifts = None if settings is None or not settings.lifts else build_lift_feed(graph, settings, clock)
    timetable = Timetable(graph, get_region(city), lifts, clock)
    planner = RoutePlanner(graph, overlay, tables, timetable, overlay.get_at)
    return Services(city, graph, planner, tables, overlay, lifts, clock)


def get_region(city: City) -> Region:
    """Where the hours of a city hold; its sun is that of its middle."""
    west, south, east, north = city.info.bounds
    return Region(city.info.time_zone, city.info.region, (west + east) / 2, (south + north) / 2)


def build_lift_feed(
    graph: CityGraph, settings: Settings, clock: Callable[[], datetime] = _get_now
) -> LiftFeed:
    """The live states of a city's lifts.

    Raises
    ------
    WayfinderError
        The source may not be asked, or the mapping cannot be read.
    """
    keys = {"DB-Client-Id": settings.lifts_client_id, "DB-Api-Key": settings.lifts_api_key}
    source = LiftSource(
        settings.lifts,
        tuple(host.strip() for host in settings.lifts_hosts.split(",") if host.strip()),
        {name: value for name, value in keys.items() if value},
        timedelta(seconds=settings.lifts_every_s),
        timedelta(minutes=settings.lifts_believed_min),
    )
    mapping = None if settings.lifts_mapping is None else load_mapping(settings.lifts_mapping)
    return LiftFeed(
        source, lambda readings: match_lifts(readings, graph.network, graph.classes, mapping), clock
    )


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
        scheduled=_read_schedules(city),
        entrances=unpack_entrances(city.read("entrances.json")),
    )


def _read_origins(city: City) -> Origins:
    try:
        sources = orjson.loads(city.read(SOURCES_FILE)) if SOURCES_FILE in city.info.files else ()
        return unpack_origins(city.arrays, sources)
    except (ValueError, KeyError, TypeError) as error:
        raise CityError(
            "The city in {folder} is damaged: {problem}.", folder=city.folder, problem=error
        ) from error


def _read_schedules(city: City) -> Scheduled:
    if SCHEDULES_FILE not in city.info.files:
        return NO_SCHEDULES
    try:
        return unpack_schedules(city.arrays, city.read(SCHEDULES_FILE), 2 * city.network.edge_count)
    except (KeyError, ValueError, TypeError) as error:
        raise CityError(
            "The city in {folder} is damaged: {problem}.", folder=city.folder, problem=SCHEDULES_FILE
        ) from error


def _read_overlay(
    city: City, graph: CityGraph, empty: Overlay, clock: Callable[[], datetime]
) -> StandingOverlay:
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
    return StandingOverlay(graph, empty, facts, closures, clock)


class StandingOverlay:
    """The overlay of a city without reports: its layers, and the closures that hold now.

    Built anew when a closure begins or ends, else the same; looking at the clock costs about 1 µs.
    """

    def __init__(
        self,
        graph: CityGraph,
        empty: Overlay,
        facts: Sequence[EdgeFact],
        closures: Sequence[Closure],
        clock: Callable[[], datetime] = _get_now,
    ) -> None:
        self._graph, self._empty, self._facts, self._closures = graph, empty, facts, closures
        self._turns, self._clock = list_turns(closures), clock
        self._kept: dict[int, Overlay] = {}

    def __call__(self) -> Overlay:
        return self.get_at(self._clock())

    def get_at(self, moment: datetime) -> Overlay:
        """The overlay as it holds at a moment."""
        if not self._facts and not self._closures:
            return self._empty
        stretch = bisect_right(self._turns, moment.timestamp())
        held = self._kept.get(stretch)
        if held is None:
            changes = list_changes_at(self._graph, self._facts, self._closures, moment)
            held = apply_changes(self._graph, self._empty, 1 + stretch, changes)
            if len(self._kept) >= _MOST_STRETCHES:
                self._kept.clear()
            self._kept[stretch] = held
        return held


class ServedCity:
    """The services of a city folder that may be replaced while it is served.

    A new city is opened beside the old one, and used once it stands; where it cannot be opened the last good
    one is kept.
    """

    def __init__(self, folder: Path, look_every_s: float = 1.0, settings: Settings | None = None) -> None:
        self._folder, self._settings = folder, settings
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
            self._services = open_services(self._folder, self._settings)
            self._problem = None
        except CityError as error:
            self._problem = error
        self._seen = seen
