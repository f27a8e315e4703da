"""Whether two decisions about a line are the same, and in what they differ."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.payments.domain.decision import Decision

# What is found out after the matching, while its decisions are carried out: the first reason then.
AFTER_MATCHING = frozenset(
    {
        "currency_differs", "told_amount_differs", "invoices_settled_meanwhile", "cheque_not_booked",
        "receipt_refunded", "already_reversed",
    }
)  # fmt: skip

Part = tuple[str, str, int]  # invoice number, kind of deduction or '', minor units


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """A decision as it is stored; `reasons` are codes and texts."""

    outcome: str
    kind: str
    partner_code: str | None
    allocations: tuple[Part, ...]
    deductions: tuple[Part, ...]
    on_account_minor: int
    score: int
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    recorded: str
    replayed: str


def facts_of(decision: Decision) -> DecisionFacts:
    return DecisionFacts(
        outcome=decision.outcome.value,
        kind=decision.kind.value,
        partner_code=decision.partner_code,
        allocations=tuple((a.invoice_number, "", a.amount_minor) for a in decision.allocations),
        deductions=tuple((d.invoice_number, d.kind, d.amount_minor) for d in decision.deductions),
        on_account_minor=decision.on_account_minor,
        score=decision.score,
        reasons=tuple((reason.code, reason.text) for reason in decision.reasons),
    )


def decision_differences(recorded: DecisionFacts, replayed: DecisionFacts) -> list[Difference]:
    """None for the same decision.

    What was found out while the decision was carried out is no difference of the matching: then only the
    outcome was lowered and one reason put before the others.
    """
    after = reason_after_matching(recorded)
    return list(_differences(recorded, replayed, is_lowered=after is not None))


def reason_after_matching(recorded: DecisionFacts) -> tuple[str, str] | None:
    first = recorded.reasons[:1]
    return first[0] if first and first[0][0] in AFTER_MATCHING else None


def _differences(
    recorded: DecisionFacts, replayed: DecisionFacts, *, is_lowered: bool
) -> Iterator[Difference]:
    for name in ("kind", "partner_code", "allocations", "deductions", "on_account_minor", "score"):
        before, now = getattr(recorded, name), getattr(replayed, name)
        if before != now:
            yield Difference(name, str(before), str(now))
    if not is_lowered and recorded.outcome != replayed.outcome:
        yield Difference("outcome", recorded.outcome, replayed.outcome)
    reasons = recorded.reasons[1:] if is_lowered else recorded.reasons
    if reasons != replayed.reasons:
        yield Difference("reasons", _codes(reasons), _codes(replayed.reasons))


def _codes(reasons: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(code for code, _ in reasons)
