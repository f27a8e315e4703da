"""Publishes the statements of many partners: each on its own, so that one that fails stops no other."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Protocol
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.account_statements import (
    add_batch,
    add_batch_entry,
    batch_by_id,
    partner_codes_of_zone,
    partners_left,
)
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.ask_confirmation import ask_about
from services.payments.application.publish_statement import PublishStatement, publish_statement
from services.payments.application.report_unproved import report_unproved
from services.payments.domain.account_statement import Period, StatementKind, StatementWanted
from services.payments.domain.ageing import AgeingBasis
from services.payments.domain.balance_confirmation import ConfirmationKind
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import PartnerUnknown, StatementUnproved
from services.payments.domain.posting import Posting
from shared.database import Database
from shared.errors import Refusal
from shared.jobs import enqueue
from shared.observability import logger

PUBLISH_TASK: Final = "publish_statements"


class Progress(Protocol):
    """Where the batch tells how far it is."""

    async def __call__(self, *, message: str, counts: dict[str, int], percent: int) -> None: ...


@dataclass(frozen=True, slots=True)
class PublishMany:
    """Named partners, or all of a zone, or all."""

    kind: StatementKind
    period: Period
    basis: AgeingBasis
    bounds: tuple[int, ...]
    language: str
    partner_codes: tuple[str, ...] = ()
    zone: str | None = None
    confirmation: tuple[ConfirmationKind, date] | None = None  # how and until when to ask for confirmation


async def request_statements(work: UnitOfWork, command: PublishMany, posting: Posting) -> UUID:
    """Keep the request and queue its job; returns the batch's id. PartnerUnknown names the first that is not there."""
    codes = sorted(set(command.partner_codes))
    if codes:
        unknown = sorted(set(codes) - await known_partner_codes(work.connection, codes))
        if unknown:
            raise PartnerUnknown(f"There is no partner {unknown[0]}")
    else:
        codes = await partner_codes_of_zone(work.connection, command.zone)
    batch_id = uuid7()
    job_id = await enqueue(
        work.connection,
        PUBLISH_TASK,
        {"batch_id": str(batch_id)},
        created_by=posting.actor,
        result_url=f"/v1/account-statement-batches/{batch_id}",
    )
    await add_batch(
        work.connection,
        {
            "id": batch_id,
            "kind": command.kind.value,
            "first": command.period.first,
            "last": command.period.last,
            "basis": command.basis.value,
            "bounds": list(command.bounds),
            "language": command.language,
            "zone": command.zone,
            "partner_codes": codes,
            "count": len(codes),
            "confirmation_kind": command.confirmation[0].value if command.confirmation else None,
            "confirmation_due_on": command.confirmation[1] if command.confirmation else None,
            "job_id": job_id,
            "at": posting.at,
            "by": posting.actor,
        },
    )
    return batch_id


async def publish_statements(database: Database, batch_id: UUID, progress: Progress) -> None:
    """Publish what is left of the batch; a run that died goes on where it stopped."""
    async with UnitOfWork(database) as work:
        batch = await batch_by_id(work.connection, batch_id)
        left = await partners_left(work.connection, batch_id)
    done = batch.partners_count - len(left)
    for code in left:
        await _publish_one(database, batch, code)
        done += 1
        await progress(
            message=f"{done} of {batch.partners_count} partners",
            counts={"partners_done": done},
            percent=done * 100 // batch.partners_count,
        )


async def _publish_one(database: Database, batch: Row, code: str) -> None:
    """One partner in a transaction of its own, and its line in the record whatever happens."""
    wanted = StatementWanted(
        code,
        StatementKind(batch.kind),
        Period(batch.from_on, batch.to_on),
        AgeingBasis(batch.ageing_by),
        tuple(batch.bounds),
    )
    at = datetime.now(UTC)
    posting = Posting(batch.requested_by, at, business_day(at))
    command = PublishStatement(wanted, batch.language, is_sent_empty=False)
    try:
        async with UnitOfWork(database) as work:
            statement_id, outcome = await publish_statement(work, command, posting)
            if statement_id is not None and batch.confirmation_kind is not None:
                how = ConfirmationKind(batch.confirmation_kind), batch.confirmation_due_on
                await ask_about(work, statement_id, how, posting)
            await _record(work, batch, code, (outcome.value, statement_id))
            await work.commit()
    except Refusal as refusal:
        async with UnitOfWork(database) as work:
            if isinstance(refusal, StatementUnproved):
                await report_unproved(work, refusal, by=batch.requested_by, at=posting.at)
            await _record(work, batch, code, ("refused", None), (refusal.code, refusal.detail))
            await work.commit()
    except Exception:  # noqa: BLE001 - whatever it is, the other partners get their statements
        logger("payments").exception("statement_failed", partner_code=code, batch_id=str(batch.id))
        async with UnitOfWork(database) as work:
            await _record(work, batch, code, ("failed", None), ("fault", "Something went wrong on our side."))
            await work.commit()


async def _record(
    work: UnitOfWork,
    batch: Row,
    code: str,
    result: tuple[str, UUID | None],
    why: tuple[str, str] = ("", ""),
) -> None:
    await add_batch_entry(
        work.connection,
        {
            "batch_id": batch.id,
            "partner_code": code,
            "outcome": result[0],
            "statement_id": result[1],
            "code": why[0],
            "detail": why[1],
            "at": datetime.now(UTC),
        },
    )
