"""Bodies of what recipients do with reported credit notes."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_gst_registrations import Gstin
from services.payments.application.record_ims_step import RecordImsStep
from services.payments.domain.errors import CreditNoteInvalid
from services.payments.domain.ims import ImsAction, ImsStatus, ImsStep
from shared.money import minor_from_text
from shared.wire import Day, MoneyBody, WireModel, money

StepName = Literal["reported", "accepted", "rejected", "pending", "re_reported"]
Period = Annotated[
    str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-10"], description="Tax period")
]


class ImsActionDraft(WireModel):
    """`reported` and `re_reported` say that we did; the others what the recipient did."""

    action: StepName
    period: Period
    acted_on: Day
    reversal: Annotated[
        MoneyBody | None,
        Field(description="Credit that the recipient says it reverses, in the note's currency"),
    ] = None
    reference: Annotated[str, Field(max_length=60, description="Of the return or amendment")] = ""
    remark: Annotated[str, Field(max_length=300)] = ""

    def command(self) -> RecordImsStep:
        """The use case's command; CreditNoteInvalid for a reversal below zero."""
        reversal = None if self.reversal is None else self.reversal.minor()
        return _command(self.action, (self.period, self.acted_on), self.reference, reversal, self.remark)


class ImsActionRow(WireModel):
    """One action of a batch, e.g. of the portal's export; the note as the portal knows it."""

    supplier_gstin: Gstin
    number: Annotated[str, Field(min_length=1, max_length=16, examples=["CN/2627/0000123"])]
    action: StepName
    period: Period
    acted_on: Day
    reversal_amount: Annotated[str, Field(max_length=20, description="In rupees; empty if not told")] = ""
    reference: Annotated[str, Field(max_length=60)] = ""
    remark: Annotated[str, Field(max_length=300)] = ""

    def command(self) -> RecordImsStep:
        """The use case's command; MoneyError for an amount that is none."""
        reversal = minor_from_text(self.reversal_amount, "INR") if self.reversal_amount else None
        return _command(self.action, (self.period, self.acted_on), self.reference, reversal, self.remark)


class ImsStepBody(WireModel):
    action: StepName
    period: str
    acted_on: date
    reversal: MoneyBody | None
    reference: str


class ImsStatusBody(WireModel):
    """Where a reported note stands."""

    credit_note_id: UUID
    number: str
    partner_code: str
    reported_period: str
    ims_action: Annotated[
        Literal["reported", "accepted", "rejected", "pending", "re_reported", "deemed_accepted"],
        Field(description="The last step, or that silence has become acceptance"),
    ]
    acted_on: date
    tax_amount: MoneyBody
    liability_effect: Annotated[
        MoneyBody, Field(description="What the note takes from our tax, negative; 0 after a rejection")
    ]
    re_report_reference: str
    deemed_on: Annotated[
        date | None, Field(description="From this day silence is acceptance; null when decided")
    ]
    needs_follow_up: Annotated[bool, Field(description="Rejected and not reported again")]


class ImsDetailBody(ImsStatusBody):
    """With every step."""

    steps: list[ImsStepBody]


def _command(
    action: str, when: tuple[str, date], reference: str, reversal_minor: int | None, remark: str
) -> RecordImsStep:
    if reversal_minor is not None and reversal_minor < 0:
        raise CreditNoteInvalid("A reversal is not negative")
    return RecordImsStep(ImsStep(ImsAction(action), *when, reference, reversal_minor), remark)


def status_body(note: Row, status: ImsStatus) -> ImsStatusBody:
    """The reply for one reported note."""
    return ImsStatusBody(**_facts(note, status))


def detail_body(note: Row, status: ImsStatus, steps: Sequence[ImsStep]) -> ImsDetailBody:
    """The reply for one reported note with its steps."""
    return ImsDetailBody(
        **_facts(note, status),
        steps=[
            ImsStepBody(
                action=one.action.value,
                period=one.period,
                acted_on=one.acted_on,
                reversal=None if one.reversal_minor is None else money(one.reversal_minor, note.currency),
                reference=one.reference,
            )
            for one in steps
        ],
    )


def _facts(note: Row, status: ImsStatus) -> dict[str, object]:
    tax = note.cgst_minor + note.sgst_minor + note.igst_minor
    return {
        "credit_note_id": note.id,
        "number": note.number,
        "partner_code": note.partner_code,
        "reported_period": status.reported_period,
        "ims_action": status.action.value,
        "acted_on": status.acted_on,
        "tax_amount": money(tax, note.currency),
        "liability_effect": money(status.liability_minor, note.currency),
        "re_report_reference": status.re_report_reference,
        "deemed_on": status.deemed_on,
        "needs_follow_up": status.needs_follow_up,
    }
