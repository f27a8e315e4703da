"""Double entry: an entry that exists is balanced."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.errors import Fault


class EntryUnbalanced(Fault):
    """A posting rule produced an entry whose debits are not its credits: a bug, never input."""

    code = "entry_unbalanced"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """Positive amounts are debits, negative ones credits."""

    account_code: str
    amount_minor: int
    partner_code: str | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """At least two lines that sum to zero; `source_id` is the invoice or receipt it comes from."""

    id: UUID
    kind: str
    source_id: UUID
    currency: str
    effective_on: date
    description: str
    lines: tuple[JournalLine, ...]
    reverses_entry_id: UUID | None = None

    def __post_init__(self) -> None:
        if len(self.lines) < 2 or sum(line.amount_minor for line in self.lines) != 0:
            raise EntryUnbalanced(f"Entry for {self.kind} {self.source_id} does not balance")


def reversal_of(entry: JournalEntry, *, id: UUID, effective_on: date, description: str) -> JournalEntry:  # noqa: A002
    """The same lines with opposite signs, naming the entry they take back."""
    return JournalEntry(
        id=id,
        kind=f"{entry.kind}_reversal",
        source_id=entry.source_id,
        currency=entry.currency,
        effective_on=effective_on,
        description=description,
        lines=tuple(
            JournalLine(line.account_code, -line.amount_minor, line.partner_code) for line in entry.lines
        ),
        reverses_entry_id=entry.id,
    )
