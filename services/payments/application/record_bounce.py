"""Records a returned cheque as one process: receipt taken back, invoices reopened, charge raised, clock started."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import post_entries
from services.payments.adapters.published_facts import publish_bounce
from services.payments.adapters.published_instruments import publish_standings
from services.payments.adapters.repositories.instruments import (
    add_bounce,
    add_charge,
    bounces_since,
    charge_rule_on,
    instrument_of_receipt,
    next_charge_number,
    note_standing,
    set_standing,
)
from services.payments.adapters.repositories.periods import first_open_day
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.reverse_receipt import reverse_receipt
from services.payments.domain.bounce import Charge, entry_for_charge
from services.payments.domain.business_day import financial_year
from services.payments.domain.cheque_return import ReturnClass, return_class, return_reason
from services.payments.domain.errors import NotACheque
from services.payments.domain.instrument import Standing
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import Receipt

COUNTED_FOR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class RecordBounce:
    """`return_code` is the clearing house's, '' if the bank did not tell; the posting's day is the bank's return day."""

    receipt_id: UUID
    return_code: str
    bank_line_id: UUID | None = None


async def record_bounce(work: UnitOfWork, command: RecordBounce, posting: Posting) -> UUID:
    """AlreadyReversed, ReceiptRefunded, EntriesArchived as reverse_receipt; NotACheque for a receipt that came another way.

    A return for want of money or by the drawer's will costs the partner the charge of that day; a technical one does
    not.
    """
    # The bank's day is a fact and starts the clock of the law; the books take a late one on their first open day.
    counted = replace(posting, effective_on=max(posting.effective_on, await first_open_day(work.connection)))
    receipt = await reverse_receipt(
        work,
        command.receipt_id,
        reason_code="cheque_returned",
        reversed_on=counted.effective_on,
        bank_line_id=command.bank_line_id,
        actor=posting.actor,
        at=posting.at,
    )
    if not receipt.cheque_number:
        raise NotACheque(f"Receipt {receipt.id} came by {receipt.rail or 'another way'}, not by cheque")
    instrument_id = await instrument_of_receipt(work.connection, receipt.id)
    bounce_id = uuid7()
    what = return_class(command.return_code)
    await add_bounce(
        work.connection,
        {
            "id": bounce_id,
            "receipt_id": receipt.id,
            "instrument_id": instrument_id,
            "bank_line_id": command.bank_line_id,
            "partner_code": receipt.partner_code,
            "cheque_number": receipt.cheque_number,
            "amount_minor": receipt.amount_minor,
            "currency": receipt.currency,
            "return_code": command.return_code,
            "return_class": what.value,
            "bounced_on": posting.effective_on,
            "at": posting.at,
            "by": posting.actor,
        },
    )
    if instrument_id is not None:
        await set_standing(work.connection, instrument_id, Standing.BOUNCED)
        detail = f"Returned on {posting.effective_on}: {return_reason(command.return_code)}"
        await note_standing(work.connection, instrument_id, detail, actor=posting.actor, at=posting.at)
        await publish_standings(work, [instrument_id])
    charge = None if what is ReturnClass.TECHNICAL else await _charge(work, receipt, bounce_id, counted)
    count = await bounces_since(work.connection, receipt.partner_code, posting.effective_on - COUNTED_FOR)
    await publish_bounce(work, receipt, (bounce_id, command.return_code, posting.effective_on), charge, count)
    return bounce_id


async def _charge(work: UnitOfWork, receipt: Receipt, bounce_id: UUID, posting: Posting) -> Charge | None:
    rule = await charge_rule_on(work.connection, posting.effective_on)
    if rule is None or rule.amount_minor == 0 or receipt.currency != "INR":
        return None
    charge = Charge(
        id=uuid7(),
        number=await next_charge_number(work.connection, financial_year(posting.effective_on)),
        partner_code=receipt.partner_code,
        currency=receipt.currency,
        net_minor=rule.amount_minor,
        gst_minor=rule.gst_minor,
        charged_on=posting.effective_on,
    )
    await add_charge(work.connection, charge, bounce_id=bounce_id, at=posting.at)
    entry = entry_for_charge(charge, entry_id=uuid7())
    await post_entries(work.connection, [entry], actor=posting.actor, at=posting.at)
    return charge
