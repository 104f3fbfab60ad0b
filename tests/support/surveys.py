"""Surveys for tests: mappings, and tables of rows at letters of a drawn town."""

from __future__ import annotations

from pathlib import Path

from wayfinder.sources.surveys.formats import read_text
from wayfinder.sources.surveys.mapping import load_mapping
from wayfinder.sources.surveys.survey import Survey, build_survey

MAPPING = """name = "Bordsteine"
licence = "CC0-1.0"
may_merge = true
date = 2026-10-05
geometry = { x = "x", y = "y" }

[[objects]]
target = "kerb"
within_m = 5
attributes.kerb_cm = { column = "hoehe", unit = "cm" }
"""
TIME_ZONE = "Europe/Berlin"


def write_mapping(path: Path, text: str = MAPPING) -> Path:
    """Write a mapping."""
    path.write_text(text, encoding="utf-8")
    return path


def read_survey(folder: Path, mapping: str, content: str | bytes, file: str = "survey.csv") -> Survey:
    """A survey from the text of its mapping and the content of its file."""
    loaded = load_mapping(write_mapping(folder / "mapping.toml", mapping))
    plain = content.encode() if isinstance(content, str) else content
    table = read_text(plain, encoding=loaded.encoding, delimiter=loaded.delimiter)
    return build_survey(table, loaded, file, TIME_ZONE)
