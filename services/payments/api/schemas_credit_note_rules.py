"""Bodies of what holds for credit notes from a day on."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_credit_notes import NoteTypeName
from services.payments.api.schemas_gst_registrations import Gstin
from shared.wire import Day, WireModel

Source = Annotated[
    str, Field(min_length=3, max_length=300, examples=["Finance Act 2026, notified from 1 July 2026"])
]
FinancialYear = Annotated[str, Field(pattern=r"^[0-9]{4}$", examples=["2627"], description="April to March")]


class NoteReasonRuleDraft(WireModel):
    """A ground from a day on; the newest row of a type and code counts."""

    note_type: NoteTypeName
    code: Annotated[str, Field(pattern=r"^[a-z_]{3,40}$", examples=["post_supply_discount"])]
    valid_from: Day
    name: Annotated[str, Field(min_length=3, max_length=120)]
    ground: Annotated[
        str, Field(min_length=3, max_length=300, description="The law or agreement it rests on")
    ]
    needs_agreement: Annotated[bool, Field(description="An agreement made at or before the supply")]
    needs_invoices: bool
    counts_goods: Annotated[bool, Field(description="Says quantities that came back")] = False
    is_tax_only: Annotated[bool, Field(description="Credits tax without value")] = False
    is_allowed: Annotated[bool, Field(description="False ends the ground on that day")] = True
    source: Source


class NoteReasonRuleBody(NoteReasonRuleDraft):
    """A ground as it is."""


class NoteReasonsBody(WireModel):
    """The grounds of one day."""

    on: date
    items: list[NoteReasonRuleBody]


class NoteRulesDraft(WireModel):
    """Deadline, duties and clocks from a day on."""

    valid_from: Day
    declare_until_month: Annotated[
        int, Field(ge=1, le=12, description="In the year after the supply's", examples=[11])
    ]
    declare_until_day: Annotated[int, Field(ge=1, le=31, examples=[30])]
    needs_itc_declaration: Annotated[
        bool, Field(description="A registered recipient has reversed the credit it took")
    ]
    reporting_days: Annotated[
        int | None, Field(ge=1, le=365, description="Days the invoice registration portal takes a note")
    ] = None
    cancel_hours: Annotated[int, Field(ge=0, le=240, description="Hours it can be cancelled there")] = 24
    ims_pending_periods: Annotated[
        int, Field(ge=0, le=12, description="Tax periods a recipient may keep a note pending")
    ] = 0
    return_due_day: Annotated[
        int, Field(ge=1, le=28, description="Day of the next month on which a period's return is due")
    ] = 20
    source: Source


class NoteRulesBody(NoteRulesDraft):
    """The rules as they are."""


class NoteSeriesDraft(WireModel):
    """How numbers of a type begin from a day on: prefix, financial year, seven digits."""

    note_type: NoteTypeName
    valid_from: Day
    prefix: Annotated[str, Field(pattern=r"^[A-Z1-9][A-Z0-9]{0,2}$", examples=["CN"])]
    source: Source


class NoteSeriesBody(NoteSeriesDraft):
    """A series as it is."""


class AnnualReturnDraft(WireModel):
    """When the annual return of a year was filed: no GST note on its supplies after that day."""

    gstin: Gstin
    financial_year: FinancialYear
    filed_on: Day
    source: Source


class AnnualReturnBody(AnnualReturnDraft):
    """A return as it was told."""


def reason_rule_body(row: Row) -> NoteReasonRuleBody:
    """The reply for one ground."""
    return NoteReasonRuleBody(**_told(NoteReasonRuleBody, row))


def rules_body(row: Row) -> NoteRulesBody:
    """The reply for one day's rules."""
    return NoteRulesBody(**_told(NoteRulesBody, row))


def series_body(row: Row) -> NoteSeriesBody:
    """The reply for one series."""
    return NoteSeriesBody(**_told(NoteSeriesBody, row))


def annual_return_body(row: Row) -> AnnualReturnBody:
    """The reply for one return."""
    return AnnualReturnBody(**_told(AnnualReturnBody, row))


def _told(body: type[WireModel], row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in body.model_fields}
