"""Bodies of months: state, checklist, history and kept balances."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.application.close_period import PeriodReading
from services.payments.domain.chart_of_accounts import account_name
from services.payments.domain.period import UNWAIVABLE, month_name
from shared.wire import MoneyBody, WireModel, money

CheckNameText = Literal[
    "statements", "reconciliations", "waiting_lines", "booking_clocks", "exceptions", "refunds",
    "credit_notes", "tax_deducted", "trial_balance", "control_accounts", "audit_chain",
]  # fmt: skip
Reason = Annotated[
    str, Field(min_length=3, max_length=1_000, examples=["The bank sends its statement on the 5th"])
]


class PeriodBody(WireModel):
    """A month of the books."""

    month: Annotated[str, Field(examples=["2026-10"])]
    state: Annotated[
        Literal["open", "closed", "reopening"],
        Field(description="`reopening` is closed: one person asked to open it, another has not decided yet"),
    ]
    closings: Annotated[int, Field(description="How often it was closed")]
    last_closed_at: datetime | None


class BalanceChangeBody(WireModel):
    """A balance that a reopening changed."""

    account_code: str
    partner_code: str
    before: MoneyBody
    after: MoneyBody


class PeriodEventBody(WireModel):
    """A closing or a step of a reopening."""

    kind: Literal["closed", "reopening_asked", "reopening_refused", "reopened"]
    reason: str
    actor: str
    at: datetime
    waived: list[str]
    changed_balances: Annotated[int, Field(description="Against the closing before")]
    changes: Annotated[list[BalanceChangeBody], Field(description="The first two hundred of them")]


class PeriodHistoryBody(PeriodBody):
    revision: int
    first_open_on: Annotated[date, Field(description="From which day can be posted at all")]
    history: list[PeriodEventBody]


class CheckBody(WireModel):
    """One item of the checklist, computed from the facts."""

    name: CheckNameText
    result: Literal["pass", "fail", "waived"]
    found: str
    is_waivable: bool
    waived_by: str | None
    waiver_reason: str | None


class ChecklistBody(WireModel):
    month: str
    as_of: datetime
    is_ready: bool
    checks: list[CheckBody]


class PeriodClosingDraft(WireModel):
    """Nothing but the will to close."""


class WaiverDraft(WireModel):
    """Holds for the closing that comes, and only for it."""

    check: CheckNameText
    reason: Reason


class ReopeningDraft(WireModel):
    reason: Reason


class ReopeningDecisionDraft(WireModel):
    decision: Literal["confirmed", "refused"]
    reason: Reason


class PeriodBalanceBody(WireModel):
    """What an account, or a partner on it, held at the end of the month when it was closed."""

    closing: int
    account_code: str
    account_name: str
    partner_code: Annotated[str, Field(description="Empty for what no partner stands behind")]
    debit: MoneyBody
    credit: MoneyBody
    balance: Annotated[MoneyBody, Field(description="Positive is a debit balance")]


def period_facts(row: Row) -> dict[str, object]:
    """The fields of one month."""
    return {
        "month": month_name(row.month),
        "state": row.state,
        "closings": row.closings,
        "last_closed_at": row.last_closed_at,
    }


def period_event_body(row: Row) -> PeriodEventBody:
    """The reply for one event."""
    return PeriodEventBody(
        kind=row.kind,
        reason=row.reason,
        actor=row.actor,
        at=row.at,
        waived=row.facts.get("waived", []),
        changed_balances=row.facts.get("changed_balances", 0),
        changes=[
            BalanceChangeBody(
                account_code=change["key"][0],
                partner_code=change["key"][1],
                before=money(change["before_minor"], change["key"][2]),
                after=money(change["after_minor"], change["key"][2]),
            )
            for change in row.facts.get("changes", [])
        ],
    )


def checklist_body(month: date, reading: PeriodReading, at: datetime) -> ChecklistBody:
    """The checklist with what was waived."""
    waived = {waiver.check_name: waiver for waiver in reading.waivers}
    checks = []
    for check in reading.checks:
        waiver = waived.get(check.name) if check.name not in UNWAIVABLE else None
        failed = "waived" if waiver else "fail"
        checks.append(
            CheckBody(
                name=check.name.value,
                result="pass" if check.is_passed else failed,
                found=check.found,
                is_waivable=check.name not in UNWAIVABLE,
                waived_by=waiver.waived_by if waiver else None,
                waiver_reason=waiver.reason if waiver else None,
            )
        )
    is_ready = all(check.result != "fail" for check in checks)
    return ChecklistBody(month=month_name(month), as_of=at, is_ready=is_ready, checks=checks)


def period_balance_body(row: Row) -> PeriodBalanceBody:
    """The reply for one kept balance."""
    return PeriodBalanceBody(
        closing=row.closing,
        account_code=row.account_code,
        account_name=account_name(row.account_code),
        partner_code=row.partner_code,
        debit=money(row.debit_minor, row.currency),
        credit=money(row.credit_minor, row.currency),
        balance=money(row.balance_minor, row.currency),
    )
