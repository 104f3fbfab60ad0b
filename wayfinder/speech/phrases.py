"""Plans in words: the answer of the HTTP interface (contract), and the same as text for the terminal."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wayfinder.i18n import Catalogue, get_catalogue
from wayfinder.routing.directions import Assumption, Manoeuvre, Route, Step, Unknown
from wayfinder.routing.obstacles import Obstacle
from wayfinder.routing.planner import Outcome, RoutePlan
from wayfinder.routing.profiles import Profile
from wayfinder.routing.snapping import SnappedPoint
from wayfinder.speech.amounts import say_amount, say_date, say_distance, say_duration, show_day
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
from wayfinder.speech.obstacle_phrases import label_unknown, say_value, word_obstacle

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
        "from": _show_point(plan.start),
        "to": _show_point(plan.goal),
        "summary": {"text": _summarise(plan, language)},
        "routes": [word_route(route, language, plan.profile) for route in plan.routes],
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
    catalogue = get_catalogue(language)
    # an obstacle over the limits stands in its step and in the list: worded once
    worded = {
        id(obstacle): _show_obstacle(obstacle, catalogue, profile)
        for step in route.steps
        for obstacle in step.obstacles
    }
    return {
        "label": route.label,
        "distance_m": round(route.distance_m, 1),
        "duration_s": round(route.duration_s),
        "climb_m": round(route.climb_m, 1),
        "descent_m": round(route.descent_m, 1),
        "geometry": {"type": "LineString", "coordinates": route.coordinates.tolist()},
        "known_share": round(route.known_share, 3),
        "unknowns": _show_unknowns(route.unknowns, catalogue),
        "assumptions": [_say_assumption(assumption, catalogue) for assumption in route.assumptions],
        "limits_exceeded": [worded[id(obstacle)] for obstacle in route.limits_exceeded],
        "warnings": [
            {
                "key": warning.key,
                "lon": warning.lon,
                "lat": warning.lat,
                "text": _say_warning(warning.key, catalogue),
            }
            for warning in route.warnings
        ],
        "steps": [
            {
                "instruction": _instruct(route.steps, number, catalogue, profile),
                "manoeuvre": str(step.manoeuvre),
                "distance_m": int(step.distance_m * 10.0 + 0.5) / 10.0,
                "duration_s": int(step.duration_s + 0.5),
                "street": step.street,
                "bearing_deg": int(step.bearing_deg + 0.5) % 360,
                "first_point": step.first_point,
                "last_point": step.last_point,
                "obstacles": [worded[id(obstacle)] for obstacle in step.obstacles],
            }
            for number, step in enumerate(route.steps)
        ],
    }


def _show_point(point: SnappedPoint | None) -> dict[str, Any] | None:
    if point is None:
        return None
    return {"lon": point.lon, "lat": point.lat, "offset_m": round(point.offset_m, 1)}


def _show_obstacle(obstacle: Obstacle, catalogue: Catalogue, profile: Profile) -> dict[str, Any]:
    return {
        "kind": str(obstacle.kind),
        "direction": obstacle.direction,
        "value": obstacle.value,
        "unit": obstacle.unit,
        "limit": obstacle.limit,
        "exceeds": obstacle.exceeds,
        "beyond": obstacle.beyond,
        "certain": obstacle.certain,
        "attribute": obstacle.attribute,
        "length_m": int(obstacle.length_m * 10.0 + 0.5) / 10.0,
        "source": str(obstacle.source),
        "as_of": show_day(obstacle.as_of_day),
        "osm": obstacle.osm,
        "lon": obstacle.lon,
        "lat": obstacle.lat,
        "text": word_obstacle(obstacle, catalogue, profile),
    }


def _show_unknowns(unknowns: Sequence[Unknown], catalogue: Catalogue) -> list[dict[str, Any]]:
    """Said once where two attributes have the same words: slope up and down are one thing to a person."""
    shown = [_show_unknown(unknown, catalogue) for unknown in unknowns]
    first_of = {one["text"]: one for one in reversed(shown)}
    return [one for one in shown if first_of[one["text"]] is one]


def _show_unknown(unknown: Unknown, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "attribute": unknown.attribute,
        "distance_m": round(unknown.distance_m, 1),
        "count": unknown.count,
        "text": capitalise(_say_unknown(unknown, catalogue)),
    }


def _say_unknown(unknown: Unknown | Assumption, catalogue: Catalogue) -> str:
    label = label_unknown(unknown.attribute, catalogue)
    distance = say_distance(unknown.distance_m, catalogue.language)
    if not unknown.count:
        return catalogue.texts["unknown.distance"].format(label=label, distance=distance)
    key = "unknown.both" if unknown.distance_m else "unknown.places"
    return catalogue.count(key, unknown.count, label=label, distance=distance)


def _say_assumption(assumption: Assumption, catalogue: Catalogue) -> str:
    value = say_value(assumption.attribute, assumption.value, catalogue)
    return capitalise(
        catalogue.texts["assumption"].format(what=_say_unknown(assumption, catalogue), value=value)
    )


def _say_warning(key: str, catalogue: Catalogue) -> str:
    return catalogue.texts.get(f"warning.{key}") or catalogue.texts["warning.pending"]


def _instruct(steps: Sequence[Step], number: int, catalogue: Catalogue, profile: Profile) -> str:
    """The sentence of a step."""
    step, texts = steps[number], catalogue.texts
    if step.manoeuvre is Manoeuvre.ARRIVE:
        return texts["step.arrive"]
    is_blind = "blind" in profile.groups
    key = _TURN_KEYS.get(step.key)
    if key is None:
        return _instruct_special(step, texts, is_blind)
    by_landmark = "cognitive" in profile.groups
    turn = _say_turn(step, key, texts, is_blind, by_landmark)
    where = step.street or (
        label_value("kind", str(step.parameters["way"]), catalogue.language) if step.parameters["way"] else ""
    )
    if not where:
        return texts["step.turn_only"].format(turn=turn)
    ends_at_landmark = by_landmark and number + 1 < len(steps) and steps[number + 1].landmark is not None
    if step.distance_m < _NO_DISTANCE_M or ends_at_landmark:
        return texts["step.walk.short"].format(turn=turn, where=where)
    distance = say_distance(step.distance_m, catalogue.language)
    return texts["step.walk"].format(turn=turn, where=where, distance=distance)


def _instruct_special(step: Step, texts: Mapping[str, str], is_blind: bool) -> str:
    key = f"action.{step.manoeuvre}"
    level = step.parameters.get("level")
    action = texts[key] if level is None else texts[f"{key}.level"].format(level=f"{level:g}")
    turn = step.turn_deg
    if turn is None or abs(turn) < _TURNED_DEG:
        return texts["step.special"].format(action=action)
    side = "back" if abs(turn) > _BACK_DEG else "left" if turn < 0 else "right"
    word = texts[f"side.{side}.clock"].format(clock=_get_clock(turn)) if is_blind else texts[f"side.{side}"]
    return texts["step.special.turned"].format(side=word, action=action)


def _say_turn(step: Step, key: str, texts: Mapping[str, str], is_blind: bool, by_landmark: bool) -> str:
    if step.manoeuvre is Manoeuvre.DEPART:
        return texts[key].format(compass=texts[f"compass.{int(step.bearing_deg / 45.0 + 0.5) % 8}"])
    if is_blind and step.turn_deg is not None:
        return texts[f"{key}.clock"].format(clock=_get_clock(step.turn_deg))
    if by_landmark and step.landmark is not None and (place := texts.get(f"landmark.{step.landmark.key}")):
        if step.landmark.name:
            place = texts["landmark.named"].format(landmark=place, name=step.landmark.name)
        text = texts[f"{key}.landmark"].format(landmark=place)
        return capitalise(text)
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
        obstacle.exceeds is True and obstacle.beyond == "avoid"
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
    for key, point in (("summary.from_beside", plan.start), ("summary.to_beside", plan.goal)):
        if point is not None and point.offset_m >= _BESIDE_M:
            sentences.append(catalogue.say(key, distance=say_distance(point.offset_m, language)))
    if avoided:
        sentences.append(catalogue.count("summary.avoided", avoided))
    if route.unknowns:
        labels = {label_unknown(unknown.attribute, catalogue) for unknown in route.unknowns}
        sentences.append(catalogue.count("summary.unknowns", len(labels)))
    return " ".join(sentences)


def format_plan_text(plan: RoutePlan, language: str) -> str:
    """A plan for the terminal: what it found, the leading unknowns, every excess, the steps, the rest."""
    lines = [_summarise(plan, language)]
    for route in plan.routes:
        lines += ["", *_format_route(route, get_catalogue(language), plan.profile)]
    return "\n".join(lines)


def _format_route(route: Route, catalogue: Catalogue, profile: Profile) -> list[str]:
    texts, language = catalogue.texts, catalogue.language
    line = texts["route.line"].format(
        distance=say_distance(route.distance_m, language),
        duration=say_duration(route.duration_s, language),
        climb=say_amount(round(route.climb_m), "m", language),
        descent=say_amount(round(route.descent_m), "m", language),
    )
    lines = [f"{line}."]
    unknowns = list(dict.fromkeys(capitalise(_say_unknown(unknown, catalogue)) for unknown in route.unknowns))
    if unknowns:
        share = say_amount(int(route.known_share * 100), "percent", language)
        lines[0] += f" {texts['route.known'].format(share=share)}."
        lines += [texts["route.unknowns"], *(f"  ? {text}" for text in unknowns[:LEADING_UNKNOWNS])]
    if route.limits_exceeded:
        streets = {id(obstacle): step.street for step in route.steps for obstacle in step.obstacles}
        lines.append(texts["route.exceeded"])
        for obstacle in route.limits_exceeded:
            lines.append("  ! " + _format_excess(obstacle, streets[id(obstacle)], catalogue, profile))
    lines += ["", texts["route.steps"]]
    width = len(str(len(route.steps)))
    for number, step in enumerate(route.steps):
        lines.append(f"{number + 1:>{width}}. {_instruct(route.steps, number, catalogue, profile)}")
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
            lines.append(f"{'':>{width}}    {mark} {word_obstacle(obstacle, catalogue, profile)}")
    if route.warnings:
        lines += [
            "",
            texts["route.warnings"],
            *(f"  ! {_say_warning(item.key, catalogue)}" for item in route.warnings),
        ]
    if route.assumptions:
        lines += ["", texts["route.assumptions"]]
        lines += [f"  {_say_assumption(assumption, catalogue)}" for assumption in route.assumptions]
    if len(unknowns) > LEADING_UNKNOWNS:
        rest = texts["list.join"].join(unknowns[LEADING_UNKNOWNS:])
        lines += ["", texts["route.unknowns.more"].format(unknowns=rest)]
    return lines


def _format_excess(obstacle: Obstacle, street: str, catalogue: Catalogue, profile: Profile) -> str:
    place = {"lat": f"{obstacle.lat:.5f}", "lon": f"{obstacle.lon:.5f}", "street": street}
    return catalogue.say(
        "exceeded.line",
        text=word_obstacle(obstacle, catalogue, profile),
        place=catalogue.say("place.on" if street else "place.at", **place),
        source=catalogue.texts[f"source.{obstacle.source.value}"],
        date=_say_day(show_day(obstacle.as_of_day), catalogue),
    )


def _say_day(day: str | None, catalogue: Catalogue) -> str:
    if day is None:
        return catalogue.texts["date.unknown"]
    return say_date(datetime.date.fromisoformat(day), catalogue)
