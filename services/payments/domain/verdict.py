"""Weighs everything one payment may be and says how sure the likeliest explanation is."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from services.payments.domain.deduction import amount_freedom, least_difference
from services.payments.domain.explanation import Explanation, Payment, explanations
from services.payments.domain.invoice_number import ReferenceKind, reference_key
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.named_invoices import named_invoices, weight_of_no_invoice
from services.payments.domain.narration import Narration
from services.payments.domain.open_book import OpenBook, PartnerAccount
from services.payments.domain.payer import PayerCandidate, PayerView, Relation

_AMOUNT_TWINS_MAX = 4
_KNOWN_WELL = 8.0
_ROUND = 100_00
# Open invoices take up one in twenty of the numbers of four digits.
_HIT_BY_CHANCE = 3.0
# What is so much heavier than the likeliest is not looked for: e to the power of −26 is five in a million million, half of
# what a score of 100 allows all others together.
UNNOTICED = 26.0
_Found = tuple[float, PayerCandidate, Explanation]


@dataclass(frozen=True, slots=True)
class Weighed:
    """`share`: this explanation's part of the likelihood of all, from 0 to 1."""

    candidate: PayerCandidate
    explanation: Explanation
    share: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Best first. `partner_share`: how sure the best one's partner is, whatever the money is for."""

    weighed: tuple[Weighed, ...]
    partner_share: float

    @property
    def best(self) -> Weighed | None:
        return self.weighed[0] if self.weighed else None


def candidates_for(
    payment: Payment, narration: Narration, view: PayerView, book: OpenBook, partner_count: int
) -> list[PayerCandidate]:
    """The payers the narration speaks for and, at a stranger's odds, partners whose invoice is named or fits exactly."""
    candidates = {candidate.partner_code: candidate for candidate in view.candidates}
    odds = view.stranger_weight + math.log(max(partner_count, 1))
    is_unsure = is_payer_unsure(narration, view)
    named = (
        invoice
        for reference in narration.references
        if (key := reference_key(reference))
        for invoice in book.found_by_key(key)
        if reference.kind is ReferenceKind.FULL or not view.candidates or view.is_named
        if is_unsure or reference.kind is ReferenceKind.FULL or reference.is_announced
    )
    fitting = []
    if is_unsure:
        fitting = book.found_by_amount(payment.amount_minor, found_max=_AMOUNT_TWINS_MAX)
    for evidence, invoices in (("invoice_number", named), ("amount", fitting)):
        for invoice in invoices:
            stranger = PayerCandidate(invoice.partner_code, odds, Relation.STRANGER, (evidence,))
            candidates.setdefault(invoice.partner_code, stranger)
    return list(candidates.values())


def is_payer_unsure(narration: Narration, view: PayerView) -> bool:
    """Neither a place nor a name that fits well is shown, so that a number or an amount may tell more than the payer."""
    return not narration.names or not view.candidates or view.candidates[0].weight > _KNOWN_WELL


def rests_on_little(best: Weighed, amount_minor: int) -> bool:
    """A stranger whom nothing but a round amount ties to the partner, as many things cost ₹ 59,000, or who pays part of
    an invoice, is looked at by a person however likely it is. So is a payment of other invoices than it names in full:
    the one named may be paid already, and this be the second payment of it."""
    if best.explanation.leaves_number_aside:
        return True
    if best.candidate.relation is not Relation.STRANGER:
        return False
    is_round_only = best.candidate.evidence == ("amount",) and amount_minor % _ROUND == 0
    return is_round_only or best.explanation.code == "partly_paid"


def verdict_on(
    payment: Payment,
    narration: Narration,
    view: PayerView,
    accounts: Sequence[tuple[PayerCandidate, PartnerAccount]],
    policy: MatchingPolicy,
) -> Verdict:
    found = weighed_together(payment, narration, accounts, policy)
    is_ours = any("invoice_number" in candidate.evidence for candidate, _ in accounts)
    stranger = _stranger_weight(payment, narration, view, policy, is_ours=is_ours)
    return _shared_out(_ranked(found), stranger)


def weighed_together(
    payment: Payment,
    narration: Narration,
    accounts: Sequence[tuple[PayerCandidate, PartnerAccount]],
    policy: MatchingPolicy,
    *,
    unnoticed: float = UNNOTICED,
) -> Collection[_Found]:
    """Each explanation once, in its likeliest way; those so much heavier than the likeliest may be missing."""
    found: dict[tuple[object, ...], _Found] = {}
    lightest = math.inf
    for candidate, account in accounts:
        if candidate.weight + least_difference(policy.amount) > lightest + unnoticed:
            continue
        named = named_invoices(
            narration.references, account, policy.amount, is_truncated=narration.is_truncated
        )
        weight_max = lightest + unnoticed - candidate.weight
        for explanation in explanations(payment, account, named, policy, weight_max=weight_max):
            key = (candidate.partner_code, *explanation.signature)
            weight = candidate.weight + explanation.weight
            lightest = min(lightest, weight)
            known = found.get(key)
            if (
                known is None
                or weight < known[0]
                or (weight == known[0] and _due(explanation) < _due(known[2]))
            ):
                found[key] = (weight, candidate, explanation)
    return found.values()


def _ranked(
    found: Iterable[_Found],
) -> list[_Found]:
    """Likeliest first, of equals what pays invoices. Due dates are written out only where they decide."""
    in_order = sorted(found, key=_likelihood)
    if all(_likelihood(one) != _likelihood(next_one) for one, next_one in pairwise(in_order)):
        return in_order
    ranked = []
    for _, alike in groupby(in_order, key=_likelihood):
        several = list(alike)
        if len(several) > 1:
            several.sort(key=lambda item: (not item[2].payables, _due(item[2])))
        ranked += several
    return ranked


def _likelihood(item: _Found) -> tuple[float, str]:
    return item[0], item[1].partner_code


def _due(explanation: Explanation) -> list[str]:
    """Of equal invoices the one due first is paid."""
    return [f"{p.invoice.due_on} {p.invoice.number}" for p in explanation.payables]


def _stranger_weight(
    payment: Payment, narration: Narration, view: PayerView, policy: MatchingPolicy, *, is_ours: bool
) -> float:
    """Somebody unknown pays for something unknown; a number that is an open invoice's is hardly there by chance."""
    weight = view.stranger_weight + policy.amount.on_account + amount_freedom(payment.amount_minor)
    unmet = weight_of_no_invoice(narration.references, policy.amount)
    return weight + unmet + (_HIT_BY_CHANCE if is_ours else 0.0)


def _shared_out(ranked: list[_Found], stranger_weight: float) -> Verdict:
    if not ranked:
        return Verdict((), 0.0)
    least = min(ranked[0][0], stranger_weight)
    likelihoods = [math.exp(least - weight) for weight, _, _ in ranked]
    total = sum(likelihoods) + math.exp(least - stranger_weight)
    best = ranked[0][1].partner_code
    of_partner = sum(
        likelihood
        for likelihood, (_, candidate, _) in zip(likelihoods, ranked, strict=True)
        if candidate.partner_code == best
    )
    weighed = tuple(
        Weighed(candidate, explanation, likelihood / total)
        for likelihood, (_, candidate, explanation) in zip(likelihoods[:6], ranked, strict=False)
    )
    return Verdict(weighed, of_partner / total)
