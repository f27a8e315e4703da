"""Whatever people and the matching do to lines in whatever order, the books stay sound and each line is booked once."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.payments.adapters.repositories import Row
from services.payments.application.redecide_lines import redecide_lines, redecide_when_asked
from services.payments.application.review_lines import ReviewVerdict, review_lines
from services.payments.application.take_receipt_back import take_receipt_back
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import MONEY
from services.payments.domain.review import Accept, Correct, Leave, LineReview, NoReceipt, ToldPart
from shared.database import UnitOfWork
from tests.factories.payments import RECEIVED_ON, invoice
from tests.factories.payments_books import PARTNERS, PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.test_allocations import assert_sound

STEPS = 40
PAYERS = (
    "SUNRISE FINCORP",
    "MEGHNA TOOLS",
    "SHREE GANESH ELECTRICALS",
    "VARDHMAN MOT",
    "KAVERI AGRO TRADERS",
)
REASONS = ("wrong_partner", "wrong_amount", "duplicate", "payment_recalled")
# One standing receipt per line, whoever told it; and a line is booked exactly when its clock says so.
DOUBLY_BOOKED = """
SELECT l.id FROM bank_lines l JOIN LATERAL (
    SELECT r.id FROM receipts r LEFT JOIN receipt_confirmations c ON c.receipt_id = r.id
    WHERE l.id IN (r.bank_line_id, c.bank_line_id)
      AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)
) AS standing ON true GROUP BY l.id HAVING count(*) > 1
"""
CLOCK_DIFFERS = """
SELECT c.bank_line_id FROM booking_clocks c
JOIN LATERAL (SELECT * FROM line_decisions d WHERE d.bank_line_id = c.bank_line_id ORDER BY revision DESC LIMIT 1) d
    ON true
WHERE (c.booked_at IS NOT NULL) <> (d.decision IN ('auto', 'reviewed') AND d.kind = 'receipt')
"""
WITHOUT_EXCEPTION = """
SELECT d.bank_line_id FROM line_decisions d
WHERE NOT EXISTS (SELECT FROM line_decisions n WHERE n.bank_line_id = d.bank_line_id AND n.revision > d.revision)
  AND (d.decision IN ('suggested', 'exception')) <> EXISTS (
    SELECT FROM payment_exceptions x WHERE x.bank_line_id = d.bank_line_id AND x.resolved_at IS NULL)
"""


class History:
    """One random history; the same seed is the same history."""

    def __init__(self, books: PaymentsBooks, seed: int) -> None:
        self.books = books
        self.chance = random.Random(seed)
        self.at = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
        self.counted = 0

    async def step(self) -> None:
        self.at += timedelta(minutes=1)
        self.counted += 1
        actions: tuple[Callable[[], Awaitable[object]], ...] = (
            self.statement, self.invoices, self.review, self.review, self.review, self.take_back, self.redecide,
            self.asked,
        )  # fmt: skip
        await self.chance.choice(actions)()

    async def statement(self) -> None:
        entries = []
        for place in range(self.chance.randint(1, 4)):
            utr = f"HDFCR52026101{self.counted:05}{place:04}"
            amount = self.chance.choice((100_000, 100_000, 118_000, 250_000, 4_200))
            number = self.chance.choice(("", f"INV/26-27/{self.chance.randint(1, 30):06} "))
            entries.append(Entry(amount, f"RTGS CR-{self.chance.choice(PAYERS)} {number}-{utr}", utr))
        await self.books.import_file(csv_file(*entries))

    async def invoices(self) -> None:
        await self.books.register(
            invoice(
                f"INV/26-27/{self.chance.randint(1, 30):06}",
                total_minor=self.chance.choice((100_000, 118_000, 250_000)),
                partner_code=self.chance.choice(PARTNERS).code,
            )
        )

    async def review(self) -> None:
        lines = await self.books.rows(
            "SELECT bank_line_id, max(revision) AS revision FROM line_decisions GROUP BY 1 ORDER BY 1"
        )
        chosen = self.chance.sample(list(lines), min(len(lines), 3))
        reviews = [await self._review(line) for line in chosen]
        verdicts = await self._carry_out(reviews)
        assert all(one.refusal is None or one.refusal.status in (409, 412, 422) for one in verdicts)

    async def _review(self, line: Row) -> LineReview:
        revision = line.revision if self.chance.random() < 0.9 else 1
        verdict = self.chance.choice((Accept(), Accept(2), Leave(), NoReceipt(), await self._correction()))
        return LineReview(line.bank_line_id, revision, verdict, "A note")

    async def _correction(self) -> Correct:
        partner = self.chance.choice(PARTNERS).code
        items = await self.books.rows(
            "SELECT document_number, open_minor FROM open_items WHERE partner_code = :partner AND kind = 'invoice'"
            " ORDER BY document_number",
            partner=partner,
        )
        parts = [
            ToldPart(item.document_number, MONEY, max(1, min(item.open_minor, 50_000)))
            for item in self.chance.sample(list(items), min(len(items), self.chance.randint(0, 2)))
        ]
        return Correct(partner, "INR", tuple(parts))

    async def _carry_out(self, reviews: list[LineReview]) -> list[ReviewVerdict]:
        async with UnitOfWork(self.books.database) as work:
            verdicts = await review_lines(work, reviews, Posting("meera", self.at, RECEIVED_ON))
            await work.commit()
        return verdicts

    async def take_back(self) -> None:
        receipts = await self.books.rows(
            "SELECT id FROM receipts r WHERE NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)"
            " ORDER BY id"
        )
        if receipts:
            await self._take_back(self.chance.choice(list(receipts)).id)

    async def _take_back(self, receipt_id: UUID) -> None:
        reason = self.chance.choice(REASONS)
        async with UnitOfWork(self.books.database) as work:
            await take_receipt_back(work, receipt_id, reason, Posting("meera", self.at, RECEIVED_ON))
            await work.commit()

    async def redecide(self) -> None:
        await redecide_lines(self.books.database, self.at, lines_per_batch=self.chance.choice((1, 7, 1_000)))

    async def asked(self) -> None:
        await redecide_when_asked(self.books.database, self.at)


@pytest.mark.parametrize("seed", range(4))
async def test_random_histories_keep_the_books_sound(books: PaymentsBooks, seed: int) -> None:
    history = History(books, seed)

    for _ in range(STEPS):
        await history.step()
        for proof in (DOUBLY_BOOKED, CLOCK_DIFFERS, WITHOUT_EXCEPTION):
            assert not await books.rows(proof), f"seed {seed}, step {history.counted}: {proof}"
        if history.counted % 10 == 0:
            await assert_sound(books)

    await assert_sound(books)
    assert await books.value("SELECT coalesce(sum(amount_minor), 0) FROM journal_lines") == 0


async def test_the_proofs_of_a_history_notice_what_is_wrong(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(Entry(4_200, "CASH DEP UNKNOWN")))

    await books.write("UPDATE booking_clocks SET booked_at = due_at")
    await books.write("UPDATE payment_exceptions SET resolved_at = now()")

    assert len(await books.rows(CLOCK_DIFFERS)) == 1
    assert len(await books.rows(WITHOUT_EXCEPTION)) == 1
