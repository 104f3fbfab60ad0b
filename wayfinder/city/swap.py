"""Replace a folder or file in one step: whoever opens it finds the old one or the new one, whole."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


def find_folder(folder: Path) -> Path | None:
    """Where the folder is to be found now; None where there is none.

    Where the file system cannot exchange two folders, a crash between two renames leaves the old one aside.
    """
    folder = folder.resolve()
    aside = _beside(folder, "old")
    return folder if folder.is_dir() else aside if aside.is_dir() else None


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder beside `folder`, then put it in its place in one step and remove the old one.

    Parameters
    ----------
    folder
        Need not exist; missing parents are made.
    fill
        Writes the new folder's files and checks them. When it raises, the old folder stays as it was.

    Raises
    ------
    OSError
        No space, no permission ...; the old folder stays as it was.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = _beside(folder, "new"), _beside(folder, "old")
    with _alone_in(folder.parent):
        if old.is_dir() and not folder.exists():
            old.rename(folder)
        _remove(new)
        try:
            new.mkdir()
            fill(new)
            sync_folder(new)
        except BaseException:
            _remove(new)
            raise
        _swap(new, folder, old)
        sync_folder(folder.parent)
        # The new folder stands. What cannot be removed now is removed by the next build.
        with suppress(OSError):
            _remove(new)
            _remove(old)


def replace_file(path: Path, fill: Callable[[Path], None]) -> None:
    """Write a new file beside `path`, then put it in its place in one step.

    Raises
    ------
    OSError
        No space, no permission ...; the old file stays as it was.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    new = _beside(path, "new")
    try:
        fill(new)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that the folder's entries are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(new: Path, folder: Path, old: Path) -> None:
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        _remove(old)
        folder.rename(old)
        new.rename(folder)


def _exchange(a: Path, b: Path) -> bool:
    """Exchange two folders at once (Linux); False where this system or file system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0)


def _beside(folder: Path, role: str) -> Path:
    return folder.with_name(f".{folder.name}.{role}")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def _alone_in(parent: Path) -> Iterator[None]:
    """Hold off other builds in the same parent folder; the lock goes with the process."""
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
