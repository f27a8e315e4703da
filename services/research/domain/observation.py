"""What somebody saw of a competitor, how long that keeps, and what disagrees with it.

An observation is never changed. A later one of the same source takes the place of the earlier; one that was wrong is
withdrawn with a reason. Two sources that say different things of the same thing, both still fresh, contradict each other
until a person withdraws one or a source says something new.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.research.domain.errors import ObservationInvalid
from services.research.domain.grade import Grade
from shared.documents.rupee_text import amount_text
from shared.errors import FieldProblem

SEEN_PER_COMPETITOR_MAX: Final = 1_000
_HUNDRED: Final = Decimal(100)


class ValueKind(StrEnum):
    """What an attribute's values are."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"


class Better(StrEnum):
    """Which of two numbers a customer prefers; `neither` where that depends."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """What can be observed. Of one that `is_single` there is one truth at a time; others, as dealers, add up.

    After `shelf_life_days` nobody should build on it without looking again. Numbers within `tolerance_percent` of the
    greater one agree.
    """

    code: str
    title: str
    kind: ValueKind
    unit: str
    is_single: bool
    shelf_life_days: int
    tolerance_percent: Decimal
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One of the three, as the attribute's kind says."""

    text: str | None = None
    number: Decimal | None = None
    amount_minor: int | None = None
    currency: str | None = None

    def shown(self, unit: str) -> str:
        """`₹ 8,45,000.00`, `24 months`, or the words that were sent."""
        if self.amount_minor is not None and self.currency is not None:
            return amount_text(self.amount_minor, self.currency)
        if self.number is not None:
            return f"{self.number:f} {unit}".strip()
        return self.text or ""

    @property
    def comparable(self) -> Decimal | None:
        return self.number if self.amount_minor is None else Decimal(self.amount_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """`product` is null for what holds of the maker; `zone` is null for what holds everywhere."""

    id: UUID
    competitor: str
    product: str | None
    attribute: str
    zone: str | None
    value: Value
    note: str
    source: str
    seen_on: date
    grade: Grade

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What it is about; two of the same place are about the same thing."""
        return (self.competitor, self.product or "", self.attribute, self.zone or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What holds of one thing now: the best observation, and what speaks against building on it."""

    observation: Observation
    attribute: Attribute
    is_stale: bool
    contradicted_by: tuple[Observation, ...] = ()

    @property
    def shown(self) -> str:
        return self.observation.value.shown(self.attribute.unit)


def checked_value(attribute: Attribute, value: Value) -> None:
    """ObservationInvalid unless it has what the attribute's kind asks for, and nothing else."""
    sent = {
        ValueKind.TEXT: value.text is not None,
        ValueKind.NUMBER: value.number is not None,
        ValueKind.MONEY: value.amount_minor is not None,
    }
    if sent.pop(attribute.kind) and not any(sent.values()):
        return
    problem = FieldProblem(
        f"/{attribute.kind}", f"expected {attribute.kind} and nothing else for {attribute.code}"
    )
    raise ObservationInvalid(f"{attribute.code} is a {attribute.kind}", problems=[problem])


def is_stale(attribute: Attribute, seen_on: date, today: date) -> bool:
    """Whether its shelf life is over; its last day is a day of it."""
    return seen_on + timedelta(days=attribute.shelf_life_days) < today


def disagree(attribute: Attribute, one: Value, other: Value) -> bool:
    """Of what adds up nothing disagrees. With a tolerance of 2 percent 100 and 98 agree, 100 and 97 do not; amounts of two
    currencies are not compared."""
    if not attribute.is_single or one.currency != other.currency:
        return False
    left, right = one.comparable, other.comparable
    if left is None or right is None:
        return _folded(one.text) != _folded(other.text)
    return abs(left - right) * _HUNDRED > attribute.tolerance_percent * max(abs(left), abs(right))


def standings(
    observations: Iterable[Observation], attributes: Mapping[str, Attribute], today: date
) -> list[Standing]:
    """What holds now of every thing that was observed, by place; what adds up has a standing for each value."""
    by_place: dict[tuple[str, ...], list[Observation]] = defaultdict(list)
    for one in observations:
        is_single = attributes[one.attribute].is_single
        by_place[(*one.place, "" if is_single else _folded(one.value.text))].append(one)
    return [_standing(found, attributes[found[0].attribute], today) for _, found in sorted(by_place.items())]


def _standing(found: Sequence[Observation], attribute: Attribute, today: date) -> Standing:
    """The best grade counts among those that are fresh, and of two the later; when none is fresh, the last one seen."""
    current = _newest_of_each_source(found)
    fresh = [one for one in current if not is_stale(attribute, one.seen_on, today)]
    if not fresh:
        return Standing(observation=max(current, key=_when), attribute=attribute, is_stale=True)
    best = min(fresh, key=lambda one: (one.grade.rank, -one.seen_on.toordinal(), str(one.id)))
    against = [one for one in fresh if disagree(attribute, one.value, best.value)]
    return Standing(
        observation=best,
        attribute=attribute,
        is_stale=False,
        contradicted_by=tuple(sorted(against, key=_when, reverse=True)),
    )


def _newest_of_each_source(found: Sequence[Observation]) -> list[Observation]:
    newest: dict[str, Observation] = {}
    for one in sorted(found, key=_when):
        newest[_folded(one.source)] = one
    return list(newest.values())


def _when(one: Observation) -> tuple[date, str]:
    """Ids are made in the order of time: of two of a day the later recorded one counts."""
    return one.seen_on, str(one.id)


def _folded(text: str | None) -> str:
    return " ".join((text or "").casefold().split())
