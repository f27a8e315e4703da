"""Lets remittance advices decide the credits they name: booked as advised, or suggested with what contradicts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.line_store import NewLine
from services.payments.adapters.repositories.remittance_advices import (
    advised_items,
    keep_matches,
    waiting_advices,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.decision import Decision, Outcome
from services.payments.domain.matching import ReceivedCheque
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.remittance_advice import (
    AdvisedDecisions,
    ToldAdvice,
    is_cheque,
    is_same_payment,
)

ACTOR = "matching"
POLICY = "advice-1"  # the version under which these decisions are recorded


@dataclass(slots=True)
class AdvisedLines:
    """Decisions by bank line, and the advice of each that is certain."""

    decisions: dict[UUID, Decision] = field(default_factory=dict)
    advices: dict[UUID, UUID] = field(default_factory=dict)
    used: Counter[UUID] = field(default_factory=Counter)

    def left_to_matching(self, lines: Sequence[NewLine]) -> list[int]:
        """Places of the lines that no advice settles; of a contradicted one a person sees what matching says too."""
        return [number for number, new in enumerate(lines) if not self._is_certain(new.id)]

    def decision_on(self, line_id: UUID, otherwise: Decision | None) -> Decision:
        """The advised decision, else the other one."""
        decision = self.decisions.get(line_id, otherwise)
        assert decision is not None, "what no advice settles was left to the matching"
        if otherwise is None or decision is otherwise:
            return decision
        return replace(decision, alternatives=(*decision.candidates, *otherwise.candidates))

    def with_cheques(
        self, lines: Sequence[NewLine], received: Mapping[str, list[ReceivedCheque]]
    ) -> dict[str, list[ReceivedCheque]]:
        """The cheques received, those of advised lines included: one of them may come back in the same file."""
        known = {number: list(cheques) for number, cheques in received.items()}
        for new in lines:
            number, decision = new.key.strong_reference, self.decisions.get(new.id)
            if (
                decision is not None
                and decision.partner_code
                and self._is_certain(new.id)
                and is_cheque(number)
            ):
                arrived = ReceivedCheque(number, decision.partner_code, new.line.amount_minor)
                known.setdefault(number, []).append(arrived)
        return known

    def _is_certain(self, line_id: UUID) -> bool:
        decision = self.decisions.get(line_id)
        return decision is not None and decision.outcome is Outcome.AUTO

    def left_open(self, invoices: Iterable[OpenInvoice]) -> list[OpenInvoice]:
        """The invoices without what the advised credits will settle of them."""
        if not self.used:
            return list(invoices)
        reduced = (replace(one, open_minor=one.open_minor - self.used[one.id]) for one in invoices)
        return [one for one in reduced if one.open_minor > 0]


async def advised_lines(
    connection: AsyncConnection, currency: str, lines: Sequence[NewLine], *, is_locking: bool
) -> AdvisedLines:
    """What advices that wait say of these credits; each advice speaks for one credit only."""
    credits_ = [new for new in lines if _may_be_advised(new)]
    told = await waiting_advices(
        connection, [new.key.strong_reference for new in credits_], currency, is_locking=is_locking
    )
    if not told:
        return AdvisedLines()
    names = [part.item for one in told for part in one.advice.parts]
    deciding = AdvisedDecisions(await advised_items(connection, names))
    found = AdvisedLines(used=deciding.used)
    spent: set[UUID] = set()
    for new in credits_:
        speaking = [one for one in told if one.id not in spent and _speaks_for(one, new)]
        if not speaking:
            continue
        decision = deciding.decision(new.line.line_number, new.line.amount_minor, speaking)
        found.decisions[new.id] = decision
        if decision.outcome is Outcome.AUTO:
            spent.add(speaking[0].id)
            found.advices[new.id] = speaking[0].id
    found.used = deciding.used
    return found


async def keep_advised(
    work: UnitOfWork, found: AdvisedLines, receipts: Mapping[UUID, UUID], at: datetime
) -> None:
    """Tie the advices to the receipts that were booked by them; `receipts` are by bank line."""
    matches = [
        (advice_id, line_id, receipts[line_id])
        for line_id, advice_id in found.advices.items()
        if line_id in receipts
    ]
    if matches:
        await keep_matches(work.connection, matches, actor=ACTOR, at=at)


def _may_be_advised(new: NewLine) -> bool:
    return new.line.amount_minor > 0 and not new.line.is_reversal and new.key.strong_reference != ""


def _speaks_for(told: ToldAdvice, new: NewLine) -> bool:
    """A cheque number is one of a million: it says nothing without the amount."""
    reference, advised = new.key.strong_reference, told.advice.reference_key
    if is_cheque(advised) and told.advice.amount_minor != new.line.amount_minor:
        return False
    return is_same_payment(advised, reference)
