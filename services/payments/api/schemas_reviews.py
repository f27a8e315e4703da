"""Bodies of what people decide about waiting lines."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.api.schemas_invoices import PartnerCode
from services.payments.api.schemas_settlements import AllocationDraft
from services.payments.domain.receipt import MONEY
from services.payments.domain.review import Accept, Correct, Leave, LineReview, NoReceipt, ToldPart
from shared.money import MoneyError
from shared.wire import MoneyBody, WireModel

ReviewNote = Annotated[
    str, Field(max_length=500, description="Kept with the decision", examples=["Confirmed by telephone"])
]


class AcceptDraft(WireModel):
    """Book one of the line's candidates."""

    verdict: Literal["accept"]
    choice: Annotated[int, Field(ge=1, le=50, description="1 is the likeliest")] = 1
    note: ReviewNote = ""

    def review(self, bank_line_id: UUID, revision: int) -> LineReview:
        """The domain's review."""
        return LineReview(bank_line_id, revision, Accept(self.choice), self.note)


class CorrectDraft(WireModel):
    """Say who paid and what for; what the allocations leave is on account."""

    verdict: Literal["correct"]
    partner_code: PartnerCode
    allocations: Annotated[list[AllocationDraft], Field(max_length=500, default_factory=list)]
    on_account: Annotated[
        MoneyBody | None, Field(description="Checked against what the allocations leave, when it is given")
    ] = None
    note: ReviewNote = ""

    def review(self, bank_line_id: UUID, revision: int) -> LineReview:
        """The domain's review; MoneyError when the amounts are in several currencies."""
        amounts = [part.amount for part in self.allocations]
        amounts += [one.amount for part in self.allocations for one in part.deductions]
        amounts += [self.on_account] if self.on_account else []
        currencies = {amount.currency for amount in amounts} or {"INR"}
        if len(currencies) > 1:
            raise MoneyError("All amounts of a payment are in one currency")
        parts = [
            ToldPart(str(part.item), kind, amount.minor())
            for part in self.allocations
            for kind, amount in (
                (MONEY, part.amount),
                *((one.kind, one.amount) for one in part.deductions),
            )
        ]
        on_account = None if self.on_account is None else self.on_account.minor()
        told = Correct(self.partner_code, currencies.pop(), tuple(parts), on_account)
        return LineReview(bank_line_id, revision, told, self.note)


class RejectDraft(WireModel):
    """Turn the candidates down: no partner's money, or not known yet; then the line goes on waiting."""

    verdict: Literal["reject"]
    kind: Literal["not_a_receipt", "leave"]
    reason: Annotated[str, Field(min_length=3, max_length=500, examples=["Interest of the bank"])]

    def review(self, bank_line_id: UUID, revision: int) -> LineReview:
        """The domain's review."""
        verdict = NoReceipt() if self.kind == "not_a_receipt" else Leave()
        return LineReview(bank_line_id, revision, verdict, self.reason)


ReviewDraft = Annotated[AcceptDraft | CorrectDraft | RejectDraft, Field(discriminator="verdict")]


class SuggestionReviewDraft(WireModel):
    """One line of a batch."""

    bank_line_id: UUID
    revision: Annotated[int, Field(ge=1, description="The decision you saw")]
    review: Annotated[
        ReviewDraft, Field(default_factory=lambda: AcceptDraft(verdict="accept"), validate_default=True)
    ]


class SuggestionReviewsDraft(WireModel):
    """Up to 500 lines; each is carried out or refused alone."""

    items: Annotated[list[SuggestionReviewDraft], Field(min_length=1, max_length=500)]
