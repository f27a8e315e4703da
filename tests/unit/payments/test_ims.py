"""What recipients do with reported credit notes, and what silence means."""

from datetime import date

import pytest

from services.payments.domain.credit_note_rules import NoteRules
from services.payments.domain.errors import ImsStepRefused
from services.payments.domain.ims import ImsAction, ImsStep, ims_status, refuse_step

RULES = NoteRules((11, 30), True, 30, 24, 1)
BEFORE_PENDING = NoteRules((11, 30), True, 30, 24, 0)
ISSUED_ON = date(2026, 10, 20)
REPORTED = ImsStep(ImsAction.REPORTED, "2026-10", date(2026, 11, 9))


def step(
    action: ImsAction, period: str = "2026-10", acted_on: date = date(2026, 11, 12), **facts: str
) -> ImsStep:
    return ImsStep(action, period, acted_on, **facts)  # type: ignore[arg-type]


REJECTED = step(ImsAction.REJECTED)
PENDING = step(ImsAction.PENDING)


def test_a_note_that_is_not_reported_has_no_standing() -> None:
    assert ims_status([], RULES, 1_800, ISSUED_ON) is None


def test_silence_is_acceptance_after_the_recipients_return_is_due() -> None:
    before = ims_status([REPORTED], RULES, 1_800, date(2026, 11, 20))
    after = ims_status([REPORTED], RULES, 1_800, date(2026, 11, 21))

    assert before is not None
    assert after is not None
    assert (before.action, before.deemed_on) == (ImsAction.REPORTED, date(2026, 11, 21))
    assert (after.action, after.acted_on, after.liability_minor) == (
        ImsAction.DEEMED_ACCEPTED,
        date(2026, 11, 21),
        -1_800,
    )


def test_a_pending_note_is_deemed_accepted_a_period_later() -> None:
    status = ims_status([REPORTED, PENDING], RULES, 1_800, date(2026, 12, 20))

    assert status is not None
    assert (status.action, status.deemed_on) == (ImsAction.PENDING, date(2026, 12, 21))


def test_december_is_followed_by_january() -> None:
    late = ImsStep(ImsAction.REPORTED, "2026-12", date(2027, 1, 9))
    status = ims_status([late], RULES, 1, date(2027, 1, 10))

    assert status is not None
    assert status.deemed_on == date(2027, 1, 21)


def test_a_rejection_takes_the_reduction_back_until_the_note_is_reported_anew() -> None:
    rejected = ims_status([REPORTED, REJECTED], RULES, 1_800, date(2027, 3, 1))
    again = step(ImsAction.RE_REPORTED, "2026-11", date(2026, 12, 9), reference="GSTR-1A 2026-11")
    cured = ims_status([REPORTED, REJECTED, again], RULES, 1_800, date(2026, 12, 10))

    assert rejected is not None
    assert cured is not None
    assert (rejected.liability_minor, rejected.needs_follow_up, rejected.deemed_on) == (0, True, None)
    assert (cured.liability_minor, cured.needs_follow_up, cured.re_report_reference) == (
        -1_800,
        False,
        "GSTR-1A 2026-11",
    )


@pytest.mark.parametrize(
    ("before", "refused"),
    [
        ([], REJECTED),
        ([REPORTED], REPORTED),
        ([REPORTED], step(ImsAction.DEEMED_ACCEPTED)),
        ([REPORTED], step(ImsAction.RE_REPORTED)),
        ([REPORTED], step(ImsAction.ACCEPTED, acted_on=date(2026, 11, 8))),
        ([REPORTED], step(ImsAction.ACCEPTED, period="2026-09")),
        ([REPORTED, PENDING], step(ImsAction.PENDING, "2026-11", date(2026, 12, 1))),
        ([], ImsStep(ImsAction.REPORTED, "2026-09", date(2026, 11, 9))),
    ],
)
def test_steps_that_do_not_follow_are_refused(before: list[ImsStep], refused: ImsStep) -> None:
    with pytest.raises(ImsStepRefused):
        refuse_step(before, refused, RULES, ISSUED_ON)


def test_nobody_keeps_a_note_pending_before_the_law_lets_them() -> None:
    refuse_step([REPORTED], PENDING, RULES, ISSUED_ON)

    with pytest.raises(ImsStepRefused):
        refuse_step([REPORTED], PENDING, BEFORE_PENDING, ISSUED_ON)


def test_a_recipient_may_think_again_before_its_return() -> None:
    refuse_step([REPORTED, REJECTED], step(ImsAction.ACCEPTED, acted_on=date(2026, 11, 15)), RULES, ISSUED_ON)
