"""Explains a disputed balance line by line, accepts what remains, or closes it by other evidence."""

from dataclasses import dataclass
from uuid import UUID

from services.payments.adapters.confirmation_facts import publish_confirmed
from services.payments.adapters.queries.balance_confirmations import subsequent_receipts
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.balance_confirmations import (
    Step,
    add_explanation,
    change_confirmation,
    differences_of,
    explainers_of,
    is_item_of,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.record_confirmation_reply import locked_confirmation
from services.payments.domain.balance_confirmation import Standing, after_explanation, residual_of
from services.payments.domain.errors import ConfirmationState, MakerIsChecker, ReplyContradicts
from services.payments.domain.posting import Posting
from shared.actors import is_same_person
from shared.errors import NotFound
from shared.money import text_from_minor


@dataclass(frozen=True, slots=True)
class Explanation:
    """How much of the line is explained (with its sign) and by what document of ours, if by one."""

    difference_id: UUID
    explained_minor: int
    note: str
    item: tuple[str, UUID] | None = None


async def explain_difference(
    work: UnitOfWork, confirmation_id: UUID, explanation: Explanation, revision: int, posting: Posting
) -> Standing:
    """A newer explanation of a line replaces the older; with nothing left the confirmation is reconciled.

    NotFound; Stale; ConfirmationState; ReplyContradicts for more than the line or the other direction.
    """
    confirmation = await locked_confirmation(work, confirmation_id, revision)
    lines = await differences_of(work.connection, confirmation_id)
    line = next((one for one in lines if one.id == explanation.difference_id), None)
    if line is None:
        raise NotFound(f"There is no difference {explanation.difference_id} in this confirmation")
    after_explanation(Standing(confirmation.state), 0)
    await _refuse_impossible(work, confirmation, line, explanation)
    await add_explanation(
        work.connection,
        {
            "difference_id": line.id,
            "revision": (line.explained_revision or 0) + 1,
            "explained_minor": explanation.explained_minor,
            "item_kind": explanation.item[0] if explanation.item else None,
            "item_id": explanation.item[1] if explanation.item else None,
            "note": explanation.note,
            "at": posting.at,
            "by": posting.actor,
        },
    )
    explained = [
        explanation.explained_minor if one.id == line.id else one.explained_minor or 0 for one in lines
    ]
    residual = residual_of(confirmation.balance_minor, confirmation.partner_balance_minor, explained)
    standing = after_explanation(Standing(confirmation.state), residual)
    left = text_from_minor(residual, confirmation.currency)
    step = Step(
        "explained", f"{explanation.note}; {left} {confirmation.currency} left", posting.actor, posting.at
    )
    await change_confirmation(work.connection, confirmation.id, standing, step, residual_minor=residual)
    if standing is Standing.RECONCILED:
        await publish_confirmed(work, confirmation.id)
    return standing


async def _refuse_impossible(
    work: UnitOfWork, confirmation: Row, line: Row, explanation: Explanation
) -> None:
    effect, explained = line.effect_minor, explanation.explained_minor
    if explained * effect < 0 or abs(explained) > abs(effect):
        raise ReplyContradicts(f"{explained} minor units cannot explain a difference of {effect}")
    if explanation.item is not None and not await is_item_of(
        work.connection, explanation.item, confirmation.partner_code
    ):
        raise ReplyContradicts(
            f"There is no {explanation.item[0]} {explanation.item[1]} of {confirmation.partner_code}"
        )


async def accept_difference(
    work: UnitOfWork, confirmation_id: UUID, note: str, revision: int, posting: Posting
) -> None:
    """Close a dispute with what is left. MakerIsChecker for whoever explained a part of it."""
    confirmation = await locked_confirmation(work, confirmation_id, revision)
    if confirmation.state != Standing.DISPUTED:
        raise ConfirmationState(f"The confirmation is {confirmation.state}; only a dispute is accepted")
    explainers = await explainers_of(work.connection, confirmation_id)
    if any(is_same_person(posting.actor, explainer) for explainer in explainers):
        raise MakerIsChecker("Who explained differences does not accept what is left of them")
    step = Step("accepted", note, posting.actor, posting.at)
    await change_confirmation(work.connection, confirmation.id, Standing.DIFFERENCE_ACCEPTED, step)


async def close_by_other_evidence(
    work: UnitOfWork, confirmation_id: UUID, note: str, revision: int, posting: Posting
) -> None:
    """Close one that nobody answered in time, with the receipts that came since: computed, not claimed."""
    confirmation = await locked_confirmation(work, confirmation_id, revision)
    if confirmation.state != Standing.UNANSWERED:
        raise ConfirmationState(
            f"The confirmation is {confirmation.state}; other procedures follow when no reply came in time"
        )
    evidence = await evidence_since(work, confirmation, posting)
    step = Step("alternative", note, posting.actor, posting.at, evidence)
    await change_confirmation(work.connection, confirmation.id, Standing.ALTERNATIVE, step)


async def evidence_since(work: UnitOfWork, confirmation: Row, posting: Posting) -> dict[str, object]:
    """What the ledger says became of the items that made up the balance, in the currency's decimals."""
    found = await subsequent_receipts(
        work.connection,
        confirmation.partner_code,
        confirmation.currency,
        (confirmation.as_of, posting.effective_on),
    )
    amounts = {
        "open_then": found.open_then,
        "settled_by_receipts": found.by_receipts,
        "settled_otherwise": found.otherwise,
        "still_open": found.open_then - found.by_receipts - found.otherwise,
    }
    return {
        "until": posting.effective_on,
        "currency": confirmation.currency,
        "receipts": found.receipts,
        **{name: text_from_minor(minor, confirmation.currency) for name, minor in amounts.items()},
    }
