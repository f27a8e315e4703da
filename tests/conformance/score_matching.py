"""Runs the matching over a labelled statement and counts what it got right, what waits, and what a person is offered."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.payments.domain.decision import Alternative, Decision, Outcome
from services.payments.domain.invoice_number import learn_number_patterns, number_keys
from services.payments.domain.matching import LookupKeys, decide_batch, lookup_keys, read_batch
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerIndex
from services.payments.domain.payer_alias import PayerAlias
from tests.conformance.derivable_truth import Derivation
from tests.conformance.labelled_statement import LabelledStatement, Pairs, Truth

_NO_RECEIPTS = ("bounce", "not_a_receipt")


@dataclass(slots=True)
class Score:
    """`offered`: receipts left to a person whose line allows to know the answer; `first`: those offered it first."""

    receipts: int = 0
    booked: int = 0
    right: int = 0
    safe: int = 0
    wrong: int = 0
    offered: int = 0
    first: int = 0
    by_category: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    misses: list[tuple[str, Truth, Decision]] = field(default_factory=list)

    @property
    def right_share(self) -> float:
        return self.right / max(1, self.receipts)

    @property
    def precision(self) -> float:
        return 1 - self.wrong / max(1, self.right + self.safe + self.wrong)

    @property
    def first_share(self) -> float:
        return self.first / self.offered if self.offered else 1.0

    def add(self, other: "Score") -> None:
        """Count another statement in."""
        for name in ("receipts", "booked", "right", "safe", "wrong", "offered", "first"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for category, tally in other.by_category.items():
            self.by_category[category].update(tally)
        self.misses += other.misses

    def table(self) -> str:
        rows = [
            f"receipts                      {self.receipts}",
            f"booked without a person       {self.booked / max(1, self.receipts):.4f}",
            f"straight through and right    {self.right_share:.4f}",
            f"safe, waiting on account      {self.safe / max(1, self.receipts):.4f}",
            f"precision of automatic        {self.precision:.4f}  ({self.wrong} wrong)",
            f"first choice right            {self.first_share:.4f}  ({self.first} of {self.offered} that allow it)",
        ]
        for category, tally in sorted(self.by_category.items()):
            figures = "  ".join(
                f"{verdict} {tally[verdict]:<4}" for verdict in ("right", "safe", "wrong", "asked")
            )
            rows.append(f"  {category:28s} {figures} of {tally.total()}")
        return "\n".join(rows)


def decide(statement: LabelledStatement, policy: MatchingPolicy, *, chunk: int = 100_000) -> list[Decision]:
    """Runs chunk by chunk, with invoices and learned payers carried over as a service would; the agreements are the
    statement's."""
    policy = replace(policy, terms=statement.terms)
    index = PartnerIndex(statement.partners)
    patterns = learn_number_patterns(invoice.number for invoice in statement.invoices)
    left = {invoice.id: invoice.open_minor for invoice in statement.invoices}
    aliases: list[PayerAlias] = []
    decisions: list[Decision] = []
    for start in range(0, len(statement.lines), chunk):
        batch = read_batch(
            statement.lines[start : start + chunk], index, patterns, aliases=aliases, policy=policy
        )
        keys = lookup_keys(batch)
        fetched = [
            _reduced(i, left[i.id]) for i in statement.invoices if left[i.id] > 0 and _is_asked_for(i, keys)
        ]
        for decision in decide_batch(batch, fetched, {}):
            decisions.append(decision)
            aliases += decision.learned_aliases
            if decision.outcome is Outcome.AUTO:
                for allocation in decision.allocations:
                    left[allocation.invoice_id] -= allocation.amount_minor
                for deduction in decision.deductions:
                    left[deduction.invoice_id] -= deduction.amount_minor
    return decisions


