from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.deduction_terms import NO_PARTNER_TERMS
from services.payments.domain.matching_policy import SearchBounds
from services.payments.domain.open_book import Ledger, StillOpen
from tests.unit.payments.matching_factories import an_invoice

few_amounts = st.lists(st.integers(1, 30), min_size=1, max_size=12)
payments = st.lists(st.tuples(st.integers(0, 11), st.integers(1, 30)), max_size=20)


def is_even(excess: int) -> bool:
    return excess % 2 == 0


@given(few_amounts, payments, st.integers(1, 30))
def test_what_is_kept_up_with_payments_is_as_if_laid_out_after_them(
    amounts: list[int], paid: list[tuple[int, int]], wanted: int
) -> None:
    invoices = [an_invoice(number, amount) for number, amount in enumerate(amounts, start=1)]
    ledger = Ledger.of(invoices)
    ledger.still_open.leaving(wanted, 1, 40, is_even)  # from here on the order of the amounts is kept up too

    for place, amount in paid:
        payable = ledger.open_at(place) if place < len(invoices) else None
        if payable is not None:
            ledger.use(payable.invoice, min(amount, payable.open_minor))

    kept, anew = ledger.still_open, StillOpen(ledger, ledger.opened())
    assert list(kept) == list(anew)
    assert (kept.places, kept.amounts) == (anew.places, anew.amounts)
    assert kept.leaving(wanted, wanted - 9, wanted + 5, is_even) == [
        position
        for position, payable in enumerate(anew)
        if wanted <= payable.open_minor <= wanted + 5
        or (wanted - 9 <= payable.open_minor < wanted and is_even(wanted - payable.open_minor))
    ]


def test_an_account_stays_the_same_until_one_of_its_invoices_is_paid() -> None:
    first, second = an_invoice(1, 500), an_invoice(2, 700)
    ledger = Ledger.of([first, second])
    before = ledger.account(SearchBounds(), NO_PARTNER_TERMS)

    again = ledger.account(SearchBounds(), NO_PARTNER_TERMS)
    ledger.use(second, 700)
    after = ledger.account(SearchBounds(), NO_PARTNER_TERMS)

    assert again is before
    assert after is not before
    assert list(after.amounts) == [500]


def test_only_the_oldest_of_too_many_invoices_are_looked_at() -> None:
    ledger = Ledger.of([an_invoice(number, 100 * number) for number in range(1, 6)])

    account = ledger.account(SearchBounds(items_max=3), NO_PARTNER_TERMS)

    assert list(account.amounts) == [100, 200, 300]
