"""Exports of the ledger: which batches each holds, their entries page by page, and the names in force."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.chart_of_accounts import codes_of_account
from services.payments.domain.ledger_export import (
    ExportedEntry,
    ExportedLine,
    LedgerName,
    LedgerNames,
    default_account_name,
    default_partner_name,
)

ENTRIES_PER_PAGE: Final = 1_000
_EXPORT_LOCK: Final = 727277
_ENTRIES: Final = """
SELECT b.position, e.*, (SELECT jsonb_agg(jsonb_build_array(l.account_code, l.partner_code, l.amount_minor, l.base_minor)
    ORDER BY l.line_number) FROM journal_lines l WHERE l.entry_id = e.id) AS lines
FROM audit_batches b JOIN journal_entries e ON e.batch_id = b.id
WHERE b.position > :after AND b.position <= :last AND (b.position, e.id) > (:position, CAST(:id AS uuid))
ORDER BY b.position, e.id LIMIT :limit
"""
_USED: Final = """
SELECT DISTINCT l.account_code, l.partner_code FROM audit_batches b JOIN journal_entries e ON e.batch_id = b.id
JOIN journal_lines l ON l.entry_id = e.id WHERE b.position > :after AND b.position <= :last
"""
_NAMES: Final = """
SELECT DISTINCT ON (kind, code) kind, code, ledger_name, group_name FROM ledger_names
WHERE set_at <= :at AND ((kind = 'account' AND code = ANY(CAST(:accounts AS text[])))
    OR (kind = 'partner' AND code = ANY(CAST(:partners AS text[]))))
