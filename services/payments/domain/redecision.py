"""When a line that waits is decided anew: whether the new decision says anything else, and what a person's word allows."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from services.payments.domain.decision import Alternative, Decision, LineKind, Outcome, Reason

_TELLING_SHARE: Final = 10  # of 100: candidates below come and go with every payment of somebody else
_SAID_BY_PEOPLE: Final = frozenset({"receipt_taken_back", "left_waiting"})


def says_the_same(before: Decision, now: Decision) -> bool:
    """A person who reads both would do the same: outcome, partner, invoices and the likelier candidates agree."""
    return _said(before) == _said(now)


def after_a_person(before: Decision, now: Decision, wrong_partners: Iterable[str]) -> Decision:
    """A person has decided about the line before: the matching only suggests, and never who was wrong already."""
    wrong = frozenset(wrong_partners)
    candidates = tuple(one for one in now.candidates if one.partner_code not in wrong)
    told = tuple(reason for reason in before.reasons if reason.code in _SAID_BY_PEOPLE)
    why = told or (Reason("left_to_a_person", "A person decided about this line before"),)
    if now.partner_code in wrong:
        now = replace(
            now,
            outcome=Outcome.EXCEPTION,
            partner_code=None,
            allocations=(),
            deductions=(),
            on_account_minor=now.on_account_minor + sum(part.amount_minor for part in now.allocations),
            score=0,
            reasons=(),
        )
    outcome = Outcome.SUGGESTED if now.outcome is Outcome.AUTO else now.outcome
    return replace(
        now, outcome=outcome, alternatives=candidates, reasons=(*why, *now.reasons), learned_aliases=()
    )


def _said(decision: Decision) -> tuple[object, ...]:
    likely = [_explained(one) for one in decision.candidates if one.share >= _TELLING_SHARE]
    own = (decision.partner_code, decision.allocations, decision.deductions, decision.on_account_minor)
    return (
        decision.outcome,
        decision.kind,
        *(own if decision.kind is LineKind.RECEIPT else ()),
        tuple(likely),
    )


def _explained(one: Alternative) -> tuple[object, ...]:
    return (one.partner_code, one.allocations, one.deductions, one.on_account_minor)
