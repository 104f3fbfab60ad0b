"""Surveys in a city: read, matched, put into the network or beside it as a layer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from numpy.typing import NDArray

from wayfinder.city.info import Source
from wayfinder.city.survey_layers import LAYERS_FOLDER, pack_layer
from wayfinder.city.survey_matching import Matcher
from wayfinder.city.survey_report import SurveyOutcome, list_lost, list_matched_keys, pack_outcome, show_day
from wayfinder.errors import SurveyError
from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.network import Network
from wayfinder.routing.origins import INCLINE, FactRow, build_origins, pack_origins
from wayfinder.routing.osm_records import OsmPlace
from wayfinder.routing.slope_classes import Rests
from wayfinder.routing.surveyed import EdgeFact, apply_facts
from wayfinder.sources.surveys.formats import read_table
from wayfinder.sources.surveys.mapping import find_mapping, load_mapping
from wayfinder.sources.surveys.survey import Survey, build_survey
from wayfinder.sources.surveys.table import Table
from wayfinder.sources.surveys.values import get_worst_value
from wayfinder.sources.surveys.web import fetch_table, is_address

REPORT_FILE: Final = "surveys.json"
SOURCES_FILE: Final = "fact_sources.json"


class SurveyInput(NamedTuple):
    """A survey (file or address) and the mapping that reads it (file, or name of a shipped one)."""

    source: str
    mapping: str


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
    rests: Rests,
    origins: Sequence[FactRow] = (),
    before: bytes | None = None,
) -> SurveyedCity:
    """Match surveys and put them into a network, or beside it where their licence asks for that.

    Parameters
    ----------
    rests
        Places to sit down beside the ways.
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
    known = list_matched_keys(before)
    for survey in surveys:
        mapping, matched = survey.mapping, matcher.match(survey)
        layer_facts: Sequence[EdgeFact] = ()
        if mapping.may_merge:
            merged += matched.facts
        else:
            layer_facts = [fact for fact in matched.facts if fact.attribute != INCLINE]
        layer = _name_layer(mapping.name, files)
        if not mapping.may_merge or matched.closures or matched.places:
            files[f"{LAYERS_FOLDER}{layer}.json"] = pack_layer(matched, layer_facts)
        outcomes.append(
            SurveyOutcome(
                matched=matched,
                layer=None if mapping.may_merge else layer,
                unused=0 if mapping.may_merge else len(matched.facts) - len(layer_facts),
                lost=list_lost(matched, known.get(mapping.name, {})),
            )
        )
        sources.append(
            Source(
                mapping.name,
                mapping.licence,
                mapping.url,
                as_of=show_day(survey.day),
                layer=None if mapping.may_merge else f"{LAYERS_FOLDER}{layer}.json",
            )
        )
    network, formed, rows = apply_facts(network, classes, _combine(merged), rests)
    table = build_origins([*rows, *origins])
    files[SOURCES_FILE] = orjson.dumps(list(table.sources))
    files[REPORT_FILE] = orjson.dumps(
        {"surveys": [pack_outcome(outcome) for outcome in outcomes]}, option=orjson.OPT_INDENT_2
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
