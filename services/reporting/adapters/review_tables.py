"""The tables that rules look at, read once each, and what rows are held against."""

import asyncio
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.snapshot_rows import fitting, reviewed_table
from services.reporting.adapters.snapshot_store import content_of, newest_snapshot
from services.reporting.adapters.source_store import kept_source
from services.reporting.adapters.validation_runs import known_codes
from services.reporting.domain.data_checks.rule import Target, TargetKind, ValidationRule
from services.reporting.domain.data_checks.table import ReviewedTable, Surroundings
from services.reporting.domain.source_system import SourceObject


class ReviewTables:
    """For the length of one run over one snapshot of the database."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._of_snapshots: dict[tuple[UUID, str], ReviewedTable | None] = {}

    async def of_snapshot(self, snapshot_id: UUID, described: SourceObject) -> ReviewedTable | None:
        """None when the snapshot has no such rows."""
        key = snapshot_id, described.name
        if key not in self._of_snapshots:
            content = await content_of(self._connection, *key)
            self._of_snapshots[key] = (
                None if content is None else await asyncio.to_thread(reviewed_table, described, content)
            )
        return self._of_snapshots[key]

    async def around(self, rule: ValidationRule, table: ReviewedTable, today: date) -> Surroundings:
        """What a rule holds the rows against. What is not there yet knows no values, and drifts from nothing."""
        check, target = rule.check, rule.check.target
        if check.pattern is not None:
            values = {value for name in check.fields for _, value in table.filled(name)}
            fits = await asyncio.to_thread(fitting, check.pattern, sorted(values))
            return Surroundings(today=today, fitting_values=fits)
        if target is None:
            return Surroundings(today=today)
        if target.kind is not TargetKind.OBJECT:
            codes = await known_codes(self._connection, of_products=target.kind is TargetKind.PRODUCTS)
            return Surroundings(today=today, known_values=codes)
        other = await self._target(target)
        known = frozenset(value for _, value in other.filled(target.field)) if other else frozenset()
        name = f"{target.system}/{target.object}"
        return Surroundings(today=today, known_values=known, other=other, other_name=name)

    async def _target(self, target: Target) -> ReviewedTable | None:
        snapshot_id = await newest_snapshot(self._connection, target.system)
        kept = await kept_source(self._connection, target.system)
        if snapshot_id is None or kept is None:
            return None
        return await self.of_snapshot(snapshot_id, kept.source.object_named(target.object))
