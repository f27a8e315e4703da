"""What the recipient does with a reported credit note in the Invoice Management System, and what that does to our tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.payments.domain.credit_note_rules import NoteRules
from services.payments.domain.errors import ImsStepRefused


class ImsAction(StrEnum):
    """`reported` and `re_reported` are ours, the others the recipient's; `deemed_accepted` is nobody's: time passed."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PENDING = "pending"
    RE_REPORTED = "re_reported"
    DEEMED_ACCEPTED = "deemed_accepted"


RECIPIENTS: Final = frozenset({ImsAction.ACCEPTED, ImsAction.REJECTED, ImsAction.PENDING})
_UNDECIDED: Final = frozenset({ImsAction.REPORTED, ImsAction.RE_REPORTED, ImsAction.PENDING})


@dataclass(frozen=True, slots=True)
class ImsStep:
    """One step; `period` is the tax period (2026-10) of the return that it belongs to."""

    action: ImsAction
    period: str
    acted_on: date
    reference: str = ""
    reversal_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ImsStatus:
    """Where the note stands; `liability_minor` is what it takes from our tax, negative, or 0 after a rejection."""

    reported_period: str
    action: ImsAction
    acted_on: date
    liability_minor: int
    re_report_reference: str
    deemed_on: date | None
    needs_follow_up: bool


def ims_status(steps: Sequence[ImsStep], rules: NoteRules, tax_minor: int, today: date) -> ImsStatus | None:
    """None before the note is reported. Silence is acceptance from `deemed_on` on."""
    if not steps:
        return None
    last = steps[-1]
    deemed_on = deemed_accepted_on(last, rules) if last.action in _UNDECIDED else None
    is_deemed = deemed_on is not None and deemed_on <= today
    is_rejected = last.action is ImsAction.REJECTED
    return ImsStatus(
        reported_period=steps[0].period,
        action=ImsAction.DEEMED_ACCEPTED if is_deemed else last.action,
        acted_on=deemed_on if is_deemed and deemed_on else last.acted_on,
        liability_minor=0 if is_rejected else -tax_minor,
        re_report_reference=next(
            (one.reference for one in reversed(steps) if one.action is ImsAction.RE_REPORTED), ""
        ),
        deemed_on=deemed_on,
        needs_follow_up=is_rejected,
    )


def deemed_accepted_on(last: ImsStep, rules: NoteRules) -> date:
    """The day after the recipient's return of the period is due; a pending note is carried over periods first.

    Reported in 2026-10 with the return due on the 20th of the month after: deemed accepted on 21 November 2026.
    """
    carried = rules.ims_pending_periods if last.action is ImsAction.PENDING else 0
    year, month = (int(part) for part in last.period.split("-"))
    months = year * 12 + month - 1 + 1 + carried
    return date(months // 12, months % 12 + 1, rules.return_due_day) + timedelta(days=1)


def refuse_step(steps: Sequence[ImsStep], step: ImsStep, rules: NoteRules, issued_on: date) -> None:
    """ImsStepRefused unless the step can follow those before it."""
    last = steps[-1] if steps else None
    if step.action is ImsAction.DEEMED_ACCEPTED:
        raise ImsStepRefused("A note is deemed accepted by time, not by anybody's word")
    if (last is None) != (step.action is ImsAction.REPORTED):
        raise ImsStepRefused("A note is reported once, before anything else happens to it")
    if step.period < f"{issued_on:%Y-%m}" or step.acted_on < issued_on:
        raise ImsStepRefused(f"The note was issued on {issued_on}; nothing happened to it before")
    if last is not None and (step.acted_on < last.acted_on or step.period < last.period):
        raise ImsStepRefused(f"The last step is of {last.acted_on} in {last.period}; this one is before it")
    if step.action is ImsAction.RE_REPORTED and (last is None or last.action is not ImsAction.REJECTED):
        raise ImsStepRefused("Only a rejected note is reported again")
    if step.action is ImsAction.PENDING and _may_not_wait(last, rules):
        raise ImsStepRefused(
            f"A note is kept pending for {rules.ims_pending_periods} tax periods at most, and once"
        )


def _may_not_wait(last: ImsStep | None, rules: NoteRules) -> bool:
    return rules.ims_pending_periods == 0 or (last is not None and last.action is ImsAction.PENDING)
