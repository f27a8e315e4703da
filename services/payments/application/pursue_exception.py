"""What people do about an exception: own it, note what they found, accept it, resolve it, reopen it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.payments.adapters.repositories.exceptions import (
    ExceptionStep,
    change_exception,
    exception_for_update,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.payment_exception import ExceptionFacts, ExceptionStanding
from services.payments.domain.posting import Posting
from shared.errors import NotFound, Stale

ANY_REVISION: Final = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody says about an exception, and what it rests on: links or references of documents.

    `cause` is told with a resolution, `waived_minor` (money given up) with an acceptance.
    """

    note: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    waived_minor: int | None = None


async def assign_exception(
    work: UnitOfWork, exception_id: UUID, owner: str, revision: int, posting: Posting
) -> None:
    """ExceptionState when it is resolved; Stale; NotFound."""
    facts = await _facts(work, exception_id, revision)
    facts.refuse_if_over()
    step = ExceptionStep("assigned", posting.actor, posting.at, owner)
    await change_exception(work.connection, exception_id, step, owner=owner)


async def note_on_exception(work: UnitOfWork, exception_id: UUID, finding: Finding, posting: Posting) -> None:
    """Also on one that is over: what is found later belongs to it; NotFound."""
    await _facts(work, exception_id, ANY_REVISION)
    await change_exception(work.connection, exception_id, _step("noted", finding, posting))


async def accept_exception(
    work: UnitOfWork, exception_id: UUID, finding: Finding, revision: int, posting: Posting
) -> None:
    """Known and borne, with a note. ExceptionState; Stale; MakerIsChecker when the owner or raiser waives money."""
    facts = await _facts(work, exception_id, revision)
    facts.refuse_acceptance(posting.actor, waives_money=finding.waived_minor is not None)
    await change_exception(
        work.connection,
        exception_id,
        _step("accepted", finding, posting),
        accepted_at=posting.at,
        accepted_by=posting.actor,
        waived_minor=finding.waived_minor,
    )


async def resolve_exception(
    work: UnitOfWork, exception_id: UUID, finding: Finding, revision: int, posting: Posting
) -> None:
    """ExceptionState when it is over; CauseStands while its line is not in the books; Stale; NotFound."""
    facts = await _facts(work, exception_id, revision)
    facts.refuse_resolution()
    step = _step("resolved", finding, posting)
    await change_exception(work.connection, exception_id, step, resolved_at=posting.at, cause=finding.cause)


async def reopen_exception(
    work: UnitOfWork, exception_id: UUID, finding: Finding, revision: int, posting: Posting
) -> None:
    """Its acceptance or resolution no longer counts, and stays in the history; ExceptionState when it is open."""
    facts = await _facts(work, exception_id, revision)
    facts.refuse_reopening()
    await change_exception(
        work.connection,
        exception_id,
        _step("reopened", finding, posting),
        accepted_at=None,
        accepted_by=None,
        waived_minor=None,
        resolved_at=None,
        cause="",
    )


def _step(kind: str, finding: Finding, posting: Posting) -> ExceptionStep:
    return ExceptionStep(kind, posting.actor, posting.at, finding.cause, finding.note, finding.evidence)


async def _facts(work: UnitOfWork, exception_id: UUID, revision: int) -> ExceptionFacts:
    row = await exception_for_update(work.connection, exception_id)
    if row is None:
        raise NotFound(f"There is no exception {exception_id}")
    if revision not in (ANY_REVISION, row.revision):
        raise Stale("The exception changed since you read it; read it again")
    standing = ExceptionStanding.OPEN
    if row.resolved_at is not None:
        standing = ExceptionStanding.RESOLVED
    elif row.accepted_at is not None:
        standing = ExceptionStanding.ACCEPTED
    return ExceptionFacts(standing, row.owner, row.raised_by, row.is_cause_standing)
