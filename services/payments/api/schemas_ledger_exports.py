"""Bodies of ledger exports and of the accounting system's names."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.domain.exchange_rate import BASE_CURRENCY
from shared.wire import MoneyBody, WireModel, money


class ExportTotalBody(WireModel):
    """Control totals: what the accounting system has to show after it took the file over."""

    debit: MoneyBody
    credit: MoneyBody
    base_debit: Annotated[MoneyBody, Field(description="In rupees, as Tally's file has it")]
    base_credit: MoneyBody


class LedgerExportBody(WireModel):
    """One export: whole batches of the audit chain, from where the export before ended."""

    number: int
    id: UUID
    after_position: Annotated[int, Field(description="Position in the audit chain behind which it begins")]
    last_position: int
    batches: int
    entries: int
    totals: list[ExportTotalBody]
    chain_hash: Annotated[str, Field(description="The audit chain's hash at its last position")]
    csv_sha256: str
    tally_sha256: str
    made_by: str
    made_at: datetime


class LedgerExportDraft(WireModel):
    """Nothing but the will to go on from the export before."""


class LedgerNameBody(WireModel):
    """What the accounting system calls an account or partner."""

    kind: Literal["account", "partner"]
    code: str
    ledger_name: str
    group_name: str
    set_at: datetime
    set_by: Annotated[str, Field(description="`export` where nobody chose it")]


class LedgerNameDraft(WireModel):
    """Holds for exports made from now on."""

    kind: Literal["account", "partner"]
    code: Annotated[str, Field(min_length=1, max_length=80, examples=["1200-receivables", "CP1001"])]
    ledger_name: Annotated[str, Field(min_length=1, max_length=100, examples=["Sundry Debtors Control"])]
    group_name: Annotated[str, Field(min_length=1, max_length=100, examples=["Sundry Debtors"])]


def ledger_export_body(row: Row) -> LedgerExportBody:
    """The reply for one export."""
    return LedgerExportBody(
        number=row.number,
        id=row.id,
        after_position=row.after_position,
        last_position=row.last_position,
        batches=row.batches,
        entries=row.entries,
        totals=[
            ExportTotalBody(
                debit=money(total["debit_minor"], total["currency"]),
                credit=money(total["credit_minor"], total["currency"]),
                base_debit=money(total["base_debit_minor"], BASE_CURRENCY),
                base_credit=money(total["base_credit_minor"], BASE_CURRENCY),
            )
            for total in row.totals
        ],
        chain_hash=row.chain_hash.hex(),
        csv_sha256=row.csv_hash.hex(),
        tally_sha256=row.tally_hash.hex(),
        made_by=row.made_by,
        made_at=row.made_at,
    )


def ledger_name_body(row: Row) -> LedgerNameBody:
    """The reply for one name."""
    return LedgerNameBody(
        kind=row.kind,
        code=row.code,
        ledger_name=row.ledger_name,
        group_name=row.group_name,
        set_at=row.set_at,
        set_by=row.set_by,
    )
