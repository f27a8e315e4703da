from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.payments.domain.chart_of_accounts import (
    BANK_CHARGES,
    BILLING_CLEARING,
    CUSTOMER_ADVANCES,
    DEDUCTION_ACCOUNTS,
    RECEIVABLES,
    TDS_RECEIVABLE,
    account_name,
    bank_ledger_account,
)
from services.payments.domain.deduction import BANK_CHARGE
from services.payments.domain.journal import JournalEntry
from services.payments.domain.matching_policy import default_policy
from services.payments.domain.posting_rules import entry_for_invoice, entry_for_receipt
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation
from tests.factories.payments import ACCOUNT_NUMBER, invoice, pays, receipt

BANK = bank_ledger_account(ACCOUNT_NUMBER)
INVOICE = invoice(total_minor=118_000)

positive = st.integers(1, 10**12)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    parts = draw(
        st.lists(
            st.tuples(st.sampled_from([MONEY, *DEDUCTION_ACCOUNTS]), positive, st.integers(0, 3)), max_size=6
        )
    )
    items = [uuid7() for _ in range(4)]
    allocations = [
        ReceiptAllocation(items[item], f"INV/{item}", kind, amount) for kind, amount, item in parts
    ]
    has_money = any(kind == MONEY for kind, _, _ in parts)
    return receipt(allocations, on_account_minor=draw(st.integers(0 if has_money else 1, 10**12)))


def posted(entry: JournalEntry) -> Counter[str]:
    totals: Counter[str] = Counter()
    for line in entry.lines:
        totals[line.account_code] += line.amount_minor
    return totals


@given(positive)
def test_an_invoice_is_owed_by_its_partner_and_mirrors_billing(total: int) -> None:
    owed = invoice(total_minor=total)

    entry = entry_for_invoice(owed, entry_id=uuid7())

    assert posted(entry) == {RECEIVABLES: total, BILLING_CLEARING: -total}
    assert [line.partner_code for line in entry.lines] == ["CP0001", None]
    assert (entry.source_id, entry.effective_on) == (owed.id, owed.issued_on)


@given(receipts())
def test_the_entry_of_any_receipt_balances(booked: Receipt) -> None:
    assert posted(entry_for_receipt(booked, entry_id=uuid7())).total() == 0


@given(receipts())
def test_the_bank_account_gets_exactly_the_money_that_came(booked: Receipt) -> None:
    assert posted(entry_for_receipt(booked, entry_id=uuid7()))[BANK] == booked.amount_minor


@given(receipts())
def test_receivables_fall_by_the_money_and_the_deductions_together(booked: Receipt) -> None:
    totals = posted(entry_for_receipt(booked, entry_id=uuid7()))

    assert totals[RECEIVABLES] == -sum(part.amount_minor for part in booked.allocations)
    assert totals[CUSTOMER_ADVANCES] == -booked.on_account_minor


@given(receipts())
def test_an_entry_has_no_line_of_nothing_and_no_account_twice(booked: Receipt) -> None:
    entry = entry_for_receipt(booked, entry_id=uuid7())

    assert all(line.amount_minor for line in entry.lines)
    assert len({line.account_code for line in entry.lines}) == len(entry.lines)


@pytest.mark.parametrize(("kind", "account"), [("TDS194Q", TDS_RECEIVABLE), ("BANK_CHARGE", BANK_CHARGES)])
def test_what_the_payer_kept_back_goes_to_its_account(kind: str, account: str) -> None:
    booked = receipt([pays(INVOICE, 117_900), pays(INVOICE, 100, kind=kind)])

    entry = entry_for_receipt(booked, entry_id=uuid7())

    assert posted(entry) == {BANK: 117_900, account: 100, RECEIVABLES: -118_000}


def test_deductions_of_one_kind_on_several_invoices_are_one_line() -> None:
    other = invoice("INV/26-27/004001", total_minor=59_000)
    booked = receipt(
        [pays(INVOICE), pays(other), pays(INVOICE, 60, kind="TDS194Q"), pays(other, 40, kind="TDS194Q")]
    )

    entry = entry_for_receipt(booked, entry_id=uuid7())

    assert [line.amount_minor for line in entry.lines if line.account_code == TDS_RECEIVABLE] == [100]


def test_every_deduction_the_matching_explains_has_an_account() -> None:
    explained = {rule.kind for rule in default_policy().tds_rules} | {BANK_CHARGE}

    assert explained <= set(DEDUCTION_ACCOUNTS)


def test_every_account_has_a_name_people_read() -> None:
    assert account_name(RECEIVABLES) == "Trade receivables"
    assert account_name(BANK) == ACCOUNT_NUMBER
