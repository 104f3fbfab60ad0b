"""What the documents say is there is there."""

import re
import subprocess
import sys
from pathlib import Path


def texts(root: Path) -> dict[str, str]:
    files = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return {str(file.relative_to(root)): file.read_text(encoding="utf-8") for file in files}


def test_the_readme_fits_on_one_screen(root: Path) -> None:
    assert len((root / "README.md").read_text(encoding="utf-8").splitlines()) <= 50


def test_every_make_command_of_the_documents_is_in_the_makefile(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    named = {
        target for text in texts(root).values() for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)
    }
    assert {"setup", "run", "test"} <= named
    assert named <= targets


def test_every_wayfinder_command_of_the_readme_can_be_called(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"bin/wayfinder ((?:[a-z]+ ?)+)", readme))
    assert commands
    program = Path(sys.executable).with_name("wayfinder")
    for command in commands:
        call = subprocess.run([program, *command.split(), "--help"], capture_output=True, check=False)
        assert call.returncode == 0, f"wayfinder {command}--help: {call.stderr.decode()[-500:]}"


def test_the_picture_names_each_room_and_no_other(root: Path) -> None:
    picture = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"^wayfinder/\n((?:  .+\n)+)", picture, re.M)
    assert block
    drawn = set(re.findall(r"^  (\w+)/", block[1], re.M))
    built = {folder.parent.name for folder in (root / "wayfinder").glob("*/__init__.py")}
    assert drawn - {"translations"} == built


def test_links_between_documents_lead_somewhere(root: Path) -> None:
    dead = [
        f"{name}: {link}"
        for name, text in texts(root).items()
        for link in re.findall(r"\]\(([^)#:]+)\)", text)
        if not (root / name).parent.joinpath(link).exists()
    ]
    assert dead == []


def test_decisions_are_numbered_without_a_gap(root: Path) -> None:
    records = sorted((root / "docs" / "adr").glob("*.md"))
    numbers = [int(record.name[:4]) for record in records]
    assert numbers == list(range(1, len(records) + 1))
    for number, record in zip(numbers, records, strict=True):
        assert record.read_text(encoding="utf-8").startswith(f"# {number}. ")
