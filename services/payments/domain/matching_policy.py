"""Everything the matching takes as given, in one versioned value so that a decision can be replayed.

Weights are natural logarithms of odds ("nats"): a weight of 4.6 says that the thing happens once in a hundred times.
They are added up; the explanation with the smallest sum is the likeliest.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.payments.domain.deduction_terms import NO_TERMS, DeductionTerms, TdsRule


@dataclass(frozen=True, slots=True)
class PayerWeights:
    """What speaks against a partner being the payer."""

    # A firm pays from its known branch nineteen times in twenty; any given other branch is one of hundreds.
    other_ifsc: float = 7.5
    other_bank: float = 5.5
    # One account in ten thousand ends in the same four digits; a partner has a second account now and then.
    other_account: float = 9.0
    other_place: float = 3.0
    # A group company, a financier or a customer's customer pays for the partner about once in thirty times, and its
    # name is one out of very many.
    third_party: float = 3.5
    unknown_name: float = 9.0
    # A short name, or what is left of a cut one, is shared by many firms: this much per letter, up to the above.
    unknown_letter: float = 0.6
    # What a stranger would have in common with the partner by chance only.
    same_ifsc: float = 4.0
    same_account: float = 7.0
    same_bank: float = 2.0
    same_place: float = 2.0
    same_address: float = 4.0
    # The payer has been proved to pay for this partner before.
    known_third_party: float = 0.7
    # A payment address that begins with the partner's name although another name is shown.
    address_of_partner: float = 1.5
    # Payment addresses often bear the owner's name instead of the firm's.
    other_address: float = 2.0
    # A payer proved once may pay for another partner next time, once in fifty; the doubt falls with every proof.
    known_elsewhere: float = 3.9
    # Candidates this much weaker than the best one are not looked at any further.
    reach: float = 14.0
    candidates_max: int = 12


@dataclass(frozen=True, slots=True)
class AmountWeights:
    """What speaks against an explanation of the amount."""

    exact: float = 0.4
    tds_on_taxable: float = 2.2
    tds_on_total: float = 3.2
    # The payer rounded the tax otherwise than per invoice to the paisa.
    tds_rounded: float = 3.0
    # Within a rupee an invoice, or within a ten-thousandth of the base, of what the law asks for.
    tds_inexact: float = 5.0
    tds_far_off: float = 8.0
    # The partner's purchases of the year have not reached the threshold, or it is known to deduct nothing.
    tds_below_threshold: float = 0.4
    tds_by_no_deductor: float = 4.0
    # It is known to deduct, and its TAN is on file.
    tds_by_deductor: float = -1.0
    discount: float = 2.2
    freight: float = 2.8
    # Freight up to a cap may be any amount, so the invoices have to be named.
    freight_within_cap: float = 6.0
    rounding: float = 3.0
    # A payer who rounds pays whole rupees.
    rounding_uneven: float = 3.0
    bank_charge: float = 2.8
    # A charge of any other amount: rare, and that amount is one of thousands.
    unusual_charge: float = 11.0
    overpaid: float = 3.6
    partly_paid: float = 3.3
    on_account: float = 2.0
    # Which invoices: the oldest is paid first six times in ten, and runs of neighbours far oftener than a loose choice.
    rank_step: float = 0.55
    rank_max: float = 4.0
    run: float = 0.9
    run_step: float = 0.8
    other_order: float = 1.5
    loose_choice: float = 3.0
    # Loose choices are searched only when nothing better than this was found.
    loose_search_above: float = 13.0
    # Another set of invoices with the same sum is at most so much less likely than the best one.
    rival_sum: float = 3.0
    # Invoices named in the narration.
    named: float = 0.2
    mistyped_name: float = 4.0
    ignored_name: float = 9.0
    ignored_number: float = 4.0
    ignored_digits: float = 2.0
    unnamed_beside_named: float = 3.0
    unnamed_after_cut: float = 0.7
    paid_before_issue: float = 6.0


@dataclass(frozen=True, slots=True)
class SearchBounds:
    """Bounds of work, so that no statement and no partner can keep the matching busy."""

    # Open invoices of a partner that are looked at when the narration names one …
    items_max: int = 20_000
    # … the oldest of them, among which runs of neighbours are looked for …
    run_items_max: int = 250
    run_length_max: int = 12
    # … and the very oldest, of which any few may be meant.
    loose_items_max: int = 18
    loose_size_max: int = 5
    loose_found_max: int = 24
    # … and, once for a line that nothing else explains, those among which sets with gaps are looked for.
    far_items_max: int = 60
    far_found_max: int = 24
    # Bookings of others make a line be looked at again, so often at most.
    rounds_max: int = 24
    # Lines of one partner that are weighed against each other at a time.
    wave_lines_max: int = 120
    looks_max: int = 40


@dataclass(frozen=True, slots=True)
class MatchingPolicy:
    version: str
    tds_rules: tuple[TdsRule, ...]
    # What banks keep back for a transfer or a collection, 18 % GST included: 5, 10, 15, 25 and 2.50, 20, 50 rupees.
    bank_charges_minor: tuple[int, ...]
    # Any other small shortfall up to this is taken for a charge only when the invoices are named.
    bank_charge_cap_minor: int
    # A payer who rounds up or pays twice for freight leaves at most this much over; more is a payment on account.
    overpaid_cap_minor: int
    payer: PayerWeights = PayerWeights()
    amount: AmountWeights = AmountWeights()
    # An allocation is made alone only if all other explanations together are less likely than one in a hundred …
    allocation_certainty: float = 0.985
    # … and money is put on a partner's account only if another payer is less likely than one in a hundred.
    payer_certainty: float = 0.99
    # Money of a certain payer that could pay several sets of invoices is booked on account with the sets named;
    # False leaves the whole line to a person.
    is_ambiguous_on_account: bool = True
    bounds: SearchBounds = SearchBounds()
    # Agreements and tax standings of partners, dated: tables of their own, read with the policy.
    terms: DeductionTerms = NO_TERMS


def default_policy() -> MatchingPolicy:
    """What the system is delivered with. Section 194Q of the Income-tax Act 1961 ended on 31 March 2026; the same 0.1 %
    beyond 50 lakh goes on under the Act of 2025, and payers still call it 194Q, so the kind keeps its name."""
    tds = TdsRule(
        kind="TDS194Q",
        rate=Decimal("0.001"),
        valid_from=date(2021, 7, 1),
        valid_to=None,
        source="Income-tax Act 1961 s.194Q; from 1 April 2026 Income-tax Act 2025 s.393",
        rate_without_pan=Decimal("0.05"),
        threshold_minor=50_00_000_00,
        section="Income-tax Act 2025, s.393",
    )
    return MatchingPolicy(
        version="2026-10",
        tds_rules=(tds,),
        bank_charges_minor=(295, 590, 1180, 1770, 2360, 2950, 5900),
        bank_charge_cap_minor=60_00,
        overpaid_cap_minor=5_000_00,
    )
