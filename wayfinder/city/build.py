"""OSM file -> city folder: reads, builds, gathers, writes; and says what was found and what nobody knows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from wayfinder.city.addresses import Addresses, build_addresses
from wayfinder.city.artifact import CityParts, check_target, open_city, write_city
from wayfinder.city.districts import DISTRICTS_FILE, load_districts, pack_districts
from wayfinder.city.info import CityFacts, CityInfo, Coverage, Source
from wayfinder.city.landmarks import label_connected, place_landmarks
from wayfinder.city.survey_report import SurveyOutcome, format_outcomes
from wayfinder.city.surveys import REPORT_FILE, SurveyedCity, SurveyInput, add_surveys, load_surveys
from wayfinder.city.trips import (
    DESTINATIONS_FILE,
    list_destinations,
    load_destination_kinds,
    pack_destinations,
)
from wayfinder.errors import CityError
from wayfinder.opening import is_region
from wayfinder.routing.attributes import ATTRIBUTES, OBSTACLE_KINDS, EdgeAttributes, Kind
from wayfinder.routing.bounds import build_bounds, pack_bounds
from wayfinder.routing.city_graph import BLOCKED, pack_relief
from wayfinder.routing.classes import (
    KNOWN,
    NOT_UNDERSTOOD,
    UNMAPPED,
    build_class_columns,
    build_slope_columns,
)
from wayfinder.routing.costs import Judge, export_judgement
from wayfinder.routing.network import INCLINE_ORIGINS, Network
from wayfinder.routing.network_build import BuiltNetwork, build_network
from wayfinder.routing.osm_records import OsmData
from wayfinder.routing.scheduled import SCHEDULES_FILE, build_schedules, pack_schedules
from wayfinder.routing.slopes import SlopeCounts
from wayfinder.routing.squares import SquareCounts
from wayfinder.routing.variants import soften
from wayfinder.sources.attribution import OSM_ATTRIBUTION, OSM_SOURCE, find_attribution
from wayfinder.sources.elevation import open_elevation
from wayfinder.sources.osm import load_osm

Progress = Callable[[str, int, int], None]
"""Told the step by name, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Misreading:
    """A tag that no row of the tables understands, and how often it stands in the file."""

    key: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Dem:
    """A terrain model as the operator gives it.

    Attributes
    ----------
    path
        GeoTIFF or ``.hgt``, or a zip of one.
    source, licence
        Whose heights they are, and under which licence, in the operator's words; "" where they do not say.
    """

    path: Path
    source: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build found.

    Attributes
    ----------
    info
        Counts and coverage are in it.
    kinds
        Kind of edge -> (number, metres), most first; the obstacles have 0 m.
    misreadings
        Every value that was not understood, most frequent first.
    skipped
        What of the file could not be used -> how often.
    slopes
        Where the inclines come from, in metres of way; None without a terrain model.
    squares
        Areas crossed by lines of sight, and why others are walked along their rim.
    largest_share
        Share of the network's length that hangs together in its largest part, 0 to 1.
    seconds
        Duration of the build.
    surveys
        What became of the surveys, in the order they were given.
    """

    info: CityInfo
    kinds: Mapping[str, tuple[int, float]]
    misreadings: tuple[Misreading, ...]
    skipped: Mapping[str, int]
    slopes: SlopeCounts | None
    squares: SquareCounts
    largest_share: float
    seconds: float
    surveys: tuple[SurveyOutcome, ...] = ()


def build_city(
    osm_path: Path,
    name: str,
    out: Path,
    *,
    fictional: bool = False,
    notices: Sequence[str] = (),
    attribution: str = OSM_ATTRIBUTION,
    sources: Sequence[Source] | None = None,
    dem: Dem | None = None,
    time_zone: str = "Europe/Berlin",
    boundaries: Sequence[Path] = (),
    region: str = "DE-HE",
    built_at: datetime | None = None,
    surveys: Sequence[SurveyInput] = (),
    survey_hosts: Sequence[str] = (),
    progress: Progress | None = None,
) -> BuildSummary:
    """Build a city folder from an OSM file.

    Parameters
    ----------
    osm_path
        pbf, osm, osm.gz or osm.bz2.
    out
        The city folder; an older city in it stays until the new one is whole.
    sources
        Where the data comes from; OpenStreetMap where None.
    dem
        Heights of the ground, to estimate inclines where nothing is tagged.
    boundaries
        GeoJSON files of the city's districts.
    region
        ISO 3166-2: whose public holidays hold.
    built_at
        Now where None.
    surveys
        Surveys of the city, each with its mapping: what they say goes before what OSM says.
    survey_hosts
        Hosts a survey may be read from.
    progress
        Told ``read``, ``ways``, ``junctions``, ``arrays``, ``places``, ``bounds`` and ``write``; and
        ``surveys`` where there are any.

    Raises
    ------
    CityError
        The file or a boundary is no use, it has no ways for people on foot, or the folder cannot be written;
        the terrain model is none, or lies elsewhere.
    TableError
        A table under ``data/accessibility`` is wrong.
    SurveyError
        A survey or its mapping cannot be used.
    """
    began_s = time.monotonic()
    tell = progress or (lambda step, done, total: None)
    osm_path, out, name = Path(osm_path), Path(out), " ".join(name.split())
    if not name or not name.isprintable():
        raise CityError("The city needs a name of letters.")
    _check_time_zone(time_zone)
    if not is_region(region):
        raise CityError("No holidays are known of {region}; a region is written like DE-HE.", region=region)
    check_target(out)
    read_surveys = load_surveys(surveys, time_zone, survey_hosts)
    districts = load_districts(boundaries)
    data = load_osm(osm_path, progress)
    built = _build_network(data, dem, progress) if data.ways else None
    if built is None or not built.network.edge_count:
        raise CityError("{file} has no ways for people on foot.", file=osm_path.name)

    surveyed = SurveyedCity(built.network, built.classes)
    if read_surveys:
        tell("surveys", 0, 1)
        surveyed = add_surveys(
            built.network,
            built.classes,
            built.names,
            data.places,
            read_surveys,
            rests=built.rests,
            before=_find_report(out),
        )
        built = replace(built, network=surveyed.network, classes=surveyed.classes)
        tell("surveys", 1, 1)

    tell("places", 0, 2)
    network, landmarks = place_landmarks(built.network, data.places)
    tell("places", 1, 2)
    addresses = build_addresses(data)
    tell("places", 2, 2)
    tell("bounds", 0, 1)
    # measured at the cheapest an edge can be at any time of day
    columns = build_class_columns([*map(soften, built.classes), BLOCKED])
    bounds = build_bounds(network, columns, Judge(columns, build_slope_columns(network)))
    tell("bounds", 1, 1)

    scheduled = build_schedules(data, network, built.classes)
    schedule_arrays, schedules = pack_schedules(scheduled)

    tell("write", 0, 1)
    parts, largest_share = _label_parts(network)
    facts = CityFacts(
        name=name,
        bounds=_get_bounds(network),
        osm_at=data.osm_at,
        built_at=(built_at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        time_zone=time_zone,
        region=region,
        fictional=fictional,
        notices=tuple(notices),
        attribution=attribution if dem is None else f"{attribution}; {dem.source or dem.path.name}",
        sources=(
            *((_get_source(osm_path, data.osm_at),) if sources is None else sources),
            *([] if dem is None else [Source(dem.source or dem.path.name, dem.licence)]),
            *surveyed.sources,
        ),
        counts=_count(built, addresses, len(landmarks), parts) | {"schedules": len(scheduled.schedules)},
        coverage=measure_coverage(network, built.classes),
    )
    info = write_city(
        out,
        CityParts(
            facts=facts,
            network=network,
            classes=built.classes,
            names=built.names,
            landmarks=landmarks,
            addresses=addresses,
            judgement=export_judgement(),
            entrances=built.entrances,
            arrays={
                **pack_bounds(bounds),
                **pack_relief(built.rests, built.heights),
                **surveyed.arrays,
                **schedule_arrays,
            },
            files={
                **surveyed.files,
                SCHEDULES_FILE: schedules,
                DISTRICTS_FILE: pack_districts(districts),
                DESTINATIONS_FILE: pack_destinations(
                    list_destinations(data.places, load_destination_kinds())
                ),
            },
        ),
    )
    tell("write", 1, 1)
    return BuildSummary(
        info=info,
        kinds=_list_kinds(network, built.classes),
        misreadings=tuple(
            Misreading(tag.key, tag.value, count)
            for tag, count in sorted(built.misreadings.items(), key=lambda item: (-item[1], item[0]))
        ),
        skipped=data.skipped,
        slopes=built.slopes,
        squares=built.counts.ways.squares,
        largest_share=largest_share,
        seconds=time.monotonic() - began_s,
        surveys=surveyed.outcomes,
    )


def _build_network(data: OsmData, dem: Dem | None, progress: Progress | None) -> BuiltNetwork:
    if dem is None:
        return build_network(data, progress=progress)
    with open_elevation(dem.path) as terrain:
        lon, lat = (
            np.array([getattr(node, axis) for node in data.nodes.values()]) for axis in ("lon", "lat")
        )
        if not terrain.covers(lon, lat).any():
            raise CityError("{file} does not cover this city.", file=dem.path.name)
        return build_network(data, terrain=terrain, progress=progress)


def measure_coverage(network: Network, classes: Sequence[EdgeAttributes]) -> tuple[Coverage, ...]:
    """How much is known of each attribute, over the kinds of edge it means something on.

    Ways count by their length, obstacles by their number; an attribute of both has two rows. Where the two
    directions of an edge differ, the first one the attribute means something on counts. Inclines that are
    estimated have a row of their own, of the ways on which none is tagged.
    """
    columns = build_class_columns(classes)
    is_obstacle = np.array([edge.kind in OBSTACLE_KINDS for edge in classes])
    rows: list[Coverage] = []
    for row, attribute in enumerate(ATTRIBUTES):
        if attribute.name == "kind":
            continue
        meant = np.array([edge.kind in attribute.applies_to for edge in classes])
        for unit, of_unit in (("m", meant & ~is_obstacle), ("count", meant & is_obstacle)):
            forth, back = of_unit[network.arc_class[0::2]], of_unit[network.arc_class[1::2]]
            edges = np.flatnonzero(forth | back)
            if not len(edges):
                continue
            arcs = 2 * edges + ~forth[edges]
            status = columns.status[row][network.arc_class[arcs]]
            weight = network.edge_length_mm[edges] / 1000 if unit == "m" else np.ones(len(edges))
            known, unmapped, unclear = (
                round(float(weight[status == s].sum()), 1) for s in (KNOWN, UNMAPPED, NOT_UNDERSTOOD)
            )
            rows.append(Coverage(attribute.name, unit, known, unmapped, unclear))
    length_m = network.edge_length_mm * (network.arc_slope[0::2] > 0) / 1000
    left = round(float(length_m.sum()), 1)
    for name, origin in (("incline_percent", "osm"), ("incline_estimated", "estimate")):
        of_origin = network.edge_incline_origin == INCLINE_ORIGINS.index(origin)
        known = round(float(length_m[of_origin & np.isfinite(network.edge_incline_percent)].sum()), 1)
        left = round(left - known, 1)
        if known or origin == "osm":
            rows.append(Coverage(name, "m", known, left, 0.0))
    return tuple(rows)


def format_summary(summary: BuildSummary, most_misreadings: int | None = None) -> str:
    """The summary as a plain text table, about 80 characters wide.

    Parameters
    ----------
    most_misreadings
        Show no more than that many values that were not understood; all of them where None.
    """
    info = summary.info
    lines = [
        f"{info.name} ({info.id})  OSM {info.osm_at or '?'}  {summary.seconds:.1f} s",
        "  ".join(f"{name} {count:,}" for name, count in info.counts.items()),
        info.attribution,
        *(f"fetched from {source.fetched_from}" for source in info.sources if source.fetched_from),
        f"largest part {summary.largest_share:.1%} of the length",
        "",
        f"{'kind':<24}{'number':>10}{'km':>12}",
        *(
            f"{kind:<24}{count:>10,}{metres / 1000:>12,.1f}"
            for kind, (count, metres) in summary.kinds.items()
        ),
        "",
        f"{'attribute':<24}{'of':>14}{'known':>10}{'unmapped':>10}{'not understood':>16}",
    ]
    for row in info.coverage:
        whole = f"{row.total / 1000:,.1f} km" if row.unit == "m" else f"{row.total:,.0f}"
        parts = (row.known, row.unmapped, row.not_understood)
        known, unmapped, unclear = (part / row.total if row.total else 0.0 for part in parts)
        lines.append(f"{row.attribute:<24}{whole:>14}{known:>10.1%}{unmapped:>10.1%}{unclear:>16.1%}")
    if summary.slopes is not None:
        parts_m = ((name, getattr(summary.slopes, name)) for name in SlopeCounts.__slots__)
        lines += ["", "terrain: " + ", ".join(f"{name} {metres / 1000:,.1f} km" for name, metres in parts_m)]
    squares = summary.squares
    if squares.crossed or squares.rim:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(squares.rim.items()))
        lines += [
            "",
            f"squares crossed {squares.crossed:,} by {squares.lines:,} lines; "
            f"entrances inside walls {squares.entrances_left_out:,}; "
            f"walked along the rim {sum(squares.rim.values()):,}" + (f" ({reasons})" if reasons else ""),
        ]
    if summary.skipped:
        lines += ["", "skipped: " + ", ".join(f"{what} {count:,}" for what, count in summary.skipped.items())]
    shown = summary.misreadings[:most_misreadings]
    total = sum(misreading.count for misreading in summary.misreadings)
    lines += ["", f"not understood: {len(summary.misreadings):,} values, {total:,} times"]
    lines += [f"{one.count:>8,}  {_plain(one.key)}={_plain(one.value)}" for one in shown]
    if len(shown) < len(summary.misreadings):
        lines.append(f"{'':>8}  ... {len(summary.misreadings) - len(shown):,} more")
    lines += format_outcomes(summary.surveys)
    return "\n".join(lines)


def _find_report(folder: Path) -> bytes | None:
    """``surveys.json`` of the city that stands in a folder."""
    with suppress(CityError, KeyError):
        return open_city(folder).read(REPORT_FILE)
    return None


def _plain(text: str) -> str:
    """Text from the file on one line, without control characters, not too long."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= 80 else f"{line[:79]}…"


