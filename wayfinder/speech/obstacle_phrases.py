"""One obstacle -> one line: what is there, what of it is unknown, and what the person set."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from wayfinder.i18n import Catalogue, get_catalogue
from wayfinder.routing.obstacles import Obstacle, ObstacleKind, Value
from wayfinder.routing.profiles import Profile
from wayfinder.speech.amounts import say_amount, say_distance, say_number, say_range
from wayfinder.speech.labels import capitalise

_KERBS: Final = {"0..1": "flush", "0..3": "lowered", "1..5": "rolled"}
"""Ranges by which kerbs are classified (cost-model: Attributes) -> their name; without upper end: raised."""
_SIGHT: Final = frozenset({"blind", "low-vision", "cane"})
"""Groups to whom sound, vibration and tactile paving are said also where no limit asks."""
_UNITS: Final = {
    "kerb_up_cm": "cm",
    "kerb_down_cm": "cm",
    "width_cm": "cm",
    "cross_slope_percent": "percent",
    "step_count": "count",
    "crossing_length_m": "m",
    "passage_cm": "cm",
    "turning_cm": "cm",
    "lift_door_cm": "cm",
    "lift_width_cm": "cm",
    "lift_depth_cm": "cm",
    "incline_up_percent": "percent",
    "incline_down_percent": "percent",
    "distance": "m",
}


def word_obstacle(obstacle: Obstacle, catalogue: Catalogue, profile: Profile) -> str:
    """Word an obstacle for the person whose profile it is."""
    text, frame = _say(obstacle, catalogue, profile), catalogue.texts["obstacle.text"]
    return capitalise(text if frame == "{text}" else frame.format(text=text))


def _say(obstacle: Obstacle, catalogue: Catalogue, profile: Profile) -> str:
    if obstacle.kind is ObstacleKind.UNKNOWN:
        return _say_unknown(obstacle, catalogue)
    fact = _say_fact(obstacle, catalogue, profile)
    if obstacle.length_m > 0 and obstacle.kind not in _PLACES:
        distance = say_distance(obstacle.length_m, catalogue.language)
        fact = catalogue.texts["obstacle.stretch"].format(fact=fact, distance=distance)
    if obstacle.exceeds is None and obstacle.beyond is not None:
        return catalogue.texts["obstacle.rejected"].format(fact=fact)
    if not obstacle.exceeds:
        return fact
    if not obstacle.limit_name:
        return catalogue.texts["obstacle.over"].format(fact=fact, clause=catalogue.texts["clause.closed"])
    clause = _say_clause(obstacle, catalogue)
    if obstacle.certain or (obstacle.value is None and "assumed" not in obstacle.details):
        return catalogue.texts["obstacle.over"].format(fact=fact, clause=clause)
    if "assumed" in obstacle.details:
        assumed = say_value(obstacle.attribute, obstacle.details["assumed"], catalogue)
        fact = catalogue.texts["fact.assumed"].format(fact=fact, value=assumed)
    unsure = catalogue.texts[f"unsure.{_get_sense(obstacle.limit_name)}"]
    return catalogue.texts["obstacle.unsure"].format(fact=fact, clause=clause, unsure=unsure)


def say_value(attribute: str, value: object, catalogue: Catalogue) -> str:
    """A value of an attribute: with its unit, or by its name."""
    unit = _UNITS.get(attribute)
    if unit is None:
        return catalogue.texts.get(f"value.{attribute}.{value}", str(value))
    if attribute == "distance":
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
        ObstacleKind.DISTANCE,
    }
)


def _say_unknown(obstacle: Obstacle, catalogue: Catalogue) -> str:
    return _list_unknown(obstacle.details["unknown"], catalogue.language)


@lru_cache(maxsize=4096)
def _list_unknown(names: tuple[str, ...], language: str) -> str:
    catalogue = get_catalogue(language)
    labels = dict.fromkeys(label_unknown(name, catalogue) for name in names)
    attributes = catalogue.texts["list.join"].join(labels)
    return catalogue.texts["obstacle.unknown"].format(attributes=attributes)


def _say_fact(obstacle: Obstacle, catalogue: Catalogue, profile: Profile) -> str:
    """What is there, with all that is known of a place, and what is needed and unknown."""
    kind, details, attribute = obstacle.kind, obstacle.details, obstacle.attribute
    said = {attribute}
    if attribute in ("kerb_up_cm", "kerb_down_cm"):
        parts = [_say_kerb(obstacle, catalogue)]
        said |= {"kerb_up_cm", "kerb_down_cm"}
        if profile.groups & _SIGHT and _is_said("tactile_paving", details):
            parts.append(_say_detail("tactile_paving", details, catalogue))
            said.add("tactile_paving")
    elif kind is ObstacleKind.STEPS and attribute in ("step_count", "kind"):
        parts = [_say_steps(obstacle, catalogue)]
        if "handrail" in details:
            parts.append(_say_detail("handrail", details, catalogue))
            said |= {"handrail", "step_count"}
        if details.get("step_ramp") not in (None, "no"):
            parts.append(_say_detail("step_ramp", details, catalogue))
            said.add("step_ramp")
    elif kind is ObstacleKind.CROSSING and attribute in ("crossing", "kind") and "crossing" in details:
        parts = _list_crossing(details, catalogue, profile, said)
    elif kind is ObstacleKind.LIFT and attribute == "kind":
        parts = [_say_lift(details, catalogue)]
    elif kind is ObstacleKind.ESCALATOR:
        parts = [catalogue.texts[f"escalator.{obstacle.direction or 'any'}"]]
    elif attribute in ("passage_cm", "kind", "barrier") and kind in _PLACES:
        parts = [_say_passage(obstacle, catalogue)]
        said |= {"passage_cm", "barrier"}
        if details.get("opening") == "limited":
            parts.append(_say_detail("opening", details, catalogue))
    elif obstacle.value is None:
        parts = [_say_not_known(attribute, catalogue)]
    else:
        template = catalogue.texts.get(f"fact.{attribute}", "{value}")
        parts = [template.format(value=say_value(attribute, obstacle.value, catalogue))]
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


def _say_kerb(obstacle: Obstacle, catalogue: Catalogue) -> str:
    value, direction = obstacle.value, obstacle.direction or "any"
    if value is None:
        return catalogue.texts[f"kerb.unknown.{direction}"]
    name = "exact"
    if isinstance(value, str):
        name = "raised" if value.endswith("..") else _KERBS.get(value, "exact")
    kerb = catalogue.texts[f"kerb.{name}"].format(value=say_range(value, "cm", catalogue.language))
    return catalogue.texts[f"kerb.{direction}"].format(kerb=kerb)


def _say_steps(obstacle: Obstacle, catalogue: Catalogue) -> str:
    count = obstacle.details.get("step_count", obstacle.value)
    is_known = isinstance(count, float) and obstacle.value is not None
    steps = catalogue.count("steps.count", int(count)) if is_known else catalogue.texts["steps.unknown"]  # type: ignore[call-overload]
    return catalogue.texts[f"steps.{obstacle.direction or 'any'}"].format(steps=steps)


def _say_lift(details: Mapping[str, object], catalogue: Catalogue) -> str:
    low, high = details.get("level_from"), details.get("level_to")
    if not isinstance(low, float) or not isinstance(high, float):
        return catalogue.texts["lift.any"]
    levels = {
        name: say_number(level, catalogue.language)
        for name, level in (("level_from", low), ("level_to", high))
    }
    return catalogue.texts["lift.levels"].format_map(levels)


def _say_passage(obstacle: Obstacle, catalogue: Catalogue) -> str:
    details = obstacle.details
    name, value = (
        ("door", details.get("door"))
        if obstacle.kind is ObstacleKind.DOOR
        else ("barrier", details.get("barrier"))
    )
    barrier = (
        say_value(name, value, catalogue)
        if value is not None
        else say_value("kind", obstacle.kind, catalogue)
    )
    width = obstacle.value if obstacle.attribute == "passage_cm" else details.get("passage_cm")
    if width is None:
        return catalogue.texts["passage.unknown"].format(barrier=barrier)
    return catalogue.texts["passage"].format(barrier=barrier, value=say_value("passage_cm", width, catalogue))


def _list_crossing(
    details: Mapping[str, object], catalogue: Catalogue, profile: Profile, said: set[str]
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
    if profile.groups & _SIGHT or "signals_needed" in profile.limits:
        asked = ["signal_sound", "signal_vibration"] if details.get("crossing") == "signals" else []
        for name in (*asked, "tactile_paving"):
            if name == "tactile_paving" and not _is_said(name, details):
                continue
            parts.append(_say_detail(name, details, catalogue))
            said.add(name)
    return parts


def _say_clause(obstacle: Obstacle, catalogue: Catalogue) -> str:
    texts, name, limit = catalogue.texts, obstacle.limit_name, obstacle.limit
    special = texts.get(f"clause.{name}.{limit}") or texts.get(f"clause.{name}")
    if special:
        return special
    if name == "surface_avoid" or limit in ("block", "avoid"):
        return texts[f"clause.{obstacle.beyond or 'avoid'}"]
    return texts["clause.number"].format(limit=_say_limit(obstacle.attribute, limit, catalogue))


def _say_limit(attribute: str, limit: Value, catalogue: Catalogue) -> str:
    return say_value(attribute, limit, catalogue)


def _get_sense(limit_name: str) -> str:
    if "_max" in limit_name:
        return "max"
    if "_min" in limit_name:
        return "min"
    return "worst" if limit_name.endswith("_worst") else "other"
