"""The numbers of one partner's open invoices, found by what a payer wrote without reading all of them each time."""

import string
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import OSA

_TAIL = 3
_FEW = 200
_CHARACTERS = string.digits + string.ascii_uppercase


@dataclass(frozen=True)
class WrittenNumbers:
    """Numbers in capital letters and digits; answers are positions in the tuple."""

    texts: tuple[str, ...]

    @cached_property
    def _whole(self) -> dict[str, list[int]]:
        return self._grouped(lambda text: text)

    @cached_property
    def _bare(self) -> dict[str, list[int]]:
        return self._grouped(lambda text: text.lstrip("0"))

    @cached_property
    def _tails(self) -> dict[str, list[int]]:
        return self._grouped(lambda text: text[-_TAIL:])

    @cached_property
    def _sorted(self) -> list[tuple[str, int]]:
        return sorted((text, position) for position, text in enumerate(self.texts))

    def equal_to(self, text: str) -> frozenset[int]:
        return frozenset(self._whole.get(text, ()))

    def equal_but_for_zeros(self, digits: str) -> frozenset[int]:
        """007 and 7 are one number."""
        return frozenset(self._bare.get(digits.lstrip("0"), ()))

    def beginning_with(self, text: str) -> frozenset[int]:
        return frozenset(self._from(text))

    def _from(self, text: str) -> Iterator[int]:
        for number, position in self._sorted[bisect_left(self._sorted, (text, -1)) :]:
            if not number.startswith(text):
                return
            yield position

    def ending_with(self, text: str) -> frozenset[int]:
        """For three characters or more."""
        candidates = self._tails.get(text[-_TAIL:], ())
        return frozenset(position for position in candidates if self.texts[position].endswith(text))

    def one_off(self, text: str) -> frozenset[int]:
        """Numbers of the same length with one wrong character or two that changed places."""
        if len(self.texts) <= _FEW:
            return _near(text, enumerate(self.texts))
        return frozenset(p for near in _neighbours(text) for p in self._whole.get(near, ()))

    def ending_one_off(self, text: str) -> frozenset[int]:
        """Numbers whose last characters are the text but for one."""
        if len(self.texts) <= _FEW:
            return _near(text, ((p, number[-len(text) :]) for p, number in enumerate(self.texts)))
        return frozenset(p for near in _neighbours(text) for p in self.ending_with(near))

    def _grouped(self, key: Callable[[str], str]) -> dict[str, list[int]]:
        grouped: dict[str, list[int]] = defaultdict(list)
        for position, text in enumerate(self.texts):
            grouped[key(text)].append(position)
        return grouped


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
        positions = ((bisect_left(self.places, place), place) for place in found)
        return frozenset(
            position
            for position, place in positions
            if position < len(self.places) and self.places[position] == place
        )


NO_NUMBERS = OpenNumbers(WrittenNumbers(()), ())


def _near(text: str, numbers: Iterable[tuple[int, str]]) -> frozenset[int]:
    return frozenset(
        position
        for position, number in numbers
        if len(number) == len(text) and OSA.distance(number, text, score_cutoff=1) <= 1
    )


def _neighbours(text: str) -> set[str]:
    """All texts one wrong character or one swap away: some 36 for each character, however many numbers there are."""
    near = {text}
    for place in range(len(text)):
        before, after = text[:place], text[place + 1 :]
        near.update(before + character + after for character in _CHARACTERS)
        near.add(before + after[:1] + text[place] + after[1:])
    return near
