"""What was open on any day, and statements that are proved: against a model, through random histories."""

import random
from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.payments.adapters.queries.accounts_as_of import open_items_as_of
from services.payments.adapters.repositories.settlements import credit_by_id
from services.payments.application.allocate_credit import allocate_credit
from services.payments.application.compose_statement import compose_statement
from services.payments.application.undo_allocation import undo_allocation
from services.payments.domain.account_statement import (
    AccountSection,
    Period,
    StatementKind,
    StatementWanted,
    running,
)
from services.payments.domain.ageing import BOUNDS_USUAL, AgeingBasis
from services.payments.domain.errors import StatementUnproved
from services.payments.domain.invoice import Invoice
from services.payments.domain.receipt import MONEY, Receipt
from shared.database import Database, UnitOfWork
from tests.factories.credit_notes import NotesDesk, a_request, part, posting
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.test_verify_ledger import tamper

FIRST = date(2026, 10, 1)
DAYS = 12
EVERY_DAY = [FIRST + timedelta(days=day) for day in range(-1, DAYS + 6)]


async def section_of(
    books: PaymentsBooks, period: Period, *, partner: str = "CP0001", basis: AgeingBasis = AgeingBasis.DUE
) -> AccountSection:
    wanted = StatementWanted(partner, StatementKind.ACTIVITY, period, basis, BOUNDS_USUAL)
    async with books.database.reading() as connection:
        statement = await compose_statement(connection, wanted)
    (section,) = statement.sections
    return section


async def open_on(books: PaymentsBooks, day: date, partner: str = "CP0001") -> dict[UUID, int]:
    """Signed open amounts by document."""
    async with books.database.reading() as connection:
        found = await open_items_as_of(connection, [partner], day)
    return {item.id: item.signed_minor for items in found.values() for item in items}