def _check_time_zone(time_zone: str) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CityError("There is no time zone {time_zone}.", time_zone=time_zone) from error


def _get_source(osm_path: Path, osm_at: str | None) -> Source:
    origin = find_attribution(osm_path)
    if origin is None:
        return Source(*OSM_SOURCE, osm_at)
    return Source(origin.name, origin.licence, origin.url, osm_at, origin.fetched_from)


def _get_bounds(network: Network) -> tuple[float, float, float, float]:
    lons, lats = network.point_lon_e7, network.point_lat_e7
    west, south, east, north = (int(edge) / 1e7 for edge in (lons.min(), lats.min(), lons.max(), lats.max()))
    return west, south, east, north


def _label_parts(network: Network) -> tuple[int, float]:
    """Number of parts of the network that do not hang together, and the length share of the largest."""
    part = label_connected(network.node_count, network.edge_tail, network.edge_head)
    length = np.bincount(part[network.edge_tail], network.edge_length_mm, network.node_count)
    return len(np.unique(part)), float(length.max() / length.sum()) if length.sum() else 0.0


def _count(built: BuiltNetwork, addresses: Addresses, landmarks: int, parts: int) -> dict[str, int]:
    return {
        "nodes": built.network.node_count,
        "edges": built.network.edge_count,
        "arcs": 2 * built.network.edge_count,
        "classes": len(built.classes),
        "parts": parts,
        "landmarks": landmarks,
        "streets": len(addresses.streets),
        "house_numbers": len(addresses.numbers),
        "places": len(addresses.places),
        "rests": len(set(built.rests.place.tolist())),
        "entrances": len(built.entrances.entrances),
        "places_with_entrance": sum(bool(found) for found in built.entrances.of_place.values()),
        "ways_read": built.counts.ways.read,
        "ways_walkable": built.counts.ways.walkable,
        "squares_crossed": built.counts.ways.squares.crossed,
        "squares_at_rim": sum(built.counts.ways.squares.rim.values()),
    }


def _list_kinds(network: Network, classes: Sequence[EdgeAttributes]) -> dict[str, tuple[int, float]]:
    class_kinds: Iterable[Kind] = (edge.kind for edge in classes)
    kinds = np.array([str(kind) for kind in class_kinds])[network.arc_class[0::2]]
    number: Counter[str] = Counter()
    metres: Counter[str] = Counter()
    for kind in np.unique(kinds):
        of_kind = kinds == kind
        # A kerb goes up one way and down the other: one kind in the table.
        name = str(Kind.KERB_UP) if kind == Kind.KERB_DOWN else str(kind)
        number[name] += int(of_kind.sum())
        metres[name] += int(network.edge_length_mm[of_kind].sum())
    most_first = sorted(number.items(), key=lambda item: (-item[1], item[0]))
    return {kind: (count, metres[kind] / 1000) for kind, count in most_first}
