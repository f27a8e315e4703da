"""Bodies of what a payment sheet plans and shows for memory."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.partners.domain.pay_plan import PayBy
from services.partners.domain.sheet_memos import SheetCheque, SheetQuery, TaxAwaited
from shared.wire import MoneyBody, WireModel, money


class PayByBody(WireModel):
    """One line of what to pay by when, overdue first; open = covered + to pay."""

    due_on: Annotated[date | None, Field(description="Until when; null: overdue, to be paid at once")]
    invoices: Annotated[int, Field(ge=1, description="How many are due")]
    open: MoneyBody
    covered: Annotated[MoneyBody, Field(description="By advances and credit notes, the earliest due first")]
    to_pay: Annotated[MoneyBody, Field(description="What is left of `open` after the credits")]
    running: Annotated[MoneyBody, Field(description="Everything to pay up to here")]
    cheques_by_then: Annotated[
        MoneyBody, Field(description="For memory: cheques in hand dated not later; they lower nothing yet")
    ]
    left_after_cheques: Annotated[
        MoneyBody, Field(description="What is left of `running` if those cheques are all good")
    ]


class TaxAwaitedBody(WireModel):
    """Tax the partner kept back in a quarter, and what certificates show of it."""

    financial_year: Annotated[str, Field(examples=["2026-27"])]
    quarter: Annotated[int, Field(ge=1, le=4, description="1 is April to June")]
    quarter_ends_on: date
    deducted: Annotated[MoneyBody, Field(description="What the partner kept back in the quarter")]
    certified: MoneyBody
    awaited: Annotated[
        MoneyBody, Field(description="Negative when certificates show more than was kept back")
    ]


class SheetChequeBody(WireModel):
    """A cheque in hand; never counted as received before the bank credits it."""

    cheque_number: str
    drawee_bank: str
    cheque_on: Annotated[date, Field(description="The date written on it")]
    received_on: Annotated[date, Field(description="When it was handed over")]
    stale_on: Annotated[date, Field(description="From this day no bank pays it")]
    standing: Literal["held", "deposited", "bounced"]
    is_post_dated: Annotated[bool, Field(description="No bank takes it yet")]
    amount: MoneyBody
    items: Annotated[list[str], Field(description="What it is meant for, in the partner's words")]


class SheetQueryBody(WireModel):
    """A question or dispute that is not closed."""

    number: str
    category: str
    subject: str
    opened_at: datetime
    age_days: Annotated[int, Field(ge=0, description="Days since it was opened, up to `overdue_on`")]
    waits_for: Annotated[
        Literal["our_answer", "partners_word"], Field(description="Our answer, or the partner's word on it")
    ]
    due_at: Annotated[datetime, Field(description="Until when it is to be answered")]
    about: Annotated[list[str], Field(description="Documents it names that are known here")]
    amount: Annotated[
        MoneyBody | None,
        Field(description="What is open of those invoices, and the whole of receipts and credit notes"),
    ]


def pay_by_body(line: PayBy) -> PayByBody:
    """One line of the plan."""
    return PayByBody(
        due_on=line.pay_by,
        invoices=line.invoices,
        open=money(line.open_minor, line.currency),
        covered=money(line.covered_minor, line.currency),
        to_pay=money(line.to_pay_minor, line.currency),
        running=money(line.running_minor, line.currency),
        cheques_by_then=money(line.cheques_by_then_minor, line.currency),
        left_after_cheques=money(line.left_after_cheques_minor, line.currency),
    )


def tax_awaited_body(line: TaxAwaited) -> TaxAwaitedBody:
    """One quarter."""
    return TaxAwaitedBody(
        financial_year=line.financial_year,
        quarter=line.quarter,
        quarter_ends_on=line.quarter_ends_on,
        deducted=money(line.deducted_minor, line.currency),
        certified=money(line.certified_minor, line.currency),
        awaited=money(line.awaited_minor, line.currency),
    )


def cheque_body(cheque: SheetCheque, on: date) -> SheetChequeBody:
    """One cheque, as of the day."""
    return SheetChequeBody.model_validate(
        {
            "cheque_number": cheque.cheque_number,
            "drawee_bank": cheque.drawee_bank,
            "cheque_on": cheque.cheque_on,
            "received_on": cheque.received_on,
            "stale_on": cheque.stale_on,
            "standing": cheque.standing,
            "is_post_dated": cheque.is_post_dated(on),
            "amount": money(cheque.amount_minor, cheque.currency),
            "items": list(cheque.items),
        }
    )


def query_body(query: SheetQuery, on: date) -> SheetQueryBody:
    """One question, as of the day."""
    known = query.amount_minor is not None and query.currency is not None
    return SheetQueryBody(
        number=query.number,
        category=query.category,
        subject=query.subject,
        opened_at=query.opened_at,
        age_days=query.age_days(on),
        waits_for=query.waits_for.value,
        due_at=query.due_at,
        about=list(query.about),
        amount=money(query.amount_minor or 0, query.currency or "") if known else None,
    )
