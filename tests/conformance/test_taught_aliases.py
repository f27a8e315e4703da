"""What people teach while they work a month off books no payment wrongly, also when some of it is wrong."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from services.payments.domain.decision import Decision, Outcome
from services.payments.domain.invoice_number import learn_number_patterns, number_keys
from services.payments.domain.matching import LookupKeys, decide_batch, lookup_keys, read_batch
from services.payments.domain.matching_policy import default_policy
from services.payments.domain.narration import Narration
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerIndex
from services.payments.domain.payer_alias import PayerAlias, confirmed_keys, is_partners_own
from tests.conformance.labelled_statement import LabelledStatement, Truth
from tests.conformance.narration_layouts import LAYOUTS
from tests.conformance.score_matching import Score, score
from tests.conformance.statement_generator import NUMBER_PATTERNS, invented_statement

PRECISION_MARK = 0.999
LINES_PER_DAY = 60
Teacher = Callable[[Narration, Truth], str | None]


def worked_off(statement: LabelledStatement, teacher: Teacher) -> list[Decision]:
    """Each day's lines are decided; then a person books what waits and the payers are learned from it."""
    names = {partner.code: partner.name for partner in statement.partners}
    index = PartnerIndex(statement.partners)
    patterns = learn_number_patterns(invoice.number for invoice in statement.invoices)
    left = {invoice.number: invoice.open_minor for invoice in statement.invoices}
    aliases: list[PayerAlias] = []
    decisions: list[Decision] = []
    for start in range(0, len(statement.lines), LINES_PER_DAY):
        lines = statement.lines[start : start + LINES_PER_DAY]
        truths = statement.truths[start : start + LINES_PER_DAY]
        batch = read_batch(lines, index, patterns, aliases=aliases, policy=default_policy())
        decided = decide_batch(batch, _asked_for(statement.invoices, left, lookup_keys(batch)), {})
        decisions += decided
        for decision, truth, narration in zip(decided, truths, batch.narrations, strict=True):
            _settle(decision, truth, left)
            aliases += decision.learned_aliases
            partner = teacher(narration, truth) if decision.outcome.waits and truth.partner_code else None
            if partner is not None and not is_partners_own(narration, names[partner]):
                source = f"review:{start}:{decision.line_number}"
                aliases += [PayerAlias(key, partner, source) for key in confirmed_keys(narration)]
    return decisions


def _asked_for(invoices: Sequence[OpenInvoice], left: dict[str, int], keys: LookupKeys) -> list[OpenInvoice]:
    return [
        replace(one, open_minor=left[one.number])
        for one in invoices
        if left[one.number] > 0
        and (
            one.partner_code in keys.partner_codes
            or one.open_minor in keys.amounts_minor
            or not keys.number_keys.isdisjoint(number_keys(one.number))
        )
    ]


def _settle(decision: Decision, truth: Truth, left: dict[str, int]) -> None:
    """What is booked by itself settles what it says; the person books what the payer meant."""
    if decision.outcome is Outcome.AUTO:
        parts = [(part.invoice_number, part.amount_minor) for part in decision.allocations]
        parts += [(part.invoice_number, part.amount_minor) for part in decision.deductions]
    else:
        parts = [*truth.allocations, *truth.deductions]
    for number, amount in parts:
        left[number] = max(0, left[number] - amount)


def taught_nothing(_narration: Narration, _truth: Truth) -> str | None:
    return None


def taught_rightly(_narration: Narration, truth: Truth) -> str | None:
    return truth.partner_code


def taught_wrongly_now_and_then(share: float, partners: Sequence[str], seed: int) -> Teacher:
    chance = random.Random(seed)

    def teach(_narration: Narration, truth: Truth) -> str | None:
        return chance.choice(partners) if chance.random() < share else truth.partner_code

    return teach


def months(mixture: str, teacher: Callable[[LabelledStatement, int], Teacher]) -> Score:
    total = Score()
    for seed, layout in enumerate(sorted(LAYOUTS)):
        pattern = sorted(NUMBER_PATTERNS)[seed % len(NUMBER_PATTERNS)]
        statement = invented_statement(
            seed=seed, layout=layout, pattern=pattern, mixture=mixture, line_count=180
        )
        total.add(score(statement, worked_off(statement, teacher(statement, seed))))
    return total


@pytest.mark.parametrize("mixture", ["mild", "hard"])
def test_teaching_books_more_and_nothing_wrongly(mixture: str) -> None:
    before = months(mixture, lambda _statement, _seed: taught_nothing)
    after = months(mixture, lambda _statement, _seed: taught_rightly)

    assert after.precision >= PRECISION_MARK, after.table()
    assert after.precision >= before.precision, after.table()
    assert after.right >= before.right, after.table()


@pytest.mark.parametrize("mixture", ["mild", "hard"])
def test_a_tenth_taught_wrongly_books_nothing_wrongly_by_itself(mixture: str) -> None:
    def teacher(statement: LabelledStatement, seed: int) -> Teacher:
        return taught_wrongly_now_and_then(0.1, [partner.code for partner in statement.partners], seed)

    after = months(mixture, teacher)

    assert after.precision >= PRECISION_MARK, after.table()
