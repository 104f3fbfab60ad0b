"""Address search that forgives typing errors, asks no network, and keeps nothing of what was asked."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from wayfinder.city.addresses import Addresses, HouseNumber, split_numbers
from wayfinder.city.nearby import get_gap_m
from wayfinder.geo import LonLat

LONGEST_TEXT: Final = 200
MOST_RESULTS: Final = 50
_MOST_WORDS: Final = 12
_MOST_PREFIXED: Final = 200

# Scores out of 100. A whole name beats a whole word of it ("Bahnhof": the station before Bahnhofstraße), that
# beats a beginning, a beginning beats the beginning of a word inside, a typing error comes after.
_WHOLE: Final = 100.0
_BEGINNING: Final = 90.0
_WHOLE_WORD: Final = 97.0
_WORD: Final = 82.0
_SOUND: Final = 60.0
_LEAST_RATIO: Final = 68.0
_STREET_WEIGHT: Final = 3.0
_NEAR_WEIGHT: Final = 3.0
_NOTHING_LEFT_OUT: Final = 1.5
_NUMBER_KNOWN: Final = 4.0
_NUMBER_NEAR: Final = 2.0
_NUMBER_UNKNOWN: Final = 1.0
_CATEGORY_WEIGHT: Final = {"station": 2.0, "district": 2.0, "town_hall": 2.0, "hospital": 1.0, "stop": 1.0}

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe"})
_SHORT: Final = (
    (re.compile(r"strasse\b"), "str"),
    (re.compile(r"\bsankt\b"), "st"),
    (re.compile(r"\bdoktor\b"), "dr"),
)
_POSTCODE: Final = re.compile(r"\b\d{5}\b")
_NUMBER: Final = re.compile(
    r"(?<=[^\W\d_]|[ .])\s*\b(\d{1,4})\s?([a-z])?\b(?!\.)(?:\s?[-/]\s?\d{1,4}\s?[a-z]?\b)?"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of the address search.

    Attributes
    ----------
    label
        Name, with house number and, where the name is not unique, district: "Hauptstraße 12a, Rohrbach".
    kind
        ``address``, ``street`` or ``place``.
    detail
        Key for the catalogues: ``address``; ``nearest_number`` (the number asked for is not known, this is
        the nearest known one); ``street``; ``number_unknown`` (a number was asked for, no number of this
        street is known); for places the category, see `wayfinder.city.addresses.list_categories`.
    lon, lat
        Degrees.
    place_id
        ``osm:node/1``.
    asked_number
        The house number that was asked for and is not known, else None.
    """

    label: str
    kind: str
    detail: str
    lon: float
    lat: float
    place_id: str
    asked_number: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A street (``street`` is its index) or a place."""

    label: str
    street: int
    category: str
    lon: float
    lat: float
    place_id: str


class AddressIndex:
    """The search over one city's addresses; immutable, shared by threads."""

    def __init__(self, addresses: Addresses) -> None:
        self._entries: list[_Entry] = []
        keyed: set[tuple[str, int]] = set()
        worded: set[tuple[str, int]] = set()

        def add(entry: _Entry, names: Sequence[str]) -> None:
            index = len(self._entries)
            self._entries.append(entry)
            for name in names:
                for form in list_forms(name):
                    keyed.add((form.replace(" ", ""), index))
                    worded.update((word, index) for word in form.split()[1:] if len(word) > 2)

        for position, street in enumerate(addresses.streets):
            label = f"{street.name}, {street.district}" if street.district else street.name
            place_id = f"osm:{street.osm_type}/{street.osm_id}"
            names = (street.name, label) if street.district else (street.name,)
            add(_Entry(label, position, "street", street.lon, street.lat, place_id), names)
        for place in addresses.places:
            place_id = f"osm:{place.osm_type}/{place.osm_id}"
            add(
                _Entry(place.name, -1, place.category, place.lon, place.lat, place_id),
                (place.name, *place.other_names),
            )

        ordered = sorted(keyed)
        self._keys = [key for key, _ in ordered if key]
        self._key_entries = np.array([index for key, index in ordered if key], dtype=np.int64)
        self._words = sorted(worded)
        self._sounds: Mapping[str, tuple[int, ...]] = _group_by_sound(self._keys, self._key_entries)
        self._weights = np.array(
            [
                _STREET_WEIGHT if entry.street >= 0 else _CATEGORY_WEIGHT.get(entry.category, 0.0)
                for entry in self._entries
            ]
        )
        self._numbers: dict[int, list[tuple[str, HouseNumber]]] = defaultdict(list)
        for number in addresses.numbers:
            self._numbers[number.street].extend((single, number) for single in split_numbers(number.number))

    def search(self, text: str, limit: int = 8, near: LonLat | None = None) -> list[Found]:
        """Find streets, house numbers and places by what somebody typed or said.

        Parameters
        ----------
        text
            Anything; only the first `LONGEST_TEXT` characters count.
        limit
            Most results, at most `MOST_RESULTS`.
        near
            Of equally good hits those near this position come first.

        Returns
        -------
        list of Found
            Best first; empty where nothing is like it.
        """
        offers: dict[tuple[int, str | None], float] = {}
        plain = normalise(text)
        for asked, number, worth in _read_question(plain):
            for index, score in self._score(asked).items():
                is_street = self._entries[index].street >= 0
                if number is not None and not is_street:
                    continue
                key = (index, number)
                known = 0.0 if number is None else self._get_number_worth(self._entries[index].street, number)
                offers[key] = max(offers.get(key, 0.0), score + known + worth)
        ranked = sorted(offers, key=lambda key: self._rank(key, offers[key], near))
        found: list[Found] = []
        taken: set[int] = set()
        for index, number in ranked:
            if index not in taken:
                taken.add(index)
                found.append(self._word(self._entries[index], number))
            if len(found) >= max(1, min(limit, MOST_RESULTS)):
                break
        return found

    def _score(self, asked: str) -> dict[int, float]:
        """Entry -> score of everything like `asked`, which is normalised."""
        compact = asked.replace(" ", "")
        if not compact or not self._keys:
            return {}
        scores: dict[int, float] = {}

        def offer(index: int, score: float) -> None:
            scores[index] = max(scores.get(index, 0.0), score)

        first = bisect_left(self._keys, compact)
        for position in range(first, min(first + _MOST_PREFIXED, len(self._keys))):
            key = self._keys[position]
            if not key.startswith(compact):
                break
            share = len(compact) / len(key)
            offer(int(self._key_entries[position]), _WHOLE if share == 1 else _BEGINNING + 8 * share)
        first = bisect_left(self._words, (compact, -1))
        for word, index in self._words[first : first + _MOST_PREFIXED]:
            if not word.startswith(compact):
                break
            offer(index, _WHOLE_WORD if word == compact else _WORD + 6 * len(compact) / len(word))
        if len(compact) >= 3:
            for index, score in self._list_typing_errors(compact):
                offer(index, score)
        if max(scores.values(), default=0.0) < _WORD:
            for index in self._sounds.get(get_sound(compact), ()):
                offer(index, _SOUND + 20 * fuzz.ratio(compact, normalise(self._entries[index].label)) / 100)
        return scores

    def _list_typing_errors(self, compact: str) -> Iterator[tuple[int, float]]:
        ratios = process.cdist([compact], self._keys, scorer=fuzz.ratio, score_cutoff=_LEAST_RATIO)[0]
        begun = [key[: len(compact)] for key in self._keys]
        beginnings = process.cdist([compact], begun, scorer=fuzz.ratio, score_cutoff=_LEAST_RATIO + 6)[0] - 6
        best = np.maximum(ratios, beginnings)
        hits = np.flatnonzero(best >= _LEAST_RATIO)
        if len(hits) > _MOST_PREFIXED:
            hits = hits[np.argsort(-best[hits], kind="stable")[:_MOST_PREFIXED]]
        for position in hits:
            yield int(self._key_entries[position]), min(float(best[position]), _WHOLE - 2)

    def _rank(self, key: tuple[int, str | None], score: float, near: LonLat | None) -> tuple[float, str, int]:
        entry = self._entries[key[0]]
        worth = score + float(self._weights[key[0]])
        if near is not None:
            worth += _NEAR_WEIGHT / (1 + get_gap_m(near.lon, near.lat, entry.lon, entry.lat) / 1000)
        return -worth, entry.label, key[0]

    def _word(self, entry: _Entry, number: str | None) -> Found:
        if entry.street < 0:
            return Found(entry.label, "place", entry.category, entry.lon, entry.lat, entry.place_id)
        house = self._find_house(entry.street, number) if number is not None else None
        if house is None:
            detail = "street" if number is None else "number_unknown"
            return Found(entry.label, "street", detail, entry.lon, entry.lat, entry.place_id, number)
        single, mapped = house
        street, comma, district = entry.label.partition(", ")
        known = single == number
        return Found(
            f"{street} {mapped.number}{comma}{district}",
            "address",
            "address" if known else "nearest_number",
            mapped.lon,
            mapped.lat,
            f"osm:{mapped.osm_type}/{mapped.osm_id}",
            None if known else number,
        )

    def _get_number_worth(self, street: int, number: str) -> float:
        """What a house number adds: among streets of one name, the one that has it comes first."""
        singles = [single for single, _ in self._numbers.get(street, ())]
        return _NUMBER_KNOWN if number in singles else _NUMBER_NEAR if singles else _NUMBER_UNKNOWN

    def _find_house(self, street: int, number: str) -> tuple[str, HouseNumber] | None:
        """The house of that number, else the nearest number, rather on the same side of the street."""
        houses = self._numbers.get(street, ())
        asked = _get_count(number)

        def get_distance(house: tuple[str, HouseNumber]) -> tuple[bool, int, int, str]:
            count = _get_count(house[0])
            return house[0] != number, abs(count - asked), (count - asked) % 2, house[0]

        return min(houses, key=get_distance, default=None)


