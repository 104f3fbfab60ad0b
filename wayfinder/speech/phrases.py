"""Plans in words: the answer of the HTTP interface (contract), and the same as text for the terminal."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from wayfinder.i18n import Catalogue, get_catalogue
from wayfinder.routing.city_graph import Landmark
from wayfinder.routing.directions import Assumption, Manoeuvre, PendingReport, Route, Step, Unknown
from wayfinder.routing.obstacles import Finding, Obstacle, Source, Value
from wayfinder.routing.planner import EntranceUsed, Outcome, RoutePlan
from wayfinder.routing.profiles import Profile
from wayfinder.routing.relief import Relief
from wayfinder.routing.snapping import SnappedPoint
from wayfinder.speech.amounts import (
    round_distance,
    say_amount,
    say_date,
    say_distance,
    say_duration,
    say_rounded,
    show_day,
)
from wayfinder.speech.choice_phrases import say_relaxation, show_difference, show_relaxations
from wayfinder.speech.entrance_phrases import instruct_at_entrance, show_entrance, summarise_entrance
from wayfinder.speech.labels import (
    capitalise,
    describe_limit,
    describe_profile,
    label_attribute,
    label_choice,
    label_hit,
    label_limit,
    label_profile,
    label_unit,
    label_unknowns,
    label_value,
)
from wayfinder.speech.listener import Listener, get_listener
from wayfinder.speech.obstacle_phrases import label_unknown, say_time, say_value, word_finding

__all__ = [
    "describe_limit",
    "describe_profile",
    "format_plan_text",
    "label_attribute",
    "label_choice",
    "label_hit",
    "label_limit",
    "label_profile",
    "label_unit",
    "label_unknowns",
    "label_value",
    "word_plan",
    "word_route",
]

LEADING_UNKNOWNS: Final = 3
"""An answer leads with so many unknowns; the rest is folded, never dropped."""
_NO_DISTANCE_M: Final = 2.5
"""A stretch this short is not worth a distance."""
_BESIDE_M: Final = 5.0
"""Between a position and the way so far beside it may lie a kerb, a fence, a carriageway: that is said."""
_TURN_KEYS: Final = {
    f"step.{manoeuvre}": f"turn.{manoeuvre}"
    for manoeuvre in (
        Manoeuvre.DEPART,
        Manoeuvre.CONTINUE,
        Manoeuvre.SLIGHT_LEFT,
        Manoeuvre.TURN_LEFT,
        Manoeuvre.SHARP_LEFT,
        Manoeuvre.SLIGHT_RIGHT,
        Manoeuvre.TURN_RIGHT,
        Manoeuvre.SHARP_RIGHT,
        Manoeuvre.U_TURN,
    )
}
"""Steps that are walked along a way; all others are something by themselves."""
_TURNED_DEG: Final = 45.0
_BACK_DEG: Final = 135.0


def word_plan(plan: RoutePlan, language: str) -> dict[str, Any]:
    """The whole answer of ``POST /api/v1/route-plans``, ready for JSON."""
    answer: dict[str, Any] = {
        "outcome": plan.outcome.value,
        "graph": {"id": plan.graph_id, "osm_at": plan.osm_at, "overlay_version": plan.overlay_version},
        "from": _show_point(plan.start, plan.start_entrance, language),
        "to": _show_point(plan.goal, plan.goal_entrance, language),
        "summary": {"text": _summarise(plan, language)},
        "routes": [
            {
                **word_route(route, language, plan.profile),
                "difference": show_difference(route, plan.routes[0], language),
            }
            for route in plan.routes
        ],
        "relaxations": show_relaxations(plan, language),
    }
    if plan.reachable is not None:
        remaining_m = None if plan.remaining_m is None else round(plan.remaining_m, 1)
        answer["reachable"] = {
            "lon": plan.reachable.lon,
            "lat": plan.reachable.lat,
            "remaining_m": remaining_m,
        }
    return answer


def word_route(route: Route, language: str, profile: Profile) -> dict[str, Any]:
    """One entry of ``routes``."""
    listener = get_listener(profile, language)
    catalogue = get_catalogue(language)
    steps = route.steps
    return {
        "label": route.label,
        "title": catalogue.texts[f"route.{route.label}"],
        "distance_m": round(route.distance_m, 1),
        "duration_s": round(route.duration_s),
        "climb_m": round(route.relief.climb_m, 1),
        "descent_m": round(route.relief.descent_m, 1),
        "elevation": _show_relief(route.relief),
        "geometry": {"type": "LineString", "coordinates": route.coordinates.tolist()},
        "known_share": round(route.known_share, 3),
        "unknowns": _show_unknowns(route.unknowns, language),
        "assumptions": [_say_assumption(assumption, language) for assumption in route.assumptions],
        "limits_exceeded": [_show_obstacle(obstacle, listener) for obstacle in route.limits_exceeded],
        "warnings": [
            {
                "key": warning.key,
                "lon": warning.lon,
                "lat": warning.lat,
                "text": _say_warning(warning, catalogue),
            }
            for warning in route.warnings
        ],
        "steps": [
            {
                "instruction": _instruct(steps, number, listener),
                "manoeuvre": step.manoeuvre,
                "distance_m": int(step.distance_m * 10.0 + 0.5) / 10.0,
                "duration_s": int(step.duration_s + 0.5),
                "street": step.street,
                "bearing_deg": int(step.bearing_deg + 0.5) % 360,
                "first_point": step.first_point,
                "last_point": step.last_point,
                "obstacles": [_show_obstacle(obstacle, listener) for obstacle in step.obstacles],
            }
            for number, step in enumerate(steps)
        ],
    }


def _show_relief(relief: Relief) -> dict[str, Any]:
    steepest = relief.steepest
    return {
        "known_share": round(relief.known_share, 3),
        "estimated_share": round(relief.estimated_share, 3),
        "steepest": None
        if steepest is None
        else {
            "direction": "up" if steepest.percent > 0 else "down",
            "incline_percent": round(abs(steepest.percent), 1),
            "error_percent": round(steepest.error, 1),
            "from_m": round(steepest.from_m, 1),
            "length_m": round(steepest.length_m, 1),
            "source": str(Source.ESTIMATE if steepest.error else Source.OSM),
        },
        "profile": relief.profile,
    }


def _show_point(
    point: SnappedPoint | None, entrance: EntranceUsed | None, language: str
) -> dict[str, Any] | None:
    if point is None:
        return None
    return {
        "lon": point.lon,
        "lat": point.lat,
        "offset_m": round(point.offset_m, 1),
        "entrance": show_entrance(entrance, get_catalogue(language)),
    }


def _show_obstacle(obstacle: Obstacle, listener: Listener) -> dict[str, Any]:
    finding, limit, source, as_of_day, osm, lon, lat, length_m = obstacle
    said_limit = limit if finding.exceeds else None
    return {
        **_show_finding(finding, said_limit, round_distance(length_m), listener),
        "limit": limit,
        "length_m": int(length_m * 10.0 + 0.5) / 10.0,
        "source": source,
        "as_of": show_day(as_of_day),
        "osm": osm,
        "lon": lon,
        "lat": lat,
    }


@lru_cache(maxsize=16384)
def _show_finding(finding: Finding, limit: Value, distance_m: int, listener: Listener) -> Mapping[str, Any]:
    """What is the same of all obstacles of a finding: worded once."""
    return {
        "kind": finding.kind.value,
        "direction": finding.direction,
        "value": finding.value,
        "unit": finding.unit,
        "exceeds": finding.exceeds,
        "beyond": finding.beyond,
        "certain": finding.certain,
        "attribute": finding.attribute,
        "text": word_finding(finding, limit, distance_m, listener),
    }


def _word_obstacle(obstacle: Obstacle, listener: Listener) -> str:
    return word_finding(obstacle.finding, obstacle.limit, round_distance(obstacle.length_m), listener)


def _show_unknowns(unknowns: Sequence[Unknown], language: str) -> list[dict[str, Any]]:
    """Said once where two attributes have the same words: slope up and down are one thing to a person."""
    shown: dict[str, dict[str, Any]] = {}
    for unknown in unknowns:
        text = _say_unknown(unknown, language)
        if text not in shown:
            shown[text] = {
                "attribute": unknown.attribute,
                "distance_m": round(unknown.distance_m, 1),
                "count": unknown.spots,
                "text": text,
            }
    return list(shown.values())


def _say_unknown(unknown: Unknown, language: str) -> str:
    is_along = unknown.distance_m > 0
    text = _say_gap(unknown.attribute, is_along, round_distance(unknown.distance_m), unknown.spots, language)
    return capitalise(text)


@lru_cache(maxsize=8192)
def _say_gap(attribute: str, is_along: bool, distance_m: int, spots: int, language: str) -> str:
    catalogue = get_catalogue(language)
    label, distance = label_unknown(attribute, catalogue), say_rounded(distance_m, language)
    if not spots:
        return catalogue.texts["unknown.distance"].format(label=label, distance=distance)
    key = "unknown.both" if is_along else "unknown.places"
    return catalogue.count(key, spots, label=label, distance=distance)


def _say_assumption(assumption: Assumption, language: str) -> str:
    attribute, value, distance_m, spots = assumption
    return _say_assumed(attribute, value, distance_m > 0, round_distance(distance_m), spots, language)


@lru_cache(maxsize=8192)
def _say_assumed(
    attribute: str, value: Value, is_along: bool, distance_m: int, spots: int, language: str
) -> str:
    catalogue = get_catalogue(language)
    what = _say_gap(attribute, is_along, distance_m, spots, language)
    text = catalogue.texts["assumption"].format(what=what, value=say_value(attribute, value, catalogue))
    return capitalise(text)


def _say_warning(warning: PendingReport, catalogue: Catalogue) -> str:
    told = warning.parameters
    if not told:
        return catalogue.texts.get(f"warning.{warning.key}") or catalogue.texts["warning.pending"]
    what = capitalise(say_value("kind", told["kind"], catalogue))
    times = {name: say_time(told[name]) for name in ("at", "arrive_at")}  # type: ignore[arg-type]
    return catalogue.texts[f"warning.{warning.key}"].format(what=what, **times)


def _instruct(steps: Sequence[Step], number: int, listener: Listener) -> str:
    """The sentence of a step."""
    step = steps[number]
    at_entrance = instruct_at_entrance(step, get_catalogue(listener.language))
    if at_entrance is not None:
        return at_entrance
    turn_deg = step.turn_deg
    clock = _get_clock(turn_deg) if listener.by_clock and turn_deg is not None else 0
    key = _TURN_KEYS.get(step.key)
    if key is None:
        return _say_special(
            step.manoeuvre, step.parameters.get("level"), _get_side(turn_deg), clock, listener
        )
    compass, landmark, distance_m = -1, None, round_distance(step.distance_m)
    if step.manoeuvre is Manoeuvre.DEPART:
        compass = int(step.bearing_deg / 45.0 + 0.5) % 8
    if listener.by_landmark:
        landmark = step.landmark
        if number + 1 < len(steps) and steps[number + 1].landmark is not None:
            distance_m = -1
    if step.distance_m < _NO_DISTANCE_M:
        distance_m = -1
    return _say_walk(key, step.street, step.parameters["way"], compass, clock, landmark, distance_m, listener)


@lru_cache(maxsize=16384)
def _say_walk(
    key: str,
    street: str,
    way: str,
    compass: int,
    clock: int,
    landmark: Landmark | None,
    distance_m: int,
    listener: Listener,
) -> str:
    """Walk along a way.

    Parameters
    ----------
    compass, clock
        Which way, as the eighth of the compass (-1: not said) and as on a clock face (0: not said).
    distance_m
        As `round_distance` rounds it; -1: not said.
    """
    texts = get_catalogue(listener.language).texts
    turn = _say_turn(key, compass, clock, landmark, texts)
    where = street or (label_value("kind", way, listener.language) if way else "")
    if not where:
        return texts["step.turn_only"].format(turn=turn)
    if distance_m < 0:
        return texts["step.walk.short"].format(turn=turn, where=where)
    distance = say_rounded(distance_m, listener.language)
    return texts["step.walk"].format(turn=turn, where=where, distance=distance)


def _get_side(turn_deg: float | None) -> str | None:
    """Where something lies that is reached by a turn; None ahead, or where nobody knows."""
    if turn_deg is None or abs(turn_deg) < _TURNED_DEG:
        return None
    return "back" if abs(turn_deg) > _BACK_DEG else "left" if turn_deg < 0 else "right"


@lru_cache(maxsize=4096)
def _say_special(
    manoeuvre: Manoeuvre, level: float | None, side: str | None, clock: int, listener: Listener
) -> str:
    """Something that is a step by itself, or the arrival."""
    texts = get_catalogue(listener.language).texts
    if manoeuvre in (Manoeuvre.ARRIVE, Manoeuvre.VIA):
        return texts[f"step.{manoeuvre}"]
    key = f"action.{manoeuvre}"
    action = texts[key] if level is None else texts[f"{key}.level"].format(level=f"{level:g}")
    if side is None:
        return texts["step.special"].format(action=action)
    word = texts[f"side.{side}.clock"].format(clock=clock) if clock else texts[f"side.{side}"]
    return texts["step.special.turned"].format(side=word, action=action)


def _say_turn(key: str, compass: int, clock: int, landmark: Landmark | None, texts: Mapping[str, str]) -> str:
    if compass >= 0:
        return texts[key].format(compass=texts[f"compass.{compass}"])
    if clock:
        return texts[f"{key}.clock"].format(clock=clock)
    if landmark is not None and (place := texts.get(f"landmark.{landmark.key}")):
        if landmark.name:
            place = texts["landmark.named"].format(landmark=place, name=landmark.name)
        return capitalise(texts[f"{key}.landmark"].format(landmark=place))
    return texts[key]


def _get_clock(turn_deg: float) -> int:
    """Direction as on a clock face: 12 ahead, 3 to the right."""
    return round(turn_deg / 30.0) % 12 or 12


def _summarise(plan: RoutePlan, language: str) -> str:
    """The outcome in a sentence or two, with the date of the data."""
    catalogue = get_catalogue(language)
    if plan.outcome is Outcome.UNREACHABLE:
        if plan.remaining_m is None:
            return catalogue.texts["summary.unreachable.short"]
        return catalogue.say("summary.unreachable", distance=say_distance(plan.remaining_m, language))
    route = plan.routes[0]
    avoided = sum(
        obstacle.finding.exceeds is True and obstacle.finding.beyond == "avoid"
        for step in route.steps
        for obstacle in step.obstacles
    )
    if plan.outcome is Outcome.LIMITS_EXCEEDED:
        sentences = [catalogue.count("summary.limits_exceeded", len(route.limits_exceeded))]
    elif plan.osm_at is None:
        sentences = [catalogue.texts["summary.found.undated"]]
    else:
        date = say_date(datetime.date.fromisoformat(plan.osm_at[:10]), catalogue)
        sentences = [catalogue.say("summary.found", date=date)]
    sentences += summarise_entrance("summary.from_entrance", plan.start_entrance, catalogue)
    sentences += summarise_entrance("summary.to_entrance", plan.goal_entrance, catalogue)
    for key, point in (("summary.from_beside", plan.start), ("summary.to_beside", plan.goal)):
        if point is not None and point.offset_m >= _BESIDE_M:
            sentences.append(catalogue.say(key, distance=say_distance(point.offset_m, language)))
    if avoided:
        sentences.append(catalogue.count("summary.avoided", avoided))
    changes = sum("at" in warning.parameters for warning in route.warnings)
    if changes:
        sentences.append(catalogue.count("summary.changes", changes))
    if route.unknowns:
        labels = {label_unknown(unknown.attribute, catalogue) for unknown in route.unknowns}
        sentences.append(catalogue.count("summary.unknowns", len(labels)))
    return " ".join(sentences)


def format_plan_text(plan: RoutePlan, language: str) -> str:
    """A plan for the terminal: what it found, the leading unknowns, every excess, the steps, the rest."""
    catalogue = get_catalogue(language)
    lines = [_summarise(plan, language)]
    if plan.relaxations:
        lines.append(catalogue.texts["route.relaxations"])
        lines += [f"  > {say_relaxation(relaxation, plan, language)}" for relaxation in plan.relaxations]
    for route in plan.routes:
        lines.append("")
        difference = show_difference(route, plan.routes[0], language)
        if difference is not None:
            title = catalogue.texts[f"route.{route.label}"]
            lines.append(catalogue.say("route.other", title=title, difference=difference["text"]))
        lines += _format_route(route, catalogue, plan.profile)
    return "\n".join(lines)


def _format_route(route: Route, catalogue: Catalogue, profile: Profile) -> list[str]:
    texts, language = catalogue.texts, catalogue.language
    listener = get_listener(profile, language)
    line = texts["route.line"].format(
        distance=say_distance(route.distance_m, language),
        duration=say_duration(route.duration_s, language),
        climb=say_amount(round(route.relief.climb_m), "m", language),
        descent=say_amount(round(route.relief.descent_m), "m", language),
    )
    lines = [f"{line}."]
    lines[0] += "".join(f" {sentence}." for sentence in _list_relief(route.relief, catalogue))
    unknowns = list(dict.fromkeys(_say_unknown(unknown, language) for unknown in route.unknowns))
    if unknowns:
        share = say_amount(int(route.known_share * 100), "percent", language)
        lines[0] += f" {texts['route.known'].format(share=share)}."
        lines += [texts["route.unknowns"], *(f"  ? {text}" for text in unknowns[:LEADING_UNKNOWNS])]
    if route.limits_exceeded:
        streets = {obstacle: step.street for step in route.steps for obstacle in step.obstacles}
        lines.append(texts["route.exceeded"])
        for obstacle in route.limits_exceeded:
            lines.append("  ! " + _format_excess(obstacle, streets[obstacle], catalogue, listener))
    lines += ["", texts["route.steps"]]
    width = len(str(len(route.steps)))
    for number, step in enumerate(route.steps):
        lines.append(f"{number + 1:>{width}}. {_instruct(route.steps, number, listener)}")
        for obstacle in step.obstacles:
            mark = (
                "!"
                if obstacle.beyond == "block"
                else "-"
                if obstacle.exceeds is False
                else "?"
                if obstacle.value is None
                else "*"
            )
            lines.append(f"{'':>{width}}    {mark} {_word_obstacle(obstacle, listener)}")
    if route.warnings:
        lines += [
            "",
            texts["route.warnings"],
            *(f"  ! {_say_warning(item, catalogue)}" for item in route.warnings),
        ]
    if route.assumptions:
        lines += ["", texts["route.assumptions"]]
        lines += [f"  {_say_assumption(assumption, language)}" for assumption in route.assumptions]
    if len(unknowns) > LEADING_UNKNOWNS:
        rest = texts["list.join"].join(unknowns[LEADING_UNKNOWNS:])
        lines += ["", texts["route.unknowns.more"].format(unknowns=rest)]
    return lines


def _list_relief(relief: Relief, catalogue: Catalogue) -> list[str]:
    """The steepest stretch, and how much of what is said of slopes is estimated."""
    texts, language = catalogue.texts, catalogue.language
    sentences = []
    steepest = relief.steepest
    if steepest is not None:
        # an estimate is said in whole percents
        percent = round(abs(steepest.percent), 0 if steepest.error else 1)
        direction = "up" if steepest.percent > 0 else "down"
        key = f"route.steepest.{direction}{'.estimated' if steepest.error else ''}"
        sentences.append(
            texts[key].format(
                percent=say_amount(percent, "percent", language),
                distance=say_distance(steepest.length_m, language),
            )
        )
    if relief.estimated_share > 0:
        share = say_amount(max(round(relief.estimated_share * 100), 1), "percent", language)
        sentences.append(texts["route.estimated"].format(share=share))
    return sentences


def _format_excess(obstacle: Obstacle, street: str, catalogue: Catalogue, listener: Listener) -> str:
    place = {"lat": f"{obstacle.lat:.5f}", "lon": f"{obstacle.lon:.5f}", "street": street}
    return catalogue.say(
        "exceeded.line",
        text=_word_obstacle(obstacle, listener),
        place=catalogue.say("place.on" if street else "place.at", **place),
        source=catalogue.texts[f"source.{obstacle.source.value}"],
        date=_say_day(show_day(obstacle.as_of_day), catalogue),
    )


def _say_day(day: str | None, catalogue: Catalogue) -> str:
    if day is None:
        return catalogue.texts["date.unknown"]
    return say_date(datetime.date.fromisoformat(day), catalogue)
