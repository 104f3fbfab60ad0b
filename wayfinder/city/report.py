"""The city report: what is known, what a profile cannot reach, which barriers and unknowns decide trips.

Everything here is figures and keys; `report_document` words them. The dataclasses are the JSON, described in
``docs/city-report.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Final

import numpy as np
import orjson

from wayfinder.city.addresses import unpack_addresses
from wayfinder.city.artifact import City
from wayfinder.city.districts import (
    DISTRICTS_FILE,
    OUTSIDE,
    District,
    find_districts,
    unpack_districts,
)
from wayfinder.city.places import PlaceFinder
from wayfinder.city.quality import Quality, measure_quality
from wayfinder.city.survey_walk import WalkStreet, plan_walk
from wayfinder.city.trips import (
    DESTINATIONS_FILE,
    Sample,
    count_kinds,
    draw_trips,
    find_homes,
    load_destination_kinds,
    unpack_destinations,
)
from wayfinder.errors import CityError
from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import CostTable, Verdict
from wayfinder.routing.directions import describe_route
from wayfinder.routing.islands import Island, Parts, find_parts
from wayfinder.routing.ledger import Barrier, Change, Ledger, TripOutcome, Unknown, build_ledger
from wayfinder.routing.measurements import Survey, judge_survey, load_measurements, prepare_survey
from wayfinder.routing.network import OSM_TYPES, Int32
from wayfinder.routing.obstacles import Obstacle, Source, Value
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.profiles import LimitDefinition, LimitType, Profile
from wayfinder.routing.trace import Way
from wayfinder.routing.what_if import TripNetwork
from wayfinder.speech.amounts import show_day

FORMAT: Final = 1
DEFAULT_PROFILES: Final = ("wheelchair-manual", "wheelchair-electric", "walker")
DEFAULT_TRIPS: Final = 1000
MOST_UNKNOWNS: Final = 20
MOST_ISLANDS: Final = 20
LEAST_ISLAND_M: Final = 20.0
"""Shorter pieces of the map are counted, not listed."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: the nearest street with a name, district ("" in none), coordinates."""

    street: str
    district: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class TripCounts:
    """What became of trips; ``broken`` are ``mended_by_one`` and ``need_several`` together.

    ``lengthened`` would be shorter by 10 m or more if one barrier less stood there, ``metres_lost`` is the
    most that one barrier less would save each of them, summed.
    """

    trips: int
    found: int
    broken: int
    mended_by_one: int
    need_several: int
    unreachable: int
    lengthened: int
    metres_lost: int


