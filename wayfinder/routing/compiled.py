"""The one door to Numba: functions compiled to machine code, cached on disk, that let other threads run."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile `function` at its first call for the array types it is called with."""
    return cast(Callable[_P, _R], numba.njit(cache=True, nogil=True, error_model="numpy")(function))
