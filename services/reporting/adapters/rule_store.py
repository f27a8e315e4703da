"""Validation rules with every version, when which of them counted, and what a version would have found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.data_checks.rule import ValidationRule

Row = sa.Row[Any]
_SELECT: Final = """
    SELECT r.id, r.name, r.revision, r.active_revision, r.created_at, v.content, v.set_by, v.set_at
    FROM validation_rules r JOIN validation_rule_versions v ON v.rule_id = r.id AND v.revision = r.revision
"""


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule in one of its versions: the newest, or the one that counts."""

    id: UUID
    revision: int
    active_revision: int | None
    created_at: datetime
    set_by: str
    set_at: datetime
    rule: ValidationRule


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSimulation:
    """What a version would have found; the findings are the first of them."""

    rule_id: UUID
    revision: int
    snapshot_id: UUID
    rows_count: int
    findings_count: int
    findings: Sequence[object]


async def add_rule(
    connection: AsyncConnection, rule_id: UUID, rule: ValidationRule, *, by: str, at: datetime
) -> bool:
    """As a draft; False when the name is taken."""
    statement = """
        INSERT INTO validation_rules (id, name, system, revision, created_at) VALUES (:id, :name, :system, 1, :at)
        ON CONFLICT (name) DO NOTHING
    """
    values = {"id": rule_id, "name": rule.name, "system": rule.system, "at": at}
    added = await connection.execute(sa.text(statement), values)
    if added.rowcount:
        await _add_version(connection, (rule_id, 1), rule, by=by, at=at)
    return bool(added.rowcount)


async def change_rule(
    connection: AsyncConnection, kept: KeptRule, rule: ValidationRule, *, by: str, at: datetime
) -> None:
    """The next version of the locked one; what counts goes on to count."""
    statement = "UPDATE validation_rules SET revision = revision + 1 WHERE id = :id"
    await connection.execute(sa.text(statement), {"id": kept.id})
    await _add_version(connection, (kept.id, kept.revision + 1), rule, by=by, at=at)


async def let_count(
    connection: AsyncConnection, rule_id: UUID, revision: int | None, *, by: str, at: datetime
) -> None:
    """The version that counts from now on; None: the rule does no more."""
    values = {"id": rule_id, "revision": revision}
    await connection.execute(
        sa.text("UPDATE validation_rules SET active_revision = :revision WHERE id = :id"), values
    )
    statement = """
        INSERT INTO rule_activations (id, rule_id, revision, decided_by, decided_at)
        VALUES (:own_id, :id, :revision, :by, :at)
    """
    await connection.execute(sa.text(statement), {**values, "own_id": uuid7(), "by": by, "at": at})


async def kept_rule(connection: AsyncConnection, named: str, *, is_locked: bool = False) -> KeptRule | None:
    """Its newest version, by name or by id."""
    lock = " FOR UPDATE OF r" if is_locked else ""
    statement = f"{_SELECT} WHERE r.name = :named OR CAST(r.id AS text) = :named{lock}"
    row = (await connection.execute(sa.text(statement), {"named": named})).one_or_none()
    return None if row is None else _kept(row)


async def kept_rules(
    connection: AsyncConnection, system: str | None, *, after: str, limit: int
) -> list[KeptRule]:
    """In the order of their names."""
    statement = sa.text(
        f"{_SELECT} WHERE r.name > :after AND (CAST(:system AS text) IS NULL OR r.system = :system)"
        " ORDER BY r.name LIMIT :limit"
    )
    values = {"system": system, "after": after, "limit": limit}
    return [_kept(row) for row in await connection.execute(statement, values)]


async def counting_rules(connection: AsyncConnection, system: str) -> list[KeptRule]:
    """Those of a system that count, in the version that does."""
    statement = f"{_SELECT} WHERE r.system = :system ORDER BY r.name".replace(
        "v.revision = r.revision", "v.revision = r.active_revision"
    )
    return [_kept(row) for row in await connection.execute(sa.text(statement), {"system": system})]


async def add_simulation(connection: AsyncConnection, new: NewSimulation, *, by: str, at: datetime) -> UUID:
    simulation_id = uuid7()
    statement = """
        INSERT INTO rule_simulations (id, rule_id, revision, snapshot_id, rows_count, findings_count, findings,
            simulated_by, simulated_at)
        VALUES (:id, :rule_id, :revision, :snapshot_id, :rows_count, :findings_count, CAST(:findings AS jsonb), :by, :at)
    """
    values = {name: getattr(new, name) for name in NewSimulation.__slots__}
    values |= {"id": simulation_id, "by": by, "at": at}
    values["findings"] = msgspec.json.encode(new.findings).decode()
    await connection.execute(sa.text(statement), values)
    return simulation_id


async def simulations_shown(
    connection: AsyncConnection, rule_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    statement = """
        SELECT * FROM rule_simulations WHERE rule_id = :id AND (CAST(:before AS uuid) IS NULL OR id < :before)
        ORDER BY id DESC LIMIT :limit
    """
    values = {"id": rule_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def was_simulated(connection: AsyncConnection, rule_id: UUID, revision: int) -> bool:
    statement = "SELECT EXISTS (SELECT FROM rule_simulations WHERE rule_id = :id AND revision = :revision)"
    return bool(await connection.scalar(sa.text(statement), {"id": rule_id, "revision": revision}))


async def _add_version(
    connection: AsyncConnection, key: tuple[UUID, int], rule: ValidationRule, *, by: str, at: datetime
) -> None:
    statement = """
        INSERT INTO validation_rule_versions (rule_id, revision, content, set_by, set_at)
        VALUES (:id, :revision, CAST(:content AS jsonb), :by, :at)
    """
    content = msgspec.json.encode(asdict(rule)).decode()
    values = {"id": key[0], "revision": key[1], "content": content, "by": by, "at": at}
    await connection.execute(sa.text(statement), values)


def _kept(row: Row) -> KeptRule:
    rule = msgspec.convert(row.content, type=ValidationRule)
    # What was selected is the version that counts, or the newest: each row says which one it is.
    return KeptRule(row.id, row.revision, row.active_revision, row.created_at, row.set_by, row.set_at, rule)
