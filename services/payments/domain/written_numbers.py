"""The numbers of one partner's open invoices, found by what a payer wrote without reading all of them each time."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final, overload

from rapidfuzz import process
from rapidfuzz.distance import OSA

_FEW = 200
NOWHERE: Final = frozenset[int]()


class Texts(Sequence[str]):
    """Short texts in one: a hundred thousand of their own would take five times as much."""

    def __init__(self, texts: Iterable[str]) -> None:
        listed = list(texts)
        self._joined = "".join(listed)
        self._ends = array("I", [0, *accumulate(map(len, listed))])

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return list(self)[place]
        return self._joined[self._ends[place] : self._ends[place + 1]]

    def __iter__(self) -> Iterator[str]:
        return (self._joined[start:end] for start, end in pairwise(self._ends))


class _Order:
    """Places of numbers in the order of the numbers. Thousands of partners have such orders at a time, so they are bare
    numbers, and the texts are looked up again for the few places that a search looks at."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._places = array("I", sorted(range(len(texts)), key=list(texts).__getitem__))

    def beginning_with(self, text: str) -> Iterator[int]:
        for number in range(bisect_left(self._places, text, key=self._texts.__getitem__), len(self._places)):
            place = self._places[number]
            if not self._texts[place].startswith(text):
                return
            yield place


class _Hashed:
    """Places of readings of the numbers in the order of the readings' hashes. A number that is none of the partner's is
    told by a search among bare numbers; what hashes alike is left to the caller to compare."""

    def __init__(self, readings: Iterable[str]) -> None:
        hashes = list(map(hash, readings))
        order = sorted(range(len(hashes)), key=hashes.__getitem__)
        self._hashes = array("q", map(hashes.__getitem__, order))
        self._places = array("I", order)

    def may_hold(self, text: str) -> bool:
        wanted = hash(text)
        number = bisect_left(self._hashes, wanted)
        return number < len(self._hashes) and self._hashes[number] == wanted

    def alike(self, text: str) -> Sequence[int]:
        """The places whose readings hash like the text."""
        wanted = hash(text)
        number = last = bisect_left(self._hashes, wanted)
        while last < len(self._hashes) and self._hashes[last] == wanted:
            last += 1
        return self._places[number:last]


@dataclass(frozen=True)
class WrittenNumbers:
    """Numbers in capital letters and digits; answers are positions among them."""

    texts: Sequence[str]

    @cached_property
    def _forwards(self) -> _Order:
        return _Order(self.texts)

    @cached_property
    def _whole(self) -> _Hashed:
        return _Hashed(self.texts)

    @cached_property
    def _bare(self) -> _Hashed:
        return _Hashed(text.lstrip("0") for text in self.texts)

    @cached_property
    def _characters(self) -> str:
        """Only these may stand for a wrong one: serials are digits."""
        return "".join(sorted(set().union(*self.texts)))

    @cached_property
    def _endings(self) -> dict[int, _Hashed]:
        return {}

    def equal_to(self, text: str) -> frozenset[int]:
        alike = self._whole.alike(text)
        return frozenset(p for p in alike if self.texts[p] == text) if alike else NOWHERE

    def equal_but_for_zeros(self, digits: str) -> frozenset[int]:
        """007 and 7 are one number."""
        bare = digits.lstrip("0")
        alike = self._bare.alike(bare)
        return frozenset(p for p in alike if self.texts[p].lstrip("0") == bare) if alike else NOWHERE

    def beginning_with(self, text: str) -> frozenset[int]:
        return frozenset(self._forwards.beginning_with(text))

    def ending_with(self, text: str) -> frozenset[int]:
        alike = self._endings_of(len(text)).alike(text)
        return frozenset(p for p in alike if self.texts[p].endswith(text)) if alike else NOWHERE

    def one_off(self, text: str) -> frozenset[int]:
        """Numbers of the same length with one wrong character or two that changed places."""
        return frozenset(p for p in self.ending_one_off(text) if len(self.texts[p]) == len(text))

    def ending_one_off(self, text: str) -> frozenset[int]:
        """Numbers whose last characters are the text but for one."""
        if len(self.texts) <= _FEW:
            return _near(text, [number[-len(text) :] for number in self.texts])
        endings = self._endings_of(len(text))
        near = [ending for ending in _neighbours(text, self._characters) if endings.may_hold(ending)]
        return frozenset(p for ending in near for p in self.ending_with(ending))

    def _endings_of(self, length: int) -> _Hashed:
        """The last so many characters of all numbers."""
        if length not in self._endings:
            self._endings[length] = _Hashed(text[max(0, len(text) - length) :] for text in self.texts)
        return self._endings[length]


@dataclass(frozen=True, slots=True)
class OpenNumbers:
    """The numbers at some places of all, in rising order; answers are positions among these."""

    numbers: WrittenNumbers
    places: Sequence[int]

    def equal_to(self, text: str) -> frozenset[int]:
        return self._positions(self.numbers.equal_to(text))

    def equal_but_for_zeros(self, digits: str) -> frozenset[int]:
        return self._positions(self.numbers.equal_but_for_zeros(digits))

    def beginning_with(self, text: str) -> frozenset[int]:
        return self._positions(self.numbers.beginning_with(text))

    def ending_with(self, text: str) -> frozenset[int]:
        return self._positions(self.numbers.ending_with(text))

    def one_off(self, text: str) -> frozenset[int]:
        return self._positions(self.numbers.one_off(text))

    def ending_one_off(self, text: str) -> frozenset[int]:
        return self._positions(self.numbers.ending_one_off(text))

    def _positions(self, found: frozenset[int]) -> frozenset[int]:
        if not found:
            return NOWHERE
        positions = ((bisect_left(self.places, place), place) for place in found)
        return frozenset(
            position
            for position, place in positions
            if position < len(self.places) and self.places[position] == place
        )


NO_NUMBERS = WrittenNumbers(())


def _near(text: str, numbers: Sequence[str]) -> frozenset[int]:
    found = process.extract(text, numbers, scorer=OSA.distance, processor=None, limit=None, score_cutoff=1)
    return frozenset(position for number, _, position in found if len(number) == len(text))


def _neighbours(text: str, characters: str) -> set[str]:
    """All texts one wrong character or one swap away: some ten for each digit, however many numbers there are."""
    near = {text}
    for place in range(len(text)):
        before, after = text[:place], text[place + 1 :]
        near.update(before + character + after for character in characters)
        near.add(before + after[:1] + text[place] + after[1:])
    return near
