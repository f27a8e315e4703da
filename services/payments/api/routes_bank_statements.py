"""Bank statement files: received whole, imported line by line, each line accounted for."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.listing import Listing, Row, one_row
from services.payments.adapters.queries.statements import (
    LINE_SELECT,
    STATEMENT_SELECT,
    statement_facts,
)
from services.payments.api.amount_range import AmountRange
from services.payments.api.dependencies import PageWanted, Pool, Reading
from services.payments.api.schemas_bank_statements import (
    BankStatementBody,
    StatementLineBody,
    bank_statement_body,
    statement_line_body,
)
from services.payments.api.statement_upload import received_upload
from services.payments.application.receive_bank_statement import (
    ReceivedFile,
    ReceivedStatement,
    receive_bank_statement,
)
from services.payments.domain.errors import (
    BankAccountUnknown,
    StatementFormatUnknown,
    StatementTooLarge,
    StatementUnreadable,
)
from shared.database import Database, UnitOfWork
from shared.errors import NotFound
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.prefer import PreferWait, wait_seconds
from shared.problem_details import refusals
from shared.wire import Day, Instant

router = APIRouter(prefix="/v1/bank-statements", tags=["Bank statements"])
# A file this small is imported while the caller waits, unless the caller says otherwise with Prefer.
SMALL_FILE_BYTES: Final = 1024 * 1024
SMALL_FILE_WAIT_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.05
UPLOAD_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The file as it came from the bank, at most 256 MiB; the format is detected from its content.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "application/xml": {"schema": {"type": "string", "format": "binary"}},
            "text/csv": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            },
        },
    }
}


@router.post(
    "",
    status_code=201,
    response_model=BankStatementBody,
    responses={
        200: {"model": BankStatementBody, "description": "This very file came before; nothing was added"},
        202: {"model": BankStatementBody, "description": "Kept and queued; follow the job"},
        **refusals(
            BankAccountUnknown,
            StatementUnreadable,
            StatementFormatUnknown,
            StatementTooLarge,
            KeyReused,
            StillRunning,
        ),
    },
    summary="Import a bank statement file (CAMT.053, MT940, BAI2, OFX or a bank's CSV)",
    openapi_extra=UPLOAD_BODY,
)
async def import_bank_statement_route(
    request: Request,
    pool: Pool,
    caller: CurrentCaller,
    bank_account: Annotated[str, Query(min_length=1, max_length=35, examples=["50200012345678"])],
    prefer: PreferWait = None,
    key: IdempotencyKey = None,
) -> Response:
    """Every line is stored once, however many files repeat it, and booked when it is certain.

    Small files are imported while you wait; large ones answer 202 with a job. `Prefer: wait=60` waits up to a minute.
    """
    async with received_upload(request) as file:
        received, is_replayed = await _receive(pool, bank_account, file, actor=caller.actor, key=key)
        patience = wait_seconds(prefer, default=_default_patience(file))
    is_finished = received.is_repeated or await _finished_within(pool, received.statement_id, patience)
    reply = await _reply(pool, received, is_finished=is_finished)
    if is_replayed:
        reply.headers["Idempotency-Replayed"] = "true"
    return reply


async def _receive(
    pool: Database, bank_account: str, file: ReceivedFile, *, actor: str, key: str | None
) -> tuple[ReceivedStatement, bool]:
    """Keep the file and queue its import; what a key remembers is which statement came of it."""
    async with UnitOfWork(pool) as work:

        async def perform() -> Response:
            received = await receive_bank_statement(
                work, bank_account, file, actor=actor, at=datetime.now(UTC)
            )
            return Response(msgspec.json.encode(received), media_type="application/json")

        content = f"POST /v1/bank-statements\n{bank_account}\n".encode() + file.content_hash
        stored = await once(work.connection, Attempt(actor, key, content) if key else None, perform)
        await work.commit()
    received = msgspec.json.decode(bytes(stored.body), type=ReceivedStatement)
    return received, "idempotency-replayed" in stored.headers


def _default_patience(file: ReceivedFile) -> float:
    return SMALL_FILE_WAIT_SECONDS if file.size_bytes <= SMALL_FILE_BYTES else 0.0


async def _finished_within(pool: Database, statement_id: UUID, seconds: float) -> bool:
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        async with pool.reading() as connection:
            row = await one_row(
                connection,
                "SELECT state FROM bank_statements",
                "id = :statement_id",
                statement_id=statement_id,
            )
        if row is not None and row.state in ("imported", "failed"):
            return True
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)


async def _reply(pool: Database, received: ReceivedStatement, *, is_finished: bool) -> Response:
    async with pool.reading() as connection:
        body = await _statement(connection, received.statement_id, is_repeated=received.is_repeated)
    location = (
        f"/v1/bank-statements/{received.statement_id}" if is_finished else f"/v1/jobs/{received.job_id}"
    )
    status = 200 if received.is_repeated else 201 if is_finished else 202
    return Response(
        body.model_dump_json(),
        status_code=status,
        media_type="application/json",
        headers={"Location": location},
    )


@listed(router, "", BankStatementBody, summary="List the statements received")
async def list_bank_statements(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    bank_account: Annotated[str | None, Query(max_length=35)] = None,
    state: Literal["received", "importing", "imported", "failed"] | None = None,
    received_at_gte: Instant | None = None,
    received_at_lte: Instant | None = None,
) -> Page[BankStatementBody]:
    """Newest first."""
    scope = f"bank-statements|{bank_account}|{state}|{received_at_gte}|{received_at_lte}"
    listing = Listing(STATEMENT_SELECT, order=("s.received_at", "s.id"), is_descending=True)
    listing.where("b.number = :bank_account", bank_account=bank_account).where(
        "s.state = :state", state=state
    )
    listing.where("s.received_at >= :received_at_gte", received_at_gte=received_at_gte)
    listing.where("s.received_at <= :received_at_lte", received_at_lte=received_at_lte)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.received_at.isoformat(), str(row.id)))
    facts = await statement_facts(connection, [row.id for row in kept])
    return Page(items=[bank_statement_body(row, facts[row.id]) for row in kept], next_cursor=cursor)


@router.get(
    "/{bank_statement_id}", response_model=BankStatementBody, summary="Show one statement and its proofs"
)
async def show_bank_statement(
    bank_statement_id: UUID, connection: Reading, _caller: CurrentCaller
) -> BankStatementBody:
    """Counts of its lines and, for each statement in the file, whether opening + lines = closing."""
    return await _statement(connection, bank_statement_id)


@dataclass(frozen=True, slots=True)
class LineFilters:
    """What the lines of a statement are narrowed to; each is a query parameter."""

    outcome: Literal["new", "duplicate", "rejected", "information"] | None = None
    decision: Literal["auto", "suggested", "exception"] | None = None
    kind: Annotated[str | None, Query(max_length=40)] = None
    partner_code: Annotated[str | None, Query(max_length=40)] = None
    reference: Annotated[str | None, Query(max_length=40, description="UTR, RRN or cheque number")] = None
    booked_on_gte: Day | None = None
    booked_on_lte: Day | None = None

    def narrow(self, listing: Listing) -> Listing:
        listing.where("l.outcome = :outcome", outcome=self.outcome)
        listing.where("d.decision = :decision", decision=self.decision).where(
            "d.kind = :kind", kind=self.kind
        )
        listing.where("d.partner_code = :partner_code", partner_code=self.partner_code)
        listing.where("b.strong_reference = :reference", reference=self.reference)
        listing.where("b.booked_on >= :booked_on_gte", booked_on_gte=self.booked_on_gte)
        return listing.where("b.booked_on <= :booked_on_lte", booked_on_lte=self.booked_on_lte)


@listed(
    router,
    "/{bank_statement_id}/lines",
    StatementLineBody,
    summary="Show each line of the file with its decision",
)
async def list_statement_lines(
    bank_statement_id: UUID,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    filters: Annotated[LineFilters, Depends()],
    amounts: Annotated[AmountRange, Depends()],
) -> Page[StatementLineBody]:
    """In the order of the file; a line known from an earlier file shows the decision made then."""
    statement = await _row(connection, bank_statement_id)
    scope = f"statement-lines|{bank_statement_id}|{filters}|{amounts}"
    listing = Listing(LINE_SELECT, order=("l.line_number",))
    listing.where("l.statement_id = :statement_id", statement_id=bank_statement_id)
    amounts.narrow(filters.narrow(listing), amount="b.amount_minor", currency="b.currency")
    rows = await listing.after(page.after(scope), ["bigint"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.line_number,))
    items = [
        statement_line_body(row, statement_id=bank_statement_id, currency=statement.currency) for row in kept
    ]
    return Page(items=items, next_cursor=cursor)


async def _row(connection: AsyncConnection, statement_id: UUID) -> Row:
    row = await one_row(connection, STATEMENT_SELECT, "s.id = :statement_id", statement_id=statement_id)
    if row is None:
        raise NotFound(f"There is no bank statement {statement_id}")
    return row


async def _statement(
    connection: AsyncConnection, statement_id: UUID, *, is_repeated: bool = False
) -> BankStatementBody:
    row = await _row(connection, statement_id)
    facts = await statement_facts(connection, [statement_id])
    return bank_statement_body(row, facts[statement_id], is_repeated=is_repeated)
