"""The demo town, built where this user keeps such things, and built anew when town or program has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from wayfinder.city.artifact import open_city
from wayfinder.city.build import Progress, build_city
from wayfinder.city.info import Source
from wayfinder.city.surveys import SurveyInput
from wayfinder.errors import CityError
from wayfinder.tables import TABLES_FOLDER

_ROOT: Final = Path(__file__).resolve().parent.parent.parent
TOWN_FOLDER: Final = _ROOT / "data" / "musterstadt"
_SURVEY: Final = "survey.csv"
_LICENCE: Final = "CC0-1.0"
_FOLDER_PREFIX: Final = "musterstadt-"


def get_demo_city(cache: Path | None = None, progress: Progress | None = None) -> Path:
    """The folder of the demo town, built unless it stands already.

    Parameters
    ----------
    cache
        Where to keep it; ``wayfinder`` in the user's cache folder if None.

    Raises
    ------
    CityError
        The town is missing, or the folder cannot be written.
    """
    osm_path, facts = TOWN_FOLDER / "musterstadt.osm", _load_facts()
    cache = cache or _get_cache()
    folder = cache / f"{_FOLDER_PREFIX}{_get_fingerprint()}"
    try:
        open_city(folder)
    except CityError:
        try:
            cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CityError(
                "The folder {folder} cannot be made: {problem}.", folder=cache, problem=error.strerror
            ) from error
        build_city(
            osm_path,
            facts["name"],
            folder,
            fictional=True,
            attribution=f"{facts['name']}, {_LICENCE}",
            sources=[Source(facts["name"], _LICENCE, as_of=facts["drawn_at"].isoformat())],
            time_zone=facts["time_zone"],
            surveys=[SurveyInput(str(TOWN_FOLDER / _SURVEY), "musterstadt")],
            progress=progress,
        )
        for old in cache.glob(f"{_FOLDER_PREFIX}*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
    return folder


def _load_facts() -> dict[str, Any]:
    path = TOWN_FOLDER / "town.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CityError("{file} cannot be read: {problem}", file=path.name, problem=error) from error


def _get_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "wayfinder"


def _get_fingerprint() -> str:
    """What the town is made from: its drawing, the tables, and the program that reads them."""
    digest = hashlib.sha256()
    for path in _list_inputs():
        digest.update(f"{path.relative_to(_ROOT)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _list_inputs() -> Iterator[Path]:
    yield from sorted(TOWN_FOLDER.glob("musterstadt.osm"))
    yield from sorted(TOWN_FOLDER.glob("town.toml"))
    yield from sorted(TOWN_FOLDER.glob(_SURVEY))
    yield from sorted(path for path in TABLES_FOLDER.rglob("*") if path.suffix in (".csv", ".toml"))
    for room in ("routing", "sources", "city"):
        yield from sorted((_ROOT / "wayfinder" / room).rglob("*.py"))
