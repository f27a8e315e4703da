"""Records what a partner replied: signed it decides, unsigned it is kept and decides nothing."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.confirmation_facts import publish_confirmed, publish_disputed
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.balance_confirmations import (
    Step,
    add_differences,
    add_reply,
    change_confirmation,
    confirmation_for_update,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.open_query import OpenQuery, open_query
from services.payments.domain.balance_confirmation import (
    Answer,
    DifferenceKind,
    Signature,
    Standing,
    after_reply,
    effect_of,
)
from services.payments.domain.errors import DateImpossible, ReplyContradicts
from services.payments.domain.posting import Posting
from shared.errors import NotFound, Stale
from shared.money import text_from_minor


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the partner's list; the amount is positive unless its kind is `other`."""

    kind: DifferenceKind
    amount_minor: int
    document_number: str = ""
    document_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecordReply:
    """`partner_balance` is (minor units, currency)."""

    confirmation_id: UUID
    is_agreed: bool
    partner_balance: tuple[int, str]
    signature: Signature
    received_on: date
    differences: tuple[Difference, ...] = ()
    note: str = ""


async def record_confirmation_reply(
    work: UnitOfWork, command: RecordReply, revision: int, posting: Posting, *, channel: str
) -> Standing:
    """NotFound; Stale; ConfirmationState when no reply is expected; ReplyContradicts.

    A dispute opens a question on payments through `channel`, once.
    """
    confirmation = await locked_confirmation(work, command.confirmation_id, revision)
    if not confirmation.asked_on <= command.received_on <= posting.effective_on:
        raise DateImpossible(
            f"A reply to what was asked on {confirmation.asked_on} did not come on {command.received_on}"
        )
    standing = _standing_after(confirmation, command)
    reply_id = uuid7()
    await _keep_reply(work, command, reply_id, posting)
    await _keep_differences(work, command, reply_id)
    how = "signed" if command.signature.is_evidence else "unsigned: no evidence"
    step = Step(
        "replied",
        f"{'Agrees' if command.is_agreed else 'Differs'}, {command.signature.manner}, {how}",
        posting.actor,
        posting.at,
    )
    values: dict[str, object] = {}
    if standing in (Standing.AGREED, Standing.DISPUTED):
        minor = command.partner_balance[0]
        values = {"partner_balance_minor": minor, "residual_minor": minor - confirmation.balance_minor}
    if standing is Standing.DISPUTED:
        values["query_id"] = await _question(work, confirmation, command, posting, channel)
    await change_confirmation(work.connection, confirmation.id, standing, step, **values)
    if not command.signature.is_evidence:
        return standing
    if standing is Standing.AGREED:
        await publish_confirmed(work, confirmation.id)
    elif standing is Standing.DISPUTED:
        await publish_disputed(work, confirmation.id)
    return standing


async def locked_confirmation(work: UnitOfWork, confirmation_id: UUID, revision: int) -> Row:
    """The confirmation, locked, as it was decided on. NotFound; Stale when it changed since."""
    confirmation = await confirmation_for_update(work.connection, confirmation_id)
    if confirmation is None:
        raise NotFound(f"There is no balance confirmation {confirmation_id}")
    if confirmation.revision != revision:
        raise Stale(f"Confirmation {confirmation.number} is at revision {confirmation.revision}")
    return confirmation


def _standing_after(confirmation: Row, command: RecordReply) -> Standing:
    minor, currency = command.partner_balance
    if currency != confirmation.currency:
        raise ReplyContradicts(
            f"The balance asked about is in {confirmation.currency}, the reply in {currency}"
        )
    if command.is_agreed and command.differences:
        raise ReplyContradicts("Who agrees lists no differences")
    answer = Answer(command.is_agreed, minor)
    return after_reply(Standing(confirmation.state), confirmation.balance_minor, answer, command.signature)


async def _keep_reply(work: UnitOfWork, command: RecordReply, reply_id: UUID, posting: Posting) -> None:
    values = {
        "id": reply_id,
        "confirmation_id": command.confirmation_id,
        "is_agreed": command.is_agreed,
        "partner_balance_minor": command.partner_balance[0],
        "signer_name": command.signature.name,
        "designation": command.signature.designation,
        "manner": command.signature.manner,
        "reference": command.signature.reference,
        "note": command.note,
        "received_on": command.received_on,
        "is_evidence": command.signature.is_evidence,
        "at": posting.at,
        "by": posting.actor,
    }
    await add_reply(work.connection, values)


async def _keep_differences(work: UnitOfWork, command: RecordReply, reply_id: UUID) -> None:
    rows = [
        {
            "id": uuid7(),
            "confirmation_id": command.confirmation_id,
            "reply_id": reply_id,
            "kind": one.kind.value,
            "document_number": one.document_number,
            "document_on": one.document_on,
            "effect_minor": effect_of(one.kind, one.amount_minor),
            "note": one.note,
        }
        for one in command.differences
    ]
    await add_differences(work.connection, rows)


async def _question(
    work: UnitOfWork, confirmation: Row, command: RecordReply, posting: Posting, channel: str
) -> UUID:
    currency = confirmation.currency
    ours = text_from_minor(confirmation.balance_minor, currency)
    theirs = text_from_minor(command.partner_balance[0], currency)
    body = (
        f"Balance as of {confirmation.as_of}: {ours} {currency} by our books, {theirs} {currency} by the"
        f" partner's, with {len(command.differences)} differences listed. {command.note}"
    )
    question = OpenQuery(
        partner_code=confirmation.partner_code,
        category="account_statement",
        subject=f"Balance of {confirmation.as_of} is disputed ({confirmation.number})",
        body=body.strip(),
        channel=channel,
        external_id=f"{confirmation.number}",
        links=(("balance_confirmation", str(confirmation.id)),),
    )
    query_id, _ = await open_query(work, question, posting)
    return query_id
