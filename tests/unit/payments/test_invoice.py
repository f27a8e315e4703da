from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.invoice import ROUND_OFF_MINOR, InvoiceInvalid, invoice_number_key
from tests.factories.payments import invoice


@given(st.integers(-ROUND_OFF_MINOR, ROUND_OFF_MINOR))
def test_the_total_may_be_rounded_to_the_rupee(round_off: int) -> None:
    owed = invoice(total_minor=118_000 + round_off, taxable_minor=100_000, tax_minor=18_000)

    assert owed.total_minor == 118_000 + round_off


@pytest.mark.parametrize("round_off", [-ROUND_OFF_MINOR - 1, ROUND_OFF_MINOR + 1, 1_000_000])
def test_a_total_further_from_its_parts_is_refused(round_off: int) -> None:
    with pytest.raises(InvoiceInvalid) as refusal:
        invoice(total_minor=118_000 + round_off, taxable_minor=100_000, tax_minor=18_000)

    assert [problem.pointer for problem in refusal.value.problems] == ["/total_amount"]


@pytest.mark.parametrize("total", [0, -1])
def test_an_invoice_of_nothing_or_less_is_refused(total: int) -> None:
    with pytest.raises(InvoiceInvalid, match="INV/26-27/004000"):
        invoice(total_minor=total, taxable_minor=0, tax_minor=0)


@pytest.mark.parametrize(("taxable", "tax"), [(-1, 118_001), (118_001, -1)])
def test_negative_parts_are_refused(taxable: int, tax: int) -> None:
    with pytest.raises(InvoiceInvalid):
        invoice(total_minor=118_000, taxable_minor=taxable, tax_minor=tax)


def test_an_invoice_due_before_it_was_issued_is_refused() -> None:
    with pytest.raises(InvoiceInvalid) as refusal:
        invoice(issued_on=date(2026, 10, 2), due_on=date(2026, 10, 1))

    assert [problem.pointer for problem in refusal.value.problems] == ["/due_date"]


def test_an_invoice_may_be_due_the_day_it_is_issued_and_free_of_tax() -> None:
    owed = invoice(issued_on=date(2026, 10, 1), due_on=date(2026, 10, 1), taxable_minor=118_000, tax_minor=0)

    assert owed.due_on == owed.issued_on


def test_every_contradiction_is_told_at_once() -> None:
    with pytest.raises(InvoiceInvalid) as refusal:
        invoice(total_minor=-1, taxable_minor=-5_000, tax_minor=0, due_on=date(2026, 9, 1))

    assert len(refusal.value.problems) == 4


@pytest.mark.parametrize("written", ["INV/26-27/0042", "inv26270042", "INV 26 27 0042", "Inv-26.27_0042"])
def test_ways_of_writing_one_number_are_one_key(written: str) -> None:
    assert invoice_number_key(written) == "INV26270042"


def test_numbers_that_differ_in_a_digit_are_two_keys() -> None:
    assert invoice_number_key("INV/26-27/0042") != invoice_number_key("INV/26-27/00420")
