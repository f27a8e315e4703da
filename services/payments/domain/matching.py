"""Decides for every line of a batch who paid, what for, and whether a person has to look."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.decision import Decision, LineKind, Outcome, Reason
from services.payments.domain.decision_making import booked, left_open, no_receipt
from services.payments.domain.explanation import Payment
from services.payments.domain.invoice_number import NumberPatterns, reference_key
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.narration import Narration, parse_narration
from services.payments.domain.open_book import OpenBook, PartnerAccount
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import (
    PartnerIndex,
    PayerCandidate,
    PayerView,
    Relation,
    payer_candidates,
)
from services.payments.domain.payer_alias import AliasBook, PayerAlias, alias_keys, place_of_alias
from services.payments.domain.transaction_reference import strong_reference
from services.payments.domain.verdict import (
    Verdict,
    Weighed,
    candidates_for,
    is_payer_unsure,
    rests_on_little,
    verdict_on,
)
from services.payments.domain.virtual_account import certain_view

_FIRM_CERTAINTY = 0.999
_KNOWN_WELL = 8.0
_PROOFS_TELLING = 3
_STEM = 4
# These say of a credit that it is none of a customer's whoever is named in it.
_NEVER_RECEIPTS = frozenset({"not_final", "reversal", "return_of_own_payment"})


@dataclass(frozen=True, slots=True)
class LookupKeys:
    """What to fetch open invoices by, in one query: all of these partners, and any with one of these keys or amounts."""

    partner_codes: frozenset[str]
    number_keys: frozenset[str]
    amounts_minor: frozenset[int]


@dataclass(frozen=True, slots=True)
class ReceivedCheque:
    """A cheque booked earlier, so that its return can be tied to it."""

    cheque_number: str
    partner_code: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Lines with what they say and whom they speak for, before any open invoice is known."""

    lines: tuple[StatementLine, ...]
    narrations: tuple[Narration, ...]
    views: tuple[PayerView, ...]
    index: PartnerIndex
    aliases: tuple[PayerAlias, ...]
    policy: MatchingPolicy


def read_batch(
    lines: Sequence[StatementLine],
    index: PartnerIndex,
    patterns: NumberPatterns,
    *,
    aliases: Iterable[PayerAlias],
    policy: MatchingPolicy,
) -> ReadBatch:
    known = tuple(aliases)
    book = AliasBook(known)
    narrations = tuple(parse_narration(line, patterns) for line in lines)
    views = tuple(payer_candidates(narration, index, book, policy.payer) for narration in narrations)
    return ReadBatch(tuple(lines), narrations, views, index, known, policy)


def with_certain_payers(batch: ReadBatch, partners: Mapping[int, str]) -> ReadBatch:
    """Lines, by their place in the batch, whose virtual account tells the partner whatever names say."""
    if not partners:
        return batch
    views = (
        certain_view(partners[place]) if place in partners else view for place, view in enumerate(batch.views)
    )
    return replace(batch, views=tuple(views))


def lookup_keys(batch: ReadBatch) -> LookupKeys:
    codes: set[str] = set()
    keys: set[str] = set()
    amounts: set[int] = set()
    for line, narration, view in zip(batch.lines, batch.narrations, batch.views, strict=True):
        if line.amount_minor <= 0:
            continue
        codes.update(candidate.partner_code for candidate in view.candidates)
        keys.update(key for reference in narration.references if (key := reference_key(reference)))
        if is_payer_unsure(narration, view):
            amounts.add(line.amount_minor)
    return LookupKeys(frozenset(codes), frozenset(keys), frozenset(amounts))


def decide_batch(
    batch: ReadBatch,
    open_invoices: Iterable[OpenInvoice],
    receipts_by_cheque: Mapping[str, Sequence[ReceivedCheque]],
) -> list[Decision]:
    """Decisions in the order of the lines; the same input always gives the same decisions.

    Lines that name their invoices come first, then what is certain, then what is nearly so: each takes open invoices
    away that the next might have been thought to pay. Invoices that a cheque returned in this batch had paid count as
    paid until the caller has reopened them.
    """
    return decide_from_book(batch, book_of(batch, open_invoices), receipts_by_cheque)


def book_of(batch: ReadBatch, open_invoices: Iterable[OpenInvoice]) -> OpenBook:
    """A book of just these invoices for the batch."""
    keys, amounts = asked_for(batch)
    return OpenBook.of(open_invoices, batch.policy, keys=keys, amounts_minor=amounts)


def asked_for(batch: ReadBatch) -> tuple[frozenset[str], frozenset[int]]:
    """The number keys and the amounts by which the lines may find invoices."""
    keys = (reference_key(r) for narration in batch.narrations for r in narration.references)
    return frozenset(keys), frozenset(line.amount_minor for line in batch.lines)


