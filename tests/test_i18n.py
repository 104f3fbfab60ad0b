import pytest

from wayfinder.errors import RequestError
from wayfinder.i18n import LANGUAGES, get_catalogue


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("de", 1, "1 Stufe"),
        ("de", 12, "12 Stufen"),
        ("de", 0, "0 Stufen"),
        ("de-simple", 12, "12 Stufen"),
        ("en", 1, "1 step"),
        ("en", 2, "2 steps"),
    ],
)
def test_what_is_counted_has_its_plural(language: str, number: int, text: str):
    assert get_catalogue(language).count("steps.count", number) == text


def test_simple_german_falls_back_to_german():
    plain, german = get_catalogue("de-simple"), get_catalogue("de")
    assert plain.gettext("step.arrive") == "Sie sind da."
    assert german.gettext("step.arrive") == "Sie sind am Ziel."
    assert plain.gettext("profile.walker") == german.gettext("profile.walker") == "Rollator"


def test_a_sentence_without_translation_is_its_own_text():
    assert get_catalogue("en").gettext("This is missing.") == "This is missing."


def test_an_error_is_said_with_its_parameters():
    error = RequestError("There is no way within {metres} m of this position.", code="far", metres=250)
    assert [get_catalogue(language).say_error(error) for language in LANGUAGES] == [
        "Im Umkreis von 250\u00a0m um diese Position gibt es keinen Weg.",
        "Im Umkreis von 250\u00a0m um diese Position gibt es keinen Weg.",
        "There is no way within 250 m of this position.",
    ]


def test_a_language_nobody_speaks_is_german():
    assert get_catalogue("tlh").gettext("step.arrive") == "Sie sind am Ziel."
