"""A mapping is checked when it is read: a slip of the pen is an error with file and line."""

from pathlib import Path

import pytest

from tests.support.surveys import MAPPING, write_mapping
from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.mapping import MAPPINGS_FOLDER, find_mapping, load_mapping

BFRK_TABLES = ("weg", "rampe", "engstelle", "treppe", "tuer", "aufzug", "toilette", "parkplatz")


def test_a_whole_mapping_is_read(tmp_path: Path) -> None:
    mapping = load_mapping(write_mapping(tmp_path / "m.toml"))
    (rule,) = mapping.objects

    assert (mapping.name, mapping.licence, mapping.may_merge) == ("Bordsteine", "CC0-1.0", True)
    assert (rule.target, rule.within_m, rule.clear_m) == ("kerb", 5.0, 1.5)
    assert [(column.attribute, column.names, column.reader.unit) for column in rule.columns] == [
        ("kerb_cm", ("hoehe",), "cm")
    ]
    assert mapping.list_columns() == ["x", "y", "hoehe"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("may_merge = true", "may_merg = true", r"m\.toml, line 3: unknown key 'may_merg'"),
        ("may_merge = true", "", r"m\.toml: may_merge is missing"),
        ("may_merge = true", 'may_merge = "yes"', r"m\.toml, line 3: may_merge is of another type"),
        ('licence = "CC0-1.0"', 'licence = " "', r"line 2: licence is empty"),
        ('licence = "CC0-1.0"', "", r"licence is missing"),
        ("date = 2026-10-05", "", r"date is missing"),
        ("date = 2026-10-05", 'date = "gestern"', r"line 4: date is a day"),
        ('target = "kerb"', 'target = "kerbstone"', r"line 8: target 'kerbstone' is not one of kerb, way"),
        ("within_m = 5", "", r"within_m of the kerb is missing"),
        ("within_m = 5", "within_m = 5000", r"line 9: within_m must be a number of metres, at most 100"),
        ("attributes.kerb_cm", "attributes.kerb", r"line 10: attribute kerb is not one of"),
        ("attributes.kerb_cm", "attributes.width_cm", r"line 10: width_cm says nothing of a kerb"),
        ('unit = "cm"', 'unit = "percent"', r"line 10: unit of kerb_cm must be one of cm, m, mm"),
        (', unit = "cm"', "", r"line 10: unit of kerb_cm must be one of"),
        ('column = "hoehe", ', "", r"line 10: kerb_cm takes either column or value"),
        ('column = "hoehe"', 'colum = "hoehe"', r"line 10: unknown key 'colum'"),
        ('unit = "cm"', 'unit = "cm", words = { hoch = "ja" }', r"line 10: 'ja' is no value of kerb_cm"),
        ("date = 2026", 'crs = "EPSG:0815"\ndate = 2026', r"line 4: crs 'EPSG:0815' is not known"),
        ('y = "y" }', 'wkt = "g" }', r"line 5: geometry takes either wkt, or x and y"),
        ("[[objects]]", "[[object]]", r"m\.toml, line 7: unknown key 'object'"),
        ("date = 2026-10-05", "date = ", r"m\.toml cannot be read: .*line 4"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in MAPPING
    with pytest.raises(SurveyError, match=said):
        load_mapping(write_mapping(tmp_path / "m.toml", MAPPING.replace(old, new, 1)))


def test_every_shipped_mapping_can_be_read_and_is_found_by_its_name() -> None:
    names = sorted(path.stem for path in MAPPINGS_FOLDER.glob("*.toml"))

    assert names == sorted(["musterstadt", *(f"bfrk-{table}" for table in BFRK_TABLES)])
    for name in names:
        assert load_mapping(find_mapping(name)).objects
    # nobody has checked each edition's licence: its facts stay apart until somebody has
    assert not any(load_mapping(find_mapping(f"bfrk-{table}")).may_merge for table in BFRK_TABLES)
