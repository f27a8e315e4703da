"""Simulations of drafted policies, and what past decisions came to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.code_version import matching_code_version
from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.decision_difference import Part
from services.payments.domain.receipt import MONEY
from services.payments.domain.simulation import Settled, SimulatedLine


async def add_simulation(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO policy_simulations VALUES (:id, :version, :content_hash, :since, :job_id, :at, :by)"
        ),
        values,
    )


async def simulation_to_run(connection: AsyncConnection, simulation_id: UUID) -> Row | None:
    """The question with its policy's content; None when it was answered before."""
    return (
        await connection.execute(
            sa.text(
                "SELECT s.*, p.content FROM policy_simulations s JOIN matching_policies p ON p.version = s.version"
                " WHERE s.id = :id AND NOT EXISTS (SELECT FROM simulation_results r WHERE r.simulation_id = s.id)"
            ),
            {"id": simulation_id},
        )
    ).one_or_none()


async def is_simulated(connection: AsyncConnection, version: str, content_hash: bytes) -> bool:
    """Whether a simulation of this very content came to its end."""
    found: bool | None = await connection.scalar(
        sa.text(
            "SELECT EXISTS (SELECT FROM policy_simulations s JOIN simulation_results r ON r.simulation_id = s.id"
            " WHERE s.version = :version AND s.content_hash = :hash)"
        ),
        {"version": version, "hash": content_hash},
    )
    return bool(found)


async def batches_since(connection: AsyncConnection, since: date) -> Sequence[Row]:
    """Batches that decided lines booked since the day, in the order they were decided; a line is decided after it was
    booked."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM decision_batches b WHERE b.decided_at >= :since AND EXISTS (SELECT FROM bank_lines l"
                " WHERE l.id = ANY(b.line_ids) AND l.booked_on >= :since AND l.amount_minor > 0) ORDER BY decided_at, id"
            ),
            {"since": since},
        )
    ).all()


async def credits_since(connection: AsyncConnection, since: date) -> int:
    count = await connection.scalar(
        sa.text("SELECT count(*) FROM bank_lines WHERE booked_on >= :since AND amount_minor > 0"),
        {"since": since},
    )
    return int(count or 0)


async def recorded_decisions(
    connection: AsyncConnection, line_ids: Sequence[UUID], decided_at: datetime, since: date
) -> Sequence[Row]:
    """Decisions of one batch about credits booked since the day."""
    return (
        await connection.execute(
            sa.text(
                "SELECT d.* FROM line_decisions d JOIN bank_lines l ON l.id = d.bank_line_id"
                " WHERE d.bank_line_id = ANY(CAST(:ids AS uuid[])) AND d.decided_at = :at AND l.booked_on >= :since"
                " AND l.amount_minor > 0"
            ),
            {"ids": list(line_ids), "at": decided_at, "since": since},
        )
    ).all()


async def settled_lines(connection: AsyncConnection, line_ids: Sequence[UUID]) -> dict[UUID, Settled]:
    """What the money of lines pays now; lines whose receipt was taken back or never booked are left out."""
    rows = await connection.execute(
        sa.text(
            "SELECT r.bank_line_id, r.partner_code, o.document_number, a.kind, sum(a.amount_minor) AS minor"
            " FROM receipts r LEFT JOIN allocations a ON a.receipt_id = r.id"
            " LEFT JOIN open_items o ON o.id = a.open_item_id"
            " WHERE r.bank_line_id = ANY(CAST(:ids AS uuid[]))"
            " AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)"
            " GROUP BY r.bank_line_id, r.partner_code, o.document_number, a.kind"
        ),
        {"ids": list(line_ids)},
    )
    partners: dict[UUID, str] = {}
    money: dict[UUID, list[Part]] = defaultdict(list)
    kept: dict[UUID, list[Part]] = defaultdict(list)
    for row in rows:
        partners[row.bank_line_id] = row.partner_code
        if row.minor and row.kind == MONEY:
            money[row.bank_line_id].append((row.document_number, "", int(row.minor)))
        elif row.minor:
            kept[row.bank_line_id].append((row.document_number, row.kind, int(row.minor)))
    return {line: Settled(code, tuple(money[line]), tuple(kept[line])) for line, code in partners.items()}


async def keep_result(
    connection: AsyncConnection,
    simulation_id: UUID,
    counts: Mapping[str, int],
    different: Mapping[UUID, SimulatedLine],
    at: datetime,
) -> None:
    """Figures and the lines that differ, written once."""
    await copy_rows(
        connection,
        "simulated_lines",
        "simulation_id bank_line_id recorded simulated is_contrary",
        [
            (simulation_id, line_id, _json(line.recorded), _json(line.simulated), line.is_contrary)
            for line_id, line in different.items()
        ],
    )
    await connection.execute(
        sa.text("INSERT INTO simulation_results VALUES (:id, CAST(:counts AS jsonb), :code, :at)"),
        {"id": simulation_id, "counts": _json(counts), "code": matching_code_version(), "at": at},
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
