"""Keys under which payers are known again."""

import pytest

from services.payments.domain.invoice_number import learn_number_patterns
from services.payments.domain.narration import Narration, parse_narration
from services.payments.domain.partner_names import firm_name
from services.payments.domain.payer_alias import (
    AliasBook,
    PayerAlias,
    alias_keys,
    confirmed_keys,
    is_partners_own,
    place_of_alias,
    speaks_for,
)
from tests.factories.payments import statement_line

CHEQUE = Narration(names=("MAHADEV IRRIGATION WORKS",))
ACCOUNT = Narration(names=("MAHADEV",), payer_account="50200099887766", bank_code="HDFC")


def alias(key: str, partner: str = "CP0001", source: str = "review:1") -> PayerAlias:
    return PayerAlias(key, partner, source)


def test_an_account_told_whole_is_a_key_and_a_masked_one_is_not() -> None:
    patterns = learn_number_patterns(["INV/26-27/000001"])
    whole = parse_narration(statement_line(counterparty_account="50200099887766"), patterns)
    masked = parse_narration(statement_line(counterparty_account="XXXXXXXX7766"), patterns)

    assert "account:50200099887766" in alias_keys(whole)
    assert (masked.payer_account, masked.account_suffix) == ("", "7766")


def test_a_name_without_bank_is_a_key_by_a_persons_word_only_and_only_when_it_is_long() -> None:
    assert alias_keys(CHEQUE) == ()
    assert confirmed_keys(CHEQUE) == ("name:MAHADEVIRRIGATIONWORKS",)
    assert confirmed_keys(Narration(names=("RAJU",))) == ()
    assert confirmed_keys(ACCOUNT) == alias_keys(ACCOUNT)


@pytest.mark.parametrize(
    ("key", "narration"),
    [
        ("account:50200099887766", ACCOUNT),
        ("name:MAHADEVIRRIGATIONWORKS", CHEQUE),
        ("name:MAHADEVIRRIGATIONWORKS", Narration(names=("MAHADEV IRRIGATION WORK",))),
        ("vpa:RAJU@OKAXIS", Narration(vpa="RAJU@OKAXIS")),
    ],
)
def test_a_payer_is_met_again_by_its_key(key: str, narration: Narration) -> None:
    assert speaks_for(alias(key), narration)
    assert (
        AliasBook([alias(key)]).partners_of(narration, [firm_name(n) for n in narration.names])["CP0001"] == 1
    )


def test_a_name_told_without_bank_says_nothing_about_names_at_banks() -> None:
    at_bank = Narration(names=("MAHADEV IRRIGATION WORKS",), bank_code="HDFC")

    assert not speaks_for(alias("name:MAHADEVIRRIGATIONWORKS"), at_bank)
    assert not speaks_for(alias("name:MAHADEVIRRIGATIONWORKS"), Narration())


def test_each_proof_counts_and_two_partners_are_two_candidates() -> None:
    key = "name:MAHADEVIRRIGATIONWORKS"
    book = AliasBook([alias(key), alias(key, source="review:2"), alias(key, "CP0002")])

    found = book.partners_of(CHEQUE, [firm_name("MAHADEV IRRIGATION WORKS")])

    assert found == {"CP0001": 2, "CP0002": 1}


def test_the_partners_own_name_is_no_alias_even_when_it_is_cut() -> None:
    assert is_partners_own(Narration(names=("SHREE GANESH ELECTR",)), "SHREE GANESH ELECTRICALS")
    assert not is_partners_own(CHEQUE, "SHREE GANESH ELECTRICALS")
    assert not is_partners_own(Narration(vpa="RAJU@OKAXIS"), "SHREE GANESH ELECTRICALS")


def test_payers_are_looked_for_where_their_key_says() -> None:
    keys = ("account:123456789", "vpa:A@B", "ifsc:HDFC0000123:X", "bank:HDFC:X", "name:X")

    assert [place_of_alias(alias(key)) for key in keys] == ["123456789", "A@B", "HDFC", "HDFC", ""]
