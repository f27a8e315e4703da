"""Writes back to Salesforce what waits: claimed in one transaction, sent in none, noted in another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from gateway.adapters.salesforce_figures import changed_figures, touch_newly_overdue
from gateway.adapters.salesforce_write_mappings import write_mappings
from gateway.adapters.salesforce_writes import (
    ClaimedWrite,
    Draft,
    WriteResult,
    claim_writes,
    end_rehearsals,
    queue_writes,
    release_writes,
    store_results,
)
from gateway.domain.business_day import business_day
from gateway.domain.salesforce_replies import (
    NotWritten,
    SalesforceLimitReached,
    SalesforceRefused,
    SalesforceUnavailable,
    Written,
)
from gateway.domain.salesforce_write import (
    NAMED_BY,
    WriteMapping,
    WriteState,
    WriteSubject,
    next_attempt_at,
    outgoing_fields,
)
from shared.database import Database, UnitOfWork
from shared.events.crm import WriteRefusedV1

AT_ONCE: Final = 200
BATCHES_MAX: Final = 50
OUTAGE_PAUSE: Final = timedelta(minutes=1)
REFUSED_PAUSE: Final = timedelta(minutes=15)
LIMIT_PAUSE: Final = timedelta(hours=1)

log = structlog.get_logger()


class Upserts(Protocol):
    """What of Salesforce is needed here."""

    async def upsert(
        self, object_name: str, external_id_field: str, records: Sequence[dict[str, object]]
    ) -> list[Written | NotWritten]: ...


@dataclass(frozen=True, slots=True)
class WriteBack:
    """One round of writing; with `is_rehearsal` nothing is sent, whatever the mappings say."""

    database: Database
    salesforce: Upserts
    is_rehearsal: bool = False
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def queue_figures(self) -> int:
        """Have changed figures of partners written; returns of how many partners."""
        queued, day = 0, business_day(self.clock())
        while True:
            async with UnitOfWork(self.database) as work:
                figures = await changed_figures(work.connection, day)
                drafts = [
                    Draft(subject=WriteSubject.PARTNER_FIGURES, name=one.partner_code, values=one.values())
                    for one in figures
                ]
                await queue_writes(work.connection, drafts, self.clock())
                await work.commit()
            queued += len(figures)
            if not figures:
                return queued

    async def send_waiting(self) -> int:
        """Send what is due, subject by subject; returns how many records were tried. It ends early when Salesforce is
        away or its limit is reached: what was claimed then waits, and no failure is counted."""
        async with UnitOfWork(self.database) as work:
            mappings = await write_mappings(work.connection)
            if not self.is_rehearsal:
                await end_rehearsals(work.connection, self.clock())
            await work.commit()
        tried = 0
        for mapping in mappings.values():
            for _ in range(BATCHES_MAX if mapping.is_active else 0):
                batch = await self._claimed(mapping)
                if not batch:
                    break
                if not await self._sent(mapping, batch):
                    return tried
                tried += len(batch)
        return tried

    async def _claimed(self, mapping: WriteMapping) -> list[ClaimedWrite]:
        async with UnitOfWork(self.database) as work:
            batch = await claim_writes(work.connection, mapping.subject, at=self.clock(), limit=AT_ONCE)
            await work.commit()
        return batch

    async def _sent(self, mapping: WriteMapping, batch: Sequence[ClaimedWrite]) -> bool:
        """Send one batch and note what became of it; False when there is no sense in going on."""
        if mapping.is_dry_run or self.is_rehearsal:
            await self._note([WriteResult(write=one, state=WriteState.DRY_RUN) for one in batch])
            return True
        records: list[dict[str, object]] = [
            {mapping.external_id_field: one.name, **outgoing_fields(mapping, one.values)} for one in batch
        ]
        try:
            outcomes = await self.salesforce.upsert(mapping.object_name, mapping.external_id_field, records)
        except (SalesforceUnavailable, SalesforceRefused, SalesforceLimitReached) as error:
            await self._release(batch, error)
            return False
        at = self.clock()
        await self._note([_result(one, outcome, at) for one, outcome in zip(batch, outcomes, strict=True)])
        return True

    async def _release(
        self,
        batch: Sequence[ClaimedWrite],
        error: SalesforceUnavailable | SalesforceRefused | SalesforceLimitReached,
    ) -> None:
        """The whole request failed, which says nothing of its records. A refusal waits longer: it takes a person."""
        pauses = {SalesforceUnavailable: OUTAGE_PAUSE, SalesforceLimitReached: LIMIT_PAUSE}
        due_at = self.clock() + pauses.get(type(error), REFUSED_PAUSE)
        code = str(error.facts.get("error_code") or error.code)
        async with UnitOfWork(self.database) as work:
            await release_writes(work.connection, batch, due_at=due_at, error=(code, error.detail))
            await work.commit()
        log.warning("salesforce_writes_postponed", records=len(batch), error_code=code, detail=error.detail)

    async def _note(self, results: Sequence[WriteResult]) -> None:
        dead = [one for one in results if one.state is WriteState.DEAD]
        async with UnitOfWork(self.database) as work:
            await store_results(work.connection, results, self.clock())
            for one in dead:
                work.publish(_refused(one), partition_key=str(one.write.id))
            await work.commit()
        for one in dead:
            log.error("salesforce_write_dead", subject=one.write.subject, error_code=one.error_code)


async def note_newly_overdue(database: Database, at: datetime) -> int:
    """Each morning: what was due yesterday is overdue today, though nothing happened. Returns how many partners."""
    async with UnitOfWork(database) as work:
        touched = await touch_newly_overdue(work.connection, business_day(at), at)
        await work.commit()
    return touched


def _result(write: ClaimedWrite, outcome: Written | NotWritten, at: datetime) -> WriteResult:
    if isinstance(outcome, Written):
        return WriteResult(write=write, state=WriteState.SENT, record_id=outcome.record_id)
    failures = write.failures + 1
    due_at = next_attempt_at(failures, at) if outcome.is_transient else None
    return WriteResult(
        write=write,
        state=WriteState.WAITING if due_at else WriteState.DEAD,
        failures=failures,
        next_attempt_at=due_at,
        error_code=outcome.code,
        error=outcome.message,
    )


def _refused(result: WriteResult) -> WriteRefusedV1:
    write = result.write
    return WriteRefusedV1(
        write_id=write.id,
        subject=write.subject.value,
        name=write.name,
        named_by=NAMED_BY[write.subject],
        error_code=result.error_code or "",
        detail=result.error or "",
    )
