"""What stands in the project's files: no host of a registry, no path of a machine, a licence for each."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|--(extra-)?index-url")
MACHINE_PATH = re.compile(r"(?<![\w.~$}*/-])/(?:work|tmp|home|root|Users|opt/pypi|opt/wheels)/\w")


def lines_with(pattern: re.Pattern[str], files: dict[str, str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry(project_files: dict[str, str]) -> None:
    assert lines_with(REGISTRY, project_files) == []


def test_no_file_names_a_path_of_somebodys_machine(project_files: dict[str, str]) -> None:
    assert lines_with(MACHINE_PATH, project_files) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (REGISTRY, "https://files.python" + "hosted.org/packages/x.whl"),
        (REGISTRY, '"resolved": "https://registry.npm' + 'js.org/vite"'),
        (MACHINE_PATH, "cache = '/" + "home/erika/cache'"),
        (MACHINE_PATH, "--find-links /" + "opt/wheels/x"),
    ],
)
def test_a_planted_host_or_path_is_found(pattern: re.Pattern[str], line: str) -> None:
    assert lines_with(pattern, {"planted": line}) == [f"planted:1: {line}"]


def test_python_locks_pin_everything_with_hashes_and_name_no_address(root: Path) -> None:
    locks = sorted((root / "requirements").glob("*.txt"))
    assert [lock.name for lock in locks] == ["bench.txt", "dev.txt", "run.txt"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        odd = [
            line for line in lines if not re.match(r"[\w.-]+==\S+ .*\\$|    --hash=sha256:[0-9a-f]{64}", line)
        ]
        assert odd == []
        assert "://" not in text


def test_locks_hold_what_pyproject_pins(root: Path) -> None:
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project, build = pyproject["project"], pyproject["build-system"]["requires"]
    extras = project["optional-dependencies"]
    wanted = {
        "run.txt": [*project["dependencies"], *build],
        "dev.txt": [*project["dependencies"], *build, *extras["dev"]],
        "bench.txt": [*project["dependencies"], *build, *extras["bench"]],
    }
    for lock, pins in wanted.items():
        locked = re.findall(
            r"^[\w.-]+==[^\s;]+", (root / "requirements" / lock).read_text(encoding="utf-8"), re.M
        )
        assert sorted(set(pins) - set(locked)) == [], f"{lock} is older than pyproject.toml: make lock"


def test_every_file_has_a_holder_and_a_licence_whose_text_is_here(
    root: Path, project_files: dict[str, str]
) -> None:
    """Hold what ``reuse lint`` asks for; the tool itself has no wheel for most systems."""
    reuse = tomllib.loads((root / "REUSE.toml").read_text(encoding="utf-8"))
    used = set()
    for name in project_files:
        statements = [note for note in reuse["annotations"] if covers(note["path"], name)]
        assert statements, f"REUSE.toml says nothing about {name}"
        assert statements[-1]["SPDX-FileCopyrightText"]
        used.add(statements[-1]["SPDX-License-Identifier"])
    assert used == {text.stem for text in (root / "LICENSES").glob("*.txt")}


def covers(pattern: str, name: str) -> bool:
    """Say whether a path of REUSE.toml (``**`` any folders, ``*`` within one) covers a file."""
    parts = {"**": ".*", "*": "[^/]*"}
    regex = "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*)", pattern))
    return re.fullmatch(regex, name) is not None


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("**", "docs/adr/1.md", True),
        ("data/musterstadt/**", "data/musterstadt/photos/a.jpg", True),
        ("data/musterstadt/**", "data/accessibility/tags.csv", False),
        ("data/*", "data/musterstadt/ways.csv", False),
    ],
)
def test_a_path_of_reuse_toml_covers_the_files_below_it(pattern: str, name: str, covered: bool) -> None:
    assert covers(pattern, name) == covered


def test_the_licence_is_the_whole_eupl(root: Path) -> None:
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert text == (root / "LICENSES" / "EUPL-1.2.txt").read_text(encoding="utf-8")
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert re.findall(r"^(\d+)\.", text, re.M) == [str(article) for article in range(1, 16)]
    assert "‘Compatible Licences’ according to Article 5 EUPL are:" in text


def test_publiccode_describes_the_project(root: Path) -> None:
    code = yaml.safe_load((root / "publiccode.yml").read_text(encoding="utf-8"))
    required = {
        "publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType",
        "description", "legal", "maintenance", "localisation",
    }  # fmt: skip
    assert required - code.keys() == set()
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (code["legal"]["license"], code["softwareVersion"]) == (pyproject["license"], pyproject["version"])
    for language in ("de", "en"):
        words = code["description"][language]
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        assert words["features"]
