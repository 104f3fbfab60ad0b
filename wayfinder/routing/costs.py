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
from typing import Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from wayfinder.errors import RequestError, TableError
from wayfinder.routing.attributes import ATTRIBUTES
from wayfinder.routing.classes import KNOWN, MEANINGLESS, SLOPE_ATTRIBUTES, Columns
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
from wayfinder.routing.network import Float64, Int16, Int32, Int64, Mask, UInt8, UInt64
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


FORBIDDEN: Final = -1
"""Rate of a class or slope that must not be entered. Forbidden is a flag, never a large weight."""
UNBOUNDED_OVER: Final = 10.0
"""Units by which a range without upper end (a raised kerb) counts as over, beyond its low end."""
_OVER_LIMIT: Final = int(Verdict.OVER_LIMIT)
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
    LimitType.ROUTE: _MAX,
}
_EFFECTS: Final = {effect: code for code, effect in enumerate(Effect)}
_POLICIES: Final = {Unknowns.ACCEPT: 0, Unknowns.AVOID: 1, Unknowns.REJECT: 2}


class Judged(NamedTuple):
    """What a list of classes (or slope classes) is worth to a profile.

    Attributes
    ----------
    numbers
        int64[6, c], the rates and fixed costs in the order of `Prices`.
    masks
        uint64[3, c]: over, unsure, unknown.
    verdict
        uint8[c], a `Verdict`.
    """

    numbers: Int64
    masks: UInt64
    verdict: UInt8


_NONE: Final = Judged(
    np.empty((6, 0), dtype=np.int64), np.empty((3, 0), dtype=np.uint64), np.empty(0, dtype=np.uint8)
)


class Prices:
    """What a profile pays and gets on each class, or on each slope class: as its preset, but for some.

    All arrays have one entry per class (or slope class). A way costs ``length_mm * (class rate + slope
    rate) + class fixed``.

    Parameters
    ----------
    base
        What the preset makes of every class; shared by all who have it.
    own, which
        What a person's own limits make of the classes `which`, ascending.

    Attributes
    ----------
    verdict
        uint8, a `Verdict`.
    """

    def __init__(
        self,
        base: Judged,
        own: Judged = _NONE,
        which: Int32 = np.empty(0, dtype=np.int32),  # noqa: B008
    ) -> None:
        self._base, self._own, self._which = base, own, which
        self.verdict = base.verdict
        if len(which):
            self.verdict = base.verdict.copy()
            self.verdict[which] = own.verdict

    def weigh(self, worst: int) -> tuple[Int64, Int64]:
        """Rate and fixed costs of every class, excess prices included; rate -1 where it is beyond `worst`."""
        base, own = self._base, self._own
        return _weigh(base.numbers, base.verdict, own.numbers, own.verdict, self._which, worst)

    def look_up(self, classes: Int32) -> tuple[UInt64, Int64]:
        """For explaining a way: masks uint64[3, k] and durations int64[2, k] (rate, fixed) of `classes`."""
        return _look_up(
            self._base.numbers, self._base.masks, self._own.numbers, self._own.masks, self._which, classes
        )

    @cached_property
    def whole(self) -> Judged:
        """Everything in one piece."""
        numbers, masks = self._base.numbers.copy(), self._base.masks.copy()
        numbers[:, self._which], masks[:, self._which] = self._own.numbers, self._own.masks
        return Judged(numbers, masks, self.verdict)

    @property
    def rate(self) -> Int64:
        """µs per mm: duration and penalties, of ways within the limits."""
        rate: Int64 = self.whole.numbers[0]
        return rate

    @property
    def fixed(self) -> Int64:
        """µs: the same."""
        fixed: Int64 = self.whole.numbers[1]
        return fixed


