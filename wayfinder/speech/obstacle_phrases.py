"""One obstacle -> one line: what is there, what of it is unknown, and what the person set."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from wayfinder.i18n import Catalogue, get_catalogue
from wayfinder.routing.obstacles import Finding, ObstacleKind, Value
from wayfinder.speech.amounts import say_amount, say_distance, say_number, say_range, say_rounded
from wayfinder.speech.labels import capitalise
from wayfinder.speech.listener import Listener

_TIMED: Final = ("limited", "open")
"""Values of ``opening`` worth saying of what one passes."""
_KERBS: Final = {"0..1": "flush", "0..3": "lowered", "1..5": "rolled"}
"""Ranges by which kerbs are classified (cost-model: Attributes) -> their name; without upper end: raised."""
_UNITS: Final = {
    "kerb_up_cm": "cm",
    "kerb_down_cm": "cm",
    "width_cm": "cm",
    "cross_slope_percent": "percent",
    "step_count": "count",
    "crossing_length_m": "m",
    "passage_cm": "cm",
    "turning_cm": "cm",
    "threshold_cm": "cm",
    "lift_door_cm": "cm",
    "lift_width_cm": "cm",
    "lift_depth_cm": "cm",
    "incline_up_percent": "percent",
    "incline_down_percent": "percent",
    "distance": "m",
    "distance_to_rest_m": "m",
}
_DISTANCES: Final = frozenset({"distance", "distance_to_rest_m"})
"""Attributes whose value is said as distances are."""


@lru_cache(maxsize=16384)
def word_finding(finding: Finding, limit: Value, distance_m: int, listener: Listener) -> str:
    """Word what is met.

    Parameters
    ----------
    limit
        What the person set.
    distance_m
        How far it stretches, as `round_distance` rounds it.
    """
    catalogue = get_catalogue(listener.language)
    text, frame = _say(finding, limit, distance_m, listener, catalogue), catalogue.texts["obstacle.text"]
    return capitalise(text if frame == "{text}" else frame.format(text=text))


def _say(finding: Finding, limit: Value, distance_m: int, listener: Listener, catalogue: Catalogue) -> str:
    if finding.kind is ObstacleKind.UNKNOWN:
        return _say_unknown(finding, catalogue)
    fact = _say_fact(finding, listener, catalogue)
    if distance_m > 0 and finding.kind not in _PLACES:
        distance = say_rounded(distance_m, catalogue.language)
        fact = catalogue.texts["obstacle.stretch"].format(fact=fact, distance=distance)
    if finding.is_estimate:
        fact = catalogue.texts["fact.estimated"].format(fact=fact)
    if finding.exceeds is None and finding.beyond is not None:
        return catalogue.texts["obstacle.rejected"].format(fact=fact)
    if not finding.exceeds:
        return fact
    if not finding.limit_name:
        return catalogue.texts["obstacle.over"].format(fact=fact, clause=catalogue.texts["clause.closed"])
    clause = _say_clause(finding, limit, catalogue)
    if finding.certain or (finding.value is None and "assumed" not in finding.details):
        return catalogue.texts["obstacle.over"].format(fact=fact, clause=clause)
    if "assumed" in finding.details:
        assumed = say_value(finding.attribute, finding.details["assumed"], catalogue)
        fact = catalogue.texts["fact.assumed"].format(fact=fact, value=assumed)
    unsure = catalogue.texts[f"unsure.{_get_sense(finding, limit)}"]
    return catalogue.texts["obstacle.unsure"].format(fact=fact, clause=clause, unsure=unsure)


def say_value(attribute: str, value: object, catalogue: Catalogue) -> str:
    """A value of an attribute: with its unit, or by its name."""
    unit = _UNITS.get(attribute)
    if unit is None:
        return catalogue.texts.get(f"value.{attribute}.{value}", str(value))
    if attribute in _DISTANCES:
        return say_distance(float(value), catalogue.language)  # type: ignore[arg-type]
    return say_range(value, unit, catalogue.language)  # type: ignore[arg-type]


def label_unknown(attribute: str, catalogue: Catalogue) -> str:
    """What it is that nobody knows: where the slope is unknown, so is whether it goes up or down."""
    texts = catalogue.texts
    return texts.get(f"attribute.{attribute}.unknown") or texts.get(f"attribute.{attribute}", attribute)


_PLACES: Final = frozenset(
    {
        ObstacleKind.KERB,
        ObstacleKind.STEPS,
        ObstacleKind.ESCALATOR,
        ObstacleKind.LIFT,
        ObstacleKind.CROSSING,
        ObstacleKind.BARRIER,
        ObstacleKind.GATE,
        ObstacleKind.DOOR,
        ObstacleKind.TURNSTILE,
        ObstacleKind.REST,
        ObstacleKind.ENTRANCE,
        ObstacleKind.DISTANCE,
    }
)


def _say_unknown(finding: Finding, catalogue: Catalogue) -> str:
    names: tuple[str, ...] = finding.details["unknown"]  # type: ignore[assignment]
    labels = dict.fromkeys(label_unknown(name, catalogue) for name in names)
    attributes = catalogue.texts["list.join"].join(labels)
    return catalogue.texts["obstacle.unknown"].format(attributes=attributes)


def _say_fact(finding: Finding, listener: Listener, catalogue: Catalogue) -> str:
    """What is there, with all that is known of a place, and what is needed and unknown."""
    kind, details, attribute = finding.kind, finding.details, finding.attribute
    said = {attribute}
    if kind is ObstacleKind.ENTRANCE and "bell" in details:
        join, parts = catalogue.texts["fact.join"], _list_entrance(details, catalogue)
        facts = join.join([capitalise(part) for part in parts] if join.startswith(".") else parts)
        return catalogue.texts["entrance.facts"].format(facts=facts)
    if attribute in ("kerb_up_cm", "kerb_down_cm"):
        parts = [_say_kerb(finding, catalogue)]
        said |= {"kerb_up_cm", "kerb_down_cm"}
        if listener.by_touch and _is_said("tactile_paving", details):
            parts.append(_say_detail("tactile_paving", details, catalogue))
            said.add("tactile_paving")
    elif kind is ObstacleKind.STEPS and attribute in ("step_count", "kind"):
        parts = [_say_steps(finding, catalogue)]
        if "handrail" in details:
            parts.append(_say_detail("handrail", details, catalogue))
            said |= {"handrail", "step_count"}
        if details.get("step_ramp") not in (None, "no"):
            parts.append(_say_detail("step_ramp", details, catalogue))
            said.add("step_ramp")
    elif kind is ObstacleKind.CROSSING and attribute in ("crossing", "kind") and "crossing" in details:
        parts = _list_crossing(details, listener, catalogue, said)
    elif kind is ObstacleKind.LIFT and attribute == "kind":
        parts = [_say_lift(details, catalogue), *_list_lift_state(details, catalogue)]
    elif kind is ObstacleKind.ESCALATOR:
        parts = [catalogue.texts[f"escalator.{finding.direction or 'any'}"]]
    elif attribute in ("passage_cm", "kind", "barrier") and kind in _PLACES:
        parts = [_say_passage(finding, catalogue)]
        said |= {"passage_cm", "barrier"}
        if details.get("opening") in _TIMED:
            parts.append(_say_detail("opening", details, catalogue))
    elif finding.value is None:
        parts = [_say_not_known(attribute, catalogue)]
    else:
        template = catalogue.texts.get(f"fact.{attribute}", "{value}")
        parts = [template.format(value=say_value(attribute, finding.value, catalogue))]
    unknown = details.get("unknown")
    if unknown:
        missing = [name for name in unknown if name not in said]  # type: ignore[attr-defined]
        parts += [_say_not_known(name, catalogue) for name in missing]
    return parts[0] if len(parts) == 1 else catalogue.texts["fact.join"].join(parts)


def _say_not_known(attribute: str, catalogue: Catalogue) -> str:
    return catalogue.texts["fact.unknown"].format(label=label_unknown(attribute, catalogue))


def _say_detail(attribute: str, details: Mapping[str, object], catalogue: Catalogue) -> str:
    value = details.get(attribute)
    return _say_not_known(attribute, catalogue) if value is None else say_value(attribute, value, catalogue)


def _is_said(attribute: str, details: Mapping[str, object]) -> bool:
    """Whether a detail is known, or needed and unknown."""
    return details.get(attribute) is not None or attribute in details.get("unknown", ())  # type: ignore[operator]


def _say_kerb(finding: Finding, catalogue: Catalogue) -> str:
    value, direction = finding.value, finding.direction or "any"
    if value is None:
        return catalogue.texts[f"kerb.unknown.{direction}"]
    name = "exact"
    if isinstance(value, str):
        name = "raised" if value.endswith("..") else _KERBS.get(value, "exact")
    kerb = catalogue.texts[f"kerb.{name}"].format(value=say_range(value, "cm", catalogue.language))
    return catalogue.texts[f"kerb.{direction}"].format(kerb=kerb)


def _say_steps(finding: Finding, catalogue: Catalogue) -> str:
    count = finding.details.get("step_count", finding.value)
    is_known = isinstance(count, float) and finding.value is not None
    steps = catalogue.count("steps.count", int(count)) if is_known else catalogue.texts["steps.unknown"]  # type: ignore[call-overload]
    return catalogue.texts[f"steps.{finding.direction or 'any'}"].format(steps=steps)


def _say_lift(details: Mapping[str, object], catalogue: Catalogue) -> str:
    low, high = details.get("level_from"), details.get("level_to")
    if not isinstance(low, float) or not isinstance(high, float):
        return catalogue.texts["lift.any"]
    levels = {
        name: say_number(level, catalogue.language)
        for name, level in (("level_from", low), ("level_to", high))
    }
    return catalogue.texts["lift.levels"].format_map(levels)


def _list_lift_state(details: Mapping[str, object], catalogue: Catalogue) -> list[str]:
    """Whether a lift runs, and since when that is known, and whether it is open; nothing where unknown."""
    parts = []
    if details.get("lift_state") is not None:
        state = _say_detail("lift_state", details, catalogue)
        measured_at = details.get("measured_at")
        if isinstance(measured_at, datetime.datetime):
            state = catalogue.texts["lift.measured"].format(state=state, time=say_time(measured_at))
        parts.append(state)
    if details.get("opening") in _TIMED:
        parts.append(_say_detail("opening", details, catalogue))
    return parts


def say_time(moment: datetime.datetime) -> str:
    """The time of day of a local time."""
    return f"{moment:%H:%M}"


def _say_passage(finding: Finding, catalogue: Catalogue) -> str:
    details = finding.details
    name, value = (
        ("door", details.get("door"))
        if finding.kind is ObstacleKind.DOOR
        else ("barrier", details.get("barrier"))
    )
    barrier = (
        say_value(name, value, catalogue) if value is not None else say_value("kind", finding.kind, catalogue)
    )
    width = finding.value if finding.attribute == "passage_cm" else details.get("passage_cm")
    if width is None:
        return catalogue.texts["passage.unknown"].format(barrier=barrier)
    return catalogue.texts["passage"].format(barrier=barrier, value=say_value("passage_cm", width, catalogue))


def _list_entrance(details: Mapping[str, object], catalogue: Catalogue) -> list[str]:
    """Steps, threshold, door, bell: each is named, or that it is unknown."""
    texts, count = catalogue.texts, details["step_count"]
    if isinstance(count, float):
        steps = catalogue.count("steps.count", int(count)) if count else texts["entrance.steps.none"]
    else:
        steps = texts["entrance.steps.unknown"]
    parts = [steps]
    if count != 0.0 and details["step_ramp"] not in (None, "no"):
        parts.append(_say_detail("step_ramp", details, catalogue))
    for name, key in (("threshold_cm", "fact.threshold_cm"), ("passage_cm", "entrance.width")):
        value = details[name]
        if name == "passage_cm" and details["door"] is not None:
            parts.append(_say_detail("door", details, catalogue))
        if value is None:
            parts.append(texts["entrance.threshold.unknown" if name == "threshold_cm" else f"{key}.unknown"])
        else:
            parts.append(texts[key].format(value=say_value(name, value, catalogue)))
    parts.append(
        texts["entrance.bell.unknown"] if details["bell"] is None else _say_detail("bell", details, catalogue)
    )
    if details["wheelchair"] is not None:
        parts.append(_say_detail("wheelchair", details, catalogue))
    if details["opening"] == "limited":
        parts.append(_say_detail("opening", details, catalogue))
    return parts


def _list_crossing(
    details: Mapping[str, object], listener: Listener, catalogue: Catalogue, said: set[str]
) -> list[str]:
    texts, language = catalogue.texts, catalogue.language
    said |= {"crossing", "crossing_island", "crossing_length_m"}
    parts = [_say_detail("crossing", details, catalogue)]
    if details.get("crossed_road") == "railway":
        parts.append(texts["crossing.railway"])
    length_m = details.get("crossing_length_m")
    if isinstance(length_m, float):
        seconds = say_amount(float(details["crossing_s"]), "s", language)  # type: ignore[arg-type]
        parts.append(
            texts["crossing.length"].format(length=say_amount(length_m, "m", language), seconds=seconds)
        )
    else:
        parts.append(texts["crossing.length.unknown"])
    parts.append(_say_detail("crossing_island", details, catalogue))
    if details.get("crossing") == "signals":
        parts.append(texts["crossing.green.unknown"])
    if listener.asks_signals:
        asked = ["signal_sound", "signal_vibration"] if details.get("crossing") == "signals" else []
        for name in (*asked, "tactile_paving"):
            if name == "tactile_paving" and not _is_said(name, details):
                continue
            parts.append(_say_detail(name, details, catalogue))
            said.add(name)
    return parts


def _say_clause(finding: Finding, limit: Value, catalogue: Catalogue) -> str:
    texts, name = catalogue.texts, finding.limit_name
    special = texts.get(f"clause.{name}.{limit}") or texts.get(f"clause.{name}")
    if special:
        return special
    if name == "surface_avoid" or limit in ("block", "avoid"):
        return texts[f"clause.{finding.beyond or 'avoid'}"]
    return texts["clause.number"].format(limit=_say_limit(finding.attribute, limit, catalogue))


def _say_limit(attribute: str, limit: Value, catalogue: Catalogue) -> str:
    return say_value(attribute, limit, catalogue)


def _get_sense(finding: Finding, limit: Value) -> str:
    name = finding.limit_name
    if finding.kind is ObstacleKind.REST:
        return "rest"
    if "_max" in name:
        return "likely" if _is_likely(finding, limit) else "max"
    if "_min" in name:
        return "min"
    return "worst" if name.endswith("_worst") else "other"


def _is_likely(finding: Finding, limit: Value) -> bool:
    """Say whether an estimate is above the limit, though not by more than it may be off."""
    if not finding.is_estimate or not isinstance(limit, float):
        return False
    low, _, high = str(finding.value).partition("..")
    return bool(high) and (float(low) + float(high)) / 2 > limit
