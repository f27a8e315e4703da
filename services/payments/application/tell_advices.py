"""Takes remittance advices in: new, known before, or in conflict with what was told; and lets credits that wait follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.repositories.remittance_advices import (
    add_advices,
    advice_for_update,
    advice_of_row,
    advices_of,
    lock_accounts,
    move_advices,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.decide_advised_lines import decide_advised_lines
from services.payments.domain.errors import AdviceState, AdviceTaken, PartnerUnknown
from services.payments.domain.posting import Posting
from services.payments.domain.remittance_advice import RemittanceAdvice, is_cheque
from shared.errors import NotFound, Refusal, Stale


@dataclass(frozen=True, slots=True)
class AdviceVerdict:
    """Told (id), known before (id, is_duplicate) or refused."""

    advice_id: UUID | None
    is_duplicate: bool = False
    refusal: Refusal | None = None


@dataclass(slots=True)
class _Told:
    """What was told before or earlier in the batch, by payment and by record, and what becomes of it now."""

    partners: set[str]
    by_payment: dict[tuple[str, str], tuple[UUID, RemittanceAdvice, str]]
    by_record: dict[str, tuple[UUID, RemittanceAdvice, str]]
    new: dict[UUID, RemittanceAdvice]
    moves: list[tuple[UUID, str, str]]


async def tell_advices(
    work: UnitOfWork, advices: Sequence[RemittanceAdvice], posting: Posting
) -> list[AdviceVerdict]:
    """One verdict per advice in order; a refused one never stops the others.

    A payment is named by partner and reference: told again with the same figures it is a duplicate, with others it is
    refused (AdviceTaken). A record of a CRM supersedes what it told before unless its version is older or the money
    has come. Credits that wait for a person are booked when a new advice explains them.
    """
    await lock_accounts(work.connection)
    told = await _told_before(work, advices)
    verdicts = [_verdict(advice, told) for advice in advices]
    await move_advices(work.connection, told.moves, actor=posting.actor, at=posting.at)
    await add_advices(work.connection, list(told.new.items()), actor=posting.actor, at=posting.at)
    await decide_advised_lines(work, [advice.reference_key for advice in told.new.values()], posting)
    if told.new:
        await request_redecision(work.connection, "advice_told")
    return verdicts


async def cancel_advice(
    work: UnitOfWork, advice_id: UUID, revision: int, reason: str, posting: Posting
) -> None:
    """AdviceState when it was matched, cancelled or superseded before; Stale when it changed since it was read."""
    row = await advice_for_update(work.connection, advice_id)
    if row is None:
        raise NotFound(f"There is no remittance advice {advice_id}")
    if row.revision != revision:
        raise Stale(f"Advice {row.reference} changed since you read it; read it again")
    if row.standing != "told":
        raise AdviceState(
            f"Advice {row.reference} is {row.standing}; only one that waits for its money is cancelled"
        )
    moves = [(advice_id, "cancelled", reason)]
    await move_advices(work.connection, moves, actor=posting.actor, at=posting.at)


async def withdraw_record(work: UnitOfWork, external_id: str, version: datetime, posting: Posting) -> None:
    """The CRM deleted its record as of `version`: what waits of it is cancelled, what was matched or told later stays."""
    rows = await advices_of(work.connection, [], [external_id])
    moves = [
        (row.id, "cancelled", "Deleted where it was told")
        for row in rows
        if row.standing == "told" and row.external_version <= version
    ]
    await move_advices(work.connection, moves, actor=posting.actor, at=posting.at)


async def _told_before(work: UnitOfWork, advices: Sequence[RemittanceAdvice]) -> _Told:
    payments = [(advice.partner_code, advice.reference_key) for advice in advices]
    rows = await advices_of(work.connection, payments, [advice.external_id for advice in advices])
    partners = await known_partner_codes(work.connection, [advice.partner_code for advice in advices])
    known = [(row, (row.id, advice_of_row(row), row.standing)) for row in rows]
    return _Told(
        partners,
        _by_payment(known),
        {row.external_id: entry for row, entry in known if row.external_id},
        {},
        [],
    )


def _by_payment(
    known: Sequence[tuple[Row, tuple[UUID, RemittanceAdvice, str]]],
) -> dict[tuple[str, str], tuple[UUID, RemittanceAdvice, str]]:
    """The one that waits before one that was matched: a cheque number may have come before."""
    ordered = sorted(known, key=lambda each: (each[0].standing == "told", each[0].id))
    return {
        (row.partner_code, row.reference): entry
        for row, entry in ordered
        if row.standing in ("told", "matched")
    }


def _verdict(advice: RemittanceAdvice, told: _Told) -> AdviceVerdict:
    try:
        if advice.partner_code not in told.partners:
            raise PartnerUnknown(f"There is no partner {advice.partner_code}")
        if advice.external_id in told.by_record:
            return _of_record(advice, told)
        return _of_payment(advice, told)
    except Refusal as refusal:
        return AdviceVerdict(None, refusal=refusal)


def _of_record(advice: RemittanceAdvice, told: _Told) -> AdviceVerdict:
    """The later version of a record wins, unless its money has come by then."""
    known_id, known, standing = told.by_record[advice.external_id]
    is_older = advice.version is not None and known.version is not None and advice.version <= known.version
    is_same = known.partner_code == advice.partner_code and known.reference_key == advice.reference_key
    if is_older or (is_same and known.says_the_same(advice) and standing != "cancelled"):
        return AdviceVerdict(known_id, is_duplicate=True)
    if standing == "matched":
        raise AdviceState(f"{known.reference_key} was matched as told before; take that receipt back first")
    standing_by_payment = told.by_payment.pop((known.partner_code, known.reference_key), None)
    try:
        verdict = _of_payment(advice, told)
    except AdviceTaken:
        if standing_by_payment is not None:
            told.by_payment[known.partner_code, known.reference_key] = standing_by_payment
        raise
    if told.new.pop(known_id, None) is None:
        told.moves.append((known_id, "superseded", f"Told anew as of {advice.version}"))
    return verdict


def _of_payment(advice: RemittanceAdvice, told: _Told) -> AdviceVerdict:
    key = (advice.partner_code, advice.reference_key)
    if key in told.by_payment:
        known_id, known, standing = told.by_payment[key]
        if known.says_the_same(advice):
            return AdviceVerdict(known_id, is_duplicate=True)
        is_next_cheque = is_cheque(advice.reference_key) and advice.paid_on > known.paid_on
        if standing != "matched" or not is_next_cheque:
            raise AdviceTaken(
                f"{advice.partner_code} advised {advice.reference_key} with other figures ({known_id}); cancel that first"
            )
    advice_id = uuid7()
    told.new[advice_id] = advice
    told.by_payment[key] = (advice_id, advice, "told")
    if advice.external_id:
        told.by_record[advice.external_id] = (advice_id, advice, "told")
    return AdviceVerdict(advice_id)
