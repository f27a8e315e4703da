"""What the weighing passes over would have changed nothing: the same months are weighed quickly and in full."""

import math
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.payments.domain.deduction_terms import ANY_PARTNER, DiscountTerm
from services.payments.domain.explanation import Payment, explanations
from services.payments.domain.invoice_number import learn_number_patterns
from services.payments.domain.matching import book_of, read_batch
from services.payments.domain.matching_policy import default_policy
from services.payments.domain.named_invoices import named_invoices
from services.payments.domain.payer import PartnerIndex
from services.payments.domain.verdict import UNNOTICED, candidates_for, weighed_together
from tests.conformance.labelled_statement import LabelledStatement
from tests.conformance.score_matching import decide
from tests.conformance.statement_generator import invented_statement

# Earned by no payment of these months; but where a discount was agreed on, every shortfall is looked at in full, and so is
# every invoice that only its day tells from another.
NEVER_EARNED = DiscountTerm(ANY_PARTNER, Decimal(2), 10, date(2099, 1, 1), None)
MONTHS = [("hdfc", "mild"), ("icici", "hard")]


def a_month(layout: str, mixture: str, partner_count: int) -> LabelledStatement:
    return invented_statement(
        seed=11,
        layout=layout,
        pattern="GST/4123",
        mixture=mixture,
        partner_count=partner_count,
        line_count=150,
    )


@pytest.mark.parametrize("partner_count", [2, 40])
@pytest.mark.parametrize(("layout", "mixture"), MONTHS)
def test_the_quick_looks_change_no_decision(layout: str, mixture: str, partner_count: int) -> None:
    month = a_month(layout, mixture, partner_count)
    in_full = replace(month, terms=replace(month.terms, discounts=(NEVER_EARNED,)))

    assert decide(month, default_policy()) == decide(in_full, default_policy())


@pytest.mark.parametrize(("layout", "mixture"), MONTHS)
def test_only_what_is_too_heavy_to_be_noticed_is_left_out(layout: str, mixture: str) -> None:
    month, policy = a_month(layout, mixture, 10), default_policy()
    patterns = learn_number_patterns(invoice.number for invoice in month.invoices)
    batch = read_batch(month.lines, PartnerIndex(month.partners), patterns, aliases=(), policy=policy)
    book = book_of(batch, month.invoices)
    left_out = 0
    for line, narration, view in zip(batch.lines, batch.narrations, batch.views, strict=True):
        payment = Payment(line.amount_minor, line.value_on)
        likely = {candidate.partner_code for candidate in view.candidates}
        strangers = {invoice.partner_code for invoice in book.found_by_amount(line.amount_minor, found_max=2)}
        codes = likely | strangers | set(list(batch.index.known)[:2])
        for code in sorted(codes) if line.amount_minor > 0 else ():
            account = book.account(code)
            named = named_invoices(
                narration.references, account, policy.amount, is_truncated=narration.is_truncated
            )
            every = explanations(payment, account, named, policy)
            for weight_max in (5.0, 10.0, 25.0):
                some = explanations(payment, account, named, policy, weight_max=weight_max)
                left_out += len(every) - len(some)
                assert [e for e in some if e.weight <= weight_max] == [
                    e for e in every if e.weight <= weight_max
                ]

    assert left_out > 0


@pytest.mark.parametrize(("layout", "mixture"), MONTHS)
def test_what_is_not_looked_for_is_less_than_a_score_of_100_leaves_to_all_others(
    layout: str, mixture: str
) -> None:
    month, policy = a_month(layout, mixture, 20), default_policy()
    patterns = learn_number_patterns(invoice.number for invoice in month.invoices)
    batch = read_batch(month.lines, PartnerIndex(month.partners), patterns, aliases=(), policy=policy)
    book = book_of(batch, month.invoices)
    for line, narration, view in zip(batch.lines, batch.narrations, batch.views, strict=True):
        payment = Payment(line.amount_minor, line.value_on)
        candidates = candidates_for(payment, narration, view, book, len(batch.index))
        accounts = [(candidate, book.account(candidate.partner_code)) for candidate in candidates]
        quick = weighed_together(payment, narration, accounts, policy)
        in_full = weighed_together(payment, narration, accounts, policy, unnoticed=math.inf)
        lightest = min((weight for weight, _, _ in in_full), default=0.0)

        missing = [weight for weight, _, _ in in_full if (weight not in {found[0] for found in quick})]
        assert sum(math.exp(lightest - weight) for weight in missing) < 1e-11
        assert [found for found in in_full if found[0] <= lightest + UNNOTICED] == [
            found for found in quick if found[0] <= lightest + UNNOTICED
        ]