def decide_from_book(
    batch: ReadBatch, book: OpenBook, receipts_by_cheque: Mapping[str, Sequence[ReceivedCheque]]
) -> list[Decision]:
    """As `decide_batch`; the ledgers of the book are used up by what is decided."""
    matching = _Matching(batch, book)
    matching.run()
    decisions = matching.decisions
    received = dict(receipts_by_cheque)
    for number, line in enumerate(batch.lines):
        cheque = batch.narrations[number].cheque_number
        decision = decisions.get(number)
        if decision is not None and cheque and decision.partner_code:
            arrived = ReceivedCheque(cheque, decision.partner_code, line.amount_minor)
            received[cheque] = (*received.get(cheque, ()), arrived)
        elif decision is None:
            decisions[number] = _debit(line, batch.narrations[number], received)
    return [decisions[number] for number in range(len(batch.lines))]


def _debit(
    line: StatementLine, narration: Narration, received: Mapping[str, Sequence[ReceivedCheque]]
) -> Decision:
    if not narration.is_bounce:
        reason = Reason("own_debit", "Money out: nobody's receipt")
        return no_receipt(line, LineKind.DEBIT, Outcome.AUTO, reason)
    cheque = narration.cheque_number
    matching = [r for r in received.get(cheque, ()) if r.amount_minor == -line.amount_minor]
    partners = {r.partner_code for r in matching}
    if len(partners) == 1:
        reason = Reason(
            "cheque_returned", f"Cheque {cheque} came back (code {narration.bounce_code or 'not told'})"
        )
        return no_receipt(
            line, LineKind.BOUNCE, Outcome.AUTO, reason, partner_code=partners.pop(), reverses=cheque
        )
    reason = Reason(
        "returned_cheque_unknown", f"No receipt of cheque {cheque or 'without number'} over this amount"
    )
    return no_receipt(line, LineKind.BOUNCE, Outcome.EXCEPTION, reason, reverses=cheque)


