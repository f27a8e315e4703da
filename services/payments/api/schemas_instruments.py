"""Bodies of cheques in hand and of cheques that came back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_invoices import DocumentNumber, PartnerCode
from services.payments.domain.cheque_return import return_reason, statutory_clock
from services.payments.domain.instrument import Instrument, Standing
from shared.wire import Day, MoneyBody, PositiveMoney, UnsignedMoney, WireModel, money

Text = Annotated[str, Field(max_length=500)]
StandingName = Literal["held", "deposited", "cleared", "bounced", "withdrawn"]


class InstrumentDraft(WireModel):
    """A cheque as it was handed over; post-dated when `cheque_on` is still to come."""

    partner_code: PartnerCode
    cheque_number: Annotated[str, Field(pattern=r"^0{0,4}[0-9]{6}$", examples=["918178"])]
    drawee_bank: Annotated[
        str, Field(min_length=2, max_length=60, description="Bank, or the MICR code of its branch")
    ]
    drawer_name: Annotated[str, Field(max_length=140)] = ""
    amount: PositiveMoney
    cheque_on: Annotated[Day, Field(description="The date written on it")]
    received_on: Day
    items: Annotated[
        list[DocumentNumber],
        Field(max_length=100, description="Invoices it is meant for", default_factory=list),
    ]
    note: Text = ""


class DepositDraft(WireModel):
    bank_account: Annotated[str, Field(min_length=1, max_length=40, description="Number of our account")]
    deposited_on: Day | None = None


class WithdrawalDraft(WireModel):
    reason: Annotated[str, Field(min_length=3, max_length=500, examples=["Replaced by NEFT, given back"])]


class InstrumentEventBody(WireModel):
    standing: StandingName
    detail: str
    at: datetime
    actor: str


class InstrumentBody(WireModel):
    """A cheque in hand; the ETag of its reply is its revision."""

    id: UUID
    partner_code: str
    cheque_number: str
    drawee_bank: str
    drawer_name: str
    amount: MoneyBody
    cheque_on: date
    stale_on: Annotated[date, Field(description="From this day no bank pays it")]
    received_on: date
    items: list[str]
    note: str
    standing: StandingName
    is_post_dated: Annotated[bool, Field(description="Its date is still to come")]
    bank_account: str | None
    deposited_on: date | None
    receipt_id: UUID | None
    revision: int
    events: list[InstrumentEventBody]


class BounceDraft(WireModel):
    """A return that the bank told otherwise than by a statement line."""

    receipt_id: UUID
    return_code: Annotated[
        str, Field(pattern=r"^([0-9]{2})?$", description="Of the clearing house; empty if not told")
    ]
    returned_on: Day | None = None


class BounceStepDraft(WireModel):
    step: Literal["notice_sent", "notice_received", "paid", "complaint_filed", "not_pursued"]
    happened_on: Day
    note: Text = ""


class BounceStepBody(WireModel):
    step: str
    happened_on: date
    note: str
    actor: str


class ReopenedBody(WireModel):
    invoice_number: str
    open: MoneyBody


class BounceBody(WireModel):
    """A returned cheque: what it undid, what it costs, and the days the law sets."""

    id: UUID
    receipt_id: UUID
    instrument_id: UUID | None
    bank_line_id: UUID | None
    partner_code: str
    cheque_number: str
    amount: MoneyBody
    return_code: str
    return_reason: str
    return_class: Literal["financial", "drawer_act", "technical"]
    bounced_on: date
    charge_number: str | None
    charge: MoneyBody | None
    charge_open: MoneyBody | None
    reopened: list[ReopenedBody]
    steps: list[BounceStepBody]
    notice_until: Annotated[
        date | None, Field(description="Negotiable Instruments Act, s.138: none for technical returns")
    ]
    payment_until: date | None
    complaint_until: date | None


class ChequeStandingBody(WireModel):
    """Whether cheques of the partner should still be relied on."""

    partner_code: str
    bounces_in_a_year: Annotated[int, Field(description="Technical returns left out")]
    is_relied_on: Annotated[bool, Field(description="False from the second return within a year")]
    held: list[InstrumentBody]


class ChargeRuleDraft(WireModel):
    """What a returned cheque costs from a day on."""

    valid_from: Day
    amount: UnsignedMoney
    gst_rate: Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4, examples=["0.18"])]
    source: Annotated[str, Field(min_length=3, max_length=300)]


class ChargeRuleBody(WireModel):
    valid_from: date
    amount: MoneyBody
    gst_rate: str
    source: str


def instrument_body(row: Row, today: date) -> InstrumentBody:
    """The reply for one cheque with its history."""
    cheque = Instrument(
        row.id, row.partner_code, row.cheque_number, row.drawee_bank, row.amount_minor, row.currency,
        row.cheque_on, Standing(row.standing),
    )  # fmt: skip
    return InstrumentBody(
        id=row.id,
        partner_code=row.partner_code,
        cheque_number=row.cheque_number,
        drawee_bank=row.drawee_bank,
        drawer_name=row.drawer_name,
        amount=money(row.amount_minor, row.currency),
        cheque_on=row.cheque_on,
        stale_on=cheque.stale_on,
        received_on=row.received_on,
        items=list(row.items),
        note=row.note,
        standing=row.standing,
        is_post_dated=row.cheque_on > today,
        bank_account=row.bank_account,
        deposited_on=row.deposited_on,
        receipt_id=row.receipt_id,
        revision=row.revision,
        events=[InstrumentEventBody(**event) for event in row.events or ()],
    )


def bounce_body(row: Row) -> BounceBody:
    """The reply for one bounce."""
    steps = {step["step"]: date.fromisoformat(step["on"]) for step in row.steps}
    clock = None
    if row.return_class != "technical":
        clock = statutory_clock(row.bounced_on, notice_received_on=steps.get("notice_received"))
    has_charge = row.charge_number is not None
    return BounceBody(
        id=row.id,
        receipt_id=row.receipt_id,
        instrument_id=row.instrument_id,
        bank_line_id=row.bank_line_id,
        partner_code=row.partner_code,
        cheque_number=row.cheque_number,
        amount=money(row.amount_minor, row.currency),
        return_code=row.return_code,
        return_reason=return_reason(row.return_code),
        return_class=row.return_class,
        bounced_on=row.bounced_on,
        charge_number=row.charge_number,
        charge=money(row.charge_minor, row.currency) if has_charge else None,
        charge_open=money(row.charge_open_minor, row.currency) if has_charge else None,
        reopened=[
            ReopenedBody(invoice_number=one["number"], open=money(one["open"], row.currency))
            for one in row.reopened
        ],
        steps=[
            BounceStepBody(step=one["step"], happened_on=one["on"], note=one["note"], actor=one["actor"])
            for one in row.steps
        ],
        notice_until=clock.notice_until if clock else None,
        payment_until=clock.payment_until if clock else None,
        complaint_until=clock.complaint_until if clock else None,
    )


def charge_rule_body(row: Row) -> ChargeRuleBody:
    """The reply for one rule."""
    return ChargeRuleBody(
        valid_from=row.valid_from,
        amount=money(row.amount_minor, "INR"),
        gst_rate=str(row.gst_rate),
        source=row.source,
    )
