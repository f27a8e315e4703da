"""Bank against book: what the bank says on a day, what explains the difference, and what no one explains."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.payments.domain.bank_reconciliation import (
    BankBalance,
    BankBasis,
    BankReconciliation,
    ItemKind,
    ReconciliationState,
    ReconcilingItem,
    StatementSpan,
    balance_between,
    covering_span,
)
from services.payments.domain.reconciliation_rule import ReconciliationRule, WaitingLine, rule_for

DAY = date(2026, 10, 14)
ACCOUNT = UUID("0192f0c1-0000-7000-8000-00000000000a")


def span(
    first: int, last: int, opening: int = 100, closing: int = 200, *, last_lines: int = 0
) -> StatementSpan:
    days = date(2026, 10, first), date(2026, 10, last)
    return StatementSpan(uuid7(), 1, "file", "00", *days, opening, closing, last_lines)


def item(amount_minor: int) -> ReconcilingItem:
    return ReconcilingItem(ItemKind.CREDIT_NOT_BOOKED, amount_minor, DAY)


def statement(bank_minor: int | None, book_minor: int, *amounts: int) -> BankReconciliation:
    bank = BankBalance(bank_minor, BankBasis.STATED, None)
    return BankReconciliation(DAY, "INR", bank, book_minor, tuple(map(item, amounts)))


def test_the_statement_that_reaches_furthest_tells_the_day() -> None:
    whole, half = span(1, 31), span(10, 14)

    assert covering_span([whole, half], DAY) is whole
    assert covering_span([span(1, 13), span(15, 20)], DAY) is None


def test_of_two_statements_that_end_on_a_day_the_one_that_saw_more_of_it_tells_it() -> None:
    noon, night = span(1, 14, last_lines=3), span(14, 14, last_lines=5)

    assert covering_span([noon, night], DAY) is night
    assert covering_span([night, noon], DAY) is night


@pytest.mark.parametrize(
    ("spans", "basis", "amount"),
    [
        ([span(1, 10), span(20, 25, opening=200)], BankBasis.CONTINUED, 200),
        ([span(1, 10), span(20, 25, opening=201)], BankBasis.CARRIED, 200),
        ([span(1, 10)], BankBasis.CARRIED, 200),
        ([span(20, 25)], BankBasis.NOT_STATED, None),
        ([], BankBasis.NOT_STATED, None),
    ],
)
def test_a_day_between_statements_is_as_sure_as_they_make_it(
    spans: list[StatementSpan], basis: BankBasis, amount: int | None
) -> None:
    balance = balance_between(spans, DAY)

    assert (balance.basis, balance.amount_minor) == (basis, amount)


@given(
    st.integers(-(10**12), 10**12), st.lists(st.integers(-(10**9), 10**9), max_size=20), st.integers(-5, 5)
)
def test_what_the_items_leave_is_the_residual(book: int, amounts: list[int], unexplained: int) -> None:
    found = statement(book + sum(amounts) + unexplained, book, *amounts)

    assert found.residual_minor == unexplained
    assert (found.state_within(0) is ReconciliationState.PROVED) is (unexplained == 0)


@pytest.mark.parametrize(
    ("residual", "tolerated", "state"),
    [
        (0, 0, ReconciliationState.PROVED),
        (1, 0, ReconciliationState.UNEXPLAINED),
        (-100, 100, ReconciliationState.TOLERATED),
        (101, 100, ReconciliationState.UNEXPLAINED),
    ],
)
def test_a_difference_is_tolerated_only_within_what_was_signed(
    residual: int, tolerated: int, state: ReconciliationState
) -> None:
    assert statement(1_000 + residual, 1_000).state_within(tolerated) is state


def test_without_a_balance_of_the_bank_nothing_is_proved() -> None:
    found = statement(None, 0)

    assert found.residual_minor is None
    assert found.state_within(10**9) is ReconciliationState.UNEXPLAINED


def rule(**changes: object) -> ReconciliationRule:
    facts: dict[str, object] = {
        "id": uuid7(),
        "name": "SMS charges",
        "is_credit": False,
        "narration_kind": "",
        "words": ("CHRG",),
        "bank_account_id": None,
        "amount_max_minor": None,
        "account_code": "5100-bank-charges",
        "valid_from": date(2026, 1, 1),
        "valid_to": None,
    }
    return ReconciliationRule(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def line(**changes: object) -> WaitingLine:
    facts: dict[str, object] = {
        "id": uuid7(),
        "bank_account_id": ACCOUNT,
        "booked_on": DAY,
        "amount_minor": -1_770,
        "narration": "SMS-CHRG/OCT 2026",
        "narration_kind": "own_debit",
    }
    return WaitingLine(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


@pytest.mark.parametrize(
    ("rule_changes", "line_changes", "fits"),
    [
        ({}, {}, True),
        ({}, {"narration": "RECHRG MOBILE"}, False),
        ({"words": ("sms chrg",)}, {}, True),
        ({"words": ("CHRG OCT",)}, {}, True),
        ({}, {"amount_minor": 1_770}, False),
        ({"amount_max_minor": 1_769}, {}, False),
        ({"amount_max_minor": 1_770}, {}, True),
        ({"valid_from": date(2026, 10, 15)}, {}, False),
        ({"valid_to": date(2026, 10, 13)}, {}, False),
        ({"valid_to": DAY}, {}, True),
        ({"bank_account_id": ACCOUNT}, {}, True),
        ({"bank_account_id": uuid7()}, {}, False),
        ({"words": (), "narration_kind": "interest"}, {}, False),
        ({"words": (), "narration_kind": "own_debit"}, {}, True),
        ({"narration_kind": "interest"}, {}, False),
    ],
)
def test_every_condition_of_a_rule_has_to_hold(
    rule_changes: dict[str, object], line_changes: dict[str, object], fits: bool
) -> None:
    assert rule(**rule_changes).fits(line(**line_changes)) is fits


def test_two_rules_that_disagree_decide_nothing() -> None:
    agreeing, other = rule(), rule(account_code="5900-other-expenses")

    assert rule_for(line(), [rule(), agreeing]) is not None
    assert rule_for(line(), [rule(), other]) is None
    assert rule_for(line(narration="SALARY"), [rule(), other]) is None