class History:
    """Does random things to the books and keeps, apart from them, what each did on which day."""

    def __init__(self, books: PaymentsBooks, seed: int) -> None:
        self.books = books
        self.random = random.Random(seed)
        self.effects: dict[UUID, list[tuple[date, int]]] = defaultdict(list)
        self.ended: dict[UUID, date] = {}
        self.invoices: list[Invoice] = []
        self.receipts: list[Receipt] = []
        self.settled: list[tuple[Receipt, UUID, Invoice, int, int, date]] = []
        self.refunded: set[UUID] = set()

    def day(self) -> date:
        return FIRST + timedelta(days=self.random.randrange(DAYS))

    async def go_on(self, count: int) -> None:
        """So many random things, some more often than others."""
        steps = [self.invoice, self.receipt, self.allocate, self.undo, self.reverse, self.refund]
        for _ in range(count):
            await self.random.choices(steps, weights=[5, 5, 4, 2, 1, 1])[0]()

    async def invoice(self) -> None:
        issued = self.day()
        one = invoice(
            f"INV/{len(self.invoices):04}", total_minor=self.random.randrange(1_000, 90_000), issued_on=issued,
            due_on=issued + timedelta(days=self.random.randrange(0, 5)),
        )  # fmt: skip
        await self.books.register(one)
        self.invoices.append(one)
        self.effects[one.id].append((issued, one.total_minor))

    async def receipt(self) -> None:
        paid_on = self.day()
        parts, on_account = [], self.random.randrange(1, 40_000)
        payable = await self._payable()
        if payable is not None and self.random.random() < 0.7:
            owed, left = payable
            money = self.random.randint(1, left)
            parts.append(pays(owed, money))
            if money < left:
                parts.append(pays(owed, self.random.randint(1, left - money), kind="TDS194Q"))
        one = receipt(
            parts, on_account_minor=on_account, received_on=paid_on, reference=f"UTR{len(self.receipts)}",
            cheque_number=f"{len(self.receipts):06}", rail="CHEQUE",
        )  # fmt: skip
        await self.books.book(one)
        self.receipts.append(one)
        self.effects[one.id].append((paid_on, one.amount_minor))
        if parts:
            owed = payable[0] if payable else None
            assert owed is not None
            kept_back = sum(part.amount_minor for part in parts if part.kind != MONEY)
            counts_on = max(paid_on, owed.issued_on)
            self._settle(one, owed, (parts[0].amount_minor, kept_back), counts_on)
            if kept_back:  # posted with the receipt, part of the item when there is one
                self.effects[one.id] += [(paid_on, kept_back), (counts_on, -kept_back)]
            await self._note_allocation(one, owed, (parts[0].amount_minor, kept_back), counts_on)

    async def allocate(self) -> None:
        payable = await self._payable()
        standing = [one for one in self.receipts if one.id not in self.ended]
        if payable is None or not standing:
            return
        one, (owed, left) = self.random.choice(standing), payable
        money = min(left, await self.books.open_minor(one.id))
        if money <= 0:
            return
        parts = [pays(owed, money)]
        kept_back = self.random.randint(0, left - money)
        if kept_back:
            parts.append(pays(owed, kept_back, kind="TDS194Q"))
        on = self.day()
        ids = await self.books.allocate(one, *parts, on=on)
        day = max(on, one.received_on, owed.issued_on)
        self._settle(one, owed, (money, kept_back), day)
        self.settled.append((one, ids[0], owed, money, kept_back, day))

    async def undo(self) -> None:
        if not self.settled:
            return
        one, allocation, owed, money, kept_back, day = self.settled.pop(
            self.random.randrange(len(self.settled))
        )
        on = self.day()
        undone = await self.books.undo(one, allocation, on=on)
        until = max(on, *(part.effective_on for part in undone))
        # All deductions of the receipt on the item go with the money, also those of other allocations.
        gone = sum(part.amount_minor for part in undone if part.kind != MONEY)
        self.effects[owed.id].append((until, money + gone))
        self.effects[one.id].append((until, money))
        self.settled = [
            (r, a, i, m, 0 if (r.id, i.id) == (one.id, owed.id) else k, d)
            for r, a, i, m, k, d in self.settled
        ]
        assert kept_back <= gone
        assert day <= until

    async def reverse(self) -> None:
        standing = [one for one in self.receipts if one.id not in self.ended | dict.fromkeys(self.refunded)]
        if not standing:
            return
        one, on = self.random.choice(standing), self.day()
        await (
            self.books.bounce(one.id, "01", on=on)
            if self.random.random() < 0.5
            else self.books.reverse(one, on=on)
        )
        self.ended[one.id] = max(on, one.received_on)
        kept = []
        for entry in self.settled:
            if entry[0].id == one.id:
                self.effects[entry[2].id].append((max(on, entry[5]), entry[3]))
            else:
                kept.append(entry)
        for row in await self.books.rows(
            "SELECT open_item_id, effective_on, -amount_minor AS minor FROM allocations m WHERE m.receipt_id = :id"
            " AND m.is_reversal AND m.kind <> 'receipt' AND EXISTS (SELECT FROM receipt_reversals v"
            " WHERE v.receipt_id = m.receipt_id AND v.reversed_at = m.allocated_at)",
            id=one.id,
        ):
            self.effects[row.open_item_id].append((row.effective_on, row.minor))
        # What was to be undone on a later day ends with the receipt: its entries are mirrored on that day.
        for row in await self.books.rows(
            "SELECT a.open_item_id, a.amount_minor, a.effective_on AS since, m.effective_on AS until FROM allocations a"
            " JOIN allocations m ON m.reverses_id = a.id JOIN receipt_reversals v ON v.receipt_id = a.receipt_id"
            " WHERE a.receipt_id = :id AND m.allocated_at <> v.reversed_at",
            id=one.id,
        ):
            sooner = max(on, row.since)
            if sooner < row.until:
                self.effects[row.open_item_id] += [(sooner, row.amount_minor), (row.until, -row.amount_minor)]
        self.settled = kept
        for charge in await self.books.rows(
            "SELECT id, net_minor + gst_minor AS minor, charged_on FROM charges"
        ):
            self.effects[charge.id] = [(charge.charged_on, charge.minor)]

    async def refund(self) -> None:
        standing = [one for one in self.receipts if one.id not in self.ended]
        if not standing:
            return
        one = self.random.choice(standing)
        free = await self.books.open_minor(one.id)
        if free:
            amount, on = self.random.randint(1, free), max(self.day(), one.received_on)
            refund_id = await self.books.ask_refund(one.id, amount)
            await self.books.decide_refund(refund_id, is_paid=True, on=on)
            self.refunded.add(one.id)
            self.effects[one.id].append((on, -amount))

    async def _payable(self) -> tuple[Invoice, int] | None:
        open_ones = [(one, await self.books.open_minor(one.id)) for one in self.invoices]
        open_ones = [(one, left) for one, left in open_ones if left]
        return self.random.choice(open_ones) if open_ones else None

    def _settle(self, one: Receipt, owed: Invoice, minor: tuple[int, int], day: date) -> None:
        money, kept_back = minor
        self.effects[owed.id].append((day, -money - kept_back))
        self.effects[one.id].append((day, -money))

    async def _note_allocation(self, one: Receipt, owed: Invoice, minor: tuple[int, int], day: date) -> None:
        allocation = await self.books.value(
            "SELECT id FROM allocations WHERE receipt_id = :id AND kind = 'receipt'", id=one.id
        )
        self.settled.append((one, allocation, owed, minor[0], minor[1], day))

    def open_on(self, day: date) -> dict[UUID, int]:
        credits_ = {one.id for one in self.receipts}
        found = {}
        for key, effects in self.effects.items():
            if key in self.ended and day >= self.ended[key]:
                continue
            total = sum(minor for on, minor in effects if on <= day)
            if total:
                found[key] = -total if key in credits_ else total
        return found


