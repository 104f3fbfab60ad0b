"""What else there is to choose, in words: how another way differs, and which small change would help."""

from __future__ import annotations

from typing import Any, Final

from wayfinder.i18n import Catalogue, get_catalogue
from wayfinder.routing.choices import Relaxation
from wayfinder.routing.directions import Route
from wayfinder.routing.planner import RoutePlan
from wayfinder.speech.amounts import round_distance, say_distance, say_duration, say_rounded
from wayfinder.speech.labels import capitalise, label_limit
from wayfinder.speech.obstacle_phrases import say_value

_MINUTE_S: Final = 60.0


def show_difference(route: Route, recommended: Route, language: str) -> dict[str, Any] | None:
    """How a way differs from the recommended one; None of that itself."""
    if route is recommended:
        return None
    distance_m = route.distance_m - recommended.distance_m
    duration_s = route.duration_s - recommended.duration_s
    unknown_m = route.unknown_m - recommended.unknown_m
    catalogue = get_catalogue(language)
    parts = []
    if round_distance(abs(distance_m)):
        parts.append(
            _say_more_or_less("distance", distance_m, say_distance(abs(distance_m), language), catalogue)
        )
    if abs(duration_s) >= _MINUTE_S:
        parts.append(
            _say_more_or_less("duration", duration_s, say_duration(abs(duration_s), language), catalogue)
        )
    if round_distance(abs(unknown_m)):
        amount = say_rounded(round_distance(abs(unknown_m)), language)
        parts.append(_say_more_or_less("unknown", unknown_m, amount, catalogue))
    return {
        "distance_m": round(distance_m, 1),
        "duration_s": round(duration_s),
        "unknown_m": round(unknown_m, 1),
        "text": catalogue.texts["list.join"].join(parts),
    }


def _say_more_or_less(what: str, difference: float, amount: str, catalogue: Catalogue) -> str:
    return catalogue.say(f"difference.{what}.{'more' if difference > 0 else 'less'}", amount=amount)


def show_relaxations(plan: RoutePlan, language: str) -> list[dict[str, Any]]:
    """The entries of ``relaxations``."""
    return [
        {
            "limits": {name: needed for name, (_, needed) in relaxation.limits.items()},
            "unknowns": relaxation.unknowns,
            "distance_m": round(relaxation.distance_m, 1),
            "duration_s": round(relaxation.duration_s),
            "text": say_relaxation(relaxation, plan, language),
        }
        for relaxation in plan.relaxations
    ]


def say_relaxation(relaxation: Relaxation, plan: RoutePlan, language: str) -> str:
    """The change, and what it opens: ``Höchster Bord aufwärts: 4 cm statt 3 cm. Dann gibt es ...``."""
    catalogue = get_catalogue(language)
    changes = [
        catalogue.say(
            "relaxation.limit",
            limit=label_limit(name, language),
            needed=say_value(_get_attribute(plan, name), needed, catalogue),
            own=say_value(_get_attribute(plan, name), own, catalogue),
        )
        for name, (own, needed) in relaxation.limits.items()
    ]
    if relaxation.unknowns is not None:
        changes.append(catalogue.texts["relaxation.unknowns"])
    return capitalise(
        catalogue.say(
            "relaxation",
            changes=catalogue.texts["list.join"].join(changes),
            distance=say_distance(relaxation.distance_m, language),
            duration=say_duration(relaxation.duration_s, language),
        )
    )


def _get_attribute(plan: RoutePlan, limit: str) -> str:
    """The attribute a limit is held against, as the excesses of the way name it."""
    excesses = (obstacle for route in plan.routes for obstacle in route.limits_exceeded)
    return next((obstacle.attribute for obstacle in excesses if obstacle.limit_name == limit), limit)
