"""What the code imports is what pyproject.toml asks for: a fresh checkout must not live on leftovers."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

OURS = {"wayfinder", "tests", "conftest"}
# Imported where it is installed, and said to be absent elsewhere.
OPTIONAL = {"valhalla"}


def list_imports(folder: Path) -> dict[str, Path]:
    """Return the outermost name of every package imported below a folder, with a file that imports it."""
    found: dict[str, Path] = {}
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    found |= {alias.name.split(".")[0]: file for alias in names}
                case ast.ImportFrom(module=str(module), level=0):
                    found[module.split(".")[0]] = file
    return {name: file for name, file in found.items() if name not in {*sys.stdlib_module_names, *OURS}}


def normalise(requirement: str) -> str:
    """Return a requirement's bare name as the index spells it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def declared(root: Path, *extras: str) -> set[str]:
    """Return what pyproject.toml names, and what these need themselves (werkzeug with flask)."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    named = {normalise(requirement) for requirement in wanted}
    needed = {normalise(need) for name in named for need in requires(name) or [] if "extra ==" not in need}
    return named | needed


def undeclared(folder: Path, names: set[str]) -> dict[str, str]:
    distributions = packages_distributions()
    return {
        module: file.name
        for module, file in list_imports(folder).items()
        if module not in OPTIONAL and not names & {normalise(name) for name in distributions.get(module, [])}
    }


def test_the_package_imports_only_what_a_server_installs(root: Path) -> None:
    assert undeclared(root / "wayfinder", declared(root)) == {}


def test_tests_and_drawings_import_only_what_a_checkout_installs(root: Path) -> None:
    names = declared(root, "dev")
    assert undeclared(root / "tests", names) | undeclared(root / "data", names) == {}


def test_a_planted_leftover_is_found(root: Path, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(
        "import mypy, numpy\nimport no_such_thing.at_all\n", encoding="utf-8"
    )
    found = undeclared(tmp_path, declared(root))
    assert found == {"mypy": "planted.py", "no_such_thing": "planted.py"}
