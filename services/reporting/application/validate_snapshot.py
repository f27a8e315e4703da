"""Applies the rules that count to a snapshot, keeps issues over snapshots, and scores the rows."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.adapters.issue_store import keep_found, resolve_vanished
from services.reporting.adapters.published_reports import publish_dashboards
from services.reporting.adapters.published_reviews import publish_issues
from services.reporting.adapters.review_tables import ReviewTables
from services.reporting.adapters.rule_store import KeptRule, counting_rules
from services.reporting.adapters.snapshot_store import Row, snapshot_shown
from services.reporting.adapters.source_store import source_at
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.adapters.validation_runs import (
    ALL_RULES,
    NewRuleScore,
    NewRun,
    NewScore,
    add_rule_scores,
    add_run,
    hold_system,
    newest_validated,
    waived_keys,
)
from services.reporting.domain.dashboard import DashboardName
from services.reporting.domain.data_checks.review import findings_of, owner_of
from services.reporting.domain.data_checks.rule import ValidationRule
from services.reporting.domain.data_checks.table import Finding, ReviewedTable
from services.reporting.domain.data_issue import (
    FINDINGS_MAX,
    TEXT_MAX,
    IssueEventKind,
    RowFinding,
    today_of,
)
from services.reporting.domain.source_system import SourceSystem
from shared.database import Database

Found = Mapping[str, Sequence[RowFinding]]


async def validate_snapshot(database: Database, snapshot_id: UUID) -> dict[str, int]:
    """What came of it, in counts. A snapshot older than one that was looked at changes nothing any more."""
    at = datetime.now(UTC)
    async with database.reading() as connection:
        snapshot = await snapshot_shown(connection, snapshot_id)
        assert snapshot is not None
        source = await source_at(connection, snapshot.system_id, snapshot.revision)
        rules = await counting_rules(connection, source.name)
        reviewed = await _reviewed(connection, snapshot, source, rules, at)
    async with UnitOfWork(database) as work:
        counts = await _kept(work.connection, snapshot, reviewed, rules, at)
        changed = (counts.get("raised", 0), counts.get("resolved", 0))
        if "findings" in counts:  # an older snapshot changes nothing
            publish_dashboards(work, (DashboardName.DATA_QUALITY,), at)
        publish_issues(work, (snapshot.system_id, source.name, snapshot_id), changed, at)
        await work.commit()
    return counts


class _Reviewed:
    """What was found by object and by rule, beside the rows it was found in."""

    def __init__(self) -> None:
        self.tables: dict[str, ReviewedTable] = {}
        self.found: dict[str, list[RowFinding]] = {}
        self.counts: list[dict[str, object]] = []
        self.whole: list[UUID] = []


async def _reviewed(
    connection: AsyncConnection, snapshot: Row, source: SourceSystem, rules: Sequence[KeptRule], at: datetime
) -> _Reviewed:
    reviewed, tables, today = _Reviewed(), ReviewTables(connection), today_of(at)
    for one in source.objects:
        table = await tables.of_snapshot(snapshot.id, one)
        if table is not None:
            reviewed.tables[one.name], reviewed.found[one.name] = table, []
    for kept in rules:
        table = reviewed.tables.get(kept.rule.object)
        if table is None:
            continue
        around = await tables.around(kept.rule, table, today)
        found = await asyncio.to_thread(findings_of, kept.rule, table, around)
        reviewed.counts.append(
            {"rule": kept.rule.name, "revision": kept.active_revision, "findings": len(found)}
        )
        if len(found) <= FINDINGS_MAX:
            reviewed.whole.append(kept.id)
        told = [_row_finding(kept, one, table, source.owner, today) for one in found[:FINDINGS_MAX]]
        reviewed.found[kept.rule.object] += told
    return reviewed


async def _kept(
    connection: AsyncConnection,
    snapshot: Row,
    reviewed: _Reviewed,
    rules: Sequence[KeptRule],
    at: datetime,
) -> dict[str, int]:
    await hold_system(connection, snapshot.system_id)
    newest = await newest_validated(connection, snapshot.system_id)
    if newest is not None and newest > snapshot.id:
        return {"rules": 0}
    today, raised = today_of(at), 0
    for name, found in reviewed.found.items():
        place = (snapshot.system_id, snapshot.id, name)
        raised += await keep_found(connection, place, found, at=at, today=today)
    resolved = await resolve_vanished(connection, reviewed.whole, snapshot.id, IssueEventKind.RESOLVED, at=at)
    waived = {name: await waived_keys(connection, snapshot.system_id, name) for name in reviewed.tables}
    scores = [
        score
        for name, table in reviewed.tables.items()
        for score in _scores(name, table, reviewed.found[name], waived[name])
    ]
    run = NewRun(uuid7(), snapshot.system_id, snapshot.id, at, reviewed.counts)
    await add_run(connection, run, scores)
    of_rules = [
        NewRuleScore(rule, score)
        for name, table in reviewed.tables.items()
        for rule, score in _rule_scores(name, table, reviewed, rules, waived[name])
    ]
    whole = [NewRuleScore(ALL_RULES, score) for score in scores]
    await add_rule_scores(connection, run, snapshot.system, [*whole, *of_rules])
    found_count = sum(len(found) for found in reviewed.found.values())
    return {"rules": len(rules), "findings": found_count, "raised": raised, "resolved": resolved}


def _row_finding(
    kept: KeptRule, finding: Finding, table: ReviewedTable, system_owner: str, today: date
) -> RowFinding:
    rule: ValidationRule = kept.rule
    zone = table.zones[finding.position]
    owner = owner_of(rule, zone=zone, row_owner=table.owners[finding.position], system_owner=system_owner)
    suggestion = finding.suggestion
    return RowFinding(
        rule_id=kept.id,
        natural_key=table.keys[finding.position],
        zone=zone,
        owner=owner,
        severity=rule.severity,
        field=finding.field,
        value=finding.value[:TEXT_MAX],
        why=finding.why[:TEXT_MAX],
        suggestion=None if suggestion is None else suggestion[:TEXT_MAX],
        evidence={name: value[:TEXT_MAX] for name, value in finding.evidence.items()},
        due_on=today + timedelta(days=rule.due_days),
    )


def _scores(
    name: str, table: ReviewedTable, found: Sequence[RowFinding], waived: set[tuple[UUID, str]]
) -> list[NewScore]:
    """Rows by zone and owner; those with an issue that nobody waived are faulty."""
    faulty_keys = {one.natural_key for one in found if (one.rule_id, one.natural_key) not in waived}
    rows: Counter[tuple[str, str]] = Counter()
    faulty: Counter[tuple[str, str]] = Counter()
    for key, zone, owner in zip(table.keys, table.zones, table.owners, strict=True):
        rows[zone, owner] += 1
        faulty[zone, owner] += key in faulty_keys
    return [NewScore(name, *whose, count, faulty[whose]) for whose, count in rows.items()]


def _rule_scores(
    name: str,
    table: ReviewedTable,
    reviewed: _Reviewed,
    rules: Sequence[KeptRule],
    waived: set[tuple[UUID, str]],
) -> Iterator[tuple[str, NewScore]]:
    """The rules of one object. Of a rule that finds more than are kept, those that are kept count."""
    by_rule: dict[UUID, list[RowFinding]] = {}
    for one in reviewed.found[name]:
        by_rule.setdefault(one.rule_id, []).append(one)
    for kept in rules:
        if kept.rule.object == name:
            for score in _scores(name, table, by_rule.get(kept.id, ()), waived):
                yield kept.rule.name, score
