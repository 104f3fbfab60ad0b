import re

import orjson
import pytest

from tests.support.routes import draw_graph, plan_on
from wayfinder.i18n import LANGUAGES
from wayfinder.routing.city_graph import Landmark
from wayfinder.routing.costs import load_tables
from wayfinder.routing.planner import Outcome, RoutePlan
from wayfinder.routing.profiles import Unknowns
from wayfinder.speech.amounts import say_distance, say_duration, say_number, say_range, show_day
from wayfinder.speech.phrases import (
    format_plan_text,
    label_attribute,
    label_hit,
    label_limit,
    label_profile,
    label_value,
    word_plan,
)

FOOT = "highway=footway surface=asphalt smoothness=good width=2 incline=0%"
LINE = "A----B----C----D"


def read(text: str) -> str:
    """No-break spaces as plain ones, for the eye of the test's reader."""
    return text.replace("\u00a0", " ")


def tell(plan: RoutePlan, language: str = "de") -> list[str]:
    """Instructions, and below each the texts of its obstacles."""
    lines = []
    for step in word_plan(plan, language)["routes"][0]["steps"]:
        lines.append(read(step["instruction"]))
        lines += [f"  {read(obstacle['text'])}" for obstacle in step["obstacles"]]
    return lines


@pytest.mark.parametrize(
    ("distance_m", "said"),
    [
        (0.4, "0 m"),
        (3.4, "3 m"),
        (9.6, "10 m"),
        (42.0, "40 m"),
        (97.6, "100 m"),
        (412.0, "410 m"),
        (994.0, "990 m"),
        (996.0, "1 km"),
        (1234.0, "1,2 km"),
    ],
)
def test_distances_are_rounded_as_people_say_them(distance_m: float, said: str):
    assert read(say_distance(distance_m, "de")) == said


def test_amounts_have_the_signs_of_their_language():
    assert [say_number(2.5, language) for language in LANGUAGES] == ["2,5", "2,5", "2.5"]
    assert say_number(3.0, "de") == "3"
    assert "\u00a0" in say_distance(40, "de")
    assert [read(say_duration(s, "de")) for s in (20, 61, 3540, 3900)] == [
        "unter 1 Min.",
        "2 Min.",
        "59 Min.",
        "1 Std. 5 Min.",
    ]
    ranges = [read(say_range(value, "cm", "de")) for value in (6.0, "0..3", "3.1..")]
    assert ranges == ["6 cm", "0–3 cm", "über 3 cm"]
    assert (show_day(-1), show_day(20_635)) == (None, "2026-07-01")


CROSSING_WAYS = [
    f"AB {FOOT} name=Parkweg",
    "BCD highway=footway footway=crossing crossing=traffic_signals surface=asphalt",
    f"DE {FOOT}",
    "CX highway=secondary",
]
CROSSED_TOWN = """
A------------B--C--D------------E
                |
                X
"""
CROSSING_NODES = {
    "B": "kerb=lowered",
    "C": "highway=crossing crossing=traffic_signals crossing:island=yes traffic_signals:sound=no",
    "D": "kerb:height=0.06",
}


def cross(profile: str, language: str, **limits: object) -> list[str]:
    graph = draw_graph(CROSSED_TOWN, CROSSING_WAYS, CROSSING_NODES, grid_m=3)
    return tell(plan_on(graph, CROSSED_TOWN, "A", "E", profile, limits, grid_m=3), language)


def test_a_crossing_in_german():
    assert cross("wheelchair-manual", "de", kerb_up_max_cm=3, kerb_down_max_cm=2, speed_mps=0.8) == [
        "Start nach Osten: Parkweg, 40 m.",
        "Hier quert Ihr Weg die Fahrbahn.",
        "  Bord abgesenkt, 0–3 cm abwärts, Ihr Limit 2 cm: möglicherweise höher als Ihr Limit",
        "  Querung mit Ampel, Fahrbahn 18 m, bei Ihrem Tempo 23 s, Insel vorhanden, Grünzeit unbekannt",
        "  Bord 6 cm aufwärts, Ihr Limit 3 cm",
        "  Unbekannt auf diesem Stück: Längsneigung, Ebenheit",
        "Weiter geradeaus: Fußweg, 40 m.",
        "Sie sind am Ziel.",
    ]


