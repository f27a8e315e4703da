"""A payments database with something in it, and short ways to put more in and to look."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.payments.adapters.queries.proofs import partner_differences
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.settlements import credit_by_id, receipt_credit
from services.payments.adapters.statement_formats import StatementFormat, detect_format
from services.payments.adapters.statement_store import write_chunks
from services.payments.application.allocate_credit import allocate_credit
from services.payments.application.book_receipts import BookingOutcome, book_receipts
from services.payments.application.decide_refund import DecideRefund, decide_refund
from services.payments.application.enter_rates import enter_rates
from services.payments.application.import_bank_statement import Progress, import_bank_statement
from services.payments.application.project_partners import project_partners
from services.payments.application.record_bounce import RecordBounce, record_bounce
from services.payments.application.record_receipts import PaymentVerdict, record_receipts
from services.payments.application.register_invoices import InvoiceVerdict, register_invoices
from services.payments.application.request_refund import RequestRefund, request_refund
from services.payments.application.reverse_receipt import reverse_receipt
from services.payments.application.undo_allocation import undo_allocation
from services.payments.application.verify_ledger import LedgerVerification, verify_ledger
from services.payments.domain.exchange_rate import ExchangeRate, RatePublisher
from services.payments.domain.invoice import Invoice
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import Receipt, ReceiptAllocation
from services.payments.domain.received_payment import ReceivedPayment
from services.payments.domain.settlement import Credit, Settlement
from shared.database import Database, UnitOfWork
from shared.events.partners import PartnerState
from tests.factories.payments import ACCOUNT_ID, ACCOUNT_NUMBER, RECEIVED_ON, partner

AT: Final = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
LATER: Final = AT + timedelta(hours=1)
STILL_LATER: Final = LATER + timedelta(hours=1)  # of what takes a receipt back
PARTNERS: Final = (
    partner("CP0001", "SHREE GANESH ELECTRICALS"),
    partner("CP0002", "VARDHMAN MOTORS AND PUMPS", city="NAGPUR", zone="central"),
    partner("CP0003", "KAVERI AGRO TRADERS", city="HUBLI", zone="south"),
)


async def no_progress(*, message: str, counts: dict[str, int]) -> None:
    """Nobody watches the import."""


async def _credit(work: UnitOfWork, credit_id: UUID) -> Credit:
    """A receipt or an issued credit note."""
    credit = await receipt_credit(work.connection, credit_id) or await credit_by_id(
        work.connection, credit_id
    )
    assert credit is not None
    return credit


def told_data(body: bytes) -> dict[str, Any]:
    """What an event in the outbox says."""
    data: dict[str, Any] = msgspec.json.decode(body)["data"]
    return data


class PaymentsBooks:
    """The use cases on one database, each in a unit of work of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open(self, *, partners: Sequence[PartnerState] = PARTNERS) -> None:
        await self.add_partners(*partners)
        await self.add_bank_account(ACCOUNT_ID, ACCOUNT_NUMBER)

    async def add_partners(self, *partners: PartnerState) -> None:
        async with UnitOfWork(self.database) as work:
            await project_partners(work, partners)
            await work.commit()

    async def add_bank_account(self, account_id: UUID, number: str, currency: str = "INR") -> None:
        await self.write(
            "INSERT INTO bank_accounts (id, number, name, currency, created_at, created_by)"
            " VALUES (:id, :number, 'Collections', :currency, :at, 'tests')",
            id=account_id,
            number=number,
            currency=currency,
            at=AT,
        )

    async def register(self, *invoices: Invoice, patience_seconds: float = 0.0) -> list[InvoiceVerdict]:
        async with UnitOfWork(self.database) as work:
            verdicts = await register_invoices(
                work, invoices, actor="billing", at=AT, patience_seconds=patience_seconds
            )
            await work.commit()
        return verdicts

    async def book(self, *receipts: Receipt, at: datetime = AT) -> BookingOutcome:
        async with UnitOfWork(self.database) as work:
            outcome = await book_receipts(work, receipts, actor="tests", at=at)
            await work.commit()
        return outcome

    async def reverse(self, receipt: Receipt, *, on: date = RECEIVED_ON) -> None:
        async with UnitOfWork(self.database) as work:
            await reverse_receipt(
                work,
                receipt.id,
                reason_code="cheque_returned",
                reversed_on=on,
                bank_line_id=None,
                actor="tests",
                at=STILL_LATER,
            )
            await work.commit()

    async def allocate(
        self, booked: Receipt, *parts: ReceiptAllocation, on: date = RECEIVED_ON
    ) -> list[UUID]:
        """Set what is open of the receipt against items; returns the ids of the allocations."""
        async with UnitOfWork(self.database) as work:
            credit = await _credit(work, booked.id)
            ids = await allocate_credit(work, credit, parts, Posting("tests", LATER, on))
            await work.commit()
        return ids

    async def undo(self, booked: Receipt, allocation_id: UUID, *, on: date = RECEIVED_ON) -> list[Settlement]:
        async with UnitOfWork(self.database) as work:
            credit = await _credit(work, booked.id)
            undone = await undo_allocation(work, credit, allocation_id, Posting("tests", LATER, on))
            await work.commit()
        return undone

    async def tell(self, *payments: ReceivedPayment) -> list[PaymentVerdict]:
        """Payments told by hand or by a virtual account."""
        async with UnitOfWork(self.database) as work:
            verdicts = await record_receipts(work, payments, Posting("tests", AT, RECEIVED_ON))
            await work.commit()
        return verdicts

    async def bounce(self, receipt_id: UUID, return_code: str, *, on: date = RECEIVED_ON) -> UUID:
        async with UnitOfWork(self.database) as work:
            posting = Posting("tests", STILL_LATER, on)
            bounce_id = await record_bounce(work, RecordBounce(receipt_id, return_code), posting)
            await work.commit()
        return bounce_id

    async def ask_refund(
        self, receipt_id: UUID, amount_minor: int, *, by: str = "maker", account: str = ACCOUNT_NUMBER
    ) -> UUID:
        async with UnitOfWork(self.database) as work:
            credit = await _credit(work, receipt_id)
            command = RequestRefund(credit, amount_minor, account, "Paid twice", by)
            refund_id = await request_refund(work, command, at=LATER)
            await work.commit()
        return refund_id

    async def decide_refund(
        self, refund_id: UUID, *, is_paid: bool, by: str = "checker", on: date = RECEIVED_ON
    ) -> None:
        async with UnitOfWork(self.database) as work:
            await decide_refund(work, DecideRefund(refund_id, is_paid, "OUT1"), Posting(by, LATER, on))
            await work.commit()

    async def enter_rate(self, currency: str, rate: str, *, on: date = RECEIVED_ON) -> None:
        told = ExchangeRate(currency, on, RatePublisher.REFERENCE, Decimal(rate), "tests")
        async with UnitOfWork(self.database) as work:
            await enter_rates(work, [told], actor="tests", at=AT)
            await work.commit()

    async def receive(
        self,
        content: bytes,
        *,
        account_id: UUID = ACCOUNT_ID,
        statement_format: StatementFormat | None = None,
        received_at: datetime = AT,
    ) -> UUID:
        """Keep a statement file as the upload does, without queueing its import."""
        statement_id = uuid7()
        async with UnitOfWork(self.database) as work:
            await work.connection.execute(
                sa.text(
                    "INSERT INTO bank_statements (id, bank_account_id, content_hash, file_name, statement_format,"
                    " size_bytes, state, job_id, received_at, received_by) VALUES (:id, :account_id, :hash, 'file',"
                    " :format, :size, 'received', :job_id, :at, 'tests')"
                ),
                {
                    "id": statement_id,
                    "account_id": account_id,
                    "hash": hashlib.sha256(content).digest(),
                    "format": (statement_format or detect_format(content)).value,
                    "size": len(content),
                    "job_id": uuid7(),
                    "at": received_at,
                },
            )
            await write_chunks(work.connection, statement_id, BytesIO(content))
            await work.commit()
        return statement_id

    async def import_file(
        self, content: bytes, *, account_id: UUID = ACCOUNT_ID, lines_per_chunk: int = 500
    ) -> UUID:
        """Receive and import; returns the statement's id."""
        statement_id = await self.receive(content, account_id=account_id)
        await self.import_received(statement_id, lines_per_chunk=lines_per_chunk)
        return statement_id

    async def import_received(
        self, statement_id: UUID, *, progress: Progress = no_progress, lines_per_chunk: int = 500
    ) -> None:
        await import_bank_statement(self.database, statement_id, progress, lines_per_chunk=lines_per_chunk)

    async def outcomes(self, statement_id: UUID) -> list[str]:
        """What became of each line of the file, in its order."""
        rows = await self.rows(
            "SELECT outcome FROM statement_lines WHERE statement_id = :id ORDER BY line_number",
            id=statement_id,
        )
        return [row.outcome for row in rows]

    async def decisions(self) -> list[str]:
        """What was decided about each stored line, in the order of storing."""
        rows = await self.rows("SELECT decision FROM line_decisions ORDER BY bank_line_id")
        return [row.decision for row in rows]

    async def exceptions(self) -> list[str]:
        """Codes of what waits for a person, in the order raised."""
        rows = await self.rows("SELECT code FROM payment_exceptions WHERE resolved_at IS NULL ORDER BY id")
        return [row.code for row in rows]

    async def verify(self) -> LedgerVerification:
        async with self.database.reading() as connection:
            return await verify_ledger(connection)

    async def rows(self, statement: str, **parameters: object) -> Sequence[Row]:
        async with self.database.reading() as connection:
            return (await connection.execute(sa.text(statement), parameters)).all()

    async def value(self, statement: str, **parameters: object) -> Any:
        """The only column of the only row."""
        ((only,),) = await self.rows(statement, **parameters)
        return only

    async def write(self, statement: str, **parameters: object) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(sa.text(statement), parameters)

    async def open_minor(self, item_id: UUID) -> int:
        return int(await self.value("SELECT open_minor FROM open_items WHERE id = :id", id=item_id))

    async def events(self, type_name: str) -> list[bytes]:
        """The bodies of what is to be told, in order."""
        rows = await self.rows("SELECT body FROM outbox WHERE type = :type ORDER BY position", type=type_name)
        return [row.body for row in rows]

    async def differing_balances(self) -> Sequence[Row]:
        """Accounts whose running balance is not the sum of their journal lines; none in sound books."""
        return await self.rows(
            "SELECT * FROM (SELECT l.account_code, e.currency, sum(l.amount_minor) AS total FROM journal_lines l"
            " JOIN journal_entries e ON e.id = l.entry_id GROUP BY 1, 2) AS summed"
            " FULL JOIN account_balances b USING (account_code, currency)"
            " WHERE summed.total IS DISTINCT FROM b.balance_minor"
        )

    async def differing_open_items(self) -> Sequence[Row]:
        """Items whose open amount is not what their allocations leave; none in sound books."""
        return await self.rows(
            "SELECT o.id, o.open_minor FROM open_items o WHERE o.kind IN ('invoice', 'charge') AND o.open_minor <>"
            " o.original_minor - (SELECT coalesce(sum(a.amount_minor), 0) FROM allocations a WHERE a.open_item_id = o.id)"
        )

    async def differing_partner_accounts(self) -> Sequence[Row]:
        """Control accounts that are not the sum of their open items, per partner; none in sound books."""
        async with self.database.reading() as connection:
            return await partner_differences(connection)
