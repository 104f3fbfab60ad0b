"""Entrances in words: which one it is, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wayfinder.i18n import Catalogue
from wayfinder.routing.directions import Manoeuvre, Step
from wayfinder.routing.planner import EntranceUsed
from wayfinder.speech.labels import capitalise

_BY_ENTRANCE = {Manoeuvre.ARRIVE: "step.arrive.entrance", Manoeuvre.DEPART: "step.depart.entrance"}


def name_entrance(kind: str, side: int, catalogue: Catalogue) -> str:
    """Which entrance it is: "Nebeneingang im Norden des Gebäudes"; `side` as in `Entrance`."""
    entrance = catalogue.texts[f"entrance.{kind}"]
    if side < 0:
        return entrance
    compass = catalogue.texts[f"compass.{side}"]
    return catalogue.texts["entrance.side"].format(entrance=entrance, compass=compass)


def instruct_at_entrance(step: Step, catalogue: Catalogue) -> str | None:
    """The sentence of a step that begins or ends at an entrance; None of any other."""
    kind, side = step.parameters.get("entrance"), step.parameters.get("side")
    if not isinstance(kind, str) or not isinstance(side, int):
        return None
    return catalogue.texts[_BY_ENTRANCE[step.manoeuvre]].format(entrance=name_entrance(kind, side, catalogue))


def show_entrance(used: EntranceUsed | None, catalogue: Catalogue) -> Mapping[str, Any] | None:
    """``from.entrance`` and ``to.entrance`` of an answer."""
    if used is None:
        return None
    entrance = used.entrance
    if entrance is None:
        return {"osm": None, "kind": None, "text": capitalise(catalogue.texts["entrance.unknown"])}
    text = name_entrance(entrance.kind, entrance.side, catalogue)
    return {"osm": f"node/{entrance.osm_id}", "kind": entrance.kind, "text": capitalise(text)}


def summarise_entrance(key: str, used: EntranceUsed | None, catalogue: Catalogue) -> Sequence[str]:
    """What a summary says of the entrance at an end; `key` is ``summary.to_entrance`` or its like."""
    if used is None:
        return ()
    if used.entrance is None:
        return (catalogue.texts[f"{key}.unknown"],)
    name = name_entrance(used.entrance.kind, used.entrance.side, catalogue)
    return (catalogue.texts[key].format(entrance=name),)
