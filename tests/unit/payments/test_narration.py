import pytest

from services.payments.domain.invoice_number import learn_number_patterns
from services.payments.domain.narration import Narration, parse_narration
from tests.unit.payments.matching_factories import a_line

PATTERNS = learn_number_patterns(f"ENG/26-27/{n:05d}" for n in range(300, 420))


def read(text: str, amount_minor: int = 100, reference: str = "") -> Narration:
    return parse_narration(a_line(text, amount_minor, reference=reference), PATTERNS)


@pytest.mark.parametrize(
    ("text", "rail", "name", "facts"),
    [
        ("NEFT CR-HDFC0037384-VAIGAI PUMPS LTD-PMT OCT-HDFCN26274967055", "NEFT", "VAIGAI PUMPS LTD",
         {"ifsc": "HDFC0037384", "utr": "HDFCN26274967055", "note": "PMT OCT"}),
        ("BY TRANSFER-NEFT*UTIB0000123*UTIBN26274967055*VAIGAI PUMPS LTD--", "NEFT", "VAIGAI PUMPS LTD",
         {"ifsc": "UTIB0000123", "bank_code": "UTIB"}),
        ("NEFT/UTIBN26274967055/VAIGAI PUMPS LTD/UTIB0000123", "NEFT", "VAIGAI PUMPS LTD", {"ifsc": "UTIB0000123"}),
        ("Cr. For NEFT BARBN26274967055 VAIGAI PUMPS INV 4711", "NEFT", "VAIGAI PUMPS",
         {"bank_code": "BARB", "note": "INV 4711"}),
        ("RTGS-HDFCR52026100115202940-VAIGAI PUMPS LTD-50100012345678-HDFC0037384", "RTGS", "VAIGAI PUMPS LTD",
         {"ifsc": "HDFC0037384", "utr": "HDFCR52026100115202940"}),
        ("BY TRANSFER-RTGS UTR NO: HDFCR52026100115202940-VAIGAI PUMPS LTD--", "RTGS", "VAIGAI PUMPS LTD",
         {"utr": "HDFCR52026100115202940", "bank_code": "HDFC"}),
        ("MMT/IMPS/612557523735/INV 4711/VAIGAI PUMPS/HDFC BANK", "IMPS", "VAIGAI PUMPS",
         {"rrn": "612557523735", "bank_code": "HDFC", "note": "INV 4711"}),
        ("IMPS-612557523735-VAIGAI PUMPS-IDIB-XXXXXX5543-PAYMENT", "IMPS", "VAIGAI PUMPS",
         {"account_suffix": "5543", "bank_code": "IDIB"}),
        ("BY TRANSFER-INB IMPS612557523735/9876543210/XX2056/VAIGAI PUMPS/", "IMPS", "VAIGAI PUMPS",
         {"rrn": "612557523735", "account_suffix": "2056"}),
        ("UPI/CR/612557523735/VAIGAI PUMPS/HDFC/vaigaipumps@okhdfcbank/UPI", "UPI", "VAIGAI PUMPS",
         {"vpa": "VAIGAIPUMPS@OKHDFCBANK"}),
        ("UPI-VAIGAI PUMPS-vaigaipumps7 okhdfcbank-HDFC0037384-612557523735-UPI", "UPI", "VAIGAI PUMPS",
         {"vpa": "VAIGAIPUMPS7@OKHDFCBANK", "ifsc": "HDFC0037384"}),
        ("CLG TO VAIGAI PUMPS CHQ NO 755755", "CHEQUE", "VAIGAI PUMPS", {"cheque_number": "755755"}),
    ],
)  # fmt: skip
def test_a_payment_is_read_by_shape_whatever_bank_wrote_it(
    text: str, rail: str, name: str, facts: dict[str, str]
) -> None:
    narration = read(text)

    assert (narration.rail, narration.payer_name) == (rail, name)
    assert {field: getattr(narration, field) for field in facts} == facts