def test_a_crossing_in_simple_german():
    assert cross("wheelchair-manual", "de-simple", kerb_up_max_cm=3, kerb_down_max_cm=2, speed_mps=0.8) == [
        "Sie starten. Ihre Richtung ist: Osten. Dort ist: Parkweg. Der Weg ist 40 Meter lang.",
        "Ihr Weg geht über die Straße.",
        "  Abgesenkter Bordstein: 0 bis 3 cm, nach unten. Ihre Grenze: 2 cm. "
        "Vielleicht ist es mehr als Ihre Grenze.",
        "  Hier ist eine Ampel. Die Fahrbahn ist 18 Meter breit. Sie brauchen 23 Sekunden. "
        "In der Mitte ist eine Insel. Wie lange es grün ist, wissen wir nicht.",
        "  Bordstein: 6 cm, nach oben. Ihre Grenze: 3 cm.",
        "  Das wissen wir hier nicht: Wie steil es ist, Wie glatt der Boden ist.",
        "Es geht geradeaus weiter. Dort ist: Fußweg. Der Weg ist 40 Meter lang.",
        "Sie sind da.",
    ]


def test_a_crossing_in_english():
    assert cross("wheelchair-manual", "en", kerb_up_max_cm=3, kerb_down_max_cm=2, speed_mps=0.8) == [
        "Start towards the east: Parkweg, 40 m.",
        "Your way crosses the carriageway here.",
        "  Lowered kerb, 0–3 cm down, your limit 2 cm: possibly above your limit",
        "  Crossing with signals, carriageway 18 m, 23 s at your pace, island present, green time unknown",
        "  Kerb 6 cm up, your limit 3 cm",
        "  Unknown on this stretch: slope, smoothness",
        "Continue straight on: Footpath, 40 m.",
        "You have arrived.",
    ]


def test_whoever_cannot_see_hears_of_sound_and_tactile_paving():
    told = cross("blind", "de")
    assert (
        "  Querung mit Ampel, Fahrbahn 18 m, bei Ihrem Tempo 18 s, Insel vorhanden, Grünzeit unbekannt, "
        in ("\n".join(told))
    )
    assert any("Ampel ohne Ton" in line for line in told)
    assert any("Bodenindikatoren unbekannt" in line for line in told)


CORNERS = """
A----B----C----D
     |    |
     E    F----G
"""
STREETS = [f"ABCD {FOOT} name=Lange Gasse", f"BE {FOOT}", f"CFG {FOOT} name=Apothekergasse"]


def turn(profile: str, language: str = "de") -> list[str]:
    landmarks = {"C": Landmark("pharmacy", "Löwen-Apotheke")}
    graph = draw_graph(CORNERS, STREETS, landmarks=landmarks)
    return [line for line in tell(plan_on(graph, CORNERS, "A", "G", profile), language) if line[0] != " "]


def test_turns_in_words_on_a_clock_face_and_at_a_landmark():
    assert turn("foot")[:2] == [
        "Start nach Osten: Lange Gasse, 100 m.",
        "Biegen Sie rechts ab: Apothekergasse, 70 m.",
    ]
    assert turn("blind")[1] == "Biegen Sie rechts ab, auf 3 Uhr: Apothekergasse, 70 m."
    assert turn("cognitive")[:2] == [
        "Start nach Osten: Lange Gasse.",
        "An der Apotheke „Löwen-Apotheke“ rechts abbiegen: Apothekergasse, 70 m.",
    ]
    assert turn("cognitive", "en")[1] == (
        "Turn right at the pharmacy “Löwen-Apotheke”: Apothekergasse, 70 m."
    )


def test_a_plan_that_keeps_the_limits_says_so_with_the_date_of_the_data():
    graph = draw_graph(LINE, [f"ABCD {FOOT}"])
    answer = word_plan(plan_on(graph, LINE, "A", "D", "wheelchair-manual"), "de")
    assert answer["outcome"] == "found"
    assert answer["summary"] == {
        "text": "Nach den vorliegenden Daten kein bekanntes Hindernis über Ihren Grenzen "
        "(Daten vom 1. Juli 2026)."
    }
    (route,) = answer["routes"]
    assert route["limits_exceeded"] == []
    assert route["geometry"]["type"] == "LineString"
    assert route["steps"][-1] == {
        "instruction": "Sie sind am Ziel.",
        "manoeuvre": "arrive",
        "distance_m": 0.0,
        "duration_s": 0,
        "street": "",
        "bearing_deg": 90,
        "first_point": 3,
        "last_point": 3,
        "obstacles": [],
    }


def test_a_way_that_begins_beside_the_start_says_so():
    graph = draw_graph(CORNERS, [f"ABCD {FOOT}"])
    plan = plan_on(graph, CORNERS, "E", "D")
    assert "Der Weg beginnt 20 m neben dem Start; was dazwischen liegt, ist unbekannt." in read(
        word_plan(plan, "de")["summary"]["text"]
    )


