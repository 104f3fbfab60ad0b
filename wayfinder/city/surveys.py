"""Surveys in a city: read, matched, put into the network or beside it as a layer, and reported on."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from wayfinder.city.info import Source
from wayfinder.city.survey_matching import Matched, Matcher, PlaceFact
from wayfinder.errors import SurveyError
from wayfinder.routing.attributes import EdgeAttributes, Interval
from wayfinder.routing.network import Network
from wayfinder.routing.origins import INCLINE, FactRow, build_origins, pack_origins
from wayfinder.routing.osm_records import OsmPlace
from wayfinder.routing.standing_changes import Closure
from wayfinder.routing.surveyed import SURVEYED, EdgeFact, FactValue, apply_facts
from wayfinder.sources.surveys.formats import read_table
from wayfinder.sources.surveys.mapping import find_mapping, load_mapping
from wayfinder.sources.surveys.survey import Survey, build_survey
from wayfinder.sources.surveys.table import Table
from wayfinder.sources.surveys.values import get_worst_value
from wayfinder.sources.surveys.web import fetch_table, is_address

REPORT_FILE: Final = "surveys.json"
SOURCES_FILE: Final = "fact_sources.json"
LAYERS_FOLDER: Final = "layers/"
STATUSES: Final = ("matched", "ambiguous", "unmatched", "broken")
_MOST_NAMED: Final = 10
_MOST_UNCLEAR: Final = 5


class SurveyInput(NamedTuple):
    """A survey (file or address) and the mapping that reads it (file, or name of a shipped one)."""

    source: str
    mapping: str


class LostRow(NamedTuple):
    """A row that matched in the city before and does not now; `reason` is "" where the survey lost it."""

    key: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class SurveyOutcome:
    """What became of one survey.

    Attributes
    ----------
    layer
        Name of its file below ``layers/`` where it may not be merged, else None.
    unused
        Facts of a layer that a layer cannot carry (inclines).
    lost
        Rows that matched when the city was built before.
    """

    matched: Matched
    layer: str | None
    unused: int
    lost: tuple[LostRow, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Status -> rows; together the rows of the file."""
        found = Counter(result.status for result in self.matched.results)
        return {status: found[status] for status in STATUSES}

    @property
    def reasons(self) -> dict[str, dict[str, int]]:
        """Status -> reason -> rows, most frequent first."""
        found = Counter((result.status, result.reason) for result in self.matched.results)
        most_first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return {
            status: {reason: count for (one, reason), count in most_first if one == status}
            for status in STATUSES
            if any(one == status for (one, _), _ in most_first)
        }


@dataclass(frozen=True, slots=True)
class SurveyedCity:
    """A network with surveys in it, and what a city folder keeps of them."""

    network: Network
    classes: tuple[EdgeAttributes, ...]
    outcomes: tuple[SurveyOutcome, ...] = ()
    sources: tuple[Source, ...] = ()
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def load_surveys(
    inputs: Sequence[SurveyInput], time_zone: str, hosts: Sequence[str] = ()
) -> tuple[Survey, ...]:
    """Read surveys; what cannot be used is told before the long work begins.

    Raises
    ------
    SurveyError
        One clear sentence about a file, an address or a mapping.
    """
    surveys = []
    for source, mapping_name in inputs:
        mapping = load_mapping(find_mapping(mapping_name))
        if is_address(source):
            table, file = _fetch(source, hosts), source.partition("?")[0]
        else:
            path = Path(source)
            table = read_table(
                path, encoding=mapping.encoding, delimiter=mapping.delimiter, layer=mapping.layer
            )
            file = path.name
        try:
            surveys.append(build_survey(table, mapping, file, time_zone))
        except SurveyError as error:
            raise error.name_file(file) from error
    return tuple(surveys)


def _fetch(url: str, hosts: Sequence[str]) -> Table:
    try:
        return fetch_table(url, hosts)
    except SurveyError as error:
        raise error.name_file(url.partition("?")[0]) from error


