"""What an advice says, when two references name one payment, and what it decides."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.payments.domain.decision import Outcome
from services.payments.domain.received_payment import PaymentPart
from services.payments.domain.remittance_advice import (
    AdviceInvalid,
    AdvisedDecisions,
    AdvisedItem,
    RemittanceAdvice,
    ToldAdvice,
    is_same_payment,
)

UTR = "HDFCR52026101400000001"
PAID_ON = date(2026, 10, 14)


def advice(*parts: PaymentPart, amount_minor: int = 118_000, **changes: object) -> RemittanceAdvice:
    facts: dict[str, object] = {
        "partner_code": "CP0001", "reference": UTR, "currency": "INR", "amount_minor": amount_minor,
        "paid_on": PAID_ON, "parts": parts,
    }  # fmt: skip
    return RemittanceAdvice(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


def told(one: RemittanceAdvice, *, days_ago: int = 0) -> ToldAdvice:
    return ToldAdvice(uuid7(), one, PAID_ON - timedelta(days=days_ago))


def item(number: str = "INV/1", *, open_minor: int = 118_000, **changes: object) -> AdvisedItem:
    facts: dict[str, object] = {
        "id": uuid7(), "number": number, "partner_code": "CP0001", "currency": "INR", "open_minor": open_minor,
    }  # fmt: skip
    return AdvisedItem(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


@pytest.mark.parametrize(
    "build",
    [
        lambda: advice(amount_minor=0),
        lambda: advice(PaymentPart("INV/1", 0)),
        lambda: advice(PaymentPart("INV/1", 118_001)),
        lambda: advice(PaymentPart("INV/1", 1), PaymentPart("INV/1", 2)),
        lambda: advice(PaymentPart("INV/1", 1, (("TDS194Q", 0),))),
        lambda: advice(reference=" - "),
    ],
)
def test_advice_that_contradicts_itself_is_refused(build) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AdviceInvalid):
        build()


@pytest.mark.parametrize(
    ("advised", "reference", "is_same"),
    [
        (UTR, UTR, True),
        (UTR, UTR[:16], True),
        (UTR[:10], UTR, True),
        (UTR[:9], UTR, False),
        ("612612345678", "612612345678", True),
        ("6126123456", "612612345678", False),
        ("004211", "004211", True),
        ("", "", False),
        (UTR, "HDFCR52026101400000002", False),
    ],
)
def test_references_name_one_payment_when_equal_or_a_utr_was_cut(
    advised: str, reference: str, is_same: bool
) -> None:
    assert is_same_payment(advised, reference) is is_same
    assert is_same_payment(reference, advised) is is_same


def test_an_advice_that_fits_the_open_items_decides_with_its_deductions_and_the_rest_on_account() -> None:
    first, second = item("INV/1", open_minor=50_000), item("INV/2", open_minor=60_000)
    said = advice(PaymentPart("INV/1", 49_900, (("TDS194Q", 100),)), PaymentPart("INV/2", 60_000))

    decision = AdvisedDecisions({"INV/1": first, "INV/2": second}).decision(7, 118_000, [told(said)])

    assert (decision.outcome, decision.partner_code, decision.line_number) == (Outcome.AUTO, "CP0001", 7)
    assert [(a.invoice_number, a.amount_minor) for a in decision.allocations] == [
        ("INV/1", 49_900),
        ("INV/2", 60_000),
    ]
    assert [(d.invoice_number, d.kind, d.amount_minor) for d in decision.deductions] == [
        ("INV/1", "TDS194Q", 100)
    ]
    assert decision.on_account_minor == 8_100
    assert [reason.code for reason in decision.reasons] == ["advised"]


@pytest.mark.parametrize(
    ("parts", "items", "amount", "code"),
    [
        ((PaymentPart("INV/1", 118_000),), {}, 118_000, "advised_item_unknown"),
        ((PaymentPart("INV/1", 118_000),), {"INV/1": item(partner_code="CP0002")}, 118_000, "advised_item_unknown"),
        ((PaymentPart("INV/1", 118_000),), {"INV/1": item(currency="USD")}, 118_000, "advised_item_unknown"),
        ((PaymentPart("INV/1", 118_000),), {"INV/1": item(open_minor=117_999)}, 118_000, "advised_item_settled"),
        ((PaymentPart("INV/1", 117_000, (("TDS194Q", 1_001),)),), {"INV/1": item()}, 118_000, "advised_item_settled"),
        ((PaymentPart("INV/1", 1, (("GIFT", 1),)),), {"INV/1": item()}, 118_000, "advised_deduction_unknown"),
        ((PaymentPart("INV/1", 118_000),), {"INV/1": item()}, 117_000, "advised_amount_differs"),
    ],
)  # fmt: skip
def test_what_contradicts_the_advice_leaves_it_to_a_person(
    parts: tuple[PaymentPart, ...], items: dict[str, AdvisedItem], amount: int, code: str
) -> None:
    decision = AdvisedDecisions(items).decision(1, amount, [told(advice(*parts))])

    assert decision.outcome is Outcome.SUGGESTED
    assert decision.partner_code == "CP0001"
    assert decision.reasons[0].code == code
    assert decision.on_account_minor + sum(a.amount_minor for a in decision.allocations) == amount


def test_two_advices_of_one_payment_are_left_to_a_person() -> None:
    rivals = [told(advice()), told(advice(partner_code="CP0002"))]

    decision = AdvisedDecisions({}).decision(1, 118_000, rivals)

    assert (decision.outcome, decision.reasons[0].code) == (Outcome.SUGGESTED, "advices_compete")


def test_what_one_credit_settles_is_not_open_for_the_next() -> None:
    one = item()
    deciding = AdvisedDecisions({"INV/1": one})

    first = deciding.decision(1, 118_000, [told(advice(PaymentPart("INV/1", 118_000)))])
    second = deciding.decision(
        2, 118_000, [told(advice(PaymentPart("INV/1", 118_000), reference="612612345678"))]
    )

    assert (first.outcome, second.outcome) == (Outcome.AUTO, Outcome.SUGGESTED)
    assert deciding.used[one.id] == 118_000


parts = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 60_000), st.integers(0, 500)),
    max_size=5,
    unique_by=lambda one: one[0],
)


@given(parts, st.integers(0, 100_000), st.integers(1, 300_000))
def test_money_of_an_advised_credit_is_neither_made_nor_lost(
    wanted: list[tuple[int, int, int]], open_minor: int, amount: int
) -> None:
    items = {f"INV/{number}": item(f"INV/{number}", open_minor=open_minor) for number in range(4)}
    told_parts = [
        PaymentPart(f"INV/{number}", money, (("TDS194Q", kept),) if kept else ())
        for number, money, kept in wanted
    ]
    said = advice(*told_parts, amount_minor=max(1, sum(money for _, money, _ in wanted)))
    deciding = AdvisedDecisions(items)

    decision = deciding.decision(1, amount, [told(said)])

    assert decision.on_account_minor >= 0
    assert decision.on_account_minor + sum(a.amount_minor for a in decision.allocations) == amount
    if decision.outcome is Outcome.AUTO:
        settled: dict[UUID, int] = {}
        for part in (*decision.allocations, *decision.deductions):
            settled[part.invoice_id] = settled.get(part.invoice_id, 0) + part.amount_minor
        assert all(total <= open_minor for total in settled.values())
        assert dict(deciding.used) == settled
