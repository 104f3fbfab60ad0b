"""Interprets the judgement table: class x profile -> rates, fixed costs, verdict and reasons.

No attribute is named here; what is judged, and how, stands in ``data/accessibility``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from wayfinder.errors import RequestError, TableError
from wayfinder.routing.attributes import ATTRIBUTES
from wayfinder.routing.classes import INCLINE_ATTRIBUTES, KNOWN, MEANINGLESS, Columns, build_slope_columns
from wayfinder.routing.compiled import compiled
from wayfinder.routing.judgement import (
    Assumption,
    Effect,
    JudgementRow,
    fill_in,
    load_assumptions,
    load_judgement,
    match_all,
)
from wayfinder.routing.network import SLOPE_BINS, Float64, Int32, Int64, Mask, UInt8, UInt64
from wayfinder.routing.profiles import (
    Beyond,
    Limit,
    LimitDefinition,
    LimitType,
    Profile,
    Unknowns,
    load_limits,
    load_presets,
)


class Verdict(IntEnum):
    """How an edge stands to a profile, from best to worst."""

    PASSABLE = 0
    AVOID = 1
    OVER_LIMIT = 2
    CLOSED = 3


UNBOUNDED_OVER: Final = 10.0
"""Units by which a range without upper end (a raised kerb) counts as over, beyond its low end."""
_MAX_EXPLAINED: Final = 64
_MOST_KEPT: Final = 64

_ALWAYS, _MAX, _MIN, _LIST = 0, 1, 2, 3
_TESTS: Final = {
    LimitType.MAX: _MAX,
    LimitType.WORST: _MAX,
    LimitType.MIN: _MIN,
    LimitType.LIST: _LIST,
    LimitType.STANCE: _ALWAYS,
    LimitType.LEVEL: _ALWAYS,
    LimitType.FLAG: _ALWAYS,
}
_EFFECTS: Final = {effect: code for code, effect in enumerate(Effect)}
_POLICIES: Final = {Unknowns.ACCEPT: 0, Unknowns.AVOID: 1, Unknowns.REJECT: 2}


@dataclass(frozen=True, slots=True)
class Prices:
    """What a profile pays and gets on each class, or on each slope bin.

    All arrays have one entry per class (or bin). A way costs ``length_mm * (class rate + slope rate) + class
    fixed``.

    Attributes
    ----------
    rate, fixed
        int64, µs per mm and µs: duration and penalties, of ways within the limits.
    over_rate, over_fixed
        int64, added to them when ways over the limits are priced in.
    duration_rate, duration_fixed
        int64, µs per mm and µs: honest time, without any penalty.
    verdict
        uint8, a `Verdict`.
    over, unsure, unknown
        uint64, one bit per explained row: beyond its limit; not surely so (a range, or an assumption); needed
        but not known.
    """

    rate: Int64
    fixed: Int64
    over_rate: Int64
    over_fixed: Int64
    duration_rate: Int64
    duration_fixed: Int64
    verdict: UInt8
    over: UInt64
    unsure: UInt64
    unknown: UInt64


@dataclass(frozen=True)
class CostTable:
    """A city judged for one profile.

    Attributes
    ----------
    classes, slopes
        Prices by class id and by slope bin.
    rows
        The explained rows; row ``i`` is bit ``i`` of the masks of `Prices`.
    least_rate
        µs per mm that no way goes below: the lower bounds of the search.
    """

    profile: Profile
    classes: Prices
    slopes: Prices
    rows: tuple[JudgementRow, ...]
    least_rate: int

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """Bits of the rows whose attribute this profile needs to know."""
        groups, limits = self.profile.groups, self.profile.limits
        return tuple(
            bit
            for bit, row in enumerate(self.rows)
            if row.is_needed and row.groups & groups and (not row.limit or row.limit in limits)
        )


@dataclass(frozen=True)
class Tables:
    """Everything a council may change, as read from ``data/accessibility``."""

    limits: Mapping[str, LimitDefinition]
    presets: Mapping[str, Profile]
    rows: tuple[JudgementRow, ...]
    assumptions: tuple[Assumption, ...]

    @cached_property
    def explained(self) -> tuple[JudgementRow, ...]:
        """The rows an answer can name, in bit order."""
        return tuple(row for row in self.rows if row.is_explained)

    def get_preset(self, name: str) -> Profile:
        """Find a preset.

        Raises
        ------
        RequestError
            There is none of this name.
        """
        preset = self.presets.get(name)
        if preset is None:
            raise RequestError(
                "There is no profile called {profile}. There are: {profiles}.",
                code="profile_unknown",
                pointer="/profile",
                profile=name[:60],
                profiles=", ".join(self.presets),
            )
        return preset


@lru_cache(maxsize=1)
def load_tables() -> Tables:
    """Read all tables of the judgement once per process.

    Raises
    ------
    TableError
        Naming file and line.
    """
    limits = load_limits()
    presets = load_presets(limits)
    groups = frozenset[str]().union(*(preset.groups for preset in presets.values()))
    tables = Tables(limits, presets, load_judgement(limits, groups=groups), load_assumptions())
    if len(tables.explained) > _MAX_EXPLAINED:
        raise TableError(
            "judgement.csv: more than {most} rows name a limit or an unknown", most=_MAX_EXPLAINED
        )
    return tables


def export_judgement(tables: Tables | None = None) -> bytes:
    """The tables as JSON, for planners that interpret the very same rows elsewhere."""
    tables = tables or load_tables()

    def plain(value: object) -> object:
        return sorted(value) if isinstance(value, frozenset) else str(value)

    document = {
        "format": 1,
        "unbounded_over": UNBOUNDED_OVER,
        "attributes": [asdict(attribute) for attribute in (*ATTRIBUTES, *INCLINE_ATTRIBUTES)],
        "limits": [asdict(limit) for limit in tables.limits.values()],
        "profiles": [
            {
                "name": preset.name,
                "groups": preset.groups,
                "unknowns": preset.unknowns,
                "limits": {name: asdict(limit) for name, limit in preset.limits.items()},
            }
            for preset in tables.presets.values()
        ],
        "rows": [asdict(row) for row in tables.rows],
        "assumptions": [asdict(assumption) for assumption in tables.assumptions],
    }
    return orjson.dumps(document, default=plain, option=orjson.OPT_INDENT_2)


@dataclass(frozen=True, slots=True)
class _Program:
    """The rows about one set of columns, laid out for the compiled interpreter."""

    rows: tuple[JudgementRow, ...]
    bit: NDArray[np.int8]
    first: Int32
    members: Int32
    effect: UInt8
    test: UInt8
    amounts: Float64
    """float64[r, 5]: value, per_unit, start, unknown_percent, unknown_s."""
    low: Float64
    high: Float64
    status: UInt8
    """What each row is about, for each of its `members`: in the order in which the interpreter reads it."""
    count: int
    by_limit: Mapping[str, Sequence[int]]
    """Limit -> numbers of the rows that hold something against it."""


def _build_program(columns: Columns, used: Mask, tables: Tables) -> _Program:
    """Lay out the rows about `columns`; a row says nothing where its attribute is meaningless."""
    filled = fill_in(columns, tables.assumptions)
    index = {attribute.name: row for row, attribute in enumerate(columns.attributes)}
    bits = {row.id: bit for bit, row in enumerate(tables.explained)}
    rows = tuple(row for row in tables.rows if row.attribute in index)
    members = [
        np.flatnonzero(
            match_all(row.when, columns, filled)
            & (columns.status[index[row.attribute]] != MEANINGLESS)
            & used
        ).astype(np.int32)
        for row in rows
    ]
    first = np.zeros(len(rows) + 1, dtype=np.int32)
    first[1:] = np.cumsum([len(found) for found in members])
    joined = np.concatenate([np.zeros(0, dtype=np.int32), *members])
    column_of = np.repeat(
        np.array([index[row.attribute] for row in rows], dtype=np.int32), [len(found) for found in members]
    )
    tests = [_TESTS[tables.limits[row.limit].type] if row.limit else _ALWAYS for row in rows]
    amounts = [(row.value, row.per_unit, row.start, row.unknown_percent, row.unknown_s) for row in rows]
    return _Program(
        rows=rows,
        bit=np.array([bits.get(row.id, -1) for row in rows], dtype=np.int8),
        first=first,
        members=joined,
        effect=np.array([_EFFECTS[row.effect] for row in rows], dtype=np.uint8),
        test=np.array(tests, dtype=np.uint8),
        amounts=np.array(amounts, dtype=np.float64).reshape(len(rows), 5),
        low=filled.low[column_of, joined],
        high=filled.high[column_of, joined],
        status=filled.status[column_of, joined],
        count=columns.count,
        by_limit={
            name: [number for number, row in enumerate(rows) if row.limit == name] for name in tables.limits
        },
    )


class Judge:
    """Judges the classes of one city (and one overlay) for any profile.

    Safe to share between threads. Recent tables are kept, by what a profile says, never by who asked.

    Parameters
    ----------
    columns
        The classes.
    bounding
        bool[c], classes of edges with a length: they bound the search. All, if None.
    slopes
        bool[SLOPE_BINS], the bins that occur; the others are CLOSED, for nobody judges them. All, if None.
    tables
        What to judge by; those of ``data/accessibility`` if None.
    """

    def __init__(
        self,
        columns: Columns,
        bounding: Mask | None = None,
        slopes: Mask | None = None,
        tables: Tables | None = None,
    ) -> None:
        self.tables = tables or load_tables()
        self.slopes = np.ones(SLOPE_BINS, dtype=np.bool_) if slopes is None else slopes
        everything = np.ones(columns.count, dtype=np.bool_)
        self._bounding = everything if bounding is None else bounding
        self._programs = (
            _build_program(columns, everything, self.tables),
            _build_program(build_slope_columns(), self.slopes, self.tables),
        )
        self._presets: dict[str, list[tuple[UInt8, Float64]]] = {}
        self._kept: OrderedDict[object, CostTable] = OrderedDict()
        self._kept_slopes: dict[object, Prices] = {}
        self._lock = threading.Lock()

    def get_costs(self, profile: Profile) -> CostTable:
        """Judge every class and slope for `profile`."""
        key = (
            profile.name,
            profile.unknowns,
            tuple(sorted((name, limit.value, limit.beyond) for name, limit in profile.limits.items())),
        )
        with self._lock:
            table = self._kept.get(key)
            if table is not None:
                self._kept.move_to_end(key)
                return table
        table = self._judge(profile)
        with self._lock:
            self._kept[key] = table
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return table

    def _judge(self, profile: Profile) -> CostTable:
        base_us = 1000.0 / profile.speed_mps
        policy = _POLICIES[profile.unknowns]
        settings = self._settings_of(profile)
        classes = _run_program(self._programs[0], *settings[0], base_us, base_us, policy)
        slopes = self._judge_slopes(settings[1], base_us, policy)
        least = int(
            classes.rate[self._bounding].min(initial=2**40) + slopes.rate[self.slopes].min(initial=2**40)
        )
        return CostTable(profile, classes, slopes, self.tables.explained, least)

    def _judge_slopes(self, setting: tuple[UInt8, Float64], base_us: float, policy: int) -> Prices:
        """Few people change their limits of slope: the prices of the last settings are kept."""
        active, operand = setting
        key = (active.tobytes(), operand.tobytes(), base_us, policy)
        slopes = self._kept_slopes.get(key)
        if slopes is None:
            slopes = _run_program(self._programs[1], active, operand, base_us, 0.0, policy)
            slopes.verdict[~self.slopes] = Verdict.CLOSED
            if len(self._kept_slopes) >= _MOST_KEPT:
                self._kept_slopes.clear()
            self._kept_slopes[key] = slopes
        return slopes

    def _settings_of(self, profile: Profile) -> list[tuple[UInt8, Float64]]:
        """Per program: what lies beyond each row (a `Verdict`, 0 no row), and what it is held against."""
        preset = self.tables.presets[profile.name]
        base = self._presets.get(profile.name)
        if base is None:
            base = [_set_rows(program.rows, preset, self.tables.limits) for program in self._programs]
            self._presets[profile.name] = base
        changed = {
            name
            for name in preset.limits.keys() | profile.limits.keys()
            if preset.limits.get(name) is not profile.limits.get(name)
        }
        if not changed:
            return base
        settings = [(active.copy(), operand.copy()) for active, operand in base]
        for program, (active, operand) in zip(self._programs, settings, strict=True):
            for name in changed:
                for number in program.by_limit.get(name, ()):
                    row = program.rows[number]
                    active[number], operand[number] = _set_row(row, profile, self.tables.limits)
        return settings


def _set_rows(
    rows: Sequence[JudgementRow], profile: Profile, limits: Mapping[str, LimitDefinition]
) -> tuple[UInt8, Float64]:
    settings = [_set_row(row, profile, limits) for row in rows]
    active = np.array([setting[0] for setting in settings], dtype=np.uint8)
    return active, np.array([setting[1] for setting in settings], dtype=np.float64)


def _set_row(row: JudgementRow, profile: Profile, limits: Mapping[str, LimitDefinition]) -> tuple[int, float]:
    """What lies beyond a row for a profile (0: the row does not hold), and the number it is held against."""
    if not row.groups & profile.groups:
        return 0, 0.0
    if not row.limit:
        return int(Verdict.CLOSED if row.effect is Effect.CLOSE else Verdict.AVOID), 0.0
    limit = profile.limits.get(row.limit)
    if limit is None:
        return 0, 0.0
    return _hold_against(row, limit, limits[row.limit])


def _hold_against(row: JudgementRow, limit: Limit, definition: LimitDefinition) -> tuple[int, float]:
    value, kind = limit.value, definition.type
    beyond = Beyond.AVOID if row.beyond or limit.beyond is Beyond.AVOID else Beyond.BLOCK
    operand = 0.0
    if kind is LimitType.STANCE:
        if value == "ok":
            return 0, 0.0
        beyond = Beyond.AVOID if row.beyond else Beyond(str(value))
    elif kind is LimitType.LEVEL:
        if value != row.limit_value:
            return 0, 0.0
    elif kind is LimitType.FLAG:
        if value is False:
            return 0, 0.0
    elif kind is LimitType.WORST:
        operand = float(definition.values.index(str(value)))
    elif kind is LimitType.LIST:
        assert isinstance(value, tuple)
        operand = float(sum(1 << definition.values.index(word) for word in value))
    else:
        assert isinstance(value, float)
        operand = value
    return int(Verdict.OVER_LIMIT if beyond is Beyond.BLOCK else Verdict.AVOID), operand


def _run_program(
    program: _Program, active: UInt8, operand: Float64, base_us: float, start_us: float, policy: int
) -> Prices:
    count = program.count
    numbers: Int64 = np.empty((6, count), dtype=np.int64)
    masks = np.empty((3, count), dtype=np.uint64)
    verdict = np.empty(count, dtype=np.uint8)
    _interpret(
        program.first,
        program.members,
        program.bit,
        program.effect,
        program.test,
        program.amounts,
        active,
        operand,
        program.low,
        program.high,
        program.status,
        base_us,
        start_us,
        policy,
        numbers,
        masks,
        verdict,
    )
    rate, fixed, over_rate, over_fixed, duration_rate, duration_fixed = numbers
    over, unsure, unknown = masks
    return Prices(
        rate, fixed, over_rate, over_fixed, duration_rate, duration_fixed, verdict, over, unsure, unknown
    )


@compiled
def _interpret(
    first: Int32,
    members: Int32,
    bit: NDArray[np.int8],
    effect: UInt8,
    test: UInt8,
    amounts: Float64,
    active: UInt8,
    operand: Float64,
    low: Float64,
    high: Float64,
    status: UInt8,
    base_us: float,
    start_us: float,
    policy: int,
    numbers: Int64,
    masks: UInt64,
    verdict: UInt8,
) -> None:
    """Run the rows over the columns.

    `numbers` gets rate, fixed, over_rate, over_fixed, duration_rate, duration_fixed; sums are kept in
    float64, in row order, and rounded once (half up), so that any IEEE machine gets the same integers.
    """
    count = verdict.shape[0]
    percent = np.zeros((3, count))  # duration, penalty, over
    seconds = np.zeros((3, count))
    masks[:] = 0
    verdict[:] = 0
    for row in range(effect.shape[0]):
        beyond = active[row]
        if beyond == 0:
            continue
        flag = np.uint64(0)
        if bit[row] >= 0:
            flag = np.uint64(1) << np.uint64(bit[row])
        value, per_unit, start = amounts[row, 0], amounts[row, 1], amounts[row, 2]
        unknown_percent, unknown_s = amounts[row, 3], amounts[row, 4]
        needed = unknown_percent > 0.0 or unknown_s > 0.0
        against = operand[row]
        for place in range(first[row], first[row + 1]):
            item = members[place]
            state = status[place]
            missing = state != KNOWN and state != MEANINGLESS
            if needed and missing:
                masks[2, item] |= flag
                if policy == 2:
                    verdict[item] = max(verdict[item], np.uint8(2))
                    percent[2, item] += unknown_percent
                    seconds[2, item] += unknown_s
                    continue
                if policy == 1:
                    percent[1, item] += unknown_percent
                    seconds[1, item] += unknown_s
            from_, to = low[place], high[place]
            bounded = to
            if np.isinf(to):
                bounded = from_ + UNBOUNDED_OVER
            over = 0.0
            unsure = missing
            if test[row] == _MAX:
                if not to > against:
                    continue
                over = bounded - against
                unsure = unsure or not from_ > against
            elif test[row] == _MIN:
                if not from_ < against:
                    continue
                over = against - from_
                unsure = unsure or not to < against
            elif test[row] == _LIST:
                if np.isnan(from_) or (np.int64(against) >> np.int64(from_)) & 1 == 0:
                    continue
            elif bounded > start:
                over = bounded - start
            amount = value + per_unit * max(over, 0.0)
            kind = effect[row]
            if kind == 0:
                percent[0, item] += amount
            elif kind == 1:
                seconds[0, item] += amount
            elif kind == 2:
                percent[1, item] += amount
            elif kind == 3:
                seconds[1, item] += amount
            elif kind == 6:
                verdict[item] = 3
                masks[0, item] |= flag
            else:
                if kind == 4:
                    percent[beyond, item] += amount
                else:
                    seconds[beyond, item] += amount
                verdict[item] = max(verdict[item], beyond)
                masks[0, item] |= flag
                if unsure:
                    masks[1, item] |= flag
    for item in range(count):
        for layer in range(3):
            rate = np.int64(np.floor(base_us * percent[layer, item] / 100.0 + 0.5))
            fixed = np.int64(np.floor(seconds[layer, item] * 1e6 + 0.5))
            if layer == 0:
                rate += np.int64(np.floor(start_us + 0.5))
                numbers[4, item] = rate
                numbers[5, item] = fixed
            elif layer == 1:
                numbers[0, item] = numbers[4, item] + rate
                numbers[1, item] = numbers[5, item] + fixed
            else:
                numbers[2, item] = rate
                numbers[3, item] = fixed
