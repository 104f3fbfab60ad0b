"""What no text of ours may say, and what every text must have: over all catalogues as they stand."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from wayfinder.city.addresses import list_categories
from wayfinder.city.landmarks import load_landmark_kinds
from wayfinder.i18n import LANGUAGES, TRANSLATIONS_FOLDER, get_catalogue
from wayfinder.routing.attributes import ATTRIBUTES, Kind
from wayfinder.routing.classes import SLOPE_ATTRIBUTES
from wayfinder.routing.costs import load_tables
from wayfinder.routing.directions import Manoeuvre
from wayfinder.routing.obstacles import Source
from wayfinder.routing.profiles import LimitType, Unknowns

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = re.compile(
    r"barrierefrei|sicher|geeignet|garantier|accessible|\bsafe|suitable|guarante", re.IGNORECASE
)
"""Stems, without exception: "unsicher", "Sicherheit" and "inaccessible" are not said either."""
FILES = sorted(TRANSLATIONS_FOLDER.glob("*/LC_MESSAGES/*.po"))


def list_strings(path: Path) -> list[tuple[str, str]]:
    """(key, text) of a catalogue; each plural form by itself."""
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    found = []
    for message in messages:
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        key = message.id if isinstance(message.id, str) else message.id[0]
        found += [(key, form) for form in forms]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_no_text_promises_anything_of_a_way(path: Path):
    assert [(key, text) for key, text in list_strings(path) if FORBIDDEN.search(text)] == []


def test_no_text_of_the_page_promises_anything_of_a_way():
    files = sorted((ROOT / "pwa" / "src" / "i18n").glob("**/*"))
    # names of messages and types are English code; what people read stands in quotes
    quoted = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1""")
    found = [
        (path.name, text)
        for path in files
        if path.suffix in (".json", ".ts")
        for _, text in quoted.findall(path.read_text(encoding="utf-8"))
        if " " in text and FORBIDDEN.search(text)
    ]
    assert found == []


def test_the_rule_catches_what_it_is_for():
    said = [
        "Barrierefreier Weg",
        "ein sicherer Weg",
        "ungeeignet",
        "garantiert",
        "step-free and accessible",
        "Safe",
    ]
    assert [text for text in said if not FORBIDDEN.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_of_routes(language: str):
    german, other = get_catalogue("de"), get_catalogue(language)
    stable = {key for key in german.texts if is_stable(key)}
    assert stable - other.texts.keys() == set()
    assert german.plurals.keys() == other.plurals.keys()
    assert {key for key in other.texts if is_stable(key)} - stable == set()


def is_stable(key: str) -> bool:
    """Whether a key is a dotted name, not an English sentence."""
    return re.fullmatch(r"[a-z_]+(\.[\w:-]+)*", key) is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_translation_uses_the_parameters_of_its_text_and_no_others(path: Path):
    german = get_catalogue("de")
    wrong = []
    for key, text in list_strings(path):
        if is_stable(key):
            known = {
                name for form in german.plurals.get(key, (german.texts.get(key),)) for name in fields(form)
            }
        else:
            known = fields(key)
        if not fields(text) <= known:
            wrong.append((key, text))
    assert wrong == []


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_an_answer_can_name_has_words(language: str):
    tables = load_tables()
    needed = [f"attribute.{item.name}" for item in (*ATTRIBUTES, *SLOPE_ATTRIBUTES)]
    needed += ["attribute.rest_every_m", "attribute.distance"]
    needed += [f"value.{item.name}.{value}" for item in ATTRIBUTES for value in item.values]
    needed += [f"value.kind.{kind}" for kind in Kind]
    needed += [f"source.{source}" for source in Source]
    needed += [f"unknowns.{policy}" for policy in Unknowns]
    needed += [f"{key}.{name}" for name in tables.limits for key in ("limit",)]
    needed += [f"limit.{name}.description" for name in tables.limits]
    needed += [f"profile.{name}{end}" for name in tables.presets for end in ("", ".description")]
    needed += [f"landmark.{kind.key}" for kind in load_landmark_kinds().values()]
    needed += [f"hit.{category}" for category in (*list_categories(), "address", "street")]
    needed += [f"hit.{detail}" for detail in ("nearest_number", "number_unknown")]
    for definition in tables.limits.values():
        if definition.type in (LimitType.LEVEL, LimitType.STANCE):
            needed += [f"choice.{value}" for value in definition.values]
        if definition.unit:
            needed.append(f"unit.{definition.unit}")
    turns = {*Manoeuvre} - {"arrive", "via"}
    texts = get_catalogue(language).texts
    needed += ["step.arrive", "step.via"]
    missing = [key for key in needed if key not in texts]
    missing += [turn for turn in turns if f"turn.{turn}" not in texts and f"action.{turn}" not in texts]
    assert missing == []


def test_every_sentence_to_the_person_is_in_german():
    german = get_catalogue("de").texts
    said = list_sentences()
    assert len(said) > 30
    assert [sentence for sentence in said if sentence not in german] == []


def list_sentences() -> list[str]:
    """English sentences in the code that are said to a person: errors, problems, and what commands tell."""
    found: set[str] = set()
    for path in sorted((ROOT / "wayfinder").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("RequestError", "CityError", "SurveyError", "WayfinderError"):
                arguments = node.args[:1]
            elif name == "Wrong":
                arguments = node.args[2:3]
            elif name in ("say", "_say"):
                arguments = [a for a in node.args if isinstance(a, ast.Constant) and " " in str(a.value)]
            else:
                continue
            found |= {str(a.value) for a in arguments if isinstance(a, ast.Constant)}
    return sorted(found)