ORDER BY kind, code, set_at DESC, id DESC
"""


async def last_export(connection: AsyncConnection) -> Row | None:
    """The export before the next one; whoever makes exports follows each other."""
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _EXPORT_LOCK})
    return (
        await connection.execute(sa.text("SELECT * FROM ledger_exports ORDER BY number DESC LIMIT 1"))
    ).one_or_none()


async def next_range(connection: AsyncConnection, after: int, entries_max: int) -> Row | None:
    """`last_position`, `batches`, `entries` and `chain_hash` of whole batches behind a position; None for none.

    Positions become visible in their order, because a batch gets its own with the chain locked until the commit. The
    first batch is taken however large it is.
    """
    return (
        await connection.execute(
            sa.text(
                "WITH counted AS (SELECT position, entries_count, chain_hash, row_number() OVER w AS place,"
                " sum(entries_count) OVER w AS entries FROM audit_batches WHERE position > :after"
                " WINDOW w AS (ORDER BY position) ORDER BY position LIMIT :limit)"
                " SELECT position AS last_position, place AS batches, CAST(entries AS bigint) AS entries, chain_hash"
                " FROM counted WHERE entries <= :limit OR place = 1 ORDER BY position DESC LIMIT 1"
            ),
            {"after": after, "limit": entries_max},
        )
    ).one_or_none()


async def exported_entries(
    connection: AsyncConnection, after: int, last: int
) -> AsyncIterator[list[ExportedEntry]]:
    """Pages in the order of the chain, and of their ids within a batch."""
    position, entry_id = 0, "00000000-0000-0000-0000-000000000000"
    while True:
        rows = (
            await connection.execute(
                sa.text(_ENTRIES),
                {
                    "after": after, "last": last, "position": position, "id": entry_id, "limit": ENTRIES_PER_PAGE,
                },
            )
        ).all()  # fmt: skip
        if rows:
            yield [_entry(row) for row in rows]
            position, entry_id = rows[-1].position, str(rows[-1].id)
        if len(rows) < ENTRIES_PER_PAGE:
            return


async def name_what_is_used(connection: AsyncConnection, after: int, last: int, at: datetime) -> None:
    """Give every account and partner of the range that nobody named its name for good.

    For good, because a partner that is renamed keeps its ledger: another name would open a second one. So does an account
    that got a new code.
    """
    accounts, partners = await _used(connection, after, last)
    named = await _names(connection, accounts, partners, at)
    titles = await connection.execute(
        sa.text("SELECT code, name FROM partners WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(partners)},
    )
    names_of_partners = {row.code: row.name for row in titles}
    unnamed = sorted(accounts - named.accounts.keys())
    others = {other for code in unnamed for other in codes_of_account(code)}
    known = (await _names(connection, others, set(), at)).accounts
    fresh = [("account", code, _name_of_account(code, known)) for code in unnamed]
    fresh += [
        ("partner", code, default_partner_name(code, names_of_partners.get(code, "")))
        for code in sorted(partners - named.partners.keys())
    ]
    for kind, code, name in fresh:
        await add_name(connection, (kind, code), name, "export", at)


async def add_name(
    connection: AsyncConnection, key: tuple[str, str], name: LedgerName, by: str, at: datetime
) -> None:
    """`key` is (kind, code); it holds for exports made from then on."""
    await connection.execute(
        sa.text(
            "INSERT INTO ledger_names (id, kind, code, ledger_name, group_name, set_at, set_by)"
            " VALUES (gen_random_uuid(), :kind, :code, :ledger_name, :group_name, :at, :by)"
        ),
        {
            "kind": key[0], "code": key[1], "ledger_name": name.ledger_name, "group_name": name.group_name,
            "at": at, "by": by,
        },
    )  # fmt: skip


async def names_for(connection: AsyncConnection, after: int, last: int, at: datetime) -> LedgerNames:
    """The names of the range as they were at the instant."""
    accounts, partners = await _used(connection, after, last)
    return await _names(connection, accounts, partners, at)


async def name_taken_by(connection: AsyncConnection, key: tuple[str, str], ledger_name: str) -> str | None:
    """The code of another account or partner that has the name now, if one has."""
    kind, named = key
    own = codes_of_account(named) if kind == "account" else {named}
    code: str | None = await connection.scalar(
        sa.text(
            "SELECT code FROM (SELECT DISTINCT ON (kind, code) kind, code, ledger_name FROM ledger_names"
            " ORDER BY kind, code, set_at DESC, id DESC) AS current"
            " WHERE lower(ledger_name) = lower(:name) AND NOT (kind = :kind AND code = ANY(CAST(:own AS text[])))"
            " LIMIT 1"
        ),
        {"name": ledger_name, "kind": kind, "own": sorted(own)},
    )
    return code


async def add_export(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    """The row that is never changed; the database refuses a gap."""
    totals = msgspec.json.encode(values["totals"]).decode()
    await connection.execute(
        sa.text(
            "INSERT INTO ledger_exports (number, id, after_position, last_position, batches, entries, totals,"
            " chain_hash, csv_hash, tally_hash, made_by, made_at) VALUES (:number, :id, :after, :last, :batches,"
            " :entries, CAST(:sums AS jsonb), :chain_hash, :csv_hash, :tally_hash, :by, :at)"
        ),
        {**values, "sums": totals},
    )


async def _used(connection: AsyncConnection, after: int, last: int) -> tuple[set[str], set[str]]:
    rows: Sequence[Row] = (await connection.execute(sa.text(_USED), {"after": after, "last": last})).all()
    lines = [ExportedLine(row.account_code, row.partner_code, 1, 1) for row in rows]
    accounts = {line.account_code for line in lines if line.party is None}
    return accounts, {line.party for line in lines if line.party is not None}


async def _names(
    connection: AsyncConnection, accounts: set[str], partners: set[str], at: datetime
) -> LedgerNames:
    rows = (
        await connection.execute(
            sa.text(_NAMES), {"at": at, "accounts": sorted(accounts), "partners": sorted(partners)}
        )
    ).all()
    found = {(row.kind, row.code): LedgerName(row.ledger_name, row.group_name) for row in rows}
    return LedgerNames(
        accounts={code: name for (kind, code), name in found.items() if kind == "account"},
        partners={code: name for (kind, code), name in found.items() if kind == "partner"},
    )


def _name_of_account(code: str, known: Mapping[str, LedgerName]) -> LedgerName:
    """That of another code of the same account, if it was named: one account is one ledger."""
    others = (known[other] for other in sorted(codes_of_account(code)) if other in known)
    return next(others, default_account_name(code))


def _entry(row: Row) -> ExportedEntry:
    return ExportedEntry(
        position=row.position,
        id=row.id,
        kind=row.kind,
        source_id=row.source_id,
        currency=row.currency,
        effective_on=row.effective_on,
        occurred_on=row.occurred_on,
        posted_at=row.posted_at,
        description=row.description,
        lines=tuple(ExportedLine(*line) for line in row.lines),
    )
