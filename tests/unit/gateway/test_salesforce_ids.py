"""Ids of Salesforce: the suffix is computed, checked, and brings back case that was lost."""

import pytest

from gateway.domain.salesforce_ids import RecordIdInvalid, organization_key, record_id_18

KNOWN = [
    ("a0D30000001n7Pi", "EAI"),
    ("a01M00000062mPg", "IAI"),
    ("001M000000qfPyS", "IAU"),
    ("a0FE000000D6r3F", "MAR"),
    ("0F9E000000092w2", "KAA"),
    ("aaaaaaaaaaaaaaa", "AAA"),
    ("a0RE000000IJmcN", "MAT"),
]


@pytest.mark.parametrize(("plain", "suffix"), KNOWN)
def test_fifteen_characters_get_their_suffix(plain: str, suffix: str) -> None:
    assert record_id_18(plain) == plain + suffix


@pytest.mark.parametrize(("plain", "suffix"), KNOWN)
def test_eighteen_characters_stay_and_get_their_case_back(plain: str, suffix: str) -> None:
    assert record_id_18(plain + suffix) == plain + suffix
    assert record_id_18((plain + suffix).lower()) == plain + suffix
    assert record_id_18((plain + suffix).upper()) == plain + suffix


@pytest.mark.parametrize(
    "text",
    ["", "001M000000qfPy", "001M000000qfPySI", "001M000000qfPyS000"[:18] + "x", "001M000000qfPy!", "०" * 15],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(RecordIdInvalid):
        record_id_18(text)


def test_a_suffix_of_another_id_is_refused() -> None:
    # Capital letters cannot stand where the id has digits.
    with pytest.raises(RecordIdInvalid):
        record_id_18("001000000000000555")


def test_organizations_are_compared_by_fifteen_characters_and_case() -> None:
    assert organization_key("00D5g00000ABCDEEA4") == organization_key("00D5g00000ABCDE")
    assert organization_key("00D5g00000abcde") != organization_key("00D5g00000ABCDE")
