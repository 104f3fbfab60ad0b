"""Settings come from the environment, typed, and a wrong one is named."""

from pathlib import Path

import pytest

from wayfinder.errors import WayfinderError
from wayfinder.settings import Settings, load_settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert load_settings({"WAYFINDER_PORT": "", "WAYFINDER_SHARED_DATA": "x", "PORT": "1"}) == Settings()


def test_every_setting_has_a_variable() -> None:
    environment = {
        "WAYFINDER_CITY": "cities/kassel",
        "WAYFINDER_HOST": "::1",
        "WAYFINDER_PORT": "8001",
        "WAYFINDER_WORKERS": "3",
        "WAYFINDER_THREADS": "5",
        "WAYFINDER_PAGE": "page",
        "WAYFINDER_HTTPS": "1",
        "WAYFINDER_LANGUAGE": "en",
        "WAYFINDER_NOMINATIM_URL": "http://127.0.0.1:8080",
        "WAYFINDER_OVERPASS_URL": "https://map.example.org/api",
        "WAYFINDER_SURVEY_HOSTS": "geo.example.de, wfs.example.de:8443",
        "WAYFINDER_LIFTS": "https://lifts.example/now",
        "WAYFINDER_LIFTS_HOSTS": "lifts.example",
        "WAYFINDER_LIFTS_MAPPING": "lifts.csv",
        "WAYFINDER_LIFTS_EVERY_S": "120",
        "WAYFINDER_LIFTS_BELIEVED_MIN": "15",
        "WAYFINDER_LIFTS_CLIENT_ID": "kassel",
        "WAYFINDER_LIFTS_API_KEY": "key",
    }

    services = "http://127.0.0.1:8080", "https://map.example.org/api"
    hosts = ("geo.example.de", "wfs.example.de:8443")
    lifts = ("https://lifts.example/now", "lifts.example", Path("lifts.csv"), 120, 15, "kassel", "key")
    page = Path("page")
    expected = Settings(Path("cities/kassel"), "::1", 8001, 3, 5, page, True, "en", *services, hosts, *lifts)
    assert load_settings(environment) == expected


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("WAYFINDER_PORT", "http", "WAYFINDER_PORT must be a whole number from 1 to 65535."),
        ("WAYFINDER_PORT", "0", "WAYFINDER_PORT must be a whole number from 1 to 65535."),
        ("WAYFINDER_PORT", "٣", "WAYFINDER_PORT must be a whole number from 1 to 65535."),
        ("WAYFINDER_WORKERS", "9" * 5000, "WAYFINDER_WORKERS must be a whole number from 1 to 65535."),
        ("WAYFINDER_HTTPS", "perhaps", "WAYFINDER_HTTPS must be 1 or 0."),
        (
            "WAYFINDER_OVERPASS_URL",
            "overpass",
            "WAYFINDER_OVERPASS_URL must be an address with http:// or https://.",
        ),
        ("WAYFINDER_LANGUAGE", "fr", "WAYFINDER_LANGUAGE must be one of: de, de-simple, en."),
    ],
)
def test_a_wrong_value_is_one_sentence_with_the_name_of_the_variable(
    name: str, value: str, sentence: str
) -> None:
    with pytest.raises(WayfinderError) as caught:
        load_settings({name: value})

    assert str(caught.value) == sentence


def test_a_key_is_never_shown() -> None:
    assert "secret" not in repr(Settings(lifts_api_key="secret"))
