from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.deduction_terms import NO_PARTNER_TERMS
from services.payments.domain.kept_invoices import KeptInvoices
from services.payments.domain.matching_policy import SearchBounds
from services.payments.domain.open_book import Ledger
from services.payments.domain.open_item import OpenInvoice
from tests.unit.payments.matching_factories import an_invoice

minor = st.integers(1, 2**62)
days = st.dates(date(2020, 1, 1), date(2020, 1, 4))  # many of one day
invoices = st.lists(
    st.builds(
        OpenInvoice,
        id=st.uuids(),
        number=st.text("AB/1", max_size=3),
        partner_code=st.just("CP1"),
        issued_on=days,
        due_on=days,
        currency=st.sampled_from(["INR", "EUR"]),
        taxable_minor=minor,
        tax_minor=minor,
        total_minor=minor,
        open_minor=minor,
        purchases_before_minor=st.none() | st.integers(-5, 5),
    ),
    unique_by=lambda one: one.id,
    max_size=12,
)


@given(invoices)
def test_every_invoice_is_given_back_as_it_was_oldest_first_and_found_in_its_place(
    given_invoices: list[OpenInvoice],
) -> None:
    kept = KeptInvoices(given_invoices)

    assert list(kept) == sorted(given_invoices, key=lambda one: (one.issued_on, one.number))
    assert [kept.place_of(one) for one in kept] == list(range(len(given_invoices)))
    assert list(kept[1:3]) == list(kept)[1:3]


@given(invoices)
def test_an_invoice_like_others_but_not_among_them_has_no_place(given_invoices: list[OpenInvoice]) -> None:
    kept = KeptInvoices(given_invoices)
    others = [replace(one, id=uuid4()) for one in given_invoices]
    later = [replace(one, issued_on=one.issued_on + timedelta(days=9)) for one in given_invoices]

    assert {kept.place_of(one) for one in (*others, *later)} <= {None}


def test_a_ledger_that_rested_knows_what_was_paid_before() -> None:
    first, second = an_invoice(1, 500), an_invoice(2, 700)
    ledger = Ledger.of([first, second])
    ledger.use(first, 500)
    ledger.use(second, 300)

    ledger.rest()

    account = ledger.account(SearchBounds(), NO_PARTNER_TERMS)
    assert [(payable.invoice.id, payable.open_minor) for payable in account.payables] == [(second.id, 400)]
    assert ledger.open_at(0) is None
