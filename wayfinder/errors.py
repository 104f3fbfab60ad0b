"""Errors of the product: each says in one sentence what is wrong, in words for the person who can mend it."""

from __future__ import annotations


class WayfinderError(Exception):
    """A job that failed for a reason a person can understand; its text is one clear sentence.

    Parameters
    ----------
    key
        Message key of the sentence in the catalogues (English text, gettext style, with named
        ``{parameters}``).
    parameters
        Values of the named parameters.
    """

    def __init__(self, key: str, **parameters: object) -> None:
        self.key = key
        self.parameters = parameters
        super().__init__(key.format(**parameters))


class TableError(WayfinderError):
    """A table under ``data/accessibility`` is wrong: the text names file and line."""


class CityError(WayfinderError):
    """A city cannot be built or opened; the last good one stays as it was."""


class SurveyError(WayfinderError):
    """A survey of a city, or the mapping that reads it, cannot be used.

    Whoever reads a content does not know its file: `name_file` adds it as the parameter ``file``.
    """

    def __init__(self, key: str, **parameters: object) -> None:
        super().__init__(key, **{"file": "?", **parameters})

    def name_file(self, file: str) -> SurveyError:
        """The same error, about this file."""
        return SurveyError(self.key, **{**self.parameters, "file": file})


class RequestError(WayfinderError):
    """A request that cannot be used.

    Parameters
    ----------
    key, parameters
        As in `WayfinderError`.
    code
        Stable machine-readable code, e.g. ``"position_too_far"``.
    pointer
        JSON pointer (RFC 6901) to the offending part of the request, e.g. ``"/from/lon"``.
    """

    def __init__(self, key: str, *, code: str, pointer: str = "", **parameters: object) -> None:
        super().__init__(key, **parameters)
        self.code = code
        self.pointer = pointer