class _Matching:
    """The state of one run: what is open, what has been decided, what is known of payers."""

    def __init__(self, batch: ReadBatch, book: OpenBook) -> None:
        self.batch = batch
        self.policy = batch.policy
        self.decisions: dict[int, Decision] = {}
        self._book = book
        self._aliases = AliasBook(batch.aliases)
        self._views = list(batch.views)
        self._verdicts: dict[int, tuple[list[PartnerAccount], Verdict]] = {}
        self._looks: Counter[int] = Counter()
        self._proofs: Counter[tuple[str, str]] = Counter()
        self._pending = [number for number, line in enumerate(batch.lines) if line.amount_minor > 0]

    def run(self) -> None:
        self._set_aside_no_receipts()
        named = [number for number in self._pending if self.batch.narrations[number].references]
        self._settle(named, self.policy.allocation_certainty, is_named=True)
        waves = self._waves()
        for last in range(len(waves)):
            for certainty in (_FIRM_CERTAINTY, self.policy.allocation_certainty):
                near = [number for wave in waves[: last + 1][-2:] for number in wave]
                self._settle(near, certainty, is_named=False)
        for number in self._pending:
            verdict = self._last_verdict(number)
            self.decisions[number] = left_open(self.batch.lines[number], verdict, self.policy)

    def _set_aside_no_receipts(self) -> None:
        for number in list(self._pending):
            reason = self.batch.narrations[number].not_receipt_reason
            is_known = any(
                c.relation is Relation.OWN and c.weight < _KNOWN_WELL for c in self._views[number].candidates
            )
            if reason and (reason in _NEVER_RECEIPTS or not is_known):
                self._pending.remove(number)
                told = Reason(reason, f"The bank's wording says this is no customer's payment: {reason}")
                line = self.batch.lines[number]
                self.decisions[number] = no_receipt(line, LineKind.NOT_A_RECEIPT, Outcome.EXCEPTION, told)

    def _waves(self) -> list[list[int]]:
        """The pending lines in order, so many of one partner at a time: a partner's payments follow its invoices, and
        weighing the hundredth against what the first will pay helps neither."""
        waves: list[list[int]] = []
        counted: Counter[str] = Counter()
        for number in self._pending:
            best = self._views[number].candidates[:1]
            partner = best[0].partner_code if best else ""
            wave = counted[partner] // self.policy.bounds.wave_lines_max if partner else 0
            counted[partner] += 1
            waves.extend([] for _ in range(wave + 1 - len(waves)))
            waves[wave].append(number)
        return waves

    def _settle(self, numbers: Sequence[int], certainty: float, *, is_named: bool) -> None:
        """Rounds until nothing more is certain: what one booking taught of payers may have set another back."""
        for _ in range(self.policy.bounds.rounds_max):
            left = [number for number in numbers if number not in self.decisions]
            if not self._round(left, certainty, is_named=is_named):
                return

    def _round(self, numbers: list[int], certainty: float, *, is_named: bool) -> bool:
        """Books what is certain enough, the surest first; True when anything was booked."""
        sure = []
        for number in numbers:
            if self._looks[number] > self.policy.bounds.looks_max:
                continue
            verdict = self._verdict(number)
            best = verdict.best
            if best is None or best.share < certainty or not best.explanation.payables:
                continue
            if rests_on_little(best, self.batch.lines[number].amount_minor):
                continue
            if best.explanation.is_named or not is_named:
                sure.append((-round(best.share, 6), number, verdict))
        for _, number, verdict in sorted(sure, key=lambda item: item[:2]):
            is_current = number in self._verdicts
            payables = verdict.weighed[0].explanation.payables
            if is_current and all(self._book.open_minor(p.invoice) == p.open_minor for p in payables):
                self._book_line(number, verdict)
        return bool(sure)

    def _book_line(self, number: int, verdict: Verdict) -> None:
        best = verdict.weighed[0]
        explanation = best.explanation
        for payable, allocated, deducted in zip(
            explanation.payables, explanation.allocated, explanation.deducted, strict=True
        ):
            self._book.use(payable.invoice, allocated + deducted)
        learned = self._learned(number, best)
        self.decisions[number] = booked(self.batch.lines[number], verdict, learned)
        self._pending.remove(number)
        places = {
            place_of_alias(alias) for alias in learned if self._aliases.add(alias) and self._is_news(alias)
        }
        if places:
            self._look_again(frozenset(places))

    def _learned(self, number: int, best: Weighed) -> tuple[PayerAlias, ...]:
        """A stranger who names our invoice and pays just what it asks for is known from now on."""
        proved = best.explanation.is_named or "amount" not in best.candidate.evidence
        if best.candidate.relation is Relation.OWN or not proved or best.explanation.code == "partly_paid":
            return ()
        source = strong_reference(self.batch.lines[number]) or f"line {self.batch.lines[number].line_number}"
        keys = alias_keys(self.batch.narrations[number])
        return tuple(PayerAlias(key, best.candidate.partner_code, source) for key in keys)

    def _is_news(self, alias: PayerAlias) -> bool:
        """The first proofs of a payer are worth looking at its other lines again; a shortened name is the same payer."""
        payer = (alias.key[: alias.key.rfind(":") + _STEM], alias.partner_code)
        self._proofs[payer] += 1
        return self._proofs[payer] <= _PROOFS_TELLING

    def _look_again(self, places: frozenset[str]) -> None:
        """Payers at these banks or addresses that are not known well may be the ones just learned."""
        for number in self._pending:
            narration = self.batch.narrations[number]
            if places.isdisjoint((narration.bank_code, narration.vpa, narration.payer_account)):
                continue
            best = self._views[number].candidates[:1]
            if not best or best[0].relation is not Relation.OWN or best[0].weight > 1.0:
                self._views[number] = payer_candidates(
                    narration, self.batch.index, self._aliases, self.policy.payer
                )
                self._verdicts.pop(number, None)

    def _verdict(self, number: int) -> Verdict:
        """Made again only when an account that it rests on has changed."""
        accounts = self._accounts(number)
        rests_on = [account for _, account in accounts]
        known = self._verdicts.get(number)
        if known is not None and _are_same(known[0], rests_on):
            return known[1]
        self._looks[number] += 1
        verdict = self._weighed(number, accounts)
        self._verdicts[number] = (rests_on, verdict)
        return verdict

    def _accounts(self, number: int) -> list[tuple[PayerCandidate, PartnerAccount]]:
        line, narration, view = self.batch.lines[number], self.batch.narrations[number], self._views[number]
        payment = Payment(line.amount_minor, line.value_on)
        candidates = candidates_for(payment, narration, view, self._book, len(self.batch.index))
        return [(candidate, self._book.account(candidate.partner_code)) for candidate in candidates]

    def _weighed(self, number: int, accounts: Sequence[tuple[PayerCandidate, PartnerAccount]]) -> Verdict:
        line = self.batch.lines[number]
        payment = Payment(line.amount_minor, line.value_on)
        return verdict_on(payment, self.batch.narrations[number], self._views[number], accounts, self.policy)

    def _last_verdict(self, number: int) -> Verdict:
        """What a person is offered: money that nothing explains is looked at once more, farther than others."""
        verdict = self._verdict(number)
        best = verdict.best
        if best is None or best.explanation.payables or best.candidate.relation is Relation.STRANGER:
            return verdict
        payer = best.candidate.partner_code
        accounts = [
            (
                candidate,
                replace(account, is_searched_far=True) if candidate.partner_code == payer else account,
            )
            for candidate, account in self._accounts(number)
        ]
        return self._weighed(number, accounts)


def _are_same(before: Sequence[PartnerAccount], now: Sequence[PartnerAccount]) -> bool:
    return len(before) == len(now) and all(old is new for old, new in zip(before, now, strict=True))
