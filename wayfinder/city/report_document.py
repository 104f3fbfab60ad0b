"""The city report in words: headings, sentences, tables and lists, which the terminal and the page both show.

Whatever the page shows is a block here: the map on it is an addition, nothing is in the map alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wayfinder.city.quality import AGES, OLDER, UNDATED, Quality
from wayfinder.city.report import (
    BarrierRow,
    Finding,
    IslandRow,
    Place,
    ProfileReport,
    Report,
    UnknownCounts,
)
from wayfinder.city.survey_walk import WalkItem
from wayfinder.i18n import Catalogue, get_catalogue
from wayfinder.routing.measurements import load_measurements
from wayfinder.routing.profiles import LimitType, load_limits
from wayfinder.speech.amounts import say_amount, say_date, say_distance, say_range
from wayfinder.speech.labels import (
    label_attribute,
    label_choice,
    label_limit,
    label_profile,
    label_value,
)

MAP: Final = "map"
"""Anchor of the heading under which the page shows its map."""
_EFFECTS: Final = {"bad": ("broken", "longer"), "good": ("mended", "shorter")}
"""What the worst and the best value of an unknown do to trips."""
_PLACES: Final = frozenset({"steps", "escalator", "lift", "crossing", "barrier", "gate", "door", "turnstile"})
"""Kinds of obstacle that are things of their own, named before what of them is in the way."""
_MOST_DISTRICT_ATTRIBUTES: Final = (
    ("surface", "m"),
    ("smoothness", "m"),
    ("width_cm", "m"),
    ("incline_percent", "m"),
    ("kerb_up_cm", "count"),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3; `anchor` is its id on the page."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column heads its rows, `numbers` are columns set to the right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class OrderedList:
    """A list in which the order counts."""

    items: tuple[str, ...]


Block = Heading | Paragraph | Table | OrderedList


def build_document(report: Report, language: str, most_rows: int) -> tuple[Block, ...]:
    """Word a report.

    Parameters
    ----------
    most_rows
        Rows of a ledger or list of islands to show; how many more there are is said.
    """
    return tuple(_Writer(report, language, most_rows).write())


class _Writer:
    def __init__(self, report: Report, language: str, most_rows: int) -> None:
        self._report, self._language, self._most = report, language, most_rows
        self._words: Catalogue = get_catalogue(language)
        self._units = {one.name: one.unit for one in load_measurements()}
        self._limits = load_limits()

    def write(self) -> Iterable[Block]:
        report, say = self._report, self._words.say
        yield Heading(1, say("report.title", city=report.city.name), "top")
        yield from self._write_head()
        yield Heading(2, say("report.overview"), "overview")
        yield self._tabulate_trips(
            "report.overview.caption",
            "report.column.profile",
            [(label_profile(one.profile, self._language), one.trips[""]) for one in report.profiles],
        )
        yield Paragraph(say("report.overview.note"))
        yield from self._write_districts()
        for profile in report.profiles:
            yield from self._write_profile(profile)
        yield from self._write_walk()
        yield from self._write_coverage()
        yield Heading(2, say("report.map"), MAP)
        yield Paragraph(say("report.map.note"))

    # ------------------------------------------------------------ head

    def _write_head(self) -> Iterable[Block]:
        city, sampling, say = self._report.city, self._report.sampling, self._words.say
        if city.fictional:
            yield Paragraph(say("Invented city, not for navigation."))
        for notice in city.notices:
            yield Paragraph(notice)
        yield Paragraph(say("report.data", date=self._date_iso(city.osm_at), attribution=city.attribution))
        yield Paragraph(
            say(
                f"report.homes.{sampling.homes}",
                trips=sampling.trips,
                homes=sampling.homes_count,
                seed=sampling.seed,
            )
        )
        goals = [
            say("report.destination", name=self._label(f"destination.{name}"), trips=trips, places=places)
            for name, trips, places in (
                (name, trips, sampling.destinations.get(name, sampling.homes_count))
                for name, trips in sampling.trips_to.items()
            )
        ]
        if goals:
            yield Paragraph(say("report.destinations", list=say("report.comma").join(goals)))
        if sampling.too_far:
            yield Paragraph(say("report.too_far", number=sampling.too_far))
        yield Paragraph(say("report.method"))

    def _tabulate_trips(
        self, caption: str, first: str, rows: Sequence[tuple[str, object]], **parameters: str
    ) -> Table:
        fields = (
            "trips",
            "found",
            "broken",
            "mended_by_one",
            "need_several",
            "unreachable",
            "lengthened",
        )
        say = self._words.say
        return Table(
            say(caption, **parameters),
            (say(first), *(say(f"report.trips.{name}") for name in fields), say("report.trips.metres_lost")),
            tuple(
                (
                    label,
                    *(str(getattr(counts, name)) for name in fields),
                    self._metres(counts.metres_lost),  # type: ignore[attr-defined]
                )
                for label, counts in rows
            ),
            frozenset(range(1, len(fields) + 2)),
        )

    def _write_districts(self) -> Iterable[Block]:
        report, say = self._report, self._words.say
        if not report.districts:
            return
        yield Heading(2, say("report.districts"), "districts")
        for profile in report.profiles:
            yield self._tabulate_trips(
                "report.districts.caption",
                "report.column.district",
                [(name, profile.trips[name]) for name in report.districts],
                profile=label_profile(profile.profile, self._language),
            )
        empty = [name for name in report.districts if not report.profiles[0].trips[name].trips]
        if empty:
            yield Paragraph(say("report.districts.empty", list=say("report.comma").join(empty)))

    # ------------------------------------------------------------ one profile

    def _write_profile(self, profile: ProfileReport) -> Iterable[Block]:
        say, name = self._words.say, label_profile(profile.profile, self._language)
        yield Heading(2, say("report.profile", profile=name), f"profile-{profile.profile}")
        yield Heading(3, say("report.barriers", profile=name), f"barriers-{profile.profile}")
        if profile.barriers:
            shown = profile.barriers[: self._most]
            yield Table(
                say("report.barriers.caption", profile=name),
                tuple(
                    say(f"report.column.{column}")
                    for column in (
                        "rank",
                        "what",
                        "where",
                        "broken",
                        "with_others",
                        "lengthened",
                        "metres_lost",
                        "source",
                        "osm",
                    )
                ),
                tuple(self._row_of(barrier) for barrier in shown),
                frozenset(range(3, 7)),
            )
            yield from self._say_rest(len(profile.barriers) - len(shown))
            yield from self._write_barriers_by_district(shown, name)
        else:
            yield Paragraph(say("report.barriers.none"))
        yield Heading(3, say("report.islands", profile=name), f"islands-{profile.profile}")
        yield Paragraph(
            say(
                "report.reach",
                usable=self._metres(profile.usable_m),
                ways=self._metres(profile.ways_m),
                main=self._metres(profile.main_m),
                number=profile.islands_count,
                rest=self._metres(profile.islands_m),
            )
        )
        if profile.islands:
            shown_islands = profile.islands[: self._most]
            yield Table(
                say("report.islands.caption", profile=name),
                tuple(
                    say(f"report.column.{column}") for column in ("rank", "size", "homes", "where", "joined")
                ),
                tuple(self._island_row(rank, island) for rank, island in enumerate(shown_islands, 1)),
                frozenset({1, 2}),
            )
            yield from self._say_rest(profile.islands_count - len(shown_islands))

    def _row_of(self, barrier: BarrierRow) -> tuple[str, ...]:
        counts = barrier.counts[""]
        what = self._words.say("report.semicolon").join(self._word(one) for one in barrier.findings)
        if barrier.length_m:
            what = self._words.say("report.stretch", what=what, length=self._metres(barrier.length_m))
        return (
            str(barrier.rank),
            what,
            self._place(barrier.place),
            str(counts.broken),
            str(counts.with_others),
            str(counts.lengthened),
            self._metres(counts.metres_lost),
            self._origin(barrier.findings),
            barrier.osm,
        )

    def _write_barriers_by_district(self, shown: Sequence[BarrierRow], profile: str) -> Iterable[Block]:
        say = self._words.say
        rows = tuple(
            (
                name,
                str(barrier.rank),
                str(counts.broken),
                str(counts.with_others),
                str(counts.lengthened),
                self._metres(counts.metres_lost),
            )
            for name in self._report.districts
            for barrier in shown
            if (counts := barrier.counts.get(name)) is not None
        )
        if rows:
            yield Table(
                say("report.barriers.districts", profile=profile),
                tuple(
                    say(f"report.column.{column}")
                    for column in ("district", "rank", "broken", "with_others", "lengthened", "metres_lost")
                ),
                rows,
                frozenset(range(1, 6)),
            )

    def _island_row(self, rank: int, island: IslandRow) -> tuple[str, ...]:
        joined = "in" if island.way_in else "out" if island.way_out else "no"
        return (
            str(rank),
            self._metres(island.length_m),
            str(island.homes),
            self._place(island.place),
            self._words.say(f"report.joined.{joined}"),
        )

    def _say_rest(self, number: int) -> Iterable[Block]:
        if number > 0:
            yield Paragraph(self._words.say("report.rest", number=number))

    # ------------------------------------------------------------ what to measure

    def _write_walk(self) -> Iterable[Block]:
        say, report = self._words.say, self._report
        yield Heading(2, say("report.walk"), "walk")
        if not report.survey_walk:
            yield Paragraph(say("report.walk.none"))
            return
        yield Paragraph(say("report.walk.note"))
        counts = {
            (row.measurement, row.osm, profile.profile): row.counts[""]
            for profile in report.profiles
            for row in profile.unknowns
        }
        for number, street in enumerate(report.survey_walk, 1):
            place = self._street(street.street, street.district)
            yield Heading(3, say("report.walk.street", number=number, street=place), f"walk-{number}")
            yield OrderedList(tuple(self._walk_item(item, counts) for item in street.items))

    def _walk_item(self, item: WalkItem, counts: Mapping[tuple[str, str, str], UnknownCounts]) -> str:
        say = self._words.say
        parts = [
            say(
                "report.walk.profile",
                profile=label_profile(profile, self._language),
                changed=one.changed,
                used=one.used,
                effects=say("report.semicolon").join(self._list_effects(one)),
            )
            for profile in item.changed
            if (one := counts[item.measurement, item.osm, profile])
        ]
        key = "report.walk.way" if item.length_m else "report.walk.spot"
        return say(
            key,
            what=self._label(f"measurement.{item.measurement}"),
            lat=f"{item.lat:.5f}",
            lon=f"{item.lon:.5f}",
            osm=item.osm,
            length=self._metres(item.length_m),
            profiles=" ".join(parts),
        )

    def _list_effects(self, counts: UnknownCounts) -> Iterable[str]:
        say = self._words.say
        named = []
        for value, names in _EFFECTS.items():
            numbers = {name: getattr(counts, f"{name}_if_{value}") for name in names}
            parts = [
                say(f"report.effect.{name}", number=number) for name, number in numbers.items() if number
            ]
            if parts:
                named.append(say(f"report.effect.{value}", list=say("report.comma").join(parts)))
        return named or [say("report.effect.other")]

    # ------------------------------------------------------------ what is known

    def _write_coverage(self) -> Iterable[Block]:
        say, report = self._words.say, self._report
        yield Heading(2, say("report.coverage"), "coverage")
        yield Paragraph(say("report.coverage.note"))
        bands = (*AGES, OLDER, UNDATED)
        yield Table(
            say("report.coverage.caption"),
            (
                *(
                    say(f"report.column.{name}")
                    for name in ("attribute", "total", "known", "unmapped", "not_understood", "origin")
                ),
                *(say(f"report.age.{band}") for band in bands),
            ),
            tuple(
                (
                    self._attribute(row),
                    self._total(row),
                    *(_share(part, row) for part in (row.known, row.unmapped, row.not_understood)),
                    say("report.comma").join(
                        say("report.origin", source=self._label(f"source.{name}"), share=_share(part, row))
                        for name, part in row.origins.items()
                    )
                    or say("report.nothing"),
                    *(_share(row.ages.get(band, 0.0), row) for band in bands),
                )
                for row in report.coverage[""]
            ),
            frozenset({1, 2, 3, 4, *range(6, 6 + len(bands))}),
        )
        if not report.districts:
            return
        shown = [row for row in report.coverage[""] if (row.attribute, row.unit) in _MOST_DISTRICT_ATTRIBUTES]
        yield Table(
            say("report.coverage.districts"),
            (say("report.column.district"), *(self._attribute(row) for row in shown)),
            tuple(
                (
                    name,
                    *(
                        next(
                            (
                                _share(one.known, one)
                                for one in report.coverage[name]
                                if (one.attribute, one.unit) == (row.attribute, row.unit)
                            ),
                            say("report.nothing"),
                        )
                        for row in shown
                    ),
                )
                for name in report.districts
            ),
            frozenset(range(1, len(shown) + 1)),
        )

    def _attribute(self, row: Quality) -> str:
        name = "incline_up_percent.unknown" if row.attribute == "incline_percent" else row.attribute
        return label_attribute(name, self._language)

    def _total(self, row: Quality) -> str:
        total = row.known + row.unmapped + row.not_understood
        return self._metres(total) if row.unit == "m" else str(round(total))

    # ------------------------------------------------------------ small words

    def _word(self, finding: Finding) -> str:
        say = self._words.say
        if finding.attribute == "kind":
            what = label_value("kind", str(finding.value or finding.kind), self._language)
            return say("report.finding.kind", what=what, limit=self._limit(finding))
        what = label_attribute(finding.attribute, self._language)
        if finding.kind in _PLACES:
            kind = "road_crossing" if finding.kind == "crossing" else finding.kind
            what = say("report.what", kind=label_value("kind", kind, self._language), attribute=what)
        value = say("report.unknown") if finding.value is None else self._value(finding, finding.value)
        key = "report.finding" if finding.certain else "report.finding.unsure"
        return say(key, what=what, value=value, limit=self._limit(finding))

    def _value(self, finding: Finding, value: float | str) -> str:
        if finding.unit:
            return say_range(value, finding.unit, self._language)
        return self._words.texts.get(f"value.{finding.attribute}.{value}", str(value))

    def _limit(self, finding: Finding) -> str:
        say, limit = self._words.say, finding.limit
        if limit is None or finding.limit_name not in self._limits:
            return say("report.limit.none")
        definition = self._limits[finding.limit_name]
        if definition.type is LimitType.LIST:
            return say("report.limit.list", name=label_limit(finding.limit_name, self._language))
        if isinstance(limit, float | int):
            amount = say_amount(float(limit), definition.unit, self._language)
            return say("report.limit", limit=amount)
        if definition.type is LimitType.WORST:
            return say("report.limit", limit=self._value(finding, limit))
        return say(
            "report.limit.choice",
            name=label_limit(finding.limit_name, self._language),
            choice=label_choice(limit, self._language),
        )

    def _origin(self, findings: Sequence[Finding]) -> str:
        found = {(one.source, one.as_of): None for one in findings}
        return self._words.say("report.semicolon").join(
            self._words.say(
                "report.source", source=self._label(f"source.{source}"), date=self._date_iso(as_of)
            )
            for source, as_of in found
        )

    def _place(self, place: Place) -> str:
        return self._words.say(
            "report.place",
            street=self._street(place.street, place.district),
            lat=f"{place.lat:.5f}",
            lon=f"{place.lon:.5f}",
        )

    def _street(self, street: str, district: str) -> str:
        named = street or self._words.say("report.nameless")
        if not district:
            return named
        return self._words.say("report.street", street=named, district=district)

    def _date_iso(self, text: str | None) -> str:
        if text is None:
            return self._words.say("date.unknown")
        return say_date(datetime.date.fromisoformat(text[:10]), self._words)

    def _metres(self, metres: float) -> str:
        return say_distance(metres, self._language)

    def _label(self, key: str) -> str:
        return self._words.gettext(key)


def _share(part: float, row: Quality) -> str:
    total = row.known + row.unmapped + row.not_understood
    return f"{100 * part / total:.0f} %" if total else "0 %"
