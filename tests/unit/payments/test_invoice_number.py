import pytest

from services.payments.domain.invoice_number import (
    InvoiceReference,
    ReferenceKind,
    learn_number_patterns,
    number_keys,
    quoted_in,
    reference_key,
    serial_of,
    short_references,
)

SLASHED = [f"ENG/26-27/{n:05d}" for n in range(300, 420)]
PATTERNS = learn_number_patterns([*SLASHED, "SI2627000123", "SI2627000900", "2627000123", "2627000877"])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NEFT-UTR1-VAIGAI-ENG/26-27/00412-HDFC", "ENG262700412"),
        ("NEFT/VAIGAI/ENG 26 27 00412", "ENG262700412"),
        ("RTGS VAIGAI ENG262700412", "ENG262700412"),
        ("AGST SI2627000777", "SI2627000777"),
        ("UPI/2627000444/VAIGAI", "2627000444"),
    ],
)
def test_our_numbers_are_found_whatever_separates_them(text: str, number: str) -> None:
    found, rest = quoted_in(text, PATTERNS)

    assert found == [InvoiceReference(ReferenceKind.FULL, number)]
    assert number[-5:] not in rest


@pytest.mark.parametrize(
    "text", ["NEFT-HDFC0262700-X", "IMPS 262700044412", "CHQ 262700", "AGST INV 4319", "ENGINE 26"]
)
def test_other_numbers_are_not_taken_for_ours(text: str) -> None:
    assert quoted_in(text, PATTERNS)[0] == []


@pytest.mark.parametrize(
    ("text", "beginning"),
    [("X-ENG/26-27/004", "ENG2627004"), ("X-ENG/26-", "ENG26"), ("X-ENG/26-27/", "ENG2627")],
)
def test_a_number_cut_at_the_end_keeps_its_beginning(text: str, beginning: str) -> None:
    assert quoted_in(text, PATTERNS)[0] == [InvoiceReference(ReferenceKind.CUT, beginning)]


def test_leading_letters_alone_are_no_number() -> None:
    assert quoted_in("RTGS-VAIGAI-ENG", PATTERNS) == ([], "RTGS-VAIGAI-")


def test_nothing_is_found_while_no_number_is_known() -> None:
    assert quoted_in("ENG/26-27/00412", learn_number_patterns([])) == ([], "ENG/26-27/00412")


def test_a_shorter_number_continues_the_one_before_it() -> None:
    found = short_references(["5275", "83", "85", "5308"], is_announced=True)

    assert [reference.text for reference in found] == ["5275", "5283", "5285", "5308"]


def test_an_invoice_is_found_by_its_whole_number_its_serial_and_its_last_digits() -> None:
    assert number_keys("ENG/26-27/00412") == ("ENG262700412", "#412")
    assert number_keys("SI2627000123") == ("SI2627000123", "#2627000123", "#123")


def test_three_digits_are_not_looked_up_alone() -> None:
    assert reference_key(InvoiceReference(ReferenceKind.SHORT, "412")) == ""
    assert reference_key(InvoiceReference(ReferenceKind.SHORT, "4412", is_announced=False)) == "#4412"
    assert reference_key(InvoiceReference(ReferenceKind.SHORT, "00412")) == "#412"


@pytest.mark.parametrize(
    ("number", "serial"),
    [
        ("INV/26-27/004000", "004000"),
        ("TI-0412/26-27", "0412"),
        ("0412/2026", "0412"),
        ("KP-26/0412/D", "0412"),
        ("2627000123", "2627000123"),
        ("ENG/26-27/2041", "2041"),
        ("2026/2031", "2031"),
        ("26-27/PN/412", "412"),
        ("A", ""),
    ],
)
def test_a_number_is_shortened_to_the_digits_that_are_no_year(number: str, serial: str) -> None:
    assert serial_of(number) == serial