def normalise(text: str) -> str:
    """Lower case, umlauts as two letters, ``str`` for street, no accents, no punctuation but , - and /."""
    text = unicodedata.normalize("NFKC", text[:LONGEST_TEXT])[:LONGEST_TEXT].casefold().translate(_UMLAUTS)
    text = "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    )
    text = "".join(letter if letter.isalnum() or letter in ",-/" else " " for letter in text)
    for pattern, short in _SHORT:
        text = pattern.sub(short, text)
    return " ".join(text.split())


def list_forms(name: str) -> tuple[str, ...]:
    """How a name is looked up: with umlauts as two letters, and as the bare vowel."""
    bare = name.casefold().translate(str.maketrans("äöü", "aou"))
    forms = (re.sub(r"[,/-]+", " ", normalise(form)) for form in (name, bare))
    return tuple(dict.fromkeys(" ".join(form.split()) for form in forms))


def get_sound(text: str) -> str:
    """Kölner Phonetik of a word: names that sound alike in German have the same code."""
    whole = re.sub(r"str$", "strasse", text)
    letters = "".join(letter for letter in whole if "a" <= letter <= "z").replace("ph", "f")
    codes: list[str] = []
    for place, letter in enumerate(letters):
        before = letters[place - 1] if place else ""
        after = letters[place + 1] if place + 1 < len(letters) else ""
        codes.append(_get_code(letter, before, after))
    joined = "".join(codes)
    once = re.sub(r"(\d)\1+", r"\1", joined)
    return once[:1] + once[1:].replace("0", "")


