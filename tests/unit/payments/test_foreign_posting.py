"""Foreign settlements: every slice at both rates, the difference exact, and nothing left of what is fully settled."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import LockedItem
from services.payments.domain.base_value import BaseValue, value_at, value_credited
from services.payments.domain.foreign_posting import entry_for_conversion
from services.payments.domain.invoice import Invoice
from services.payments.domain.journal import JournalEntry, reversal_of
from services.payments.domain.posting_rules import entry_for_invoice, entry_for_receipt
from services.payments.domain.receipt import Receipt
from services.payments.domain.valued_slices import sliced_receipts
from tests.factories.payments import RECEIVED_ON, invoice, pays, receipt

rates = st.decimals("0.0001", "500", places=4, allow_nan=False)
currencies = st.sampled_from(("USD", "JPY", "KWD"))
GAIN, LOSS = "4700-exchange-gain", "5700-exchange-loss"


def open_item(owed: Invoice) -> LockedItem:
    assert owed.value is not None
    return LockedItem(
        owed.id, "invoice", owed.partner_code, owed.currency, owed.number, owed.issued_on,
        owed.total_minor, owed.total_minor, owed.value.minor, owed.value.minor,
    )  # fmt: skip


def worth(*entries: JournalEntry) -> Counter[str]:
    """Debits less credits in paise by account."""
    total: Counter[str] = Counter()
    for entry in entries:
        for line in entry.lines:
            total[line.account_code] += line.worth_minor
    return total


def paid(owed: Invoice, *amounts: int, rate: str = "83", **changes: object) -> list[Receipt]:
    """One receipt for each amount, all at the rate, with the values of their slices."""
    value = [value_at(amount, owed.currency, Decimal(rate)) for amount in amounts]
    receipts = [
        receipt([pays(owed, amount)], currency=owed.currency, **{"value": worth_then, **changes})
        for amount, worth_then in zip(amounts, value, strict=True)
    ]
    return sliced_receipts(receipts, {owed.id: open_item(owed)})


def test_a_better_rate_on_the_day_of_payment_is_a_gain() -> None:
    owed = invoice(total_minor=100_000, currency="USD", value=value_at(100_000, "USD", Decimal(82)))
    (booked,) = paid(owed, 100_000)

    entry = entry_for_receipt(booked, entry_id=uuid7())

    assert [(line.account_code[:4], line.amount_minor, line.worth_minor) for line in entry.lines] == [
        ("1100", 100_000, 8_300_000),
        ("1200", -100_000, -8_200_000),
        ("4700", 0, -100_000),
    ]


def test_a_worse_rate_is_a_loss_and_what_was_kept_back_is_valued_as_the_money() -> None:
    owed = invoice(total_minor=100_000, currency="USD", value=value_at(100_000, "USD", Decimal(82)))
    parts = [pays(owed, 99_000), pays(owed, 1_000, kind="BANK_CHARGE")]
    one = receipt(parts, currency="USD", value=value_at(99_000, "USD", Decimal(81)))
    (booked,) = sliced_receipts([one], {owed.id: open_item(owed)})

    total = worth(entry_for_receipt(booked, entry_id=uuid7()))

    assert (total["5100-bank-charges"], total[LOSS], total[GAIN]) == (81_000, 100_000, 0)


def test_rupees_credited_for_foreign_money_arrive_in_the_bank_account_as_rupees() -> None:
    owed = invoice(total_minor=100_000, currency="USD", value=value_at(100_000, "USD", Decimal(82)))
    (booked,) = paid(owed, 100_000, value=value_credited(100_000, "USD", 8_295_050))

    foreign, rupees = (
        entry_for_receipt(booked, entry_id=uuid7()),
        entry_for_conversion(booked, entry_id=uuid7()),
    )

    total = worth(foreign, rupees)
    assert (total["1150-currency-conversion"], total[GAIN]) == (0, -95_050)
    assert rupees.currency == "INR"
    assert booked.value == BaseValue(8_295_050, Decimal("82.9505"), is_credited=True)


@given(
    currency=currencies,
    invoice_rate=rates,
    receipt_rate=rates,
    amounts=st.lists(st.integers(1, 10**9), min_size=1, max_size=12),
)
def test_however_an_item_is_split_nothing_is_left_of_it_and_the_differences_add_up(
    currency: str, invoice_rate: Decimal, receipt_rate: Decimal, amounts: list[int]
) -> None:
    owed = invoice(
        total_minor=sum(amounts), currency=currency, value=value_at(sum(amounts), currency, invoice_rate)
    )
    booked = paid(owed, *amounts, rate=str(receipt_rate))

    total = worth(
        entry_for_invoice(owed, entry_id=uuid7()),
        *(entry_for_receipt(one, entry_id=uuid7()) for one in booked),
    )

    assert owed.value is not None
    arrived = sum(one.value.minor for one in booked if one.value)
    assert total["1200-receivables"] == 0
    assert total[GAIN] + total[LOSS] == owed.value.minor - arrived
    assert total.total() == 0


@given(currency=currencies, rate=rates, amounts=st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_no_slice_takes_more_than_is_left_or_less_than_nothing(
    currency: str, rate: Decimal, amounts: list[int]
) -> None:
    owed = invoice(total_minor=sum(amounts), currency=currency, value=value_at(sum(amounts), currency, rate))

    slices = [part.base_minor or 0 for one in paid(owed, *amounts) for part in one.allocations]

    assert min(slices) >= 0
    assert owed.value is not None
    assert sum(slices) == owed.value.minor
    for amount, taken in zip(amounts, slices, strict=True):
        # Each slice before moves the share by half a paisa at most.
        exact = Decimal(owed.value.minor) * amount / owed.total_minor
        assert abs(taken - exact) <= 1 + len(amounts)


@given(rate=rates, other=rates, amount=st.integers(1, 10**9))
def test_a_mirrored_entry_takes_the_difference_back_to_the_paisa(
    rate: Decimal, other: Decimal, amount: int
) -> None:
    owed = invoice(total_minor=amount, currency="USD", value=value_at(amount, "USD", rate))
    (booked,) = paid(owed, amount, rate=str(other))
    entry = entry_for_receipt(booked, entry_id=uuid7())

    mirror = reversal_of(entry, id=uuid7(), effective_on=RECEIVED_ON, description="Taken back")

    assert not any(worth(entry, mirror).values())


def test_rupees_have_no_worth_beside_their_amount() -> None:
    owed = invoice(total_minor=118_000)
    booked = receipt([pays(owed)])

    (same,) = sliced_receipts([booked], {owed.id: replace(open_item_in_rupees(owed))})

    assert same is booked
    assert {line.base_minor for line in entry_for_receipt(same, entry_id=uuid7()).lines} == {None}


def open_item_in_rupees(owed: Invoice) -> LockedItem:
    return LockedItem(
        owed.id, "invoice", owed.partner_code, "INR", owed.number, owed.issued_on,
        owed.total_minor, owed.total_minor, None, None,
    )  # fmt: skip
