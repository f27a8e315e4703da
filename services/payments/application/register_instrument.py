"""Registers a cheque a partner gave us: a promise until the bank credits it, never a receipt."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.published_instruments import publish_standings
from services.payments.adapters.repositories.instruments import (
    add_instrument,
    instrument_of_cheque,
    note_standing,
)
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import DateImpossible, InstrumentTaken, PartnerUnknown
from services.payments.domain.instrument import cheque_number_key
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class RegisterInstrument:
    """`items` are the invoices it is meant for, as the partner names them; `cheque_on` is written on it."""

    partner_code: str
    cheque_number: str
    drawee_bank: str
    drawer_name: str
    amount_minor: int
    currency: str
    cheque_on: date
    received_on: date
    items: tuple[str, ...] = ()
    note: str = ""


async def register_instrument(
    work: UnitOfWork, command: RegisterInstrument, posting: Posting
) -> tuple[UUID, bool]:
    """The cheque's id and whether it is new. InstrumentTaken when it is known with another amount or date."""
    if not await known_partner_codes(work.connection, [command.partner_code]):
        raise PartnerUnknown(f"There is no partner {command.partner_code}")
    if command.received_on > posting.effective_on:
        raise DateImpossible(f"A cheque received on {command.received_on} cannot be registered before")
    number = cheque_number_key(command.cheque_number)
    instrument_id = uuid7()
    values = {
        "id": instrument_id,
        "partner_code": command.partner_code,
        "cheque_number": number,
        "drawee_bank": command.drawee_bank.upper(),
        "drawer_name": command.drawer_name,
        "amount_minor": command.amount_minor,
        "currency": command.currency,
        "cheque_on": command.cheque_on,
        "received_on": command.received_on,
        "items": list(command.items),
        "note": command.note,
        "at": posting.at,
        "by": posting.actor,
    }
    if await add_instrument(work.connection, values):
        await note_standing(work.connection, instrument_id, "Received", actor=posting.actor, at=posting.at)
        await publish_standings(work, [instrument_id])
        return instrument_id, True
    known = await instrument_of_cheque(
        work.connection, command.partner_code, command.drawee_bank.upper(), number
    )
    if (known.amount_minor, known.currency, known.cheque_on) != (
        command.amount_minor,
        command.currency,
        command.cheque_on,
    ):
        raise InstrumentTaken(
            f"Cheque {number} of {command.partner_code} is registered over another amount or for another day"
        )
    return known.id, False
