"""Where a payment is: one answer, with the next step, from whatever is known."""

from datetime import UTC, date, datetime

import pytest

from services.payments.domain.errors import QueryState
from services.payments.domain.payment_query import (
    QueryStanding,
    after_answer,
    after_closing,
    after_message,
)
from services.payments.domain.payment_trace import (
    TracedCheque,
    TracedLine,
    TracedReceipt,
    TraceState,
    trace_of,
)

DAY = date(2026, 10, 14)
AT = datetime(2026, 10, 15, 4, tzinfo=UTC)


def a_receipt(**changes: object) -> TracedReceipt:
    facts: dict[str, object] = {
        "id": "r1",
        "reference": "HDFCR52026101400000001",
        "received_on": DAY,
        "booked_at": AT,
        "currency": "INR",
        "amount_minor": 118_000,
        "open_minor": 0,
        "applied": (("INV/1", 118_000),),
    }
    return TracedReceipt(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


A_LINE = TracedLine("l1", DAY, "INR", 118_000, AT)
A_CHEQUE = TracedCheque("123456", DAY, "INR", 118_000, "held", None)


@pytest.mark.parametrize(
    ("receipts", "lines", "cheques", "state"),
    [
        ([a_receipt()], [], [], TraceState.APPLIED),
        ([a_receipt(open_minor=1)], [], [], TraceState.PARTLY_APPLIED),
        ([a_receipt(open_minor=118_000, applied=())], [A_LINE], [], TraceState.ON_ACCOUNT),
        ([], [A_LINE], [A_CHEQUE], TraceState.IN_IDENTIFICATION),
        ([], [], [A_CHEQUE], TraceState.CHEQUE_IN_HAND),
        (
            [
                a_receipt(
                    reversed_on=DAY, reversal_reason="cheque_returned", return_reason="Funds insufficient"
                )
            ],
            [],
            [],
            TraceState.BOUNCED,
        ),
        ([a_receipt(reversed_on=DAY, reversal_reason="wrong_partner")], [], [], TraceState.TAKEN_BACK),
        (
            [a_receipt(reversed_on=DAY, reversal_reason="wrong_partner"), a_receipt()],
            [],
            [],
            TraceState.APPLIED,
        ),
        ([], [], [], TraceState.NOT_SEEN),
    ],
)
def test_the_best_that_is_known_is_told(
    receipts: list[TracedReceipt], lines: list[TracedLine], cheques: list[TracedCheque], state: TraceState
) -> None:
    trace = trace_of(receipts, lines, cheques, statements_until=DAY)

    assert trace.state is state
    assert trace.text
    assert trace.next_step


def test_the_answer_names_amounts_days_invoices_and_what_was_deducted() -> None:
    one = a_receipt(applied=(("INV/1", 117_900),), deductions=(("INV/1", "TDS194Q", 100),), open_minor=100)

    trace = trace_of([one], [], [], statements_until=None)

    assert trace.text == (
        "We received INR 1180.00 on 14 October 2026 under HDFCR52026101400000001, booked on 15 October 2026."
        " INR 1179.00 pay INV/1. INR 1.00 of INV/1 were deducted as TDS194Q. INR 1.00 are on account."
    )
    assert trace.evidence == ("receipt:r1",)


def test_what_waits_is_promised_by_its_clock_and_what_is_unknown_is_promised_nothing() -> None:
    assert trace_of([], [A_LINE], [], statements_until=None).promised_at == AT
    assert trace_of([], [], [], statements_until=None).promised_at is None


def test_words_of_the_partner_open_a_question_again_and_ours_do_not() -> None:
    for standing in (QueryStanding.ANSWERED, QueryStanding.CLOSED):
        assert after_message(standing, by_partner=True, at=AT, hours=4).standing is QueryStanding.OPEN
        assert after_message(standing, by_partner=False, at=AT, hours=4).standing is standing
    assert after_message(QueryStanding.OPEN, by_partner=True, at=AT, hours=4).due_at is None


def test_nothing_is_closed_without_an_answer_and_nothing_closed_is_answered() -> None:
    with pytest.raises(QueryState):
        after_closing(QueryStanding.OPEN)
    with pytest.raises(QueryState):
        after_answer(QueryStanding.CLOSED)
