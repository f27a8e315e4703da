"""What the matching decided about one line of a bank statement, with its reasons."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.payments.domain.payer_alias import PayerAlias


class Outcome(StrEnum):
    """AUTO needs nobody; SUGGESTED needs a yes; EXCEPTION needs somebody to find out; REVIEWED was decided by a person."""

    AUTO = "auto"
    SUGGESTED = "suggested"
    EXCEPTION = "exception"
    REVIEWED = "reviewed"

    @property
    def waits(self) -> bool:
        """Somebody has to look at the line."""
        return self in (Outcome.SUGGESTED, Outcome.EXCEPTION)


class LineKind(StrEnum):
    RECEIPT = "receipt"
    BOUNCE = "bounce"
    NOT_A_RECEIPT = "not_a_receipt"
    DEBIT = "debit"


@dataclass(frozen=True, slots=True)
class Allocation:
    """Money of the line that pays an invoice."""

    invoice_id: UUID
    invoice_number: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Deduction:
    """What closes an invoice besides the money: tax deducted by the payer or charges kept by a bank."""

    invoice_id: UUID
    invoice_number: str
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is stable and may be counted; `text` is for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another explanation a person may choose; `share` of 100 is how likely it is."""

    partner_code: str
    allocations: tuple[Allocation, ...]
    deductions: tuple[Deduction, ...]
    on_account_minor: int
    share: int
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """For a receipt, allocations and `on_account_minor` add up to the line's amount.

    `score` of 0 … 100 is the share of this decision among all explanations. `reverses` is the number of the returned
    cheque.
    """

    line_number: int
    outcome: Outcome
    kind: LineKind
    partner_code: str | None
    allocations: tuple[Allocation, ...]
    deductions: tuple[Deduction, ...]
    on_account_minor: int
    score: int
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...] = ()
    learned_aliases: tuple[PayerAlias, ...] = ()
    reverses: str = ""

    @property
    def candidates(self) -> tuple[Alternative, ...]:
        """What a person may choose from, the likeliest first: the decision itself where nothing else was weighed."""
        if self.alternatives or self.partner_code is None or self.kind is not LineKind.RECEIPT:
            return self.alternatives
        own = Alternative(
            self.partner_code,
            self.allocations,
            self.deductions,
            self.on_account_minor,
            self.score,
            self.reasons,
        )
        return (own,)
