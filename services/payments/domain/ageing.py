"""How old what is owed is: open amounts of one day in buckets by due or document date, credits apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final
from uuid import UUID

from shared.errors import Invalid

BOUNDS_USUAL: Final = (30, 60, 90, 120)
BOUNDS_MAX: Final = 12
DAYS_MAX: Final = 3650
CREDIT_KINDS: Final = frozenset({"advance", "credit_note"})


class AgeingBasis(StrEnum):
    """From which day of a document its age is counted."""

    DUE = "due"
    DOCUMENT = "document"


class BoundsInvalid(Invalid):
    code, title = "bounds_invalid", "The bounds of the buckets cannot be used"


@dataclass(frozen=True, slots=True)
class OpenAmount:
    """What was open of one document at the end of a day; a credit's amount is positive too."""

    id: UUID
    kind: str
    document_number: str
    document_on: date
    due_on: date
    original_minor: int
    open_minor: int

    @property
    def is_credit(self) -> bool:
        return self.kind in CREDIT_KINDS

    @property
    def signed_minor(self) -> int:
        """What the partner owes because of it: negative for a credit."""
        return -self.open_minor if self.is_credit else self.open_minor

    def age_days(self, as_of: date, basis: AgeingBasis) -> int:
        """Days since it was due or issued; negative while it is not due."""
        return (as_of - (self.due_on if basis is AgeingBasis.DUE else self.document_on)).days


@dataclass(frozen=True, slots=True)
class Bucket:
    """Ages `first_days` to `last_days`, both included; None is open-ended."""

    first_days: int | None
    last_days: int | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Ageing:
    """Debits by age, credits apart: total = sum of the buckets − credits."""

    basis: AgeingBasis
    as_of: date
    buckets: tuple[Bucket, ...]
    credits_minor: int

    @property
    def total_minor(self) -> int:
        return sum(bucket.amount_minor for bucket in self.buckets) - self.credits_minor

    @property
    def overdue_minor(self) -> int:
        """What is past its day, credits not taken off; by document date, everything beyond the first bucket."""
        return sum(bucket.amount_minor for bucket in self.buckets[1:])


def bounds_of(text: str | None) -> tuple[int, ...]:
    """`30,60,90` as numbers; the usual ones when nothing is given. BoundsInvalid unless they grow."""
    if text is None:
        return BOUNDS_USUAL
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise BoundsInvalid(f"'{text}' is no list of days; expected for example 30,60,90,120")
    bounds = tuple(int(part) for part in parts)
    is_growing = all(first < second for first, second in pairwise(bounds))
    if not is_growing or bounds[0] < 1 or bounds[-1] > DAYS_MAX or len(bounds) > BOUNDS_MAX:
        raise BoundsInvalid(
            f"Expected at most {BOUNDS_MAX} growing numbers of days from 1 to {DAYS_MAX}, got '{text}'"
        )
    return bounds


def ranges_of(bounds: Sequence[int], basis: AgeingBasis) -> list[tuple[int | None, int | None]]:
    """30,60 by due date: not due, 1–30, 31–60, over 60. By document date the youngest bucket is up to 30."""
    starts = [bound + 1 for bound in bounds]
    ranges: list[tuple[int | None, int | None]] = (
        [(None, 0), (1, bounds[0])] if basis is AgeingBasis.DUE else [(None, bounds[0])]
    )
    ranges += list(zip(starts, bounds[1:], strict=False))
    return [*ranges, (starts[-1], None)]


def ageing_of(
    items: Iterable[OpenAmount], as_of: date, basis: AgeingBasis, bounds: Sequence[int] = BOUNDS_USUAL
) -> Ageing:
    """Each debit in exactly one bucket, whatever its age; the last bucket is open-ended."""
    ranges = ranges_of(bounds, basis)
    sums = [0] * len(ranges)
    credits_minor = 0
    for item in items:
        if item.is_credit:
            credits_minor += item.open_minor
        else:
            sums[_place(item.age_days(as_of, basis), ranges)] += item.open_minor
    buckets = tuple(Bucket(*days, amount) for days, amount in zip(ranges, sums, strict=True))
    return Ageing(basis, as_of, buckets, credits_minor)


def _place(age: int, ranges: Sequence[tuple[int | None, int | None]]) -> int:
    return next(place for place, (_, last) in enumerate(ranges) if last is None or age <= last)
