"""The command ``wayfinder``. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import math
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import rich_click as click
from click.exceptions import Exit

from wayfinder.errors import RequestError, WayfinderError
from wayfinder.geo import LonLat
from wayfinder.settings import LANGUAGES, load_settings

if TYPE_CHECKING:
    from wayfinder.routing.profiles import LimitDefinition

_STEPS: Final = {
    "read": "Reading the file",
    "ways": "Reading the ways",
    "junctions": "Joining them",
    "arrays": "Building the network",
    "surveys": "Matching the surveys",
    "places": "Gathering places",
    "bounds": "Measuring distances",
    "write": "Writing the city",
    "place": "Looking up the place",
    "fetch": "Fetching the map",
    "write_osm": "Writing the file",
    "export": "Gathering the edges",
    "homes": "Drawing trips",
}
_DONE, _FAILED, _WRONG_USAGE = 0, 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])


class _Commands(click.RichGroup):
    """Says every error in one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, Exit, click.Abort, BrokenPipeError):
            raise
        except WayfinderError as error:
            _tell(_say(error.key, error.parameters))
            ctx.exit(_WRONG_USAGE if isinstance(error, RequestError) else _FAILED)
        except Exception as error:
            if os.environ.get("WAYFINDER_DEBUG"):
                raise
            place = traceback.extract_tb(error.__traceback__)[-1]
            problem = f"{type(error).__name__}, {Path(place.filename).name}:{place.lineno}"
            key = "The program made an error ({problem}). WAYFINDER_DEBUG=1 shows more."
            _tell(_say(key, {"problem": problem}))
            ctx.exit(_FAILED)


def _say(key: str, parameters: Mapping[str, object] | None = None) -> str:
    context = click.get_current_context(silent=True)
    # German until the language is known: what is to be said may be that a setting cannot be used.
    language = context.find_root().meta.get("language", "de") if context else "de"
    from wayfinder.web.words import say

    return say(language, key, parameters)


def _tell(text: str) -> None:
    click.echo(" ".join(text.split()), err=True)


def _language_option(command: Command) -> Command:
    def remember(context: click.Context, _: click.Parameter, value: str | None) -> str:
        language = value or load_settings().language
        context.find_root().meta["language"] = language
        return language

    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        is_eager=True,
        callback=remember,
        help="Language of texts (WAYFINDER_LANGUAGE, else de).",
    )(command)


class _Place(click.ParamType):
    """``LON,LAT`` or the id of a place."""

    name = "LON,LAT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> LonLat | str:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # already converted
        if value.startswith(("osm:", "city:")):
            return value
        try:
            lon, lat = (float(part) for part in value.split(","))
        except ValueError:
            lon = lat = math.nan
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            example = "LON,LAT in degrees, longitude first, e.g. 9.4966,51.3151"
            self.fail(f"{value[:60]!r} is not {example}.", param, ctx)
        return LonLat(lon, lat)


_CITY: Final = click.option(
    "--city",
    "folder",
    type=click.Path(path_type=Path),
    envvar="WAYFINDER_CITY",
    required=True,
    metavar="DIR",
    help="The city folder (WAYFINDER_CITY).",
)


_BOUNDARY: Final = click.option(
    "--boundary",
    "boundaries",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="GEOJSON",
    help="Districts: polygons with a name, in WGS84; may be given several times.",
)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="wegweiser", prog_name="wayfinder")
def main() -> None:
    """Wegweiser: ways through a city within a person's own limits."""


@main.group()
def city() -> None:
    """Fetch OpenStreetMap data, build a city from it, hand it on."""


