"""The tax of an invoice by line: sums, States, rates."""

from decimal import Decimal

import pytest

from services.payments.domain.gst_registration import GstRegistrationInvalid
from services.payments.domain.invoice import InvoiceInvalid
from services.payments.domain.invoice_tax import InvoiceTax, derived_line, halves
from tests.factories.gst import OURS, line, registration, taxed_invoice
from tests.factories.payments import invoice


def pointers(error: InvoiceInvalid | GstRegistrationInvalid) -> list[str]:
    return [problem.pointer for problem in error.problems]


def test_lines_within_a_state_carry_equal_halves() -> None:
    taxed = taxed_invoice(line(1, 100_000), line(2, 33_333))

    assert taxed.tax is not None
    assert (taxed.taxable_minor, taxed.tax_minor) == (133_333, 18_000 + 5_999)


def test_igst_within_a_state_is_refused() -> None:
    with pytest.raises(InvoiceInvalid) as refused:
        taxed_invoice(line(is_igst=True))

    assert pointers(refused.value) == ["/lines/0"]


def test_central_and_state_tax_across_states_is_refused() -> None:
    with pytest.raises(InvoiceInvalid) as refused:
        taxed_invoice(line(), place_of_supply="29")

    assert pointers(refused.value) == ["/lines/0"]


def test_unequal_halves_are_refused_but_for_the_odd_paisa() -> None:
    taxed_invoice(line(cgst_minor=9_001, sgst_minor=9_000))

    with pytest.raises(InvoiceInvalid):
        taxed_invoice(line(cgst_minor=9_002, sgst_minor=9_000))


def test_a_rate_that_is_not_the_one_of_the_taxes_is_refused() -> None:
    taxed_invoice(line(cgst_minor=9_050, sgst_minor=9_050))

    with pytest.raises(InvoiceInvalid) as refused:
        taxed_invoice(line(cgst_minor=9_051, sgst_minor=9_051))

    assert pointers(refused.value) == ["/lines/0/tax_rate"]


def test_lines_that_do_not_sum_to_the_invoice_are_refused() -> None:
    tax = InvoiceTax(OURS, "27", (line(1, 50_000),))

    with pytest.raises(InvoiceInvalid) as refused:
        invoice(total_minor=118_000, tax=tax)

    assert pointers(refused.value) == ["/lines", "/lines"]


def test_a_line_number_twice_is_refused() -> None:
    with pytest.raises(InvoiceInvalid):
        taxed_invoice(line(1), line(1))


def test_a_wrong_check_character_of_the_supplier_is_refused() -> None:
    with pytest.raises(InvoiceInvalid) as refused:
        taxed_invoice(supplier=OURS[:14] + ("A" if OURS[14] != "A" else "B"))

    assert "/supplier_gstin" in pointers(refused.value)


def test_an_invoice_without_lines_is_one_line_with_the_heads_its_states_ask_for() -> None:
    within = derived_line(100_000, 18_001, is_within_state=True)
    across = derived_line(100_000, 18_001, is_within_state=False)

    assert (within.cgst_minor, within.sgst_minor, within.igst_minor) == (9_001, 9_000, 0)
    assert (across.cgst_minor, across.sgst_minor, across.igst_minor) == (0, 0, 18_001)
    assert within.tax_rate == Decimal("0.1800")


def test_halves_differ_by_the_odd_paisa_alone() -> None:
    assert halves(1_801) == (901, 900)
    assert halves(0) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"number": "27AADCD4821K1Z0"}, "/gstin"),
        ({"state_code": "29"}, "/state_code"),
        ({"valid_to": registration().valid_from.replace(year=2016)}, "/valid_to"),
    ],
)
def test_a_registration_that_contradicts_itself_is_refused(changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(GstRegistrationInvalid) as refused:
        registration(**changes)  # type: ignore[arg-type] # the changes are the case

    assert pointers(refused.value) == [pointer]