def _get_code(letter: str, before: str, after: str) -> str:
    if letter in "aeijouy":
        return "0"
    if letter == "c":
        hard = (
            after in tuple("ahkloqrux")
            if not before
            else after in tuple("ahkoqux") and before not in ("s", "z")
        )
        return "4" if hard else "8"
    if letter in "dt":
        return "8" if after in ("c", "s", "z") else "2"
    if letter == "x":
        return "8" if before in ("c", "k", "q") else "48"
    return next((code for group, code in _SOUNDS if letter in group), "")


_SOUNDS: Final = (("bp", "1"), ("fvw", "3"), ("gkq", "4"), ("l", "5"), ("mn", "6"), ("r", "7"), ("sz", "8"))


def _group_by_sound(keys: Sequence[str], entries: NDArray[np.int64]) -> Mapping[str, tuple[int, ...]]:
    sounds: dict[str, dict[int, None]] = defaultdict(dict)
    for key, index in zip(keys, entries, strict=True):
        sound = get_sound(key)
        if len(sound) > 2:
            sounds[sound][int(index)] = None
    return {sound: tuple(indices)[:_MOST_PREFIXED] for sound, indices in sounds.items()}


def _read_question(plain: str) -> Iterator[tuple[str, str | None, float]]:
    """List (name, house number or None, worth): as the text may be meant.

    With and without what follows a comma, whole and split at a number; a reading that leaves nothing out is
    worth more.
    """
    plain = " ".join(_POSTCODE.sub(" ", plain).split()[:_MOST_WORDS])
    head, _, tail = plain.partition(",")
    meant: dict[tuple[str, str | None], float] = {}
    numbers = list(_NUMBER.finditer(head)) or list(_NUMBER.finditer(plain))
    for rest, worth in ((tail, _NOTHING_LEFT_OUT), ("", 0.0)):
        meant.setdefault((_clean(f"{head} {rest}"), None), worth)
        for number in numbers[-1:] + numbers[:1]:
            name = _clean(number.string[: number.start()])
            if name:
                asked = number[1].lstrip("0") + (number[2] or "")
                meant.setdefault((_clean(f"{name} {rest}"), asked), worth)
    yield from ((name, number, worth) for (name, number), worth in meant.items() if name)


def _clean(text: str) -> str:
    return " ".join(re.sub(r"[,/-]+", " ", text).split())


def _get_count(number: str) -> int:
    digits = re.match(r"\d{1,6}", number)
    return int(digits[0]) if digits else 0