@dataclass(frozen=True, slots=True)
class BarrierCounts:
    """What one barrier does to trips: breaks them alone, with others, or makes them longer."""

    broken: int
    with_others: int
    lengthened: int
    metres_lost: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One limit that a barrier exceeds; see `Obstacle` for the fields."""

    kind: str
    attribute: str
    direction: str | None
    value: Value
    unit: str | None
    limit: Value
    limit_name: str
    certain: bool
    source: str
    as_of: str | None


@dataclass(frozen=True, slots=True)
class BarrierRow:
    """One row of the barrier ledger; ``counts`` by district name, "" for the whole city."""

    rank: int
    osm: str
    place: Place
    length_m: float
    findings: tuple[Finding, ...]
    counts: Mapping[str, BarrierCounts]


@dataclass(frozen=True, slots=True)
class UnknownCounts:
    """Trips that use it, that it would change, that the worst value would break and the best would mend."""

    used: int
    changed: int
    broken_if_bad: int
    longer_if_bad: int
    mended_if_good: int
    shorter_if_good: int
    metres: int


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """One thing worth measuring; ``counts`` by district name, "" for the whole city."""

    rank: int
    measurement: str
    osm: str
    place: Place
    length_m: float
    counts: Mapping[str, UnknownCounts]


@dataclass(frozen=True, slots=True)
class IslandRow:
    """Ways within the limits that do not hang together with the main part."""

    length_m: float
    homes: int
    place: Place
    way_in: bool
    way_out: bool


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """Everything about one profile; ``trips`` by district name, "" for the whole city."""

    profile: str
    ways_m: float
    usable_m: float
    main_m: float
    trips: Mapping[str, TripCounts]
    barriers: tuple[BarrierRow, ...]
    unknowns: tuple[UnknownRow, ...]
    islands_count: int
    islands_m: float
    islands: tuple[IslandRow, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the trips were drawn."""

    seed: int
    asked: int
    trips: int
    too_far: int
    homes: str
    homes_count: int
    destinations: Mapping[str, int]
    trips_to: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CityHead:
    """Which city the report is about."""

    id: str
    name: str
    osm_at: str | None
    fictional: bool
    attribution: str
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report; ``coverage`` by district name, "" for the whole city."""

    format: int
    city: CityHead
    sampling: Sampling
    districts: tuple[str, ...]
    coverage: Mapping[str, tuple[Quality, ...]]
    profiles: tuple[ProfileReport, ...]
    survey_walk: tuple[WalkStreet, ...] = field(default=())


def build_report(
    city: City,
    graph: CityGraph,
    overlay: Overlay,
    *,
    profiles: Sequence[str] = DEFAULT_PROFILES,
    trips: int = DEFAULT_TRIPS,
    seed: int = 1,
    districts: Sequence[District] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure a city.

    Parameters
    ----------
    districts
        Those of the city folder where None.
    progress
        Told ``homes``, and for each profile its name.

    Raises
    ------
    CityError
        The city folder is older than this report.
    RequestError
        There is no such profile.
    """
    tell = progress or (lambda step, done, total: None)
    held = read_districts(city) if districts is None else tuple(districts)
    presets = [overlay.judge.tables.get_preset(name) for name in dict.fromkeys(profiles)]
    tell("homes", 0, 1)
    destinations = unpack_destinations(_read(city, DESTINATIONS_FILE))
    homes = find_homes(unpack_addresses(city.read("addresses.json")), city.network, city.classes)
    sample = draw_trips(homes, destinations, load_destination_kinds(), trips, seed)
    tell("homes", 1, 1)
    reporter = _Reporter(graph, overlay, held, sample)
    survey: Survey | None = None
    found = []
    for preset in presets:
        network = TripNetwork(graph, overlay, overlay.judge.get_costs(preset))
        survey = survey or prepare_survey(graph, overlay, load_measurements(), network.pairs)
        found.append(reporter.report(preset, network, survey, tell))
    names = tuple(district.name for district in held)
    return Report(
        format=FORMAT,
        city=CityHead(
            city.info.id,
            city.info.name,
            city.info.osm_at,
            city.info.fictional,
            city.info.attribution,
            city.info.notices,
        ),
        sampling=Sampling(
            seed,
            trips,
            len(sample.trips),
            sample.too_far,
            homes.kind.value,
            len(homes.lon),
            count_kinds(one.kind for one in destinations),
            count_kinds(trip.destination for trip in sample.trips),
        ),
        districts=names,
        coverage=reporter.measure_coverage(city),
        profiles=tuple(found),
        survey_walk=plan_walk(found),
    )


def read_districts(city: City) -> tuple[District, ...]:
    """The districts a city was built with.

    Raises
    ------
    CityError
        The city folder is older than this report.
    """
    return unpack_districts(_read(city, DISTRICTS_FILE))


def _read(city: City, name: str) -> bytes:
    try:
        return city.read(name)
    except KeyError as error:
        raise CityError(
            "The city in {folder} was built before there were reports; please build it anew.",
            folder=city.folder,
        ) from error