def test_a_cheque_tells_bank_and_place() -> None:
    narration = read("CHQ DEP-683912-CLG-HDFC SURAT", reference="683912")

    assert (narration.cheque_number, narration.bank_code, narration.names) == ("683912", "HDFC", ("SURAT",))
    assert narration.references == ()


@pytest.mark.parametrize(
    ("text", "names", "bank"),
    [
        ("UPI/263814177183/NA/vaigaipumps17@okhdfcbank/CANA", (), "CNRB"),
        ("IMPS/P2A/263814177183/VAIGAI PUMPS LTD/UNION B", ("VAIGAI PUMPS LTD",), "UBIN"),
        ("UPI/CR/199173270885/VAIGAI PUMPS LTD/CNRB/gan", ("VAIGAI PUMPS LTD",), "CNRB"),
        ("UPI/P2A/263814177183/KOTA", ("KOTA",), ""),
        ("CLG TO VAIGAI PUMPS LTD CHQ NO 72", ("VAIGAI PUMPS LTD",), ""),
        ("NEFT CNRBN26286405138 VAIGAI PUMPS LTD INVOI", ("VAIGAI PUMPS LTD",), "CNRB"),
        ("UPI/263814177183/OLD DUES/vaigaipumps17@okhdfcbank/CANARA BANK", (), "CNRB"),
    ],
)
def test_what_is_left_of_a_cut_bank_address_or_cheque_number_is_no_name(
    text: str, names: tuple[str, ...], bank: str
) -> None:
    narration = read(text)

    assert (narration.names, narration.bank_code) == (names, bank)


def test_numbers_in_a_note_become_references() -> None:
    narration = read("NEFT CR-IDIB0231358-VAIGAI PUMPS-INV 4034 4107/4246+4308-IDIBN52026100144302901")

    assert [reference.text for reference in narration.references] == ["4034", "4107", "4246", "4308"]


def test_a_reference_cut_off_marks_the_narration_as_cut() -> None:
    narration = read("NEFT CR-HDFC0037384-VAIGAI PUMPS-HDFCN5202", reference="HDFCN52026100136365752")

    assert narration.is_truncated
    assert narration.names == ("VAIGAI PUMPS",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("INT.PD 01-07-2026 TO 30-09-2026", "interest"),
        ("NEFT CR-RBIS0GSTPMT-GST REFUND-203854401", "tax_refund"),
        ("IMPS-814435330922-UNKNOWN-XXXX-TEST", "test_transfer"),
        ("NEFT RETURN-HDFCN26274967055-ACCOUNT CLOSED", "return_of_own_payment"),
        ("CHRG REV-NEFT CHARGES", "reversal"),
        ("SWEEP FROM FD 123", "own_transfer"),
        ("NEFT CR-HDFC0037384-VAIGAI INTERNATIONAL-X", ""),
    ],
)
def test_wording_tells_what_is_no_receipt(text: str, reason: str) -> None:
    assert read(text).not_receipt_reason == reason


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CHQ RET-373618-EXCEEDS ARRANGEMENT", "02"),
        ("I/W CHQ RETURN-373618-FUNDS INSUFFICIENT", "01"),
        ("CHEQUE DEPOSIT-RETURNED-373618-SIGNATURE DIFFERS", "12"),
        ("O/W RTN CHQ 373618", ""),
    ],
)
def test_a_returned_cheque_is_a_bounce_with_its_code(text: str, code: str) -> None:
    narration = read(text, -100, "373618")

    assert narration.is_bounce
    assert (narration.cheque_number, narration.bounce_code) == ("373618", code)


def test_money_out_without_return_wording_is_no_bounce() -> None:
    assert not read("CHQ PAID-373618-RENT", -100).is_bounce


@pytest.mark.parametrize("text", ["", "-", "///", "\x00", "A" * 5000, "INV " + "9" * 4000, "@@@@ - @", "₹ ₹"])
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(read(text), Narration)
