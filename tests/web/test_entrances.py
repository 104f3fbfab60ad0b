"""The demo town's town hall: four steps at the main entrance, none at the side entrance."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Post
from wayfinder.assembly import Services


@pytest.fixture(scope="module")
def town_hall(services: Services) -> str:
    [hit] = services.city.addresses.search("Rathaus", 1)
    return hit.place_id


def arrive(plan: Post, place: str, profile: str, language: str = "de") -> tuple[Any, ...]:
    answer = plan(to={"place_id": place}, profile=profile, language=language).get_json()
    last = answer["routes"][0]["steps"][-1]
    texts = [obstacle["text"].replace("\u00a0", " ") for obstacle in last["obstacles"]]
    return answer["outcome"], answer["to"]["entrance"]["text"], last["instruction"], *texts


def test_wheels_are_led_to_the_side_entrance_and_feet_to_the_main_one(plan: Post, town_hall: str) -> None:
    assert arrive(plan, town_hall, "wheelchair-manual") == (
        "found",
        "Eingang im Süden des Gebäudes",
        "Sie sind am Ziel: Eingang im Süden des Gebäudes.",
        "Eingang: ohne Stufen, Schwelle unbekannt, automatische Tür, Tür 100 cm breit, Klingel unbekannt, "
        "laut OpenStreetMap mit Rollstuhl nutzbar",
    )
    # the four steps are a way of their own: the last but one step
    assert arrive(plan, town_hall, "foot") == (
        "found",
        "Haupteingang im Osten des Gebäudes",
        "Sie sind am Ziel: Haupteingang im Osten des Gebäudes.",
        "Eingang: ohne Stufen, Schwelle unbekannt, Drehflügeltür, Tür 120 cm breit, Klingel unbekannt, "
        "laut OpenStreetMap mit Rollstuhl nicht nutzbar",
    )


def test_the_entrance_is_said_in_every_language(plan: Post, town_hall: str) -> None:
    assert arrive(plan, town_hall, "wheelchair-manual", "de-simple") == (
        "found",
        "Eingang im Süden vom Haus",
        "Sie sind da: Eingang im Süden vom Haus.",
        "Der Eingang: Ohne Stufen. Ob es eine Schwelle gibt, wissen wir nicht. Automatische Tür. "
        "Die Tür ist 100 cm breit. Ob es eine Klingel gibt, wissen wir nicht. "
        "Laut OpenStreetMap mit Rollstuhl nutzbar.",
    )
    assert arrive(plan, town_hall, "wheelchair-manual", "en") == (
        "found",
        "Entrance on the south side of the building",
        "You have arrived: entrance on the south side of the building.",
        "Entrance: no steps, threshold unknown, automatic door, door 100 cm wide, bell unknown, "
        "usable by wheelchair according to OpenStreetMap",
    )
