"""Moves a cheque in hand: to the bank on or after its date, or back to the partner."""

from uuid import UUID

from services.payments.adapters.published_instruments import publish_standings
from services.payments.adapters.repositories.bank_accounts import bank_account_by_number
from services.payments.adapters.repositories.instruments import (
    instrument_for_update,
    note_standing,
    set_deposited,
    set_standing,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.instrument import Instrument, Standing
from services.payments.domain.posting import Posting
from shared.errors import NotFound, Stale


async def deposit_instrument(
    work: UnitOfWork, instrument_id: UUID, bank_account: str, revision: int, posting: Posting
) -> None:
    """On the posting's day. InstrumentState, InstrumentNotDue, InstrumentStale, BankAccountUnknown, Stale."""
    instrument = await _locked(work, instrument_id, revision)
    instrument.refuse_deposit(posting.effective_on)
    account = await bank_account_by_number(work.connection, bank_account)
    await set_deposited(
        work.connection, instrument.id, bank_account_id=account.id, deposited_on=posting.effective_on
    )
    detail = f"Deposited into {account.number} on {posting.effective_on}"
    await note_standing(work.connection, instrument.id, detail, actor=posting.actor, at=posting.at)
    await publish_standings(work, [instrument.id])


async def withdraw_instrument(
    work: UnitOfWork, instrument_id: UUID, reason: str, revision: int, posting: Posting
) -> None:
    """Given back, replaced or void. InstrumentState when the bank credited it or it was withdrawn before; Stale."""
    instrument = await _locked(work, instrument_id, revision)
    instrument.refuse_withdrawal()
    await set_standing(work.connection, instrument.id, Standing.WITHDRAWN)
    await note_standing(work.connection, instrument.id, reason, actor=posting.actor, at=posting.at)
    await publish_standings(work, [instrument.id])


async def _locked(work: UnitOfWork, instrument_id: UUID, revision: int) -> Instrument:
    found = await instrument_for_update(work.connection, instrument_id)
    if found is None:
        raise NotFound(f"There is no cheque {instrument_id}")
    instrument, current = found
    if current != revision:
        raise Stale(f"Cheque {instrument.cheque_number} changed since you read it; read it again")
    return instrument
