"""The project's own files, as the version control sees them."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project_files(root: Path) -> dict[str, str]:
    """Return every text file that is or would be committed: path in the checkout -> text."""
    git = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(git, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout (git clone the project)")
    return {
        name: text
        for name in filter(None, listing.stdout.split("\0"))
        if (text := read_text(root / name)) is not None
    }


def read_text(file: Path) -> str | None:
    """Return a file's text; None where it is not text, or not there any more."""
    try:
        return file.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return None