def score(statement: LabelledStatement, decisions: Sequence[Decision]) -> Score:
    alike = {i.number: f"{i.partner_code} {i.taxable_minor} {i.total_minor}" for i in statement.invoices}
    derivation = Derivation(statement)
    result = Score()
    for truth, decision in zip(statement.truths, _firsts_paying(statement, decisions), strict=True):
        is_auto = decision.outcome is Outcome.AUTO and decision.kind == "receipt"
        is_receipt = truth.category not in _NO_RECEIPTS
        verdict = "asked"
        if is_auto:
            verdict = _verdict(truth, decision, alike) if is_receipt else "wrong"
        result.receipts += is_receipt
        result.booked += is_auto and is_receipt
        result.right += verdict == "right"
        result.safe += verdict == "safe"
        result.wrong += verdict == "wrong"
        result.by_category[truth.category][verdict] += 1
        if is_receipt and verdict in ("safe", "asked") and derivation.allows(truth, decision.line_number):
            result.offered += 1
            result.first += _is_first_choice(truth, decision, alike)
        if verdict != "right" and (is_receipt or is_auto):
            result.misses.append((verdict, truth, decision))
    return result


def _firsts_paying(statement: LabelledStatement, decisions: Sequence[Decision]) -> list[Decision]:
    """With the decisions of a payment and its repetition exchanged where the repetition was taken for the payment: its
    payer meant the same twice, and which of the two pays the invoices changes nothing that is owed."""
    given = list(decisions)
    for place, truth in enumerate(statement.truths):
        if truth.category != "twice" or not given[place].allocations:
            continue
        for first in range(place):
            meant = statement.truths[first]
            if (meant.partner_code, statement.lines[first].amount_minor) == (
                truth.partner_code,
                truth.on_account_minor,
            ) and not given[first].allocations:
                given[first], given[place] = given[place], given[first]
                break
    return given


def _verdict(truth: Truth, decision: Decision, alike: dict[str, str]) -> str:
    pairs, cuts = _settled(*_given(decision), alike)
    true_pairs, true_cuts = _settled(truth.allocations, truth.deductions, alike)
    if decision.partner_code != truth.partner_code:
        return "wrong"
    if (pairs, cuts, decision.on_account_minor) == (true_pairs, true_cuts, truth.on_account_minor):
        return "right"
    return "wrong" if pairs - true_pairs or cuts - true_cuts else "safe"


def _is_first_choice(truth: Truth, decision: Decision, alike: dict[str, str]) -> bool:
    """What a person sees first: the likeliest alternative, or the decision itself when there is no other."""
    first = decision.alternatives[0] if decision.alternatives else decision
    shown = (*_settled(*_given(first), alike), first.on_account_minor)
    meant = (*_settled(truth.allocations, truth.deductions, alike), truth.on_account_minor)
    return shown == meant and first.partner_code == truth.partner_code


def _given(decided: Decision | Alternative) -> tuple[Pairs, Pairs]:
    paid = tuple((a.invoice_number, a.amount_minor) for a in decided.allocations)
    return paid, tuple((d.invoice_number, d.amount_minor) for d in decided.deductions)


def _settled(
    allocations: Pairs, deductions: Pairs, alike: dict[str, str]
) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """What is closed of each invoice, and what was kept back. Invoices of one partner with equal amounts are
    interchangeable; what was kept back once is the payment's, and convention puts it to one of its invoices."""
    closed: Counter[str] = Counter()
    for number, amount in (*allocations, *deductions):
        closed[number] += amount
    is_once = len(deductions) == 1
    kept_back = Counter(("" if is_once else alike[number], amount) for number, amount in deductions)
    return Counter((alike[number], amount) for number, amount in closed.items()), kept_back


def _is_asked_for(invoice: OpenInvoice, keys: LookupKeys) -> bool:
    return (
        invoice.partner_code in keys.partner_codes
        or invoice.open_minor in keys.amounts_minor
        or not keys.number_keys.isdisjoint(number_keys(invoice.number))
    )


def _reduced(invoice: OpenInvoice, open_minor: int) -> OpenInvoice:
    return replace(invoice, open_minor=open_minor)
