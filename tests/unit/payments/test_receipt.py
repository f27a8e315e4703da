import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.receipt import ReceiptUnbalanced
from tests.factories.payments import invoice, pays, receipt

INVOICE = invoice(total_minor=118_000)


def test_money_allocated_and_on_account_are_the_amount() -> None:
    booked = receipt([pays(INVOICE)], on_account_minor=2_000)

    assert (booked.allocated_minor, booked.amount_minor) == (118_000, 120_000)


def test_a_deduction_is_no_money_of_the_receipt() -> None:
    booked = receipt([pays(INVOICE, 117_900), pays(INVOICE, 100, kind="TDS194Q")])

    assert (booked.allocated_minor, booked.amount_minor) == (117_900, 117_900)


@given(st.integers(-200_000, 200_000).filter(bool))
def test_a_receipt_whose_parts_are_not_its_amount_cannot_exist(difference: int) -> None:
    with pytest.raises(ReceiptUnbalanced):
        receipt([pays(INVOICE)], amount_minor=118_000 + difference)


@pytest.mark.parametrize("amount", [0, -1, -118_000])
def test_a_receipt_of_nothing_or_less_cannot_exist(amount: int) -> None:
    with pytest.raises(ReceiptUnbalanced):
        receipt([], amount_minor=amount)


def test_a_receipt_never_takes_from_the_account() -> None:
    with pytest.raises(ReceiptUnbalanced):
        receipt([pays(INVOICE)], on_account_minor=-1)


@pytest.mark.parametrize("kind", ["receipt", "TDS194Q"])
@pytest.mark.parametrize("amount", [0, -1])
def test_an_allocation_of_nothing_or_less_cannot_exist(kind: str, amount: int) -> None:
    with pytest.raises(ReceiptUnbalanced):
        receipt([pays(INVOICE), pays(INVOICE, amount, kind=kind)], amount_minor=118_000)


def test_the_refusal_is_an_invalid_value_with_a_stable_code() -> None:
    assert (ReceiptUnbalanced.code, ReceiptUnbalanced.status) == ("receipt_unbalanced", 422)