def add_surveys(
    network: Network,
    classes: Sequence[EdgeAttributes],
    names: Sequence[str],
    places: Sequence[OsmPlace],
    surveys: Sequence[Survey],
    *,
    origins: Sequence[FactRow] = (),
    before: bytes | None = None,
) -> SurveyedCity:
    """Match surveys and put them into a network, or beside it where their licence asks for that.

    Parameters
    ----------
    origins
        Facts already in the network that are not from OSM.
    before
        ``surveys.json`` of the city as it was.
    """
    matcher = Matcher(network, classes, names, places)
    outcomes: list[SurveyOutcome] = []
    sources: list[Source] = []
    merged: list[EdgeFact] = []
    files: dict[str, bytes] = {}
    known = _list_matched_keys(before)
    for survey in surveys:
        mapping, matched = survey.mapping, matcher.match(survey)
        layer_facts: Sequence[EdgeFact] = ()
        if mapping.may_merge:
            merged += matched.facts
        else:
            layer_facts = [fact for fact in matched.facts if fact.attribute != INCLINE]
        layer = _name_layer(mapping.name, files)
        if not mapping.may_merge or matched.closures or matched.places:
            files[f"{LAYERS_FOLDER}{layer}.json"] = _pack_layer(matched, layer_facts)
        outcomes.append(
            SurveyOutcome(
                matched=matched,
                layer=None if mapping.may_merge else layer,
                unused=0 if mapping.may_merge else len(matched.facts) - len(layer_facts),
                lost=_list_lost(matched, known.get(mapping.name, {})),
            )
        )
        sources.append(
            Source(
                mapping.name,
                mapping.licence,
                mapping.url,
                _show_day(survey.day),
                None if mapping.may_merge else f"{LAYERS_FOLDER}{layer}.json",
            )
        )
    network, formed, rows = apply_facts(network, classes, _combine(merged))
    table = build_origins([*rows, *origins])
    files[SOURCES_FILE] = orjson.dumps(list(table.sources))
    files[REPORT_FILE] = orjson.dumps(
        {"surveys": [_pack_outcome(outcome) for outcome in outcomes]}, option=orjson.OPT_INDENT_2
    )
    return SurveyedCity(network, formed, tuple(outcomes), tuple(sources), pack_origins(table), files)


def _combine(facts: Sequence[EdgeFact]) -> list[EdgeFact]:
    """Of what several surveys say of the same, the worst; of equal values the newest."""
    groups: dict[tuple[int, str], list[EdgeFact]] = {}
    for fact in facts:
        groups.setdefault((fact.edge, fact.attribute), []).append(fact)
    chosen = []
    for (_, attribute), said in sorted(groups.items()):
        worst = get_worst_value(attribute, [fact.value for fact in said])
        agreeing = [fact for fact in said if fact.value == worst]
        chosen.append(max(agreeing, key=lambda fact: (fact.day, fact.source)))
    return chosen


# -------------------------------------------------------------------- layers


class Layer(NamedTuple):
    """What a city folder keeps beside the network of one survey."""

    facts: tuple[EdgeFact, ...]
    closures: tuple[Closure, ...]
    places: tuple[PlaceFact, ...]


def _name_layer(name: str, taken: Mapping[str, bytes]) -> str:
    folded = name.casefold()  # which makes ss of ß
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        folded = folded.replace(letter, plain)
    plain = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:40] or "survey"
    number, slug = 1, plain
    while f"{LAYERS_FOLDER}{slug}.json" in taken:
        number += 1
        slug = f"{plain}-{number}"
    return slug


def _pack_layer(matched: Matched, facts: Sequence[EdgeFact]) -> bytes:
    mapping = matched.survey.mapping
    return orjson.dumps(
        {
            "name": mapping.name,
            "licence": mapping.licence,
            "attribution": mapping.attribution,
            "facts": [
                {"edge": f.edge, "attribute": f.attribute, "value": _pack_value(f.value), "day": f.day}
                for f in facts
            ],
            "closures": [
                {
                    "edges": list(closure.edges),
                    "begins_s": closure.begins_s,
                    "ends_s": closure.ends_s,
                    "values": {name: _pack_value(value) for name, value in sorted(closure.values.items())},
                    "day": closure.day,
                }
                for closure in matched.closures
            ],
            "places": [list(place[:4]) for place in matched.places],
        }
    )


def unpack_layer(content: bytes, edge_count: int) -> Layer:
    """Read a layer file.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is damaged.
    """
    document = orjson.loads(content)
    source = str(document["name"])
    facts = tuple(
        EdgeFact(
            int(row["edge"]), _check(row["attribute"]), _unpack_value(row["value"]), int(row["day"]), source
        )
        for row in document["facts"]
    )
    closures = tuple(
        Closure(
            tuple(int(edge) for edge in row["edges"]),
            row["begins_s"],
            row["ends_s"],
            {_check(name): _unpack_value(value) for name, value in row["values"].items()},
            int(row["day"]),
            source,
        )
        for row in document["closures"]
    )
    places = tuple(
        PlaceFact(str(row[0]), str(row[1]), str(row[2]), int(row[3]), source) for row in document["places"]
    )
    edges = [*(fact.edge for fact in facts), *(edge for closure in closures for edge in closure.edges)]
    if edges and not 0 <= min(edges) <= max(edges) < edge_count:
        raise ValueError("a layer names an edge that the network does not have")
    return Layer(facts, closures, places)


def _check(attribute: str) -> str:
    if attribute not in SURVEYED:
        raise ValueError(f"a layer speaks of {attribute}")
    return attribute


def _pack_value(value: FactValue) -> object:
    if isinstance(value, Interval):
        return [value.low, value.high if np.isfinite(value.high) else None]
    return value


