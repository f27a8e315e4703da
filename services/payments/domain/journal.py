"""Double entry: an entry that exists is balanced."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.payments.domain.exchange_rate import BASE_CURRENCY
from shared.errors import Fault


class EntryUnbalanced(Fault):
    """A posting rule produced an entry whose debits are not its credits: a bug, never input."""

    code = "entry_unbalanced"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """Positive amounts are debits, negative ones credits. An exchange difference is worth something and no amount."""

    account_code: str
    amount_minor: int
    partner_code: str | None = None
    base_minor: int | None = None  # what it is worth in paise; an entry in rupees needs none

    @property
    def worth_minor(self) -> int:
        return self.amount_minor if self.base_minor is None else self.base_minor

    def mirrored(self) -> "JournalLine":
        """The other way round."""
        worth = None if self.base_minor is None else -self.base_minor
        return JournalLine(self.account_code, -self.amount_minor, self.partner_code, worth)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """At least two lines that sum to zero, in rupees as well; `source_id` is the invoice or receipt it comes from.

    `occurred_on` is the fact's own day where its month was closed, so that the entry counts from a later one.
    """

    id: UUID
    kind: str
    source_id: UUID
    currency: str
    effective_on: date
    description: str
    lines: tuple[JournalLine, ...]
    reverses_entry_id: UUID | None = None
    occurred_on: date | None = None

    def __post_init__(self) -> None:
        if len(self.lines) < 2 or sum(line.amount_minor for line in self.lines) != 0:
            raise EntryUnbalanced(f"Entry for {self.kind} {self.source_id} does not balance")
        if self.currency != BASE_CURRENCY and not self._is_valued():
            raise EntryUnbalanced(
                f"Entry for {self.kind} {self.source_id} does not balance in {BASE_CURRENCY}"
            )

    def _is_valued(self) -> bool:
        worth = [line.base_minor for line in self.lines]
        return sum(one for one in worth if one is not None) == 0 and None not in worth


def reversal_of(entry: JournalEntry, *, id: UUID, effective_on: date, description: str) -> JournalEntry:  # noqa: A002
    """The same lines with opposite signs, naming the entry they take back."""
    return JournalEntry(
        id=id,
        kind=f"{entry.kind}_reversal",
        source_id=entry.source_id,
        currency=entry.currency,
        effective_on=effective_on,
        description=description,
        lines=tuple(line.mirrored() for line in entry.lines),
        reverses_entry_id=entry.id,
    )
