"""Partners, an account and as many fresh invoices as a measurement asks for, with the receipts that pay them."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.payments.application.project_partners import project_partners
from services.payments.application.register_bank_account import RegisterBankAccount, register_bank_account
from services.payments.application.register_invoices import register_invoices
from services.payments.domain.invoice import Invoice
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation
from shared.database import Database, UnitOfWork
from shared.events.partners import PartnerState, PartnerStatus

ACCOUNT: Final = "50200012345678"
RECEIVED_ON: Final = date(2026, 11, 1)
_TOGETHER: Final = 10_000


@dataclass(slots=True)
class BookedWorld:
    """One payments database of the bench; `receipts` never repeats an invoice or a reference."""

    database: Database
    account_id: UUID
    partner_count: int
    made: int = 0
    latest: list[Invoice] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    @classmethod
    async def opened(cls, database: Database, *, partner_count: int = 1_000) -> Self:
        """Register the partners and the account through the use cases."""
        at = datetime.now(UTC)
        async with UnitOfWork(database) as work:
            await project_partners(work, [_partner(number) for number in range(partner_count)])
            command = RegisterBankAccount(ACCOUNT, "Bench", "INR", "bench")
            row, _ = await register_bank_account(work, command, at=at)
            await work.commit()
            made = await work.connection.scalar(sa.text("SELECT count(*) FROM invoices"))
        return cls(database, row.id, partner_count, int(made or 0))

    async def receipts(self, count: int, *, of_partner: int | None = None) -> list[Receipt]:
        """Each pays one new invoice of 1,180.00 in full, 1.00 of it as tax deducted."""
        self.latest = [self._invoice(of_partner) for _ in range(count)]
        await self._register(self.latest)
        return [self._receipt(invoice) for invoice in self.latest]

    async def same_invoices(self, other: "BookedWorld") -> None:
        """Register what the other registered last, under the same ids."""
        await self._register(other.latest)

    async def _register(self, invoices: list[Invoice]) -> None:
        for start in range(0, len(invoices), _TOGETHER):
            async with UnitOfWork(self.database) as work:
                await register_invoices(
                    work, invoices[start : start + _TOGETHER], actor="bench", at=datetime.now(UTC)
                )
                await work.commit()

    def _invoice(self, of_partner: int | None) -> Invoice:
        self.made += 1
        partner = self.chance.randrange(self.partner_count) if of_partner is None else of_partner
        issued_on = date(2026, 10, 1)
        return Invoice(
            uuid7(), f"BENCH/{self.made}", f"B{partner:05d}", issued_on, issued_on + timedelta(days=30), "INR",
            100_000, 18_000, 118_000,
        )  # fmt: skip

    def _receipt(self, invoice: Invoice) -> Receipt:
        parts: Any = (
            ReceiptAllocation(invoice.id, invoice.number, MONEY, 117_900),
            ReceiptAllocation(invoice.id, invoice.number, "TDS194Q", 100),
        )
        reference = f"N{invoice.number.rpartition('/')[2]:0>15}"
        return Receipt(
            uuid7(), None, self.account_id, ACCOUNT, invoice.partner_code, "INR", 117_900, 0, RECEIVED_ON, "NEFT",
            reference, "", parts,
        )  # fmt: skip


def _partner(number: int) -> PartnerState:
    return PartnerState(
        code=f"B{number:05d}", name=f"Partner {number}", city="Pune", zone="West", gstin=None, ifsc=None,
        bank_account=None, status=PartnerStatus.ACTIVE, version=1,
    )  # fmt: skip