def _unpack_value(value: object) -> FactValue:
    if isinstance(value, list):
        low, high = value
        return Interval(float(low), float("inf") if high is None else float(high))
    if isinstance(value, int | float):
        return float(value)
    return str(value)


# -------------------------------------------------------------------- report


def _pack_outcome(outcome: SurveyOutcome) -> dict[str, Any]:
    matched = outcome.matched
    survey, mapping = matched.survey, matched.survey.mapping
    return {
        "name": mapping.name,
        "licence": mapping.licence,
        "attribution": mapping.attribution,
        "layer": outcome.layer,
        "file": survey.file,
        "form": survey.form,
        "as_of": _show_day(survey.day),
        "read": survey.read,
        **outcome.counts,
        "reasons": outcome.reasons,
        "facts": dict(matched.counts) | ({"unused_in_layer": outcome.unused} if outcome.unused else {}),
        "axes_swapped": matched.is_swapped,
        "not_understood": [
            {"column": column, "value": value, "count": count}
            for (column, value), count in survey.unclear.items()
        ],
        "rows": [list(result) for result in matched.results],
    }


def _show_day(day: int) -> str | None:
    return None if day < 0 else (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _list_matched_keys(before: bytes | None) -> dict[str, dict[str, None]]:
    """Survey -> keys of the rows that matched, as an older ``surveys.json`` tells them."""
    if before is None:
        return {}
    found: dict[str, dict[str, None]] = {}
    try:
        for survey in orjson.loads(before)["surveys"]:
            keys = found.setdefault(str(survey["name"]), {})
            keys.update((str(row[1]), None) for row in survey["rows"] if row[2] == "matched")
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return {}
    return found


def _list_lost(matched: Matched, before: Mapping[str, None]) -> tuple[LostRow, ...]:
    now: dict[str, LostRow] = {}
    for result in matched.results:
        if result.status == "matched" or result.key not in now:
            now[result.key] = LostRow(result.key, result.status, result.reason)
    lost = [now.get(key, LostRow(key, "gone", "")) for key in before]
    return tuple(row for row in lost if row.status != "matched")


def format_outcomes(outcomes: Sequence[SurveyOutcome]) -> list[str]:
    """What became of the surveys, as lines of the build's summary."""
    lines: list[str] = []
    for outcome in outcomes:
        matched = outcome.matched
        survey, mapping = matched.survey, matched.survey.mapping
        counts = ", ".join(f"{status} {count:,}" for status, count in outcome.counts.items())
        lines += [
            "",
            f"survey {mapping.name} ({survey.form}, {mapping.licence}): {survey.read:,} rows: {counts}",
        ]
        for status, reasons in outcome.reasons.items():
            lines.append(f"  {status}: " + ", ".join(f"{why} {count:,}" for why, count in reasons.items()))
        lines.append("  " + ", ".join(f"{what} {count:,}" for what, count in matched.counts.items()))
        if matched.is_swapped:
            lines.append("  no row lies in the city, but with x and y exchanged most would")
        elif survey.rows and outcome.reasons.get("unmatched", {}).get("outside") == len(survey.rows):
            lines.append("  no row lies in the city: another city, or another coordinate system (crs)?")
        if survey.unclear:
            total = sum(survey.unclear.values())
            first = list(survey.unclear.items())[:_MOST_UNCLEAR]
            shown = ", ".join(f"{column}={value!r} {count:,}" for (column, value), count in first)
            more = len(survey.unclear) - len(first)
            lines.append(f"  not understood {total:,} times: {shown}" + (f", {more:,} more" if more else ""))
        if outcome.layer is not None:
            lines.append(f"  a layer of its own: {mapping.licence} may not be merged into an ODbL database")
        if outcome.unused:
            lines.append(f"  {outcome.unused:,} inclines have no effect in a layer of its own")
        if outcome.lost:
            named = ", ".join(f"{row.key} ({row.reason or row.status})" for row in outcome.lost[:_MOST_NAMED])
            more = len(outcome.lost) - _MOST_NAMED
            lines.append(
                f"  no longer matched {len(outcome.lost):,}: {named}"
                + (f", {more:,} more" if more > 0 else "")
            )
    return lines


def write_report(path: Path, outcomes: Sequence[SurveyOutcome]) -> None:
    """Write every row of every survey with what became of it as CSV.

    Raises
    ------
    SurveyError
        It cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("survey", "row", "key", "status", "reason", "objects"))
    for outcome in outcomes:
        for result in outcome.matched.results:
            # A cell that begins like a formula is none.
            key = f"'{result.key}" if result.key.startswith(("=", "+", "-", "@")) else result.key
            name, objects = outcome.matched.survey.mapping.name, " ".join(result.objects)
            writer.writerow((name, result.number, key, result.status, result.reason, objects))
    try:
        path.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise SurveyError(
            "{file} cannot be written: {problem}.", file=path.name, problem=error.strerror or error
        ) from error