@pytest.mark.parametrize("seed", range(12))
async def test_every_day_of_a_random_history_is_as_the_model_says_and_is_proved(
    books: PaymentsBooks, seed: int
) -> None:
    history = History(books, seed)
    await history.go_on(30)

    for day in EVERY_DAY:
        assert await open_on(books, day) == history.open_on(day), (seed, day)
        section = await section_of(
            books, Period(FIRST + timedelta(days=4), max(day, FIRST + timedelta(days=4)))
        )
        assert section.closing_minor == section.books.ledger_minor


async def test_as_of_today_is_what_is_open_now(books: PaymentsBooks) -> None:
    history = History(books, 77)
    for _ in range(40):
        await history.random.choice([history.invoice, history.receipt, history.allocate, history.undo])()

    live = await books.rows("SELECT id, kind, open_minor FROM open_items WHERE open_minor > 0")

    assert await open_on(books, date(2026, 11, 20)) == {
        row.id: -row.open_minor if row.kind == "advance" else row.open_minor for row in live
    }


async def test_a_statement_runs_from_its_opening_to_its_closing_balance(books: PaymentsBooks) -> None:
    old = invoice("INV/1", total_minor=118_000, issued_on=date(2026, 9, 1), due_on=date(2026, 9, 30))
    new = invoice("INV/2", total_minor=59_000, issued_on=date(2026, 10, 5))
    await books.register(old, new)
    await books.book(receipt([pays(old, 117_900), pays(old, 100, kind="TDS194Q")]))

    section = await section_of(books, Period(date(2026, 10, 1), date(2026, 10, 31)))

    assert [
        (one.kind, one.amount_minor, balance) for one, balance in running(118_000, section.movements)
    ] == [
        ("invoice", 59_000, 177_000),
        ("receipt", -117_900, 59_100),
        ("deduction", -100, 59_000),
    ]
    assert (section.opening_minor, section.closing_minor) == (118_000, 59_000)
    assert [(one.kind, one.document_number) for one in section.deductions] == [("TDS194Q", "INV/1")]


async def test_each_currency_stands_alone(books: PaymentsBooks) -> None:
    await books.register(
        invoice("INV/1", total_minor=118_000), invoice("EXP/1", total_minor=900, currency="USD")
    )
    wanted = StatementWanted(
        "CP0001", StatementKind.OUTSTANDING, Period(FIRST, date(2026, 11, 1)), AgeingBasis.DOCUMENT, (30,)
    )

    async with books.database.reading() as connection:
        statement = await compose_statement(connection, wanted)

    assert [(one.currency, one.closing_minor) for one in statement.sections] == [
        ("INR", 118_000),
        ("USD", 900),
    ]
    assert [bucket.amount_minor for bucket in statement.sections[0].ageing.buckets] == [0, 118_000]


