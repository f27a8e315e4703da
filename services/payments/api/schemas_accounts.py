"""Bodies of account statements and ageings."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.wire import MoneyBody, WireModel

StatementKindName = Literal["activity", "outstanding"]
AgeingByName = Literal["due", "document"]
MovementKindName = Literal[
    "invoice",
    "charge",
    "credit_note",
    "receipt",
    "deduction",
    "receipt_reversal",
    "deduction_reversal",
    "credit_note_reversal",
    "refund",
]


class StatementPartyBody(WireModel):
    code: str
    name: Annotated[str, Field(description="The legal name where it is known")]
    address: str
    city: str
    zone: str
    gstin: Annotated[str, Field(description="Empty when not registered")]


class MovementBody(WireModel):
    """What one document did to the balance; either debit or credit."""

    on: date
    kind: MovementKindName
    document_id: UUID
    document_number: str
    reference: Annotated[str, Field(description="Rail, kind of the deduction or reason")]
    debit: MoneyBody | None
    credit: MoneyBody | None
    balance: Annotated[MoneyBody, Field(description="After this movement; negative when we owe the partner")]


class TurnoverBody(WireModel):
    debit: MoneyBody
    credit: MoneyBody


class OpenThenBody(WireModel):
    """A document that was open at the end of the period."""

    id: UUID
    kind: Literal["invoice", "charge", "advance", "credit_note"]
    document_number: str
    document_on: date
    due_on: date
    age_days: Annotated[int, Field(description="Since its due or document day; negative while not due")]
    original: MoneyBody
    open: Annotated[MoneyBody, Field(description="Negative for a credit")]


class BucketBody(WireModel):
    label: Annotated[str, Field(examples=["not_due", "1-30", "121+"])]
    first_days: Annotated[int | None, Field(description="Null: from the youngest")]
    last_days: Annotated[int | None, Field(description="Null: open-ended")]
    amount: MoneyBody


class AgeingBody(WireModel):
    """What is owed by age; credits are shown apart: total = sum of the buckets − credits."""

    by: AgeingByName
    as_of: date
    buckets: list[BucketBody]
    credits: MoneyBody
    total: MoneyBody


class MemoChequeBody(WireModel):
    """A cheque in hand: below the balance, never in it."""

    cheque_number: str
    drawee_bank: str
    cheque_on: date
    received_on: date
    amount: MoneyBody


class AwaitedCertificateBody(WireModel):
    """Tax deducted by the partner, settled, whose certificate is awaited."""

    kind: str
    document_number: str
    deducted_on: date
    amount: MoneyBody


class AccountProofBody(WireModel):
    """The same amount by four ways; a statement whose ways differ is refused."""

    ledger: MoneyBody
    closing: MoneyBody
    ageing: MoneyBody
    open_items: MoneyBody


class AccountSectionBody(WireModel):
    """The account in one currency."""

    currency: str
    opening: MoneyBody
    movements: Annotated[list[MovementBody], Field(description="Empty for kind outstanding")]
    totals: TurnoverBody
    closing: MoneyBody
    open_items: list[OpenThenBody]
    ageing: AgeingBody
    cheques: list[MemoChequeBody]
    cheques_total: MoneyBody
    certificates_awaited: list[AwaitedCertificateBody]
    certificates_total: MoneyBody
    proof: AccountProofBody


class AccountStatementBody(WireModel):
    """A partner's account over a period, as of the end of its last day."""

    kind: StatementKindName
    partner: StatementPartyBody
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    ageing_by: AgeingByName
    sections: Annotated[list[AccountSectionBody], Field(description="One per currency")]
    is_proved: Literal[True]


class AccountAgeingBody(WireModel):
    """One partner's ageing per currency."""

    partner_code: str
    as_of: date
    ageings: list["CurrencyAgeingBody"]


class CurrencyAgeingBody(AgeingBody):
    currency: str


class PartnerAgeingBody(CurrencyAgeingBody):
    """One line of the ageing of all partners."""

    partner_code: str
    partner_name: str
    zone: str
