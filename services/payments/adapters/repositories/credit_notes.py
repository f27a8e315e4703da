"""Credit notes as use cases read and write them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.journal import refuse_archived
from services.payments.domain.credit_note import CreditNote, NoteLine, NoteStanding, NoteType
from services.payments.domain.credit_split import Credited

_COUNTING = "n.standing NOT IN ('refused', 'withdrawn', 'cancelled')"


async def invoices_for_credit(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The invoices, held until the commit: notes on one invoice follow each other. Locked in sorted order."""
    rows = await connection.execute(
        sa.text("SELECT * FROM invoices WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": sorted(set(ids))},
    )
    return {row.id: row for row in rows}


async def credited_lines(
    connection: AsyncConnection, invoice_ids: Iterable[UUID]
) -> dict[tuple[UUID, int | None], Credited]:
    """What notes that count credit of each line, and of whole invoices under the line None."""
    rows = await connection.execute(
        sa.text(
            "SELECT c.invoice_id, c.line_number, CAST(sum(c.taxable_minor) AS bigint) AS taxable_minor,"
            " CAST(sum(c.cgst_minor) AS bigint) AS cgst_minor, CAST(sum(c.sgst_minor) AS bigint) AS sgst_minor,"
            " CAST(sum(c.igst_minor) AS bigint) AS igst_minor, sum(c.quantity) AS quantity"
            " FROM credit_note_lines c JOIN credit_notes n ON n.id = c.note_id"
            f" WHERE c.invoice_id = ANY(CAST(:ids AS uuid[])) AND {_COUNTING} GROUP BY 1, 2"
        ),
        {"ids": sorted(set(invoice_ids))},
    )
    return {(row.invoice_id, row.line_number): Credited(*row[2:]) for row in rows}