@dataclass(frozen=True)
class CostTable:
    """A city judged for one profile.

    Attributes
    ----------
    classes, slopes
        Prices by class id and by slope class.
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

    def look_up(self, classes: Int32, slopes: Int16) -> tuple[UInt64, Int64]:
        """What is said of the arcs of a way, by their classes and slope bins.

        Returns
        -------
        masks
            uint64[3, k], one bit per explained row: over, unsure, unknown.
        durations
            int64[2, k]: honest time without any penalty, µs per mm and µs.
        """
        masks, durations = self.classes.look_up(classes)
        slope_masks, slope_durations = self.slopes.look_up(slopes.astype(np.int32))
        return masks | slope_masks, durations + slope_durations

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """Bits of the rows whose attribute this profile needs to know."""
        return _list_needed(self.rows, self.profile.groups, tuple(self.profile.limits))


@lru_cache(maxsize=256)
def _list_needed(
    rows: tuple[JudgementRow, ...], groups: frozenset[str], limits: tuple[str, ...]
) -> tuple[int, ...]:
    return tuple(
        bit
        for bit, row in enumerate(rows)
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
        """The rows an answer can name, in bit order. A limit of the whole way is held against the way."""
        return tuple(
            row
            for row in self.rows
            if row.is_explained
            and not (row.limit and self.limits[row.limit].type is LimitType.ROUTE and not row.is_needed)
        )

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
        "attributes": [asdict(attribute) for attribute in (*ATTRIBUTES, *SLOPE_ATTRIBUTES)],
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
    """The rows about one set of columns (classes, or slopes), laid out for the compiled interpreter.

    Attributes
    ----------
    rows
        In table order; the other arrays speak of them by number.
    amounts
        float64[r, 5]: value, per_unit, start, unknown_percent, unknown_s.
    first, row, low, high, status
        By column: which rows hold for it, and what the row's attribute is there; column ``i`` has the places
        ``first[i]`` to ``first[i + 1]``.
    member_first, member, member_low, member_high
        The same by row: the columns a row holds for.
    by_limit
        Limit -> numbers of the rows that hold something against it.
    """

    rows: tuple[JudgementRow, ...]
    bit: NDArray[np.int8]
    effect: UInt8
    test: UInt8
    amounts: Float64
    first: Int32
    row: Int32
    low: Float64
    high: Float64
    status: UInt8
    member_first: Int32
    member: Int32
    member_low: Float64
    member_high: Float64
    by_limit: Mapping[str, Sequence[int]]

    @property
    def count(self) -> int:
        """Number of columns."""
        return len(self.first) - 1


def _build_program(columns: Columns, tables: Tables) -> _Program:
    """Lay out the rows about `columns`; a row says nothing where its attribute is meaningless."""
    filled = fill_in(columns, tables.assumptions)
    index = {attribute.name: row for row, attribute in enumerate(columns.attributes)}
    bits = {row.id: bit for bit, row in enumerate(tables.explained)}
    rows = tuple(row for row in tables.rows if row.attribute in index)
    holds = np.zeros((len(rows), columns.count), dtype=np.bool_)
    for number, row in enumerate(rows):
        has_meaning = columns.status[index[row.attribute]] != MEANINGLESS
        holds[number] = match_all(row.when, columns, filled) & has_meaning
    attribute = np.array([index[row.attribute] for row in rows], dtype=np.int32)
    of_row, member = (found.astype(np.int32) for found in np.nonzero(holds))
    column, of_column = (found.astype(np.int32) for found in np.nonzero(holds.T))
    tests = [_TESTS[tables.limits[row.limit].type] if row.limit else _ALWAYS for row in rows]
    amounts = [(row.value, row.per_unit, row.start, row.unknown_percent, row.unknown_s) for row in rows]
    return _Program(
        rows=rows,
        bit=np.array([bits.get(row.id, -1) for row in rows], dtype=np.int8),
        effect=np.array([_EFFECTS[row.effect] for row in rows], dtype=np.uint8),
        test=np.array(tests, dtype=np.uint8),
        amounts=np.array(amounts, dtype=np.float64).reshape(len(rows), 5),
        first=_count_up(column, columns.count),
        row=of_column,
        low=filled.low[attribute[of_column], column],
        high=filled.high[attribute[of_column], column],
        status=filled.status[attribute[of_column], column],
        member_first=_count_up(of_row, len(rows)),
        member=member,
        member_low=filled.low[attribute[of_row], member],
        member_high=filled.high[attribute[of_row], member],
        by_limit={
            name: [number for number, row in enumerate(rows) if row.limit == name] for name in tables.limits
        },
    )


def _count_up(sorted_ids: Int32, count: int) -> Int32:
    """Where each of `count` ids begins in a sorted list of them, and the end: int32[count + 1]."""
    return np.searchsorted(sorted_ids, np.arange(count + 1)).astype(np.int32)


class _Setting(NamedTuple):
    """How the rows of one program hold for one person.

    Attributes
    ----------
    active
        uint8[r]: what lies beyond each row (a `Verdict`); 0, the row does not hold.
    operand
        float64[r]: what each row is held against.
    """

    active: UInt8
    operand: Float64


class Judge:
    """Judges the classes of one city (and one overlay) for any profile.

    Safe to share between threads. Recent tables are kept, by what a profile says, never by who asked.

    Parameters
    ----------
    columns
        The classes.
    slopes
        The slope classes.
    bounding
        bool[c], classes of edges with a length: they bound the search. All, if None.
    tables
        What to judge by; those of ``data/accessibility`` if None.
    """

    def __init__(
        self,
        columns: Columns,
        slopes: Columns,
        bounding: Mask | None = None,
        tables: Tables | None = None,
    ) -> None:
        self.tables = tables or load_tables()
        self._bounding = np.ones(columns.count, dtype=np.bool_) if bounding is None else bounding
        self._programs = (_build_program(columns, self.tables), _build_program(slopes, self.tables))
        self._settings: dict[str, list[_Setting]] = {}
        self._judged: dict[tuple[str, Unknowns], tuple[Judged, int]] = {}
        self._kept: OrderedDict[object, CostTable] = OrderedDict()
        self._kept_slopes: dict[object, tuple[Prices, int]] = {}
        self._lock = threading.Lock()

    def get_costs(self, profile: Profile) -> CostTable:
        """Judge every class and slope for `profile`."""
        own, preset = profile.limits, self.tables.presets[profile.name].limits
        changed = [name for name in own.keys() | preset.keys() if own.get(name) is not preset.get(name)]
        changed.sort()
        key = (profile.name, profile.unknowns, *((name, own.get(name)) for name in changed))
        with self._lock:
            table = self._kept.get(key)
            if table is not None:
                self._kept.move_to_end(key)
                return table
        table = self._judge(profile, changed)
        with self._lock:
            self._kept[key] = table
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return table

    def _judge(self, profile: Profile, changed: Sequence[str]) -> CostTable:
        of_classes, of_slopes = self._set_limits(profile, changed)
        classes, least = self._judge_classes(profile, changed, of_classes)
        slopes, least_slope = self._judge_slopes(profile, of_slopes)
        return CostTable(profile, classes, slopes, self.tables.explained, least + least_slope)

    def _judge_classes(
        self, profile: Profile, changed: Sequence[str], setting: _Setting
    ) -> tuple[Prices, int]:
        """Judge as the preset does; anew only the classes on which a changed limit tells another tale.

        Returns
        -------
        prices, least
            The second is the least rate, µs per mm, or a little less.
        """
        program, preset = self._programs[0], self.tables.presets[profile.name]
        base_us, policy = 1000.0 / profile.speed_mps, _POLICIES[profile.unknowns]
        if profile.speed_mps != preset.speed_mps:
            judged = _run_program(program, setting, base_us, base_us, policy)
            return Prices(judged), _find_least(judged.numbers[0], self._bounding)
        known = self._judged.get((profile.name, profile.unknowns))
        if known is None:
            ours = self._settings[profile.name][0]
            judged = _run_program(program, ours, base_us, base_us, policy)
            known = judged, _find_least(judged.numbers[0], self._bounding)
            self._judged[profile.name, profile.unknowns] = known
        judged, least = known
        rows = [number for name in changed for number in program.by_limit.get(name, ())]
        if not rows:
            return Prices(judged), least
        which = _find_affected(
            np.array(rows, dtype=np.int32),
            program.member_first,
            program.member,
            program.member_low,
            program.member_high,
            program.test,
            *self._settings[profile.name][0],
            *setting,
            program.count,
        )
        own = _run_program(program, setting, base_us, base_us, policy, which)
        return Prices(judged, own, which), min(least, _find_least(own.numbers[0], self._bounding[which]))

    def _judge_slopes(self, profile: Profile, setting: _Setting) -> tuple[Prices, int]:
        """Few people change their limits of slope: the prices of the last settings are kept."""
        base_us, policy = 1000.0 / profile.speed_mps, _POLICIES[profile.unknowns]
        key = (setting.active.tobytes(), setting.operand.tobytes(), base_us, policy)
        known = self._kept_slopes.get(key)
        if known is None:
            judged = _run_program(self._programs[1], setting, base_us, 0.0, policy)
            if len(self._kept_slopes) >= _MOST_KEPT:
                self._kept_slopes.clear()
            everywhere = np.ones(len(judged.verdict), dtype=np.bool_)
            known = self._kept_slopes[key] = Prices(judged), _find_least(judged.numbers[0], everywhere)
        return known

    def _set_limits(self, profile: Profile, changed: Sequence[str]) -> list[_Setting]:
        """How the rows of each program hold for a profile."""
        settings = self._settings.get(profile.name)
        if settings is None:
            preset = self.tables.presets[profile.name]
            settings = [_set_rows(program.rows, preset, self.tables.limits) for program in self._programs]
            self._settings[profile.name] = settings
        own = list(settings)
        for at, program in enumerate(self._programs):
            rows = [number for name in changed for number in program.by_limit.get(name, ())]
            if rows:
                active, operand = settings[at].active.copy(), settings[at].operand.copy()
                own[at] = _Setting(active, operand)
                for number in rows:
                    active[number], operand[number] = _set_row(
                        program.rows[number], profile, self.tables.limits
                    )
        return own


def _set_rows(
    rows: Sequence[JudgementRow], profile: Profile, limits: Mapping[str, LimitDefinition]
) -> _Setting:
    settings = [_set_row(row, profile, limits) for row in rows]
    active = np.array([setting[0] for setting in settings], dtype=np.uint8)
    return _Setting(active, np.array([setting[1] for setting in settings], dtype=np.float64))


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
    program: _Program,
    setting: _Setting,
    base_us: float,
    start_us: float,
    policy: int,
    which: Int32 | None = None,
) -> Judged:
    """Judge the columns `which`; all, if None."""
    if which is None:
        which = np.arange(program.count, dtype=np.int32)
    return Judged(
        *_interpret(
            which,
            program.first,
            program.row,
            program.low,
            program.high,
            program.status,
            program.bit,
            program.effect,
            program.test,
            program.amounts,
            setting.active,
            setting.operand,
            base_us,
            start_us,
            policy,
        )
    )


@compiled
def _weigh(
    numbers: Int64, verdict: UInt8, own_numbers: Int64, own_verdict: UInt8, which: Int32, worst: int
) -> tuple[Int64, Int64]:
    rate, fixed = numbers[0].copy(), numbers[1].copy()
    _weigh_some(numbers, verdict, worst, rate, fixed)
    if which.shape[0]:
        own_rate, own_fixed = own_numbers[0].copy(), own_numbers[1].copy()
        _weigh_some(own_numbers, own_verdict, worst, own_rate, own_fixed)
        for at in range(which.shape[0]):
            rate[which[at]], fixed[which[at]] = own_rate[at], own_fixed[at]
    return rate, fixed


@compiled
def _weigh_some(numbers: Int64, verdict: UInt8, worst: int, rate: Int64, fixed: Int64) -> None:
    for item in range(verdict.shape[0]):
        if verdict[item] > worst:
            rate[item] = FORBIDDEN
        elif verdict[item] == _OVER_LIMIT:
            rate[item] += numbers[2, item]
            fixed[item] += numbers[3, item]


@compiled
def _look_up(
    numbers: Int64, masks: UInt64, own_numbers: Int64, own_masks: UInt64, which: Int32, classes: Int32
) -> tuple[UInt64, Int64]:
    found = np.empty((3, classes.shape[0]), dtype=np.uint64)
    durations = np.empty((2, classes.shape[0]), dtype=np.int64)
    for at in range(classes.shape[0]):
        item = classes[at]
        own = np.searchsorted(which, item)
        if own < which.shape[0] and which[own] == item:
            for row in range(3):
                found[row, at] = own_masks[row, own]
            durations[0, at], durations[1, at] = own_numbers[4, own], own_numbers[5, own]
        else:
            for row in range(3):
                found[row, at] = masks[row, item]
            durations[0, at], durations[1, at] = numbers[4, item], numbers[5, item]
    return found, durations


@compiled
def _find_least(rate: Int64, which: Mask) -> int:
    least = np.int64(2**40)
    for item in range(rate.shape[0]):
        if which[item]:
            least = min(least, rate[item])
    return int(least)


@compiled
def _find_affected(
    rows: Int32,
    first: Int32,
    member: Int32,
    low: Float64,
    high: Float64,
    test: UInt8,
    active_before: UInt8,
    operand_before: Float64,
    active: UInt8,
    operand: Float64,
    count: int,
) -> Int32:
    """The columns on which one of `rows` may say something else than before, ascending."""
    affected = np.zeros(count, dtype=np.bool_)
    for row in rows:
        before, now = operand_before[row], operand[row]
        is_same = active_before[row] == active[row]
        if is_same and before == now:
            continue
        for place in range(first[row], first[row + 1]):
            if is_same and test[row] == _MAX:
                affected[member[place]] |= high[place] > min(before, now)
            elif is_same and test[row] == _MIN:
                affected[member[place]] |= low[place] < max(before, now)
            else:
                affected[member[place]] = True
    return np.flatnonzero(affected).astype(np.int32)


@compiled
def _interpret(
    which: Int32,
    first: Int32,
    row_of: Int32,
    low: Float64,
    high: Float64,
    status: UInt8,
    bit: NDArray[np.int8],
    effect: UInt8,
    test: UInt8,
    amounts: Float64,
    active: UInt8,
    operand: Float64,
    base_us: float,
    start_us: float,
    policy: int,
) -> tuple[Int64, UInt64, UInt8]:
    """Run the rows over the columns `which`; returns the fields of `Judged`.

    The numbers are rate, fixed, over_rate, over_fixed, duration_rate, duration_fixed; sums are kept in
    float64, in row order, and rounded once (half up), so that any IEEE machine gets the same integers.
    """
    numbers = np.empty((6, which.shape[0]), dtype=np.int64)
    masks = np.empty((3, which.shape[0]), dtype=np.uint64)
    verdict = np.empty(which.shape[0], dtype=np.uint8)
    percent = np.empty(3)  # duration, penalty, over
    seconds = np.empty(3)
    for at in range(which.shape[0]):
        item = which[at]
        percent[:] = 0.0
        seconds[:] = 0.0
        over_mask, unsure_mask, unknown_mask = np.uint64(0), np.uint64(0), np.uint64(0)
        worst = np.uint8(0)
        for place in range(first[item], first[item + 1]):
            row = row_of[place]
            beyond = active[row]
            if beyond == 0:
                continue
            flag = np.uint64(0)
            if bit[row] >= 0:
                flag = np.uint64(1) << np.uint64(bit[row])
            unknown_percent, unknown_s = amounts[row, 3], amounts[row, 4]
            missing = status[place] != KNOWN and status[place] != MEANINGLESS
            if missing and (unknown_percent > 0.0 or unknown_s > 0.0):
                unknown_mask |= flag
                if policy == 2:
                    worst = max(worst, np.uint8(2))
                    percent[2] += unknown_percent
                    seconds[2] += unknown_s
                    continue
                if policy == 1:
                    percent[1] += unknown_percent
                    seconds[1] += unknown_s
            against = operand[row]
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
            elif bounded > amounts[row, 2]:
                over = bounded - amounts[row, 2]
            amount = amounts[row, 0] + amounts[row, 1] * max(over, 0.0)
            kind = effect[row]
            if kind == 0:
                percent[0] += amount
            elif kind == 1:
                seconds[0] += amount
            elif kind == 2:
                percent[1] += amount
            elif kind == 3:
                seconds[1] += amount
            elif kind == 6:
                worst = np.uint8(3)
                over_mask |= flag
            else:
                if kind == 4:
                    percent[beyond] += amount
                else:
                    seconds[beyond] += amount
                worst = max(worst, beyond)
                over_mask |= flag
                if unsure:
                    unsure_mask |= flag
        verdict[at] = worst
        masks[0, at], masks[1, at], masks[2, at] = over_mask, unsure_mask, unknown_mask
        duration_rate = np.int64(np.floor(base_us * percent[0] / 100.0 + 0.5))
        duration_rate += np.int64(np.floor(start_us + 0.5))
        duration_fixed = np.int64(np.floor(seconds[0] * 1e6 + 0.5))
        numbers[4, at], numbers[5, at] = duration_rate, duration_fixed
        numbers[0, at] = duration_rate + np.int64(np.floor(base_us * percent[1] / 100.0 + 0.5))
        numbers[1, at] = duration_fixed + np.int64(np.floor(seconds[1] * 1e6 + 0.5))
        numbers[2, at] = np.int64(np.floor(base_us * percent[2] / 100.0 + 0.5))
        numbers[3, at] = np.int64(np.floor(seconds[2] * 1e6 + 0.5))
    return numbers, masks, verdict
