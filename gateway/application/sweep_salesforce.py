"""Asks Salesforce what changed since the last time, and takes in what never came.

Messages are dropped after 24 hours, and events after 72: what an outage of ours swallowed is only found by asking.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog

from gateway.adapters.salesforce_mappings import mappings_in_force
from gateway.adapters.salesforce_sweeps import (
    close_object_gap,
    known_stamps,
    mapped_objects,
    move_watermark,
    records_with_gaps,
    watermark,
)
from gateway.application.ask_for_children import ChildrenAsked, add_children, children_asked
from gateway.application.take_in_records import take_in_records
from gateway.domain.salesforce_defaults import DEFAULT_MAPPINGS
from gateway.domain.salesforce_ids import organization_key
from gateway.domain.salesforce_mapping import ObjectMapping, relations
from gateway.domain.salesforce_record import RecordChange, Value, change_of_row, modified_at, whole_change
from gateway.domain.salesforce_replies import ObjectDescription, SalesforceRefused
from shared.database import Database, UnitOfWork

TAKEN_AT_ONCE: Final = 500
ALWAYS_ASKED: Final = frozenset({"Id", "IsDeleted", "SystemModstamp", "LastModifiedDate"})
# Objects that others refer to come first, so that those others are understood at once.
_FIRST: Final = ("Account",)

log = structlog.get_logger()


class Asked(Protocol):
    """What of Salesforce is needed here."""

    async def organization_id(self) -> str: ...

    async def described(self, object_name: str) -> ObjectDescription: ...

    def pages(self, query: str, *, with_deleted: bool = False) -> AsyncIterator[Sequence[dict[str, Any]]]: ...


class Progress(Protocol):
    """Tells where the sweep stands."""

    def __call__(self, *, message: str, counts: Mapping[str, int] | None = None) -> Awaitable[None]: ...


@dataclass(slots=True)
class SweepCounts:
    """What a sweep found. `missing` never came, `stale` came in an older state; the rest was known already."""

    found: int = 0
    missing: int = 0
    stale: int = 0
    refetched: int = 0  # because of gaps
    gone: int = 0  # for good: not even among the deleted ones

    def named(self, object_name: str) -> dict[str, int]:
        return {
            f"{object_name}.{name}": getattr(self, name)
            for name in ("found", "missing", "stale", "refetched", "gone")
        }


@dataclass(slots=True)
class Sweep:
    """One sweep over all mapped objects, or those named."""

    database: Database
    salesforce: Asked
    overlap: timedelta
    progress: Progress
    counts: dict[str, int] = field(default_factory=dict)

    async def run(self, objects: Sequence[str] = ()) -> dict[str, int]:
        """The counts by object, e.g. `Account.missing`. What was taken in stays, however the sweep ends: the watermark
        moves with each page. SalesforceUnavailable, SalesforceRefused or SalesforceLimitReached end it early."""
        organization_id = organization_key(await self.salesforce.organization_id())
        for object_name in objects or await self._mapped(organization_id):
            await self.progress(message=f"Asking for {object_name}", counts=self.counts)
            try:
                known = await self.salesforce.described(object_name)
            except SalesforceRefused as refused:
                if refused.facts.get("error_code") != "NOT_FOUND":
                    raise
                log.info("salesforce_object_absent", object_name=object_name)
                continue
            await _ObjectSweep(self, organization_id, object_name, known).run()
        await self.progress(message="Swept", counts=self.counts)
        return self.counts

    async def _mapped(self, organization_id: str) -> list[str]:
        async with self.database.reading() as connection:
            names = DEFAULT_MAPPINGS.keys() | await mapped_objects(connection, organization_id)
        return sorted(names, key=lambda name: (name not in _FIRST, name))


@dataclass(slots=True)
class _ObjectSweep:
    sweep: Sweep
    organization_id: str
    object_name: str
    known: ObjectDescription
    counts: SweepCounts = field(default_factory=SweepCounts)
    children: Sequence[ChildrenAsked] = ()

    async def run(self) -> None:
        begun_at = datetime.now(UTC)
        async with self.sweep.database.reading() as connection:
            since = await watermark(connection, self.organization_id, self.object_name)
            key = (self.organization_id, self.object_name)
            mapping = (await mappings_in_force(connection, [key], begun_at)).get(key)
        fields = sorted(asked_fields(mapping) & self.known.fields)
        self.children = await children_asked(self.sweep.salesforce, self.known, mapping)
        select = f"SELECT {', '.join(fields)} FROM {self.object_name}"  # noqa: S608 - names that describe told
        where = f" WHERE SystemModstamp >= {_literal(since - self.sweep.overlap)}" if since else ""
        query = f"{select}{where} ORDER BY SystemModstamp, Id"
        async for page in self.sweep.salesforce.pages(query, with_deleted=True):
            for start in range(0, len(page), TAKEN_AT_ONCE):
                rows = page[start : start + TAKEN_AT_ONCE]
                await add_children(self.sweep.salesforce, self.children, rows)
                await self._take_in(rows)
        await self._fill_gaps(select)
        async with UnitOfWork(self.sweep.database) as work:
            await close_object_gap(work.connection, self.organization_id, self.object_name, begun_at=begun_at)
            await work.commit()

    async def _take_in(self, rows: Sequence[dict[str, Any]]) -> None:
        """One transaction: the records, and how far they reach. Rows come in the order of their change."""
        changes = [change_of_row(self.organization_id, row) for row in rows]
        at = datetime.now(UTC)
        async with UnitOfWork(self.sweep.database) as work:
            known = await self._known(work, changes)
            await take_in_records(work, changes, at=at)
            until = max(modified_at(change.fields) for change in changes)
            await move_watermark(work.connection, self.organization_id, self.object_name, until=until, at=at)
            await work.commit()
        for change in changes:
            stamp = known.get(change.key.record_id)
            self.counts.found += 1
            # A deleted record that never came is nothing anybody misses.
            self.counts.missing += stamp is None and change.fields.get("IsDeleted") is not True
            self.counts.stale += stamp is not None and stamp < change.stamp.modified_at
        await self._report()

    async def _known(self, work: UnitOfWork, changes: Sequence[RecordChange]) -> Mapping[str, datetime]:
        ids = [change.key.record_id for change in changes]
        return await known_stamps(work.connection, self.organization_id, ids)

    async def _fill_gaps(self, select: str) -> None:
        """Read records again of which events only told that something changed."""
        after = ""
        while True:
            async with self.sweep.database.reading() as connection:
                ids = await records_with_gaps(connection, self.organization_id, self.object_name, after=after)
            if not ids:
                return
            after = ids[-1]
            names = ", ".join(
                f"'{record_id}'" for record_id in ids
            )  # ids are letters and digits, by constraint
            query = f"{select} WHERE Id IN ({names})"
            rows = [
                row async for page in self.sweep.salesforce.pages(query, with_deleted=True) for row in page
            ]
            await add_children(self.sweep.salesforce, self.children, rows)
            await self._refetch(ids, [change_of_row(self.organization_id, row) for row in rows])

    async def _refetch(self, ids: Sequence[str], changes: Sequence[RecordChange]) -> None:
        at = datetime.now(UTC)
        gone = set(ids) - {change.key.record_id for change in changes}
        purged = [self._purged(record_id, at) for record_id in sorted(gone)]
        async with UnitOfWork(self.sweep.database) as work:
            await take_in_records(work, [*changes, *purged], at=at)
            await work.commit()
        self.counts.refetched += len(changes)
        self.counts.gone += len(purged)
        await self._report()

    def _purged(self, record_id: str, at: datetime) -> RecordChange:
        """Emptied from the recycle bin: queries do not even show that it was deleted."""
        fields: dict[str, Value] = {"Id": record_id, "IsDeleted": True, "SystemModstamp": at.isoformat()}
        return whole_change(self.organization_id, self.object_name, fields)

    async def _report(self) -> None:
        self.sweep.counts |= self.counts.named(self.object_name)
        await self.sweep.progress(message=f"Reading {self.object_name}", counts=self.sweep.counts)


def asked_fields(mapping: ObjectMapping | None) -> frozenset[str]:
    """The fields a mapping reads, those that lead to other records among them; lists are asked apart."""
    if mapping is None:
        return ALWAYS_ASKED
    paths = {path for rule in mapping.rules.values() for path in rule.paths if "." not in path}
    return ALWAYS_ASKED | paths | relations(mapping)


def _literal(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
