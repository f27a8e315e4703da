"""Payers that are known to pay for partners: every proof with its line, and everything that speaks against one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.payer_alias import PayerAlias
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class LearnedAlias:
    """A proof, the bank line that holds it, and who took it for one."""

    alias: PayerAlias
    bank_line_id: UUID | None
    learned_by: str


async def payer_aliases(connection: AsyncConnection) -> list[PayerAlias]:
    """Payers proven to pay for partners whose proofs still stand, in the order they were learned."""
    rows = await connection.execute(
        sa.text(
            "SELECT alias_key, partner_code, source FROM standing_payer_aliases ORDER BY learned_at, alias_key"
        )
    )
    return [PayerAlias(row.alias_key, row.partner_code, row.source) for row in rows]


async def aliases_of_partners(connection: AsyncConnection, partner_codes: Sequence[str]) -> list[PayerAlias]:
    """The standing aliases of the partners, one for each key."""
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT alias_key, partner_code FROM standing_payer_aliases"
            " WHERE partner_code = ANY(CAST(:codes AS text[])) ORDER BY alias_key, partner_code"
        ),
        {"codes": sorted(set(partner_codes))},
    )
    return [PayerAlias(row.alias_key, row.partner_code, "") for row in rows]


async def keep_aliases(connection: AsyncConnection, learned: Sequence[LearnedAlias], at: datetime) -> None:
    """Remember each proof of a payer; the same proof told again changes nothing."""
    if not learned:
        return
    unique = {(one.alias.key, one.alias.partner_code, one.alias.source): one for one in learned}
    await connection.execute(
        sa.text(
            "INSERT INTO payer_aliases (alias_key, partner_code, source, learned_at, id, bank_line_id, learned_by)"
            " SELECT t.key, t.code, t.source, :at, t.id, t.line_id, t.learner FROM unnest(CAST(:keys AS text[]),"
            "  CAST(:codes AS text[]), CAST(:sources AS text[]), CAST(:ids AS uuid[]), CAST(:lines AS uuid[]),"
            "  CAST(:learners AS text[])) AS t (key, code, source, id, line_id, learner) ON CONFLICT DO NOTHING"
        ),
        {
            "at": at,
            "keys": [key for key, _, _ in unique],
            "codes": [code for _, code, _ in unique],
            "sources": [source for _, _, source in unique],
            "ids": [uuid7() for _ in unique],
            "lines": [one.bank_line_id for one in unique.values()],
            "learners": [one.learned_by for one in unique.values()],
        },
    )


@dataclass(frozen=True, slots=True)
class AliasObjection:
    """What speaks against an alias, as its `kind` says.

    `withdrawn`: a person ends it, all its proofs with it. `disproved`: a receipt was taken back, one proof was wrong.
    `corrected`: a suggestion was turned down; the payer may still pay for that partner another time.
    """

    alias: PayerAlias
    kind: str
    reason: str
    bank_line_id: UUID | None = None


async def object_to_aliases(
    connection: AsyncConnection, objections: Sequence[AliasObjection], posting: Posting
) -> None:
    """Keep the objections; no proof is removed."""
    await copy_rows(
        connection,
        "payer_alias_withdrawals",
        "id alias_key partner_code kind bank_line_id reason withdrawn_by withdrawn_at",
        [
            (uuid7(), one.alias.key, one.alias.partner_code, one.kind, one.bank_line_id, one.reason,
             posting.actor, posting.at)
            for one in objections
        ],
    )  # fmt: skip


async def alias_by_id(connection: AsyncConnection, alias_id: UUID) -> Row | None:
    """The alias that a proof belongs to, with the number of its proofs that stand; its payer is locked."""
    row = (
        await connection.execute(
            sa.text("SELECT alias_key, partner_code FROM payer_aliases WHERE id = :id"), {"id": alias_id}
        )
    ).one_or_none()
    if row is None:
        return None
    await connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"payer alias {row.alias_key} {row.partner_code}"},
    )
    return (
        await connection.execute(
            sa.text(
                "SELECT :key AS alias_key, :code AS partner_code, count(*) AS proofs FROM standing_payer_aliases"
                " WHERE alias_key = :key AND partner_code = :code"
            ),
            {"key": row.alias_key, "code": row.partner_code},
        )
    ).one()
