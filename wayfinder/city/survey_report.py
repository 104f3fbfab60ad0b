"""What became of surveys, row by row: for ``surveys.json``, for the summary of a build, and as CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from wayfinder.city.survey_matching import Matched
from wayfinder.errors import SurveyError

STATUSES: Final = ("matched", "ambiguous", "unmatched", "broken")
_MOST_NAMED: Final = 10
_MOST_UNCLEAR: Final = 5


class LostRow(NamedTuple):
    """A row that matched in the city before and does not now; `reason` is "" where the survey lost it."""

    key: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class SurveyOutcome:
    """What became of one survey.

    Attributes
    ----------
    layer
        Name of its file below ``layers/`` where it may not be merged, else None.
    unused
        Facts of a layer that a layer cannot carry (inclines).
    lost
        Rows that matched when the city was built before.
    """

    matched: Matched
    layer: str | None
    unused: int
    lost: tuple[LostRow, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Status -> rows; together the rows of the file."""
        found = Counter(result.status for result in self.matched.results)
        return {status: found[status] for status in STATUSES}

    @property
    def reasons(self) -> dict[str, dict[str, int]]:
        """Status -> reason -> rows, most frequent first."""
        found = Counter((result.status, result.reason) for result in self.matched.results)
        most_first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return {
            status: {reason: count for (one, reason), count in most_first if one == status}
            for status in STATUSES
            if any(one == status for (one, _), _ in most_first)
        }


def pack_outcome(outcome: SurveyOutcome) -> dict[str, Any]:
    """What ``surveys.json`` holds of a survey."""
    matched = outcome.matched
    survey, mapping = matched.survey, matched.survey.mapping
    return {
        "name": mapping.name,
        "licence": mapping.licence,
        "attribution": mapping.attribution,
        "layer": outcome.layer,
        "file": survey.file,
        "form": survey.form,
        "as_of": show_day(survey.day),
        "read": survey.read,
        **outcome.counts,
        "reasons": outcome.reasons,
        "facts": dict(matched.counts) | ({"unused_in_layer": outcome.unused} if outcome.unused else {}),
        "axes_swapped": matched.is_swapped,
        "not_understood": [
            {"column": column, "value": value, "count": count}
            for (column, value), count in survey.unclear.items()
        ],
        "rows": [list(result) for result in matched.results],
    }


def show_day(day: int) -> str | None:
    """Days since 1970-01-01 as ISO 8601; None for -1, unknown."""
    return None if day < 0 else (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def list_matched_keys(before: bytes | None) -> dict[str, dict[str, None]]:
    """Survey -> keys of the rows that matched, as an older ``surveys.json`` tells them."""
    if before is None:
        return {}
    found: dict[str, dict[str, None]] = {}
    try:
        for survey in orjson.loads(before)["surveys"]:
            keys = found.setdefault(str(survey["name"]), {})
            keys.update((str(row[1]), None) for row in survey["rows"] if row[2] == "matched")
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return {}
    return found


def list_lost(matched: Matched, before: Mapping[str, None]) -> tuple[LostRow, ...]:
    """The rows among `before` that do not match now."""
    now: dict[str, LostRow] = {}
    for result in matched.results:
        if result.status == "matched" or result.key not in now:
            now[result.key] = LostRow(result.key, result.status, result.reason)
    lost = [now.get(key, LostRow(key, "gone", "")) for key in before]
    return tuple(row for row in lost if row.status != "matched")


def format_outcomes(outcomes: Sequence[SurveyOutcome]) -> list[str]:
    """What became of the surveys, as lines of the build's summary."""
    lines: list[str] = []
    for outcome in outcomes:
        matched = outcome.matched
        survey, mapping = matched.survey, matched.survey.mapping
        counts = ", ".join(f"{status} {count:,}" for status, count in outcome.counts.items())
        lines += [
            "",
            f"survey {mapping.name} ({survey.form}, {mapping.licence}): {survey.read:,} rows: {counts}",
        ]
        for status, reasons in outcome.reasons.items():
            lines.append(f"  {status}: " + ", ".join(f"{why} {count:,}" for why, count in reasons.items()))
        lines.append("  " + ", ".join(f"{what} {count:,}" for what, count in matched.counts.items()))
        if matched.is_swapped:
            lines.append("  no row lies in the city, but with x and y exchanged most would")
        elif survey.rows and outcome.reasons.get("unmatched", {}).get("outside") == len(survey.rows):
            lines.append("  no row lies in the city: another city, or another coordinate system (crs)?")
        if survey.unclear:
            total = sum(survey.unclear.values())
            first = list(survey.unclear.items())[:_MOST_UNCLEAR]
            shown = ", ".join(f"{column}={value!r} {count:,}" for (column, value), count in first)
            more = len(survey.unclear) - len(first)
            lines.append(f"  not understood {total:,} times: {shown}" + (f", {more:,} more" if more else ""))
        if outcome.layer is not None:
            lines.append(f"  a layer of its own: {mapping.licence} may not be merged into an ODbL database")
        if outcome.unused:
            lines.append(f"  {outcome.unused:,} inclines have no effect in a layer of its own")
        if outcome.lost:
            named = ", ".join(f"{row.key} ({row.reason or row.status})" for row in outcome.lost[:_MOST_NAMED])
            more = len(outcome.lost) - _MOST_NAMED
            lines.append(
                f"  no longer matched {len(outcome.lost):,}: {named}"
                + (f", {more:,} more" if more > 0 else "")
            )
    return lines


def write_report(path: Path, outcomes: Sequence[SurveyOutcome]) -> None:
    """Write every row of every survey with what became of it as CSV.

    Raises
    ------
    SurveyError
        It cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("survey", "row", "key", "status", "reason", "objects"))
    for outcome in outcomes:
        for result in outcome.matched.results:
            # A cell that begins like a formula is none.
            key = f"'{result.key}" if result.key.startswith(("=", "+", "-", "@")) else result.key
            name, objects = outcome.matched.survey.mapping.name, " ".join(result.objects)
            writer.writerow((name, result.number, key, result.status, result.reason, objects))
    try:
        path.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise SurveyError(
            "{file} cannot be written: {problem}.", file=path.name, problem=error.strerror or error
        ) from error
