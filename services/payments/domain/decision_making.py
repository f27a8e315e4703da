"""Turns a verdict into a decision with its reasons."""

from dataclasses import replace

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.decision import (
    Allocation,
    Alternative,
    Decision,
    Deduction,
    LineKind,
    Outcome,
    Reason,
)
from services.payments.domain.explanation import Explanation
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.payer import Relation
from services.payments.domain.payer_alias import PayerAlias
from services.payments.domain.verdict import Verdict, Weighed
from shared.money import text_from_minor

_AMOUNT_TEXTS = {
    "exact": "The amount is what the invoices ask for",
    "tds_beyond_threshold": "Short by tax deducted on the taxable value beyond the year's threshold",
    "tds_on_taxable": "Short by tax deducted on the full taxable value",
    "tds_on_total": "Short by tax deducted on the invoice total",
    "bank_charge": "Short by a bank charge",
    "discount": "Short by the discount agreed for early payment",
    "freight": "Short by freight that the payer advanced",
    "rounding": "Short by a rounding of a rupee at most",
    "overpaid": "More than the invoices ask for; the rest is on account",
    "partly_paid": "Part of the invoice that is named",
    "on_account": "No open invoices add up to it: on the partner's account",
}
_PAYER_TEXTS = {
    "virtual_account": "Paid into the partner's virtual account",
    "name": "The payer's name fits the partner's",
    "ifsc": "The payer's branch is the partner's",
    "bank": "The payer's bank is the partner's",
    "account": "The payer's account ends like the partner's",
    "place": "Deposited in the partner's city",
    "known_payer": "The payer has paid for the partner before",
    "address": "The payment address bears the partner's name",
    "invoice_number": "Only the invoice number tells the partner",
    "amount": "Only the amount tells the partner",
}
_SUGGESTED_FROM = 0.3
_ALTERNATIVE_FROM = 0.02


def booked(line: StatementLine, verdict: Verdict, learned: tuple[PayerAlias, ...]) -> Decision:
    best = verdict.weighed[0]
    named = (
        (Reason("invoice_named", "The narration names the invoices"),) if best.explanation.is_named else ()
    )
    decision = _receipt(line, best, Outcome.AUTO, (*_reasons(best), *named))
    return replace(decision, learned_aliases=learned)


def left_open(line: StatementLine, verdict: Verdict, policy: MatchingPolicy) -> Decision:
    """What no explanation is certain enough for: on account when the payer is certain, else for a person."""
    best = verdict.best
    if (
        best is None
        or verdict.partner_share < _SUGGESTED_FROM
        or best.candidate.relation is Relation.STRANGER
    ):
        return _unsettled(line, verdict)
    alternatives = _alternatives(verdict)
    if verdict.partner_share < policy.payer_certainty:
        reason = Reason("payer_uncertain", f"Another payer is possible ({verdict.partner_share:.0%} sure)")
        return _receipt(line, best, Outcome.SUGGESTED, (*_reasons(best), reason), alternatives=alternatives)
    if not best.explanation.payables:
        return _receipt(line, best, Outcome.AUTO, _reasons(best), alternatives=alternatives)
    reason = Reason("several_explanations", "Several sets of invoices could be meant")
    if not policy.is_ambiguous_on_account:
        return _receipt(line, best, Outcome.SUGGESTED, (*_reasons(best), reason), alternatives=alternatives)
    return Decision(
        line_number=line.line_number,
        outcome=Outcome.AUTO,
        kind=LineKind.RECEIPT,
        partner_code=best.candidate.partner_code,
        allocations=(),
        deductions=(),
        on_account_minor=line.amount_minor,
        score=_percent(verdict.partner_share),
        reasons=(*_payer_reasons(best), reason),
        alternatives=alternatives,
    )


def no_receipt(
    line: StatementLine,
    kind: LineKind,
    outcome: Outcome,
    reason: Reason,
    *,
    partner_code: str | None = None,
    reverses: str = "",
) -> Decision:
    return Decision(
        line_number=line.line_number,
        outcome=outcome,
        kind=kind,
        partner_code=partner_code,
        allocations=(),
        deductions=(),
        on_account_minor=0,
        score=0,
        reasons=(reason,),
        reverses=reverses,
    )


def _unsettled(line: StatementLine, verdict: Verdict) -> Decision:
    """Nobody we know well: a stranger's likely explanation is suggested, else the line is an exception."""
    best = verdict.best
    if best is not None and best.explanation.payables and best.share >= _SUGGESTED_FROM:
        reason = Reason("payer_unknown", "The payer is no partner and was not known before")
        alternatives = _alternatives(verdict)
        return _receipt(line, best, Outcome.SUGGESTED, (*_reasons(best), reason), alternatives=alternatives)
    return Decision(
        line_number=line.line_number,
        outcome=Outcome.EXCEPTION,
        kind=LineKind.RECEIPT,
        partner_code=None,
        allocations=(),
        deductions=(),
        on_account_minor=line.amount_minor,
        score=0,
        reasons=(Reason("payer_unknown", "Nothing tells which partner this is from"),),
        alternatives=_alternatives(verdict),
    )


def _receipt(
    line: StatementLine,
    best: Weighed,
    outcome: Outcome,
    reasons: tuple[Reason, ...],
    *,
    alternatives: tuple[Alternative, ...] = (),
) -> Decision:
    return Decision(
        line_number=line.line_number,
        outcome=outcome,
        kind=LineKind.RECEIPT,
        partner_code=best.candidate.partner_code,
        allocations=_allocations(best.explanation),
        deductions=_deductions(best.explanation),
        on_account_minor=best.explanation.on_account_minor,
        score=_percent(best.share),
        reasons=reasons,
        alternatives=alternatives,
    )


def _allocations(explanation: Explanation) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(p.invoice.id, p.invoice.number, allocated)
        for p, allocated in zip(explanation.payables, explanation.allocated, strict=True)
        if allocated > 0
    )


def _deductions(explanation: Explanation) -> tuple[Deduction, ...]:
    return tuple(
        Deduction(p.invoice.id, p.invoice.number, explanation.deduction_kind, deducted)
        for p, deducted in zip(explanation.payables, explanation.deducted, strict=True)
        if deducted > 0
    )


def _alternatives(verdict: Verdict) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(
            partner_code=weighed.candidate.partner_code,
            allocations=_allocations(weighed.explanation),
            deductions=_deductions(weighed.explanation),
            on_account_minor=weighed.explanation.on_account_minor,
            share=_percent(weighed.share),
            reasons=_reasons(weighed),
        )
        for weighed in verdict.weighed
        if weighed.share >= _ALTERNATIVE_FROM
    )


def _reasons(weighed: Weighed) -> tuple[Reason, ...]:
    explanation = weighed.explanation
    text = _AMOUNT_TEXTS[explanation.code]
    if explanation.expected_minor is not None:
        currency = explanation.payables[0].invoice.currency
        expected = text_from_minor(explanation.expected_minor, currency)
        kept = text_from_minor(sum(explanation.deducted), currency)
        text = f"{text}: {expected} expected, {kept} kept back"
    return (*_payer_reasons(weighed), Reason(explanation.code, text))


def _payer_reasons(weighed: Weighed) -> tuple[Reason, ...]:
    return tuple(Reason(f"payer_{code}", _PAYER_TEXTS[code]) for code in weighed.candidate.evidence)


def _percent(share: float) -> int:
    """Never rounded up to certainty."""
    return min(100, int(share * 100 + 1e-9))
