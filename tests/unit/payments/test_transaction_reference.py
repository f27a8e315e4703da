from dataclasses import replace

import pytest

from services.payments.domain.transaction_reference import is_transfer_reference, strong_reference
from tests.unit.payments.matching_factories import a_line

UTR = "HDFCR52026100115202940"


@pytest.mark.parametrize(
    "reference",
    [
        "UTIBR72026050100131060", "IDIBN52026060845355526", "SBIN124157748493", "YESAP61641609940",
        "INDBN03101211261", "IN42612156878597", "AXNH261270016651", "N182261234567890", "BARBR23283622507",
    ],
)  # fmt: skip
def test_transfer_references_of_many_banks_are_known_by_shape(reference: str) -> None:
    assert is_transfer_reference(reference)


@pytest.mark.parametrize(
    "word", ["HDFC0037384", "391655434737", "ENTERPRISES", "50100012345678", "satpuraagro"]
)
def test_branch_codes_and_numbers_are_no_transfer_references(word: str) -> None:
    assert not is_transfer_reference(word)


def test_the_same_entry_has_one_reference_in_csv_camt_and_mt940() -> None:
    csv = a_line(f"RTGS CR-HDFC0037384-VAIGAI-{UTR}", reference=UTR)
    mt940 = replace(csv, customer_reference=UTR[:16], bank_reference=UTR[6:])

    assert strong_reference(csv) == strong_reference(mt940) == UTR


def test_a_prefix_of_sixteen_characters_is_completed_from_the_narration() -> None:
    line = replace(a_line(f"RTGS CR-VAIGAI-{UTR}"), customer_reference=UTR[:16])

    assert strong_reference(line) == UTR


@pytest.mark.parametrize(
    ("narration", "reference", "expected"),
    [
        ("IMPS-391655434737-VAIGAI", "0000391655434737", "391655434737"),
        ("CHQ DEP", "00918178", "918178"),
        ("CHQ DEP-001234-CLG", "1234", "001234"),
        ("BY TRANSFER-INB IMPS612557523735/98765", "", "612557523735"),
        ("NEFT-IDIBN26274327998-VAIGAI", "NONREF", "IDIBN26274327998"),
        ("SOME TEXT", "NOTPROVIDED", ""),
    ],
)
def test_padding_and_placeholders_do_not_count(narration: str, reference: str, expected: str) -> None:
    assert strong_reference(a_line(narration, reference=reference)) == expected
