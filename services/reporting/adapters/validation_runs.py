"""Runs of the rules that count: which snapshot they looked at, what each found, and how good the rows are."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

ALL_RULES: Final = "all rules"  # no rule is called so: names have no blanks
_HOLD: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run of the rules over a snapshot."""

    id: UUID
    system_id: UUID
    snapshot_id: UUID
    ran_at: datetime
    rules: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class NewScore:
    """Rows of one zone and owner in an object, and how many of them an issue stands against."""

    object: str
    zone: str
    owner: str
    rows_count: int
    faulty_count: int


@dataclass(frozen=True, slots=True)
class NewRuleScore:
    """The same by rule; ALL_RULES are those of any."""

    rule: str
    score: NewScore


async def hold_system(connection: AsyncConnection, system_id: UUID) -> None:
    """One run of a system at a time."""
    await connection.execute(_HOLD, {"name": f"validation|{system_id}"})


async def newest_validated(connection: AsyncConnection, system_id: UUID) -> UUID | None:
    """The newest snapshot of a system that rules were applied to."""
    statement = "SELECT max(CAST(snapshot_id AS text)) FROM validation_runs WHERE system_id = :id"
    found = await connection.scalar(sa.text(statement), {"id": system_id})
    return UUID(found) if found else None


async def waived_keys(
    connection: AsyncConnection, system_id: UUID, object_name: str
) -> set[tuple[UUID, str]]:
    """Rule and row of what is accepted as it is: it takes nothing from the score."""
    statement = """
        SELECT rule_id, natural_key FROM data_issues
        WHERE system_id = :id AND object = :object AND state = 'waived'
    """
    rows = await connection.execute(sa.text(statement), {"id": system_id, "object": object_name})
    return {(row.rule_id, row.natural_key) for row in rows}


async def known_codes(connection: AsyncConnection, *, of_products: bool) -> frozenset[str]:
    """Codes of partners, or of products that were ever ordered, as other services told them."""
    statement = (
        "SELECT DISTINCT product_code FROM told_order_lines"
        if of_products
        else "SELECT code FROM known_partners"
    )
    return frozenset((await connection.execute(sa.text(statement))).scalars())


async def add_run(connection: AsyncConnection, run: NewRun, scores: Sequence[NewScore]) -> None:
    statement = """
        INSERT INTO validation_runs (id, system_id, snapshot_id, rules, ran_at)
        VALUES (:id, :system_id, :snapshot_id, CAST(:rules AS jsonb), :at)
    """
    values = {
        "id": run.id,
        "system_id": run.system_id,
        "snapshot_id": run.snapshot_id,
        "rules": msgspec.json.encode(run.rules).decode(),
        "at": run.ran_at,
    }
    await connection.execute(sa.text(statement), values)
    scored = """
        INSERT INTO quality_scores (run_id, object, zone, owner, system_id, ran_at, rows_count, faulty_count)
        SELECT :run_id, object, zone, owner, :system_id, :at, rows_count, faulty_count
        FROM json_to_recordset(CAST(:scores AS json)) AS s (object text, zone text, owner text, rows_count bigint,
            faulty_count bigint)
    """
    told = msgspec.json.encode(scores).decode()
    values = {"run_id": run.id, "system_id": run.system_id, "at": run.ran_at, "scores": told}
    await connection.execute(sa.text(scored), values)


async def add_rule_scores(
    connection: AsyncConnection, run: NewRun, system: str, scores: Sequence[NewRuleScore]
) -> None:
    """As reports read them, by the system's name."""
    statement = """
        INSERT INTO rule_scores (run_id, object, rule, zone, owner, system, ran_at, rows_count, faulty_count)
        SELECT :run_id, object, rule, zone, owner, :system, :at, rows_count, faulty_count
        FROM json_to_recordset(CAST(:scores AS json)) AS s (object text, rule text, zone text, owner text,
            rows_count bigint, faulty_count bigint)
    """
    told = [{"rule": one.rule, **asdict(one.score)} for one in scores]
    values = {
        "run_id": run.id, "system": system, "at": run.ran_at, "scores": msgspec.json.encode(told).decode()
    }  # fmt: skip
    await connection.execute(sa.text(statement), values)