def test_an_excess_names_value_limit_source_day_and_place():
    graph = draw_graph(LINE, [f"AB {FOOT}", "BC highway=steps step_count=1 incline=up", f"CD {FOOT}"])
    plan = plan_on(graph, LINE, "A", "D", "wheelchair-manual")
    answer = word_plan(plan, "de")
    assert plan.outcome is Outcome.LIMITS_EXCEEDED
    (excess,) = answer["routes"][0]["limits_exceeded"]
    assert excess == {
        "kind": "steps",
        "direction": "up",
        "value": 1.0,
        "unit": "count",
        "limit": "block",
        "exceeds": True,
        "beyond": "block",
        "certain": True,
        "attribute": "step_count",
        "length_m": 50.0,
        "source": "osm",
        "as_of": "2024-10-04",
        "osm": "way/2",
        "lon": pytest.approx(9.5007194),
        "lat": pytest.approx(51.3125),
        "text": "1 Stufe aufwärts, Handlauf unbekannt, Stufen schließen Sie aus",
    }
    assert excess in answer["routes"][0]["steps"][1]["obstacles"]
    assert "Kein bekannter Weg hält alle Ihre Grenzen ein. Dieser hat 1 Stelle" in answer["summary"]["text"]


def test_a_goal_behind_a_closed_way_is_said_to_be_out_of_reach():
    ways = [f"AB {FOOT}", f"BC {FOOT} access=private", f"CD {FOOT} access=private"]
    plan = plan_on(draw_graph(LINE, ways), LINE, "A", "D")
    answer = word_plan(plan, "de")
    assert (answer["outcome"], answer["routes"]) == ("unreachable", [])
    assert read(answer["summary"]["text"]) == (
        "Nach den vorliegenden Daten führt kein Weg zum Ziel. Sie kommen bis auf 100 m heran (Luftlinie)."
    )
    assert answer["reachable"]["remaining_m"] == pytest.approx(100, abs=1)


def test_the_text_for_the_terminal_leads_with_unknowns_and_excesses():
    ways = ["AB highway=footway", "BC highway=steps step_count=12 incline=up handrail=yes", f"CD {FOOT}"]
    plan = plan_on(draw_graph(LINE, ways), LINE, "A", "D", "wheelchair-manual")
    assert read(format_plan_text(plan, "de")).splitlines() == [
        "Kein bekannter Weg hält alle Ihre Grenzen ein. Dieser hat 1 Stelle über Ihren Grenzen oder mit "
        "ausgeschlossenen Unbekannten. 4 benötigte Angaben sind auf Teilen des Weges unbekannt.",
        "",
        "150 m, 3 Min., 2 m hinauf, 0 m hinunter. Benötigte Angaben bekannt auf 50 % des Weges.",
        "Unbekannt auf diesem Weg:",
        "  ? Belag (50 m)",
        "  ? Längsneigung (50 m)",
        "  ? Ebenheit (50 m)",
        "Über Ihren Grenzen oder unbekannt:",
        "  ! 12 Stufen aufwärts, Handlauf vorhanden, Stufen schließen Sie aus – 51.31250, 9.50072, "
        "Quelle: OpenStreetMap, Stand: 4. Oktober 2024",
        "",
        "Weg:",
        "1. Start nach Osten: Fußweg, 50 m.",
        "     ? Unbekannt auf diesem Stück: Belag, Längsneigung, Ebenheit, Breite",
        "2. Treppe hinauf.",
        "     ! 12 Stufen aufwärts, Handlauf vorhanden, Stufen schließen Sie aus",
        "3. Weiter geradeaus: Fußweg, 50 m.",
        "4. Sie sind am Ziel.",
        "",
        "Angenommen, wo nichts bekannt ist:",
        "  Belag (50 m): Pflastersteine angenommen",
        "  Ebenheit (50 m): gut angenommen",
        "  Breite (50 m): 150 cm angenommen",
        "",
        "Außerdem unbekannt: Breite (50 m)",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", load_tables().presets)
def test_every_profile_is_answered_in_every_language_without_a_bare_key(profile: str, language: str):
    nodes = {"B": "barrier=bollard", "C": "barrier=gate", "D": "highway=elevator level=0;1"}
    ways = [
        "AB highway=path",
        "BC highway=footway surface=sett",
        "CD highway=steps",
        "DE highway=residential",
    ]
    picture = LINE + "----E"
    graph = draw_graph(picture, ways, nodes)
    for policy in Unknowns:
        plan = plan_on(graph, picture, "A", "E", profile, unknowns=policy)
        text = format_plan_text(plan, language)
        assert not re.search(r"[{}_]|\b(value|attribute|fact|unit)\.", text), text
        assert orjson.dumps(word_plan(plan, language))


def test_labels():
    assert label_attribute("surface", "de") == "Belag"
    assert label_value("surface", "cobblestone", "de") == "Kopfsteinpflaster"
    assert label_limit("kerb_up_max_cm", "en") == "Highest kerb up"
    assert label_limit("no_such_limit", "de") == "no_such_limit"
    assert label_profile("walker", "de") == "Rollator"
    assert (
        label_hit("nearest_number", "de").format(number="3a")
        == "Nächste bekannte Hausnummer; 3a ist nicht erfasst"
    )
