"""Validation rules: written, changed, tried on a snapshot that is there, and only then let count."""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.adapters.issue_store import close_of_rule
from services.reporting.adapters.review_tables import ReviewTables
from services.reporting.adapters.rule_store import (
    KeptRule,
    NewSimulation,
    add_rule,
    add_simulation,
    change_rule,
    kept_rule,
    let_count,
    was_simulated,
)
from services.reporting.adapters.snapshot_rows import is_pattern
from services.reporting.adapters.snapshot_store import newest_snapshot, snapshot_shown
from services.reporting.adapters.source_store import kept_source, source_at
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.describe_source import source_named
from services.reporting.domain.data_checks.errors import (
    RuleChanged,
    RuleInvalid,
    RuleNameTaken,
    RuleNotActive,
    RuleNotSimulated,
    RuleUnknown,
    SnapshotNotReady,
    SnapshotUnknown,
)
from services.reporting.domain.data_checks.review import findings_of
from services.reporting.domain.data_checks.rule import TargetKind, ValidationRule
from services.reporting.domain.data_checks.rule_check import check_rule
from services.reporting.domain.data_issue import TEXT_MAX, today_of
from shared.errors import FieldProblem
from shared.jobs import enqueue

VALIDATE_TASK: Final = "validate_snapshot"
SIMULATED_MAX: Final = 200  # findings that are told of a simulation; all are counted


async def rule_named(connection: AsyncConnection, named: str, *, is_locked: bool = False) -> KeptRule:
    """RuleUnknown for none."""
    kept = await kept_rule(connection, named, is_locked=is_locked)
    if kept is None:
        raise RuleUnknown("There is no such rule", named=named)
    return kept


async def write_rule(work: UnitOfWork, rule: ValidationRule, *, by: str, at: datetime) -> UUID:
    """A draft that counts for nothing yet. RuleInvalid, RuleNameTaken, SourceUnknown, SourceObjectUnknown."""
    await _check(work.connection, rule)
    rule_id = uuid7()
    if not await add_rule(work.connection, rule_id, rule, by=by, at=at):
        problem = FieldProblem("/name", "expected a name that no other rule has")
        raise RuleNameTaken(f"There is a rule {rule.name} already", problems=[problem])
    return rule_id


async def rewrite_rule(
    work: UnitOfWork, named: str, rule: ValidationRule, *, revision: int, who: tuple[str, datetime]
) -> None:
    """A new version. The one that counts goes on to count until the new one was tried and let count."""
    kept = await rule_named(work.connection, named, is_locked=True)
    _expect(kept, revision)
    place, before = (rule.name, rule.system, rule.object), kept.rule
    if place != (before.name, before.system, before.object):
        problem = FieldProblem("/name", f"expected {before.name} of {before.system}/{before.object}")
        raise RuleNameTaken("A rule keeps its name and its object", problems=[problem])
    await _check(work.connection, rule)
    await change_rule(work.connection, kept, rule, by=who[0], at=who[1])


async def simulate_rule(
    work: UnitOfWork, named: str, snapshot_id: UUID | None, *, by: str, at: datetime
) -> UUID:
    """What the newest version would find in a snapshot, by default the newest of its system; no issue is raised."""
    kept = await rule_named(work.connection, named)
    wanted = snapshot_id or await newest_snapshot(work.connection, kept.rule.system)
    snapshot = await snapshot_shown(work.connection, wanted) if wanted else None
    if snapshot is None or snapshot.system != kept.rule.system:
        raise SnapshotUnknown(f"There is no such snapshot of {kept.rule.system}")
    source = await source_at(work.connection, snapshot.system_id, snapshot.revision)
    tables = ReviewTables(work.connection)
    table = await tables.of_snapshot(snapshot.id, source.object_named(kept.rule.object))
    if table is None:
        raise SnapshotNotReady(f"The snapshot has no rows of {kept.rule.object}")
    # Ages are those of the day on which the rows were taken.
    around = await tables.around(kept.rule, table, today_of(snapshot.asked_at))
    found = await asyncio.to_thread(findings_of, kept.rule, table, around)
    told = [
        {
            "natural_key": table.keys[one.position],
            "field": one.field,
            "value": one.value[:TEXT_MAX],
            "why": one.why[:TEXT_MAX],
            "suggestion": one.suggestion,
        }
        for one in found[:SIMULATED_MAX]
    ]
    new = NewSimulation(
        rule_id=kept.id,
        revision=kept.revision,
        snapshot_id=snapshot.id,
        rows_count=len(table),
        findings_count=len(found),
        findings=told,
    )
    return await add_simulation(work.connection, new, by=by, at=at)


async def activate_rule(work: UnitOfWork, named: str, *, revision: int, who: tuple[str, datetime]) -> None:
    """The newest version counts from now on; the newest snapshot is looked at anew. RuleNotSimulated before a trial."""
    kept = await rule_named(work.connection, named, is_locked=True)
    _expect(kept, revision)
    if not await was_simulated(work.connection, kept.id, kept.revision):
        raise RuleNotSimulated(f"Simulate revision {kept.revision} on a snapshot first")
    await let_count(work.connection, kept.id, kept.revision, by=who[0], at=who[1])
    await _look_again(work, kept.rule.system, by=who[0])


async def retire_rule(work: UnitOfWork, named: str, *, revision: int, who: tuple[str, datetime]) -> None:
    """It counts no more, and what it found is closed."""
    kept = await rule_named(work.connection, named, is_locked=True)
    _expect(kept, revision)
    if kept.active_revision is None:
        raise RuleNotActive(f"{kept.rule.name} does not count")
    await let_count(work.connection, kept.id, None, by=who[0], at=who[1])
    await close_of_rule(work.connection, kept.id, by=who[0], at=who[1])


async def _look_again(work: UnitOfWork, system: str, *, by: str) -> None:
    source = await source_named(work.connection, system)
    newest = await newest_snapshot(work.connection, system)
    if newest is not None:
        payload = {"snapshot_id": str(newest)}
        await enqueue(work.connection, VALIDATE_TASK, payload, created_by=by, lock=f"source|{source.id}")


async def _check(connection: AsyncConnection, rule: ValidationRule) -> None:
    source = (await source_named(connection, rule.system)).source
    known = source.object_named(rule.object).field_names
    target, other_known = rule.check.target, None
    if target is not None and target.kind is TargetKind.OBJECT:
        other = await kept_source(connection, target.system)
        objects = {one.name: one for one in other.source.objects} if other else {}
        other_known = objects[target.object].field_names if target.object in objects else None
    check_rule(rule, known, other_known)
    if rule.check.pattern is not None and not await asyncio.to_thread(is_pattern, rule.check.pattern):
        problem = FieldProblem("/check/pattern", "expected a regular expression of RE2, without look-around")
        raise RuleInvalid(f"The pattern of {rule.name} cannot be read", problems=[problem])


def _expect(kept: KeptRule, revision: int) -> None:
    if kept.revision != revision:
        raise RuleChanged(f"It is at revision {kept.revision} meanwhile", revision=kept.revision)