class _OsmFile(click.Path):
    """A path whose name ends as an OSM file's does."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from wayfinder.sources.osm_files import SUFFIXES, find_form

        if find_form(str(value)) is None:
            self.fail(f"{str(value)[:60]!r} does not end with {', '.join(SUFFIXES)}.", param, ctx)
        return super().convert(value, param, ctx)


class _Url(click.ParamType):
    """An address with http or https."""

    name = "URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(str(value))
            usable = (
                parts.scheme in ("http", "https")
                and bool(parts.hostname)
                and parts.port != 0
                and not parts.username
            )
        except ValueError:
            usable = False
        if not usable or not str(value).isascii() or any(letter.isspace() for letter in str(value)):
            self.fail(f"{str(value)[:60]!r} is not an address with http:// or https://.", param, ctx)
        return str(value)


@city.command("fetch")
@click.option("--place", metavar="NAME", help='A place with a boundary, e.g. "Kassel, Germany".')
@click.option("--url", type=_Url(), help="An extract; with --place it is cut to the place.")
@click.option(
    "--out",
    type=_OsmFile(path_type=Path),
    required=True,
    metavar="FILE",
    help=".osm.pbf, .osm, .osm.gz, .osm.bz2",
)
@click.option(
    "--max-mb", type=click.IntRange(1), default=4000, show_default=True, help="Refuse what is larger."
)
@_language_option
def fetch(place: str | None, url: str | None, out: Path, max_mb: int, language: str) -> None:
    """Fetch the map of a place (Nominatim, Overpass) or an extract; the next call goes on where it broke off.

    WAYFINDER_NOMINATIM_URL and WAYFINDER_OVERPASS_URL name services of one's own.
    """
    place = " ".join((place or "").split())
    if not (place or url):
        raise click.UsageError("Please give --place, --url or both.")
    from wayfinder.sources.download import Endpoints, Fetcher
    from wayfinder.sources.transfer import MB, Manners
    from wayfinder.speech.amounts import say_number

    settings = load_settings()
    with _progress() as progress:
        endpoints = Endpoints(settings.nominatim_url, settings.overpass_url)
        fetcher = Fetcher(endpoints, Manners(most_bytes=max_mb * MB), progress)
        fetched = fetcher.fetch_extract(url, out, place) if url else fetcher.fetch_place(place, out)
    origin = fetched.attribution
    size_mb = say_number(round(fetched.size / MB, 1), language)
    click.echo(f"{out}: {origin.place or origin.fetched_from}, {size_mb} MB")
    click.echo(f"{origin.attribution} ({origin.as_of or origin.fetched_at})")


@city.command("build")
@click.option(
    "--osm", type=click.Path(path_type=Path), required=True, metavar="FILE", help="pbf, osm, osm.gz, osm.bz2"
)
@click.option("--name", required=True, help="What people call the city.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The city folder to write."
)
@click.option(
    "--dem",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Heights of the ground (GeoTIFF or .hgt, or a zip of one): slopes are estimated by them.",
)
@click.option(
    "--dem-source", default="", metavar="TEXT", help="Whose heights they are, as their licence asks."
)
@click.option("--dem-licence", default="", metavar="TEXT", help="Their licence.")
@click.option("--time-zone", default="Europe/Berlin", show_default=True)
@click.option("--region", default="DE-HE", show_default=True, help="Whose public holidays hold (ISO 3166-2).")
@click.option(
    "--survey",
    "surveys",
    multiple=True,
    metavar="FILE",
    help="A survey of the city: CSV, GeoJSON, Esri JSON, GeoPackage, zipped Shapefile, or an https address "
    "of a host in WAYFINDER_SURVEY_HOSTS; may be repeated, each with its --mapping.",
)
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    metavar="TOML",
    help="What the columns of the survey mean: a file, or the name of a shipped mapping, e.g. bfrk-weg.",
)
@click.option(
    "--survey-report",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Write what became of every row of the surveys.",
)
@_BOUNDARY
@_language_option
def build(
    osm: Path,
    name: str,
    out: Path,
    dem: Path | None,
    dem_source: str,
    dem_licence: str,
    time_zone: str,
    region: str,
    boundaries: tuple[Path, ...],
    surveys: tuple[str, ...],
    mappings: tuple[str, ...],
    survey_report: Path | None,
    language: str,
) -> None:
    """Build a city folder; an older city in it is kept until the new one stands."""
    if len(surveys) != len(mappings):
        raise click.UsageError("Every --survey needs a --mapping of its own.")
    if dem is None and (dem_source or dem_licence):
        raise click.UsageError("--dem-source and --dem-licence speak of a --dem.")
    from wayfinder.city.build import Dem, build_city, format_summary
    from wayfinder.city.survey_report import write_report
    from wayfinder.city.surveys import SurveyInput

    terrain = None if dem is None else Dem(dem, dem_source, dem_licence)
    inputs = [SurveyInput(*pair) for pair in zip(surveys, mappings, strict=True)]
    hosts = load_settings().survey_hosts
    with _progress() as progress:
        summary = build_city(
            osm,
            name,
            out,
            dem=terrain,
            time_zone=time_zone,
            region=region,
            boundaries=boundaries,
            surveys=inputs,
            survey_hosts=hosts,
            progress=progress,
        )
    if survey_report is not None:
        write_report(survey_report, summary.surveys)
    click.echo(format_summary(summary))


@city.command("export")
@click.option(
    "--graphml", type=click.Path(path_type=Path), required=True, metavar="FILE", help="File to write."
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@_language_option
def export(graphml: Path, folder: Path, language: str) -> None:
    """Write the network of a city as GraphML in OSMnx's convention, for planners' own tools."""
    from functools import partial

    from wayfinder.city.artifact import open_city
    from wayfinder.city.export import write_graphml

    opened = open_city(folder)
    with _progress() as progress:
        nodes, edges = write_graphml(opened, graphml, partial(progress, "export"))
    click.echo(f"{graphml}: {nodes} nodes, {edges} edges")
    click.echo(opened.info.attribution)


@city.command("report")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Also write a page, with tables and map."
)
@click.option(
    "--json", "as_json", type=click.Path(path_type=Path), metavar="FILE", help="Also write the figures."
)
@click.option(
    "--trips", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="Trips to sample."
)
@click.option(
    "--profile", "profiles", multiple=True, metavar="NAME", help="A preset; three of them if not given."
)
@_BOUNDARY
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@_language_option
def report(
    folder: Path,
    html: Path | None,
    as_json: Path | None,
    trips: int,
    profiles: tuple[str, ...],
    boundaries: tuple[Path, ...],
    seed: int,
    language: str,
) -> None:
    """Say what is known of a city, what people cannot reach in it, and which barriers decide about trips."""
    from wayfinder.assembly import open_services
    from wayfinder.city.districts import load_districts
    from wayfinder.city.report import DEFAULT_PROFILES, build_report, pack_report, read_districts
    from wayfinder.city.report_document import build_document
    from wayfinder.city.report_html import build_html
    from wayfinder.city.report_text import format_document
    from wayfinder.routing.overlay import build_empty_overlay

    services = open_services(folder)
    districts = load_districts(boundaries) if boundaries else read_districts(services.city)
    with _progress() as progress:
        found = build_report(
            services.city,
            services.graph,
            build_empty_overlay(services.graph, services.tables),
            profiles=profiles or DEFAULT_PROFILES,
            trips=trips,
            seed=seed,
            districts=districts,
            progress=progress,
        )
    click.echo(format_document(build_document(found, language, most_rows=10)))
    if as_json is not None:
        _write_file(as_json, pack_report(found))
    if html is not None:
        _write_file(html, build_html(found, services.city, districts, language).encode())


def _write_file(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise WayfinderError(
            "{file} cannot be written: {problem}", file=path.name, problem=error.strerror
        ) from error


@main.command()
@_CITY
@click.option("--from", "start", type=_Place(), required=True, help="LON,LAT or a place id (osm:node/1).")
@click.option("--to", "goal", type=_Place(), required=True, help="LON,LAT or a place id.")
@click.option("--profile", required=True, metavar="NAME", help="A preset, e.g. wheelchair-manual.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="A limit of one's own, e.g. kerb_up_max_cm=6; lists by comma, empty clears, =6:avoid is a wish.",
)
@click.option(
    "--unknowns", type=click.Choice(["accept", "avoid", "reject"]), help="What an unknown fact does to a way."
)
@click.option("--via", type=_Place(), multiple=True, help="A stop on the way; may be given again.")
@click.option("--alternatives", type=click.IntRange(0, 2), default=0, help="So many other ways, at most.")
@click.option("--depart-at", metavar="T", help="With offset, e.g. 2026-11-23T10:00:00+01:00.")
@click.option("--json", "as_json", is_flag=True, help="The answer of the HTTP interface.")
@click.option("--geojson", "as_geojson", is_flag=True, help="Lines and obstacles for a map.")
@_language_option
def route(
    folder: Path,
    start: LonLat | str,
    goal: LonLat | str,
    profile: str,
    changes: tuple[str, ...],
    unknowns: str | None,
    via: tuple[LonLat | str, ...],
    alternatives: int,
    depart_at: str | None,
    as_json: bool,
    as_geojson: bool,
    language: str,
) -> None:
    """Plan one way. Every outcome is an answer (exit 0), also that there is no way within the limits."""
    if as_json and as_geojson:
        raise click.UsageError("Please choose one of --json and --geojson.")
    from wayfinder.assembly import Trip, open_services
    from wayfinder.routing.profiles import Unknowns
    from wayfinder.speech.phrases import format_plan_text, word_plan

    services = open_services(folder, load_settings())
    if services.lifts is not None:
        try:
            services.lifts.refresh()
        except WayfinderError as error:
            _tell(_say(error.key, error.parameters))
    limits = dict(_parse_change(change, services.tables.limits) for change in changes)
    policy = Unknowns(unknowns) if unknowns else None
    plan = services.plan(Trip(start, goal, profile, limits, policy, via, alternatives, depart_at))
    if as_json or as_geojson:
        import orjson

        answer = word_plan(plan, language)
        document = answer if as_json else _build_geojson(answer)
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(format_plan_text(plan, language))


def _parse_change(text: str, definitions: Mapping[str, LimitDefinition]) -> tuple[str, object]:
    """Read ``key=value``; what does not fit its limit is left as it is: the planner refuses it in words."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set takes KEY=VALUE, not {text[:60]!r}.")
    value, _, beyond = value.strip().partition(":")
    definition = definitions.get(name)
    parsed: object = value
    if not value:
        parsed = None
    elif definition is None:
        pass
    elif definition.is_number:
        with suppress(ValueError):
            parsed = float(value)
    elif definition.type == "flag":
        parsed = {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
    elif definition.type == "list":
        parsed = [word.strip() for word in value.split(",")]
    return name, {"value": parsed, "beyond": beyond} if beyond else parsed


def _build_geojson(answer: Mapping[str, Any]) -> dict[str, Any]:
    features: list[dict[str, Any]] = []
    for route in answer["routes"]:
        told = ("label", "distance_m", "duration_s", "known_share")
        properties = {"outcome": answer["outcome"], **{name: route[name] for name in told}}
        features.append({"type": "Feature", "geometry": route["geometry"], "properties": properties})
        for step in route["steps"]:
            for obstacle in step["obstacles"]:
                point = {"type": "Point", "coordinates": [obstacle["lon"], obstacle["lat"]]}
                properties = {name: value for name, value in obstacle.items() if name not in ("lon", "lat")}
                features.append({"type": "Feature", "geometry": point, "properties": properties})
    return {"type": "FeatureCollection", "features": features}


_SERVER_OPTIONS: Final = (
    click.option("--host", help="Address to listen on (WAYFINDER_HOST, else 127.0.0.1)."),
    click.option("--port", type=click.IntRange(1, 65535), help="Port (WAYFINDER_PORT, else 8000)."),
)


def _server_options(command: Command) -> Command:
    for option in _SERVER_OPTIONS:
        command = option(command)
    return command


@main.command()
@_CITY
@_server_options
@click.option("--workers", type=click.IntRange(1, 64), help="Processes (WAYFINDER_WORKERS, else 2).")
@click.option("--threads", type=click.IntRange(1, 64), help="Threads in each (WAYFINDER_THREADS, else 4).")
@_language_option
def serve(folder: Path, language: str, **options: Any) -> None:
    """Serve a city: the page, the HTTP interface, /openapi.json."""
    _serve(folder, options, language, click.echo)


@main.command()
@_server_options
@_language_option
def demo(language: str, **options: Any) -> None:
    """Serve the demo town, which is invented."""
    from wayfinder.city.demo import get_demo_city

    with _progress() as progress:
        folder = get_demo_city(progress=progress)

    def tell(address: str) -> None:
        click.echo(_say("The demo town: {address}", {"address": address}))
        click.echo(_say("Invented city, not for navigation."))
        click.echo(_say("Load a city of your own:"))
        click.echo("  wayfinder city build --osm kassel.osm.pbf --name Kassel --out cities/kassel")
        click.echo("  wayfinder serve --city cities/kassel")

    _serve(folder, options, language, tell)


def _serve(folder: Path, options: dict[str, Any], language: str, when_ready: Callable[[str], None]) -> None:
    from wayfinder.web.server import run_server

    given = {name: value for name, value in options.items() if value is not None}

    def tell(address: str) -> None:
        when_ready(address)
        sys.stdout.flush()

    run_server(folder, replace(load_settings(), language=language, **given), tell)


@main.command()
@_CITY
@_language_option
def lifts(folder: Path, language: str) -> None:
    """Read the states of lifts (WAYFINDER_LIFTS) and say which of them is which lift of the city."""
    from wayfinder.assembly import build_graph, build_lift_feed
    from wayfinder.city.artifact import open_city

    settings = load_settings()
    if not settings.lifts:
        raise click.UsageError("WAYFINDER_LIFTS names no file or address.")
    matches = build_lift_feed(build_graph(open_city(folder)), settings).refresh()
    click.echo(f"matched {sum(map(bool, matches.arcs))}")
    for what, ids in (("ambiguous", matches.ambiguous), ("unmatched", matches.unmatched)):
        click.echo(f"{what} {len(ids)}" + "".join(f"\n  {one}" for one in ids))


@main.command()
@_CITY
@click.option(
    "--pairs", type=click.IntRange(1, 100_000), default=300, show_default=True, help="Trips to measure."
)
@click.option(
    "--osm",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The OSM file (pbf) of the city, for Valhalla, where it is installed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_language_option
def bench(folder: Path, pairs: int, osm: Path | None, as_json: bool, language: str) -> None:
    """Measure search and full answer against networkx, and Valhalla where it is installed."""
    from wayfinder.assembly import open_services
    from wayfinder.city.bench import format_bench, run_bench
    from wayfinder.settings import load_settings
    from wayfinder.web.bench import measure_http

    services = open_services(folder)
    figures = run_bench(services.graph, pairs, osm)
    over_http = measure_http(services, folder, load_settings(), pairs)
    figures["http_ms"] = over_http["http_ms"]
    figures["ratio"] |= over_http["ratio"]
    if as_json:
        import orjson

        click.echo(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(format_bench(figures))


@main.command()
@_CITY
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The file to write."
)
@click.option(
    "--pairs", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Pairs of places."
)
@_language_option
def vectors(folder: Path, out: Path, pairs: int, language: str) -> None:
    """Write requests with their answers, for planners that must give the very same."""
    from wayfinder.assembly import open_services
    from wayfinder.city.vectors import write_vectors

    write_vectors(open_services(folder).planner, out, pairs)


def _name_step(step: str) -> str:
    """What a step does: one of `_STEPS`, or the profile whose trips are counted."""
    if step in _STEPS:
        return _say(_STEPS[step])
    from wayfinder.speech.labels import label_profile

    context = click.get_current_context(silent=True)
    language = context.find_root().meta["language"] if context else "de"
    return _say("Counting trips: {profile}", {"profile": label_profile(step, language)})


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Bars on a terminal, a line per step in a pipe; both on standard error."""
    if not sys.stderr.isatty():
        begun: set[str] = set()

        def tell(step: str, done: int, total: int) -> None:
            if step not in begun:
                begun.add(step)
                _tell(_name_step(step))

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(_name_step(step), total=max(total, 1))
            bars.update(tasks[step], completed=done if total else 1, total=max(total, 1))

        yield show