def pack_report(report: Report) -> bytes:
    """The report as JSON: the same report gives the same bytes."""
    return orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class _Reporter:
    """Reports on one city and one sample of trips, profile by profile."""

    def __init__(
        self, graph: CityGraph, overlay: Overlay, districts: Sequence[District], sample: Sample
    ) -> None:
        self._graph, self._overlay, self._sample = graph, overlay, sample
        self._districts = districts
        self._names = [district.name for district in districts]
        self._places = PlaceFinder(graph)
        starts = np.array([trip.start for trip in sample.trips], dtype=np.float64).reshape(-1, 2)
        lived = find_districts(districts, starts[:, 0], starts[:, 1])
        everywhere = np.ones(len(starts), dtype=np.bool_)
        self._of_district = {
            "": everywhere,
            **{name: lived == number for number, name in enumerate(self._names)},
        }

    def measure_coverage(self, city: City) -> dict[str, tuple[Quality, ...]]:
        network = city.network
        lon, lat = self._places.edge_lon, self._places.edge_lat
        lies = find_districts(self._districts, lon, lat)
        edges = np.arange(network.edge_count)
        chosen = {"": edges, **{name: edges[lies == number] for number, name in enumerate(self._names)}}
        return {
            name: measure_quality(network, city.classes, self._graph.origins, one, city.info.osm_at)
            for name, one in chosen.items()
        }

    def report(self, preset: Profile, network: TripNetwork, survey: Survey, tell: Progress) -> ProfileReport:
        city = self._graph.network
        tell(preset.name, 0, 1)
        usable = network.verdict <= Verdict.AVOID
        parts = find_parts(city, usable)
        trips = [network.find_trip(one.start, one.goal) for one in self._sample.trips]
        outlooks = judge_survey(survey, network, preset)
        ledger = build_ledger(
            city,
            network,
            parts,
            trips,
            outlooks,
            MOST_UNKNOWNS,
            lambda done, total: tell(preset.name, done, total),
        )
        tell(preset.name, 1, 1)
        islands = [island for island in parts.islands if island.length_m >= LEAST_ISLAND_M]
        homes = self._count_homes(network, parts)
        return ProfileReport(
            profile=preset.name,
            ways_m=_round_m(float(city.edge_length_mm.sum(dtype=np.int64)) / 1000.0),
            usable_m=_round_m(parts.usable_m),
            main_m=_round_m(parts.main_m),
            trips={name: self._count_trips(ledger, name) for name in self._of_district},
            barriers=tuple(
                self._show_barrier(rank, one, network.costs) for rank, one in enumerate(ledger.barriers, 1)
            ),
            unknowns=tuple(self._show_unknown(rank, one) for rank, one in enumerate(ledger.unknowns, 1)),
            islands_count=len(parts.islands),
            islands_m=_round_m(sum(island.length_m for island in parts.islands)),
            islands=tuple(
                self._show_island(island, homes.get(number, 0))
                for number, island in enumerate(islands[:MOST_ISLANDS])
            ),
        )

    def _count_homes(self, network: TripNetwork, parts: Parts) -> dict[int, int]:
        """Homes by the island they lie at; the nearest usable way counts."""
        found: dict[int, int] = {}
        homes = self._sample.homes
        for lon, lat in zip(homes.lon.tolist(), homes.lat.tolist(), strict=True):
            node = network.find_nearest_node(LonLat(lon, lat))
            if node is not None and (island := int(parts.island[node])) >= 0:
                found[island] = found.get(island, 0) + 1
        return found

    # ------------------------------------------------------------ counting

    def _pick(self, trips: Iterable[int], district: str) -> list[int]:
        of = self._of_district[district]
        return [trip for trip in trips if of[trip]]

    def _count_trips(self, ledger: Ledger, district: str) -> TripCounts:
        chosen = np.flatnonzero(self._of_district[district]).tolist()
        outcomes = [ledger.outcomes[trip] for trip in chosen]
        broken = outcomes.count(TripOutcome.BROKEN)
        mended = len(self._pick(ledger.mended_by_one, district))
        lost: dict[int, int] = {}
        for barrier in ledger.barriers:
            for trip, metres_mm in barrier.removed.shorter_mm.items():
                lost[trip] = max(lost.get(trip, 0), metres_mm)
        longer = self._pick(lost, district)
        return TripCounts(
            trips=len(chosen),
            found=outcomes.count(TripOutcome.FOUND),
            broken=broken,
            mended_by_one=mended,
            need_several=broken - mended,
            unreachable=outcomes.count(TripOutcome.UNREACHABLE),
            lengthened=len(longer),
            metres_lost=round(sum(lost[trip] for trip in longer) / 1000),
        )

    def _count_barrier(self, barrier: Barrier, district: str) -> BarrierCounts:
        shorter = barrier.removed.shorter_mm
        longer = self._pick(shorter, district)
        return BarrierCounts(
            broken=len(self._pick(barrier.removed.mended, district)),
            with_others=len(self._pick(barrier.with_others, district)),
            lengthened=len(longer),
            metres_lost=round(sum(shorter[trip] for trip in longer) / 1000),
        )

    def _count_unknown(self, unknown: Unknown, district: str) -> UnknownCounts:
        bad, good = unknown.if_bad, unknown.if_good
        return UnknownCounts(
            used=len(self._pick(unknown.used, district)),
            changed=len(self._pick(unknown.trips, district)),
            broken_if_bad=len(self._pick(bad.broken, district)),
            longer_if_bad=len(self._pick(bad.longer_mm, district)),
            mended_if_good=len(self._pick(good.mended, district)),
            shorter_if_good=len(self._pick(good.shorter_mm, district)),
            metres=round(self._sum_mm((bad, good), district) / 1000),
        )

    def _sum_mm(self, changes: Sequence[Change], district: str) -> int:
        return sum(
            by_trip[trip]
            for change in changes
            for by_trip in (change.longer_mm, change.shorter_mm)
            for trip in self._pick(by_trip, district)
        )

    # ------------------------------------------------------------ showing

    def _show_barrier(self, rank: int, barrier: Barrier, costs: CostTable) -> BarrierRow:
        return BarrierRow(
            rank=rank,
            osm=f"{OSM_TYPES[barrier.osm_type]}/{barrier.osm_id}",
            place=self._locate(barrier.arcs),
            length_m=self._measure(barrier.arcs),
            findings=tuple(self._list_findings(barrier.arcs, costs)),
            counts={
                name: counts
                for name in self._of_district
                if any(astuple(counts := self._count_barrier(barrier, name)))
            },
        )

    def _list_findings(self, arcs: Int32, costs: CostTable) -> list[Finding]:
        """What of a barrier exceeds which limits, as a route over it would say; of each the worst value."""
        network = self._graph.network
        limits = self._overlay.judge.tables.limits
        seen: set[tuple[int, int]] = set()
        found: dict[tuple[str, str], Finding] = {}
        for arc in arcs.tolist():
            judged = (int(self._overlay.arc_class[arc]), int(network.arc_slope[arc]))
            if judged in seen:
                continue
            seen.add(judged)
            way = Way(np.array([arc], dtype=np.int32), 0, int(network.edge_length_mm[arc >> 1]))
            for obstacle in describe_route(self._graph, self._overlay, costs, [way]).limits_exceeded:
                finding = _as_finding(obstacle, limits)
                key = (finding.attribute, finding.limit_name)
                if key not in found or _get_weight(finding) > _get_weight(found[key]):
                    found[key] = finding
        return list(found.values())

    def _show_unknown(self, rank: int, unknown: Unknown) -> UnknownRow:
        return UnknownRow(
            rank=rank,
            measurement=unknown.measurement,
            osm=f"{OSM_TYPES[unknown.osm_type]}/{unknown.osm_id}",
            place=self._locate(unknown.arcs),
            length_m=self._measure(unknown.arcs),
            counts={
                name: counts
                for name in self._of_district
                if (counts := self._count_unknown(unknown, name)).changed
            },
        )

    def _show_island(self, island: Island, homes: int) -> IslandRow:
        place = self._locate(2 * island.edges)
        return IslandRow(_round_m(island.length_m), homes, place, island.way_in, island.way_out)

    def _measure(self, arcs: Int32) -> float:
        return _round_m(float(self._graph.network.edge_length_mm[np.unique(arcs >> 1)].sum()) / 1000.0)

    def _locate(self, arcs: Int32) -> Place:
        """The middle of the longest of these edges."""
        lon, lat, street = self._places.find(arcs >> 1)
        number = int(find_districts(self._districts, np.array([lon]), np.array([lat]))[0])
        return Place(street, "" if number == OUTSIDE else self._names[number], lon, lat)


def _as_finding(obstacle: Obstacle, limits: Mapping[str, LimitDefinition]) -> Finding:
    definition = limits.get(obstacle.limit_name)
    # that there are steps is known, however many of them there are
    is_stance = definition is not None and definition.type is LimitType.STANCE
    return Finding(
        kind=obstacle.kind.value,
        attribute=obstacle.attribute,
        direction=obstacle.direction,
        value=obstacle.value,
        unit=obstacle.finding.unit,
        limit=obstacle.limit,
        limit_name=obstacle.limit_name,
        certain=obstacle.certain or is_stance,
        source=Source.OSM.value if is_stance and obstacle.value is None else obstacle.source.value,
        as_of=show_day(obstacle.as_of_day),
    )


def _get_weight(finding: Finding) -> tuple[bool, float]:
    """How much worse than others of its kind: what is certain first, then how far it is from the limit."""
    if isinstance(finding.value, str) and ".." in finding.value:
        low, _, high = finding.value.partition("..")
        value = float(high or low)
    else:
        value = finding.value if isinstance(finding.value, float) else 0.0
    limit = finding.limit if isinstance(finding.limit, float) else 0.0
    return finding.certain, abs(value - limit)


def _round_m(metres: float) -> float:
    return round(metres, 1)