TAMPERINGS = {
    "an amount of the journal": "UPDATE journal_lines SET amount_minor = amount_minor + 1 WHERE partner_code = 'CP0001'",
    "a partner of the journal": "UPDATE journal_lines SET partner_code = 'CP0002' WHERE partner_code = 'CP0001'",
    "what is open": "UPDATE open_items SET open_minor = open_minor - 1 WHERE partner_code = 'CP0001'",
    "an invoice": "UPDATE open_items SET original_minor = original_minor - 1, open_minor = open_minor - 1",
    "the day of an entry": "UPDATE journal_entries SET effective_on = '2026-12-31'",
    "the amount of a receipt": "UPDATE receipts SET amount_minor = amount_minor + 1, on_account_minor = 1",
}


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_books_that_were_tampered_with_prove_nothing(
    books: PaymentsBooks, superuser: Database, what: str
) -> None:
    owed = invoice(total_minor=118_000)
    await books.register(owed)
    await books.book(receipt([pays(owed, 50_000)]))
    async with superuser.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(sa.text(TAMPERINGS[what]))

    with pytest.raises(StatementUnproved, match="CP0001 INR"):
        await section_of(books, Period(FIRST, date(2026, 11, 20)))


async def test_tampering_with_one_account_leaves_the_others_proved(
    books: PaymentsBooks, superuser: Database
) -> None:
    await books.register(invoice("INV/1"), invoice("INV/2", partner_code="CP0002"))
    await tamper(superuser, "UPDATE journal_lines SET amount_minor = 1 WHERE partner_code = 'CP0001'")

    section = await section_of(books, Period(FIRST, date(2026, 11, 20)), partner="CP0002")

    assert section.closing_minor == 118_000


async def test_a_credit_note_is_a_credit_from_its_issue_to_its_cancellation(books: PaymentsBooks) -> None:
    desk = NotesDesk(books)
    await desk.open()
    (owed,) = await desk.billed()
    note = await desk.issued(a_request(part(owed, 60_000)), date(2026, 10, 20))
    await desk.cancel(note.id, posting("checker", date(2026, 10, 25)))

    seen = [(await open_on(books, date(2026, 10, day))).get(note.id) for day in (19, 20, 24, 25)]
    section = await section_of(books, Period(FIRST, date(2026, 10, 31)))

    assert seen == [None, -note.total_minor, -note.total_minor, None]
    assert [one.kind for one in section.movements] == ["invoice", "credit_note", "credit_note_reversal"]
    for day in EVERY_DAY:
        await section_of(books, Period(FIRST - timedelta(days=30), day + timedelta(days=12)))


async def test_a_credit_note_that_is_used_and_taken_back_is_proved_on_every_day(books: PaymentsBooks) -> None:
    desk = NotesDesk(books)
    await desk.open()
    (owed,) = await desk.billed()
    note = await desk.issued(a_request(part(owed, 60_000)), date(2026, 10, 5))
    async with UnitOfWork(books.database) as work:
        credit = await credit_by_id(work.connection, note.id)
        assert credit is not None
        (allocation, *_) = await allocate_credit(
            work, credit, [pays(owed, note.total_minor)], posting("maker", date(2026, 10, 8))
        )
        await work.commit()
    async with UnitOfWork(books.database) as work:
        await undo_allocation(work, credit, allocation, posting("maker", date(2026, 10, 12)))
        await work.commit()

    seen = [(await open_on(books, date(2026, 10, day)))[owed.id] for day in (4, 7, 8, 11, 12)]

    whole, rest = owed.total_minor, owed.total_minor - note.total_minor
    assert seen == [whole, whole, rest, rest, whole]
    for day in EVERY_DAY:
        await section_of(books, Period(FIRST - timedelta(days=30), day))
