"""When two lines of two files are the same entry of the bank, and when two equal lines are two entries."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

KEY_SCHEME: Final = "1"  # part of every fingerprint: a better scheme later does not collide with stored ones
PREFIX_LENGTH_MIN: Final = 10  # shorter prefixes of a UTR or narration say too little to call lines the same


@dataclass(frozen=True, slots=True)
class LineKey:
    """What identifies a line across formats: day, signed amount, the rail's reference, else the words."""

    value_on: date
    amount_minor: int
    strong_reference: str
    narration_key: str

    def fingerprint(self) -> bytes:
        """32 bytes; equal for the same entry written with the same reference."""
        name = self.strong_reference or self.narration_key
        return hashlib.sha256(f"{KEY_SCHEME}|{self.value_on}|{self.amount_minor}|{name}".encode()).digest()


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line that an earlier file brought."""

    id: UUID
    key: LineKey


def narration_key(narration: str) -> str:
    """Letters and digits only: formats differ in spaces and in characters such as &."""
    return re.sub(r"[^0-9A-Z]", "", narration.upper())


def repeated_lines(incoming: Sequence[LineKey], stored: Iterable[StoredLine]) -> list[UUID | None]:
    """For each incoming line the stored line that it repeats, or None when it is new.

    A stored line is repeated at most once by one file, so a second equal line in the file is a second entry.
    Exactly equal references are paired before references of which one is cut.
    """
    waiting: dict[tuple[date, int], list[StoredLine]] = defaultdict(list)
    for line in stored:
        waiting[line.key.value_on, line.key.amount_minor].append(line)
    found: list[UUID | None] = [None] * len(incoming)
    for is_same in (_is_equal, _is_compatible):
        for index, key in enumerate(incoming):
            candidates = waiting.get((key.value_on, key.amount_minor))
            if found[index] is not None or not candidates:
                continue
            match = next((line for line in candidates if is_same(key, line.key)), None)
            if match is not None:
                found[index] = match.id
                candidates.remove(match)
    return found


def _is_equal(left: LineKey, right: LineKey) -> bool:
    if left.strong_reference or right.strong_reference:
        return left.strong_reference == right.strong_reference
    return left.narration_key == right.narration_key


def _is_compatible(left: LineKey, right: LineKey) -> bool:
    if left.strong_reference and right.strong_reference:
        return _is_cut_of(left.strong_reference, right.strong_reference)
    return _is_cut_of(left.narration_key, right.narration_key)


def _is_cut_of(left: str, right: str) -> bool:
    shorter, longer = sorted((left, right), key=len)
    return longer.startswith(shorter) and len(shorter) >= min(PREFIX_LENGTH_MIN, len(longer))
