"""What a reply leads to, what differences add up to, and when silence ends."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.balance_confirmation import (
    REPLY_EXPECTED,
    Answer,
    ChaseRule,
    ChaseStep,
    ConfirmationKind,
    DifferenceKind,
    Signature,
    Standing,
    Waiting,
    after_explanation,
    after_reply,
    chase_step,
    effect_of,
    residual_of,
)
from services.payments.domain.errors import ConfirmationState, ReplyContradicts

ASKED_ON = date(2026, 11, 1)
RULE = ChaseRule((7, 15), 30)
SIGNED = Signature("A. Kulkarni", "Accounts manager", "signed_letter")


@pytest.mark.parametrize(
    ("signature", "is_evidence"),
    [
        (SIGNED, True),
        (Signature("A. Kulkarni", "", "signed_letter"), False),
        (Signature("", "Accounts manager", "signed_email"), False),
        (Signature("A. Kulkarni", "Accounts manager", "unsigned"), False),
    ],
)
def test_a_reply_is_evidence_when_somebody_with_an_office_signed_it(
    signature: Signature, *, is_evidence: bool
) -> None:
    assert signature.is_evidence is is_evidence


@pytest.mark.parametrize(
    ("answer", "signature", "leads_to"),
    [
        (Answer(is_agreed=True, partner_balance_minor=100), SIGNED, Standing.AGREED),
        (Answer(is_agreed=False, partner_balance_minor=90), SIGNED, Standing.DISPUTED),
        (Answer(is_agreed=True, partner_balance_minor=100), Signature("", "", "unsigned"), Standing.ASKED),
    ],
)
def test_only_a_signed_reply_decides(answer: Answer, signature: Signature, leads_to: Standing) -> None:
    assert after_reply(Standing.ASKED, 100, answer, signature) is leads_to


@pytest.mark.parametrize(
    "answer",
    [Answer(is_agreed=True, partner_balance_minor=99), Answer(is_agreed=False, partner_balance_minor=100)],
)
def test_a_reply_that_contradicts_its_own_figure_is_refused(answer: Answer) -> None:
    with pytest.raises(ReplyContradicts):
        after_reply(Standing.ASKED, 100, answer, SIGNED)


@pytest.mark.parametrize("standing", sorted(set(Standing) - REPLY_EXPECTED))
def test_no_reply_is_expected_after_the_end(standing: Standing) -> None:
    with pytest.raises(ConfirmationState):
        after_reply(standing, 100, Answer(is_agreed=True, partner_balance_minor=100), SIGNED)


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        (DifferenceKind.INVOICE_NOT_RECEIVED, -1_180),
        (DifferenceKind.REMITTANCE_NOT_RECEIVED, -1_180),
        (DifferenceKind.DEBIT_NOTE_OF_OURS, -1_180),
        (DifferenceKind.DEBIT_NOTE_OF_PARTNER, -1_180),
        (DifferenceKind.CREDIT_NOTE_OF_OURS, 1_180),
        (DifferenceKind.CREDIT_NOTE_OF_PARTNER, 1_180),
        (DifferenceKind.OTHER, 1_180),
    ],
)
def test_each_kind_moves_the_partners_balance_its_way(kind: DifferenceKind, effect: int) -> None:
    assert effect_of(kind, 1_180) == effect


@pytest.mark.parametrize("amount", [0, -1])
def test_a_difference_has_a_positive_amount(amount: int) -> None:
    with pytest.raises(ReplyContradicts):
        effect_of(DifferenceKind.INVOICE_NOT_RECEIVED, amount)


@given(ours=st.integers(-(10**12), 10**12), effects=st.lists(st.integers(-(10**10), 10**10), max_size=20))
def test_a_list_that_explains_everything_leaves_nothing(ours: int, effects: list[int]) -> None:
    assert residual_of(ours, ours + sum(effects), effects) == 0


def test_a_newer_explanation_may_open_what_an_older_one_had_closed() -> None:
    assert after_explanation(Standing.DISPUTED, 0) is Standing.RECONCILED
    assert after_explanation(Standing.RECONCILED, 5) is Standing.DISPUTED


@pytest.mark.parametrize(
    ("kind", "days", "reminded", "step"),
    [
        (ConfirmationKind.POSITIVE, 6, 0, None),
        (ConfirmationKind.POSITIVE, 7, 0, ChaseStep.REMIND),
        (ConfirmationKind.POSITIVE, 8, 1, None),
        (ConfirmationKind.POSITIVE, 15, 1, ChaseStep.REMIND),
        (ConfirmationKind.POSITIVE, 30, 2, None),
        (ConfirmationKind.POSITIVE, 31, 2, ChaseStep.GIVE_UP_WAITING),
        (ConfirmationKind.NEGATIVE, 10, 0, None),
        (ConfirmationKind.NEGATIVE, 20, 0, None),
        (ConfirmationKind.NEGATIVE, 21, 0, ChaseStep.CLOSE),
    ],
)
def test_silence_is_chased_by_the_rule(
    kind: ConfirmationKind, days: int, reminded: int, step: ChaseStep | None
) -> None:
    due_on = ASKED_ON + timedelta(days=20)
    waiting = Waiting(kind, Standing.ASKED, ASKED_ON, due_on, reminded)

    assert chase_step(waiting, RULE, ASKED_ON + timedelta(days=days)) is step
