"""What a person may decide about a line, before anything is booked."""

from uuid import uuid4

import pytest

from services.payments.domain.decision import (
    Allocation,
    Alternative,
    Decision,
    LineKind,
    Outcome,
    Reason,
)
from services.payments.domain.errors import ChoiceUnknown, SharesDiffer
from services.payments.domain.redecision import after_a_person, says_the_same
from services.payments.domain.review import (
    Accept,
    Leave,
    LineReview,
    NoReceipt,
    chosen,
    is_agreed_no_receipt,
    left_waiting,
    put_back,
    reviewed_receipt,
    share_on_account,
)

INVOICE = Allocation(uuid4(), "INV/1", 60_000)
FIRST = Alternative("CP0001", (INVOICE,), (), 40_000, 70)
SECOND = Alternative("CP0002", (), (), 100_000, 20)
RARE = Alternative("CP0003", (), (), 100_000, 5)


def decision(*candidates: Alternative, **changes: object) -> Decision:
    facts: dict[str, object] = {
        "line_number": 1,
        "outcome": Outcome.SUGGESTED,
        "kind": LineKind.RECEIPT,
        "partner_code": "CP0001",
        "allocations": (INVOICE,),
        "deductions": (),
        "on_account_minor": 40_000,
        "score": 70,
        "reasons": (Reason("payer_name", "Fits"),),
        "alternatives": candidates,
    }
    return Decision(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def review(verdict: Accept | NoReceipt | Leave) -> LineReview:
    return LineReview(uuid4(), 1, verdict)


def test_choices_are_counted_from_one() -> None:
    seen = decision(FIRST, SECOND)

    assert (chosen(seen, 1), chosen(seen, 2)) == (FIRST, SECOND)
    for choice in (0, 3, -1):
        with pytest.raises(ChoiceUnknown):
            chosen(seen, choice)


def test_a_decision_without_others_is_its_own_only_candidate() -> None:
    (own,) = decision().candidates

    assert (own.partner_code, own.allocations, own.on_account_minor) == ("CP0001", (INVOICE,), 40_000)


def test_what_the_allocations_leave_is_on_account_and_never_less_than_nothing() -> None:
    assert share_on_account(100_000, (INVOICE,), None) == 40_000
    assert share_on_account(60_000, (INVOICE,), 0) == 0
    with pytest.raises(SharesDiffer):
        share_on_account(59_999, (INVOICE,), None)
    with pytest.raises(SharesDiffer):
        share_on_account(100_000, (INVOICE,), 39_999)


def test_accepting_agrees_with_no_receipt_only_where_nothing_else_was_thought_of() -> None:
    interest = decision(kind=LineKind.NOT_A_RECEIPT, partner_code=None)

    assert is_agreed_no_receipt(review(Accept()), interest)
    assert not is_agreed_no_receipt(review(Accept(2)), interest)
    assert not is_agreed_no_receipt(review(Accept()), decision(FIRST))
    assert is_agreed_no_receipt(review(NoReceipt()), decision(FIRST))
    assert not is_agreed_no_receipt(review(Leave()), interest)


def test_what_was_chosen_from_stays_with_the_decision() -> None:
    reviewed = reviewed_receipt(decision(FIRST, SECOND), SECOND, review(Accept(2)))

    assert (reviewed.outcome, reviewed.partner_code) == (Outcome.REVIEWED, "CP0002")
    assert reviewed.alternatives == (FIRST, SECOND)


def test_leaving_twice_keeps_the_later_finding_only() -> None:
    twice = left_waiting(left_waiting(decision(FIRST), "Asked"), "Asked again")

    assert [reason.text for reason in twice.reasons] == ["Asked again", "Fits"]


def test_what_a_line_was_booked_as_is_no_candidate_once_it_was_taken_back() -> None:
    again = put_back(100_000, decision(FIRST, SECOND), Reason("receipt_taken_back", "Wrong"))

    assert (again.outcome, again.partner_code, again.on_account_minor) == (Outcome.EXCEPTION, None, 100_000)
    assert again.alternatives == (SECOND,)


def test_shares_and_rare_candidates_may_change_without_saying_anything_else() -> None:
    before = decision(FIRST, SECOND, RARE)
    other_share = Alternative(FIRST.partner_code, FIRST.allocations, (), 40_000, 65)

    assert says_the_same(before, decision(other_share, SECOND))
    assert not says_the_same(before, decision(SECOND, FIRST))
    assert not says_the_same(before, decision(FIRST))
    assert not says_the_same(before, decision(FIRST, SECOND, RARE, outcome=Outcome.AUTO))


def test_after_a_person_the_matching_only_suggests() -> None:
    told = left_waiting(decision(FIRST), "Asked")

    now = after_a_person(told, decision(FIRST, SECOND, outcome=Outcome.AUTO), ())

    assert now.outcome is Outcome.SUGGESTED
    assert [reason.code for reason in now.reasons] == ["left_waiting", "payer_name"]
    assert says_the_same(now, after_a_person(now, decision(FIRST, SECOND, outcome=Outcome.AUTO), ()))


def test_a_partner_found_wrong_is_suggested_no_more() -> None:
    now = after_a_person(decision(), decision(FIRST, SECOND, outcome=Outcome.AUTO), ["CP0001"])

    assert (now.outcome, now.partner_code, now.on_account_minor) == (Outcome.EXCEPTION, None, 100_000)
    assert now.candidates == (SECOND,)