async def add_note(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    """One note in standing `requested`, with its first event."""
    await connection.execute(
        sa.text(
            "INSERT INTO credit_notes (id, note_type, standing, partner_code, supplier_gstin, place_of_supply,"
            " supply_year, reason_code, reason_text, agreement_reference, is_itc_reversal_declared, currency,"
            " taxable_minor, cgst_minor, sgst_minor, igst_minor, total_minor, requested_by, requested_at, revision)"
            " VALUES (:id, :note_type, 'requested', :partner_code, :supplier_gstin, :place_of_supply, :supply_year,"
            " :reason_code, :reason_text, :agreement_reference, :is_itc_reversal_declared, :currency, :taxable_minor,"
            " :cgst_minor, :sgst_minor, :igst_minor, :total_minor, :by, :at, 1)"
        ),
        values,
    )


async def add_note_lines(connection: AsyncConnection, note_id: UUID, lines: Sequence[NoteLine]) -> None:
    """The table refuses what is more than the invoices have, and sums that are not the note's."""
    await copy_rows(
        connection,
        "credit_note_lines",
        "note_id position invoice_id line_number description hsn unit quantity tax_rate taxable_minor cgst_minor"
        " sgst_minor igst_minor",
        [
            (note_id, one.position, one.invoice_id, one.line_number, one.description, one.hsn, one.unit,
             one.credited.quantity, one.tax_rate, one.credited.taxable_minor, one.credited.cgst_minor,
             one.credited.sgst_minor, one.credited.igst_minor)
            for one in lines
        ],
    )  # fmt: skip


async def note_for_update(connection: AsyncConnection, note_id: UUID) -> tuple[CreditNote, int] | None:
    """The note and its revision, locked."""
    row = (
        await connection.execute(
            sa.text("SELECT * FROM credit_notes WHERE id = :id FOR UPDATE"), {"id": note_id}
        )
    ).one_or_none()
    return None if row is None else (credit_note(row), row.revision)


async def move_note(
    connection: AsyncConnection, note_id: UUID, standing: NoteStanding, changes: Mapping[str, object]
) -> None:
    """Set the standing and what comes with it; the table lets notes move forward only."""
    assignments = "".join(f", {name} = :{name}" for name in changes)
    await connection.execute(
        sa.text(
            f"UPDATE credit_notes SET standing = :standing, revision = revision + 1{assignments} WHERE id = :id"
        ),
        {**changes, "id": note_id, "standing": standing.value},
    )


async def note_step(
    connection: AsyncConnection, note_id: UUID, detail: str, *, actor: str, at: datetime
) -> None:
    """Keep what the note's row says now as the event of its revision."""
    await connection.execute(
        sa.text(
            "INSERT INTO credit_note_events (note_id, revision, standing, detail, at, actor)"
            " SELECT id, revision, standing, :detail, :at, :actor FROM credit_notes WHERE id = :id"
        ),
        {"id": note_id, "detail": detail, "at": at, "actor": actor},
    )


async def next_note_number(
    connection: AsyncConnection, supplier_gstin: str, series: str, financial_year: str
) -> int:
    """The counter's row is held until the transaction ends: no gap, no number twice."""
    number = await connection.scalar(
        sa.text(
            "INSERT INTO credit_note_counters AS c VALUES (:gstin, :series, :year, 1)"
            " ON CONFLICT (supplier_gstin, series, financial_year)"
            " DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number"
        ),
        {"gstin": supplier_gstin, "series": series, "year": financial_year},
    )
    return int(number or 0)


async def worth_of_lines(connection: AsyncConnection, note_id: UUID) -> tuple[int, int]:
    """Of a foreign note: paise that its lines of invoices are worth at their rates, and the amount of other lines."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT coalesce(sum(round(CAST(i.base_minor AS numeric) * t.total / i.total_minor)), 0) AS worth,"
                " coalesce(sum(t.total) FILTER (WHERE i.id IS NULL), 0) AS rest"
                " FROM (SELECT invoice_id, sum(taxable_minor + cgst_minor + sgst_minor + igst_minor) AS total"
                "  FROM credit_note_lines WHERE note_id = :id GROUP BY invoice_id) AS t"
                " LEFT JOIN invoices i ON i.id = t.invoice_id"
            ),
            {"id": note_id},
        )
    ).one()
    return int(row.worth), int(row.rest)


async def open_note(connection: AsyncConnection, note: CreditNote, at: datetime) -> None:
    """Open the issued note as a credit of its partner."""
    await connection.execute(
        sa.text(
            "INSERT INTO open_items (id, kind, partner_code, document_number, document_on, due_on, currency,"
            " original_minor, open_minor, updated_at, original_base_minor, open_base_minor) VALUES (:id,"
            " 'credit_note', :partner_code, :number, :day, :day, :currency, :total, :total, :at, :worth, :worth)"
        ),
        {
            "id": note.id,
            "partner_code": note.partner_code,
            "number": note.number,
            "day": note.issued_on,
            "currency": note.currency,
            "total": note.total_minor,
            "at": at,
            "worth": note.worth_minor,
        },
    )


async def entry_of_note(connection: AsyncConnection, note_id: UUID) -> UUID:
    """The journal entry that the issue posted; EntriesArchived when it may have left."""
    await refuse_archived(connection, note_id)
    found: UUID = (
        await connection.execute(
            sa.text("SELECT id FROM journal_entries WHERE source_id = :id AND kind = 'credit_note'"),
            {"id": note_id},
        )
    ).scalar_one()
    return found


async def partner_facts(connection: AsyncConnection, partner_code: str) -> Row | None:
    return (
        await connection.execute(sa.text("SELECT * FROM partners WHERE code = :code"), {"code": partner_code})
    ).one_or_none()


async def deadlines_of(connection: AsyncConnection, gstin: str, financial_year: str) -> date | None:
    """The day on which the annual return of the year was filed, if it was."""
    found: date | None = await connection.scalar(
        sa.text("SELECT filed_on FROM annual_returns WHERE gstin = :gstin AND financial_year = :year"),
        {"gstin": gstin, "year": financial_year},
    )
    return found


def credit_note(row: Row) -> CreditNote:
    """The note in a row with the columns of `credit_notes`."""
    return CreditNote(
        id=row.id,
        note_type=NoteType(row.note_type),
        standing=NoteStanding(row.standing),
        partner_code=row.partner_code,
        supplier_gstin=row.supplier_gstin,
        place_of_supply=row.place_of_supply,
        supply_year=row.supply_year,
        reason_code=row.reason_code,
        currency=row.currency,
        amounts=Credited(row.taxable_minor, row.cgst_minor, row.sgst_minor, row.igst_minor),
        requested_by=row.requested_by,
        number=row.number or "",
        issued_on=row.issued_on,
    )
