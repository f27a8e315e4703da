"""Numbers of statements as formats write them."""

import pytest

from services.payments.adapters.statement_chain import sequence_number
from services.payments.domain.account_number import AccountOfImport, is_same_account


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("5/1", 5),
        ("00137/00001", 137),
        ("137", 137),
        ("1234567890", 1234567890),
        ("", None),
        ("A5", None),
        ("5/A", None),
        ("0", 0),
    ],
)
def test_number_of_a_statement_is_read_without_its_page(written: str, number: int | None) -> None:
    assert sequence_number(written) == number


@pytest.mark.parametrize(
    ("written", "is_same"),
    [
        ("50200012345678", True),
        ("XXXXXX5678", True),
        ("******5678", True),
        ("0050200012345678", True),
        ("HDFC0000001/50200012345678", True),
        ("50200012345679", False),
        ("XXXXXX5679", False),
        ("", False),
        ("X", False),
    ],
)
def test_account_is_known_by_its_visible_tail(written: str, is_same: bool) -> None:
    assert is_same_account(written, "50200012345678") is is_same


@pytest.mark.parametrize("written", ["WAY-0001", "WAY0001", "0001"])
def test_separators_in_our_own_number_do_not_matter(written: str) -> None:
    assert is_same_account(written, "WAY-0001")


def test_part_is_elsewhere_when_it_names_another_account_we_have() -> None:
    account = AccountOfImport("50200012345678", ("50200099998888",), names_accounts=False)

    assert account.is_elsewhere("XXXX8888")
    assert not account.is_elsewhere("11112222")
    assert not account.is_elsewhere("")


def test_part_of_a_format_that_names_accounts_in_full_is_elsewhere_with_any_other_name() -> None:
    assert AccountOfImport("50200012345678", (), names_accounts=True).is_elsewhere("11112222")
