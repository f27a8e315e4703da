"""What payments says accounts come to, beside what the facts here come to."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.sheet_queries import ON_ACCOUNT, OWNED_BALANCES, UNUSED_NOTE
from services.partners.domain.sheet_proof import AccountSums, ComparedAccount, SheetProof, proof_of
from shared.events.accounts import AccountFigures

_FIGURES: Final = tuple(one.name for one in fields(AccountSums))
_KEEP: Final = f"""
    INSERT INTO account_figures AS known (partner_code, currency, position, told_at, {", ".join(_FIGURES)})
    SELECT partner_code, currency, CAST(:position AS bigint), CAST(:told_at AS timestamptz), {", ".join(_FIGURES)}
    FROM json_to_recordset(CAST(:facts AS json)) AS told (partner_code text, currency text,
        {", ".join(f"{name} {'text' if name == 'items_sha256' else 'bigint'}" for name in _FIGURES)})
    ORDER BY partner_code, currency ON CONFLICT (partner_code, currency) DO UPDATE SET position = excluded.position,
        told_at = excluded.told_at, {", ".join(f"{name} = excluded.{name}" for name in _FIGURES)}
    WHERE known.position <= excluded.position
"""
# By the codes that payments knows: a merge joins partners here and changes nothing in the ledger. One statement, so
# that the figures belong to one instant. The hash is made as payments makes it.
_COMPARED: Final = f"""
    WITH owned AS (
        SELECT code, code AS owner_code FROM unnest(CAST(:codes AS text[])) AS given (code)
    ), {OWNED_BALANCES}, items AS (
        SELECT partner_code, currency, 'invoice' AS kind, invoice_id AS id, open_minor FROM balances
        UNION ALL
        SELECT r.partner_code, r.currency, 'advance', r.receipt_id, {ON_ACCOUNT}
        FROM sheet_receipts r JOIN owned ON owned.code = r.partner_code
        WHERE NOT EXISTS (SELECT FROM sheet_reversals v WHERE v.receipt_id = r.receipt_id)
        UNION ALL
        SELECT n.partner_code, n.currency, 'credit_note', n.note_id, {UNUSED_NOTE}
        FROM sheet_credit_notes n JOIN owned ON owned.code = n.partner_code WHERE n.standing = 'issued'
    ), here AS (
        SELECT partner_code, currency,
            CAST(sum(CASE kind WHEN 'invoice' THEN open_minor ELSE -open_minor END) AS bigint) AS ledger_minor,
            count(*) FILTER (WHERE kind = 'invoice') AS invoices_count,
            CAST(coalesce(sum(open_minor) FILTER (WHERE kind = 'invoice'), 0) AS bigint) AS invoices_minor,
            count(*) FILTER (WHERE kind = 'advance') AS advances_count,
            CAST(coalesce(sum(open_minor) FILTER (WHERE kind = 'advance'), 0) AS bigint) AS advances_minor,
            count(*) FILTER (WHERE kind = 'credit_note') AS credit_notes_count,
            CAST(coalesce(sum(open_minor) FILTER (WHERE kind = 'credit_note'), 0) AS bigint) AS credit_notes_minor,
            encode(sha256(convert_to(string_agg(kind || ' ' || id || ' ' || open_minor, E'\n' ORDER BY id), 'UTF8')),
                'hex') AS items_sha256
        FROM items WHERE open_minor <> 0 GROUP BY 1, 2
    )
    SELECT partner_code, currency, f.position, f.told_at, d.alarmed_at IS NOT NULL AS is_alarmed,
        {", ".join(f"h.{name} AS here_{name}, f.{name} AS told_{name}" for name in _FIGURES)}
    FROM here h
    FULL JOIN (SELECT * FROM account_figures WHERE partner_code = ANY(CAST(:codes AS text[]))) AS f
        USING (partner_code, currency)
    LEFT JOIN LATERAL (SELECT alarmed_at FROM sheet_differences o WHERE o.agreed_at IS NULL
        AND o.partner_code = coalesce(h.partner_code, f.partner_code)
        AND o.currency = coalesce(h.currency, f.currency)) AS d ON true
    ORDER BY partner_code, currency
"""
_NOTHING: Final = AccountSums(
    ledger_minor=0,
    invoices_count=0,
    invoices_minor=0,
    advances_count=0,
    advances_minor=0,
    credit_notes_count=0,
    credit_notes_minor=0,
    items_sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",  # of no item
)


async def keep_figures(
    connection: AsyncConnection, accounts: Sequence[AccountFigures], *, position: int, told_at: datetime
) -> None:
    """The higher position wins, in whatever order they are told."""
    facts = msgspec.json.encode(accounts).decode()
    await connection.execute(sa.text(_KEEP), {"facts": facts, "position": position, "told_at": told_at})


async def compared_accounts(connection: AsyncConnection, codes: Sequence[str]) -> list[ComparedAccount]:
    """Every account that the facts here or payments know of."""
    rows = await connection.execute(sa.text(_COMPARED), {"codes": list(codes)})
    return [
        ComparedAccount(
            partner_code=row.partner_code,
            currency=row.currency,
            here=_sums(row, "here") or _NOTHING,
            told=_sums(row, "told"),
            position=row.position,
            told_at=row.told_at,
            is_alarmed=row.is_alarmed,
        )
        for row in rows
    ]


async def codes_of(connection: AsyncConnection, code: str) -> list[str]:
    """Of the partner with this code: its own one and those merged with it."""
    rows = await connection.execute(
        sa.text(
            "SELECT o.code FROM partner_owners o JOIN partner_owners mine ON mine.owner_code = o.owner_code"
            " WHERE mine.code = :code ORDER BY o.code"
        ),
        {"code": code},
    )
    return list(rows.scalars())


async def sheet_proofs(connection: AsyncConnection, owner_codes: Sequence[str]) -> dict[str, SheetProof]:
    """Of the sheets as they would be now."""
    rows = await connection.execute(
        sa.text(
            "SELECT code, owner_code FROM partner_owners WHERE owner_code = ANY(CAST(:codes AS text[])) ORDER BY code"
        ),
        {"codes": list(owner_codes)},
    )
    owners: dict[str, str] = {row.code: row.owner_code for row in rows}
    accounts: dict[str, list[ComparedAccount]] = {code: [] for code in owner_codes}
    for one in await compared_accounts(connection, list(owners)):
        accounts[owners[one.partner_code]].append(one)
    return {code: proof_of(owned) for code, owned in accounts.items()}


async def codes_with_accounts(connection: AsyncConnection, *, after: str, limit: int) -> list[str]:
    """Codes with facts or figures, in their order."""
    rows = await connection.execute(
        sa.text(
            "SELECT partner_code FROM ("
            " SELECT partner_code FROM account_figures UNION SELECT partner_code FROM sheet_invoices"
            " UNION SELECT partner_code FROM sheet_receipts UNION SELECT partner_code FROM sheet_credit_notes"
            ") AS known WHERE partner_code > :after ORDER BY partner_code LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    return list(rows.scalars())


def _sums(row: sa.Row[Any], side: str) -> AccountSums | None:
    if getattr(row, f"{side}_ledger_minor") is None:
        return None
    return AccountSums(**{name: getattr(row, f"{side}_{name}") for name in _FIGURES})
