"""The real books beside the model of them: each action is done in both, and both have to agree on what came of it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.payments.domain.invoice import Invoice
from services.payments.domain.receipt import Receipt, ReceiptAllocation
from services.payments.domain.received_payment import PaymentPart, ReceivedPayment
from shared.errors import Refusal
from tests.factories.credit_notes import ON, NotesDesk, a_discount, part, posting
from tests.factories.payments import ACCOUNT_ID, INVOICE_RATE, RECEIVED_ON, invoice, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.ledger.ledger_model import (
    ACCOUNTS,
    ALLOWED,
    CHARGE_MINOR,
    CHARGED_RETURNS,
    MONEY,
    RATES_OF_THE_DAY,
    Credit,
    Item,
    LedgerModel,
    Part,
    Refund,
    Refused,
    share,
    worth_at,
)
from tests.integration.payments.ledger.shown_books import ShownBooks, shown_books, told_open_minor

Emptied = Callable[[], Awaitable[PaymentsBooks]]
ACCOUNT_IDS: Final = {"INR": ACCOUNT_ID, "USD": UUID(int=0xD0), "KWD": UUID(int=0xD1)}
DONE: Final[Refused] = ALLOWED


class LedgerBench:
    """Empty books and an empty model; what the books refuse, the model has to refuse for the same reason."""

    def __init__(self, runner: asyncio.Runner, emptied: Emptied) -> None:
        self._runner = runner
        self.model = LedgerModel()
        self.books = self.run(emptied())
        self.desk = NotesDesk(self.books)
        self.run(self._open())
        self.today = RECEIVED_ON
        self.reported = Counter[tuple[str, str]]()  # balances of the months that are closed
        self.ends = Counter[str]()  # how actions ended: done, or refused and why
        self._numbers = 0

    def run(self, work: Coroutine[Any, Any, Any] | Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return self._runner.run(awaited())

    async def _open(self) -> None:
        await self.desk.open()
        for currency, rate in RATES_OF_THE_DAY.items():
            await self.books.add_bank_account(ACCOUNT_IDS[currency], ACCOUNTS[currency], currency)
            await self.books.enter_rate(currency, rate)

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def outcome(self, work: Awaitable[Any], expected: Refused) -> Any:
        """The result of what was to be done, or None when it was refused as the model expects."""
        try:
            result = self.run(work)
        except Refusal as refused:
            refusal = refused
        else:
            assert not expected, f"done, although the model refuses it: {set(expected)}"
            self.ends["done"] += 1
            return result
        kind = type(refusal).__name__
        assert kind in expected, f"{kind}: {refusal}; the model expects {set(expected) or 'no refusal'}"
        self.ends[kind] += 1
        return None

    # Actions --------------------------------------------------------------------------------------------------------

    def register(self, *invoices: Invoice) -> None:
        for verdict, one in zip(self.run(self.books.register(*invoices)), invoices, strict=True):
            assert (verdict.invoice_id, verdict.is_duplicate) == (one.id, False), verdict
            worth_minor = worth_at(one.total_minor, one.currency, str(INVOICE_RATE))
            self.model.items[one.id] = Item(
                one.id, "invoice", one.number, one.partner_code, one.currency, one.total_minor, worth_minor
            )

    def register_again(self, item: Item, *, other_figures: bool) -> None:
        again = invoice(
            item.number,
            partner_code=item.partner_code,
            total_minor=item.original_minor + other_figures,
            currency=item.currency,
        )
        (verdict,) = self.run(self.books.register(again))
        if other_figures:
            assert type(verdict.refusal).__name__ == "InvoiceTaken"
        else:
            assert (verdict.invoice_id, verdict.is_duplicate) == (item.id, True)

    def book(self, *batch: tuple[Receipt, Sequence[Part]]) -> None:
        """All in one batch, first in first served; the model decides about each in turn."""
        outcome = self.run(self.books.book(*(one for one, _ in batch)))
        booked = {one.id for one in outcome.booked}
        for one, parts in batch:
            refused = self.model.refused_parts((one.partner_code, one.currency), parts, one.amount_minor)
            assert (one.id in booked) == (not refused), (one, refused)
            self.ends["receipt refused" if refused else "receipt booked"] += 1
            if not refused:
                self._book_in_model(_credit_of(one), parts)

    def _book_in_model(self, credit: Credit, parts: Sequence[Part]) -> None:
        parts = self.model.valued(credit, parts)
        rows = self.run(
            self.books.rows(
                "SELECT id, open_item_id, kind, amount_minor, coalesce(base_minor, 0), coalesce(credit_base_minor, 0)"
                " FROM allocations WHERE receipt_id = :id ORDER BY id",
                id=credit.id,
            )
        )
        written = {key: Part(self.model.items[item_id], *facts) for key, item_id, *facts in rows}
        assert Counter(map(_facts, written.values())) == Counter(map(_facts, parts))
        credit.settles = written
        self.model.credits[credit.id] = credit

    def tell(self, payment: ReceivedPayment) -> None:
        """A payment by hand: booked, known before, or refused."""
        earlier = self.model.standing(payment.bank_account, payment.reference_key)
        parts = self._told_parts(payment)
        (verdict,) = self.run(self.books.tell(payment))
        refusal = type(verdict.refusal).__name__ if verdict.refusal else None
        if earlier is not None:
            is_same = (earlier.partner_code, earlier.amount_minor, earlier.currency) == (
                payment.partner_code,
                payment.amount_minor,
                payment.currency,
            )
            assert refusal == (None if is_same else "ReceiptTaken")
            assert verdict.receipt_id == (earlier.id if is_same else None)
            assert verdict.is_duplicate == is_same
            self.ends["payment known" if is_same else "ReceiptTaken"] += 1
            return
        partner = payment.partner_code, payment.currency
        refused = self.model.refused_parts(partner, parts, payment.amount_minor)
        assert (refusal in refused) if refused else refusal is None, (refusal, refused)
        self.ends["payment refused" if refused else "payment booked"] += 1
        if verdict.receipt_id is not None:
            credit = Credit(
                verdict.receipt_id,
                *partner,
                payment.amount_minor,
                payment.bank_account,
                payment.reference_key,
                payment.cheque_number and payment.reference_key,
                worth_minor=self._worth_of(payment),
                is_changed=payment.credited_minor is not None,
            )
            self._book_in_model(credit, parts)

    def _worth_of(self, payment: ReceivedPayment) -> int:
        if payment.credited_minor is not None:
            return payment.credited_minor
        rate = payment.exchange_rate or RATES_OF_THE_DAY.get(payment.currency, "1")
        return worth_at(payment.amount_minor, payment.currency, str(rate))

    def _told_parts(self, payment: ReceivedPayment) -> list[Part]:
        by_number = {item.number: item for item in self.model.items.values()}
        return [
            Part(by_number[part.item], kind, minor)
            for part in payment.parts
            for kind, minor in ((MONEY, part.amount_minor), *part.deductions)
        ]

    def allocate(self, credit: Credit, parts: Sequence[Part]) -> list[UUID]:
        wanted = [
            ReceiptAllocation(part.item.id, part.item.number, part.kind, part.amount_minor) for part in parts
        ]
        refused = self.model.refused_allocation(credit, parts)
        ids = self.outcome(self.books.allocate(_named(credit), *wanted, on=self.today), refused)
        if ids is not None:
            credit.settles.update(zip(ids, self.model.valued(credit, parts), strict=True))
        return list(ids or ())

    def undo(self, credit: Credit, allocation_id: UUID) -> None:
        gone = self.model.undone_with(credit, allocation_id)
        refused = DONE if gone else frozenset({"AlreadyReversed"})
        undone = self.outcome(self.books.undo(_named(credit), allocation_id, on=self.today), refused)
        if undone is not None:
            assert {one.id for one in undone} == set(gone)
            for key in gone:
                del credit.settles[key]

    def reverse(self, credit: Credit) -> None:
        refused = self.model.refused_reversal(credit)
        self.outcome(self.books.reverse(_named(credit), on=self.today), refused)
        if not refused:
            self.model.reverse(credit)

    def bounce(self, credit: Credit, return_code: str) -> None:
        refused = self.model.refused_bounce(credit)
        bounce_id = self.outcome(self.books.bounce(credit.id, return_code, on=self.today), refused)
        if bounce_id is None:
            return
        self.model.reverse(credit)
        charges = self.run(self.books.rows("SELECT * FROM charges WHERE bounce_id = :id", id=bounce_id))
        is_charged = return_code in CHARGED_RETURNS and credit.currency == "INR"
        assert [one.net_minor + one.gst_minor for one in charges] == [CHARGE_MINOR] * is_charged
        for one in charges:
            self.model.items[one.id] = Item(
                one.id, "charge", one.number, one.partner_code, "INR", CHARGE_MINOR
            )

    def credit_by_note(self, item: Item, amount_minor: int) -> None:
        """A commercial note, asked for, approved and issued."""
        wanted = a_discount(
            part(None, amount_minor, invoice=item.number),
            partner_code=item.partner_code,
            currency=item.currency,
        )
        note = self.outcome(
            self.desk.issued(wanted, max(ON, self.today)), self.model.refused_note(item, amount_minor)
        )
        if note is not None:
            worth_minor = share(item.worth_minor, amount_minor, item.original_minor)
            item.noted_minor += amount_minor
            self.model.credits[note.id] = Credit(
                note.id, *_whose(item), amount_minor, "", note.number, worth_minor=worth_minor, of=item
            )

    def cancel_note(self, note: Credit) -> None:
        refused = self.model.refused_cancelling(note)
        self.outcome(self.desk.cancel(note.id, posting("checker", max(ON, self.today))), refused)
        if not refused and note.of is not None:
            note.of.noted_minor -= note.amount_minor
            note.is_reversed = True

    def ask_refund(self, credit: Credit, amount_minor: int, *, by: str) -> None:
        refused = self.model.refused_request(credit, amount_minor)
        wanted = self.books.ask_refund(credit.id, amount_minor, by=by, account=ACCOUNTS[credit.currency])
        refund_id = self.outcome(wanted, refused)
        if refund_id is not None:
            self.model.refunds[refund_id] = Refund(refund_id, credit, amount_minor, by)

    def decide_refund(self, refund: Refund, *, is_paid: bool, by: str) -> None:
        refused = self.model.refused_decision(refund, is_paid=is_paid, decided_by=by)
        self.outcome(
            self.books.decide_refund(refund.id, is_paid=is_paid, by=by, on=max(ON, self.today)), refused
        )
        if not refused:
            refund.state = "paid" if is_paid else "refused"
        if not refused and is_paid:
            self.model.pay_back(refund)

    def close_until(self, day: date) -> None:
        """Lock the days before it; what happened then and is told later counts from it."""
        self.run(self.books.write("UPDATE ledger_locks SET first_open_on = :day", day=day))
        for currency, rate in RATES_OF_THE_DAY.items():
            self.run(self.books.enter_rate(currency, rate, on=day))
        self.today = day
        self.reported = self._balances_before(day)
        self.ends["months closed"] += 1

    def _balances_before(self, day: date) -> Counter[tuple[str, str]]:
        rows = self.run(
            self.books.rows(
                "SELECT l.account_code, e.currency, sum(l.base_minor) AS worth FROM journal_lines l"
                " JOIN journal_entries e ON e.id = l.entry_id WHERE e.effective_on < :day GROUP BY 1, 2",
                day=day,
            )
        )
        return Counter({(row.account_code, row.currency): int(row.worth) for row in rows})

    # Checks ---------------------------------------------------------------------------------------------------------

    def shown(self) -> ShownBooks:
        return self.run(shown_books(self.books))

    def assert_books_are_the_model(self) -> None:
        shown, model = self.shown(), self.model
        if self.reported:
            _assert_same("closed months", self._balances_before(self.today), self.reported)
        _assert_same("open items", shown.open_items, model.open_items())
        _assert_same("open worth", shown.open_worth, model.open_worth())
        _assert_same("allocations", shown.allocations, model.allocations())
        _assert_same("balances", shown.journal_balances, model.balances())
        _assert_same("balances in rupees", shown.worth_by_account, model.worth_by_account())
        _assert_same("partner accounts", shown.partner_accounts, model.partner_accounts())

    def assert_history_is_intact(self) -> None:
        """The chain over everything posted, and the events: told one after the other they lead to the same figures."""
        assert self.run(self.books.verify()).is_intact, "the audit chain is broken"
        expected = {str(key): minor for key, minor in self.model.open_items().items()}
        for key, item in self.model.items.items():
            if item.kind == "charge":
                expected[str(key)] = self.model.open_of(item) - item.original_minor
        _assert_same(
            "events",
            self.run(told_open_minor(self.books)),
            {key: minor for key, minor in expected.items() if minor},
        )


def _assert_same(what: str, shown: Mapping[Any, object], expected: Mapping[Any, object]) -> None:
    differing = {key for key in (*shown, *expected) if shown.get(key) != expected.get(key)}
    facts = [f"{key}: {shown.get(key)} in the books, {expected.get(key)} in the model" for key in differing]
    assert not differing, f"{what} differ: " + "; ".join(facts)


def a_receipt_for(
    whose: tuple[str, str],
    parts: Sequence[Part],
    *,
    on_account_minor: int,
    reference: str,
    cheque_number: str = "",
) -> Receipt:
    """Money for the parts and for the account; `whose` is partner and currency. Foreign money is at the day's rate."""
    partner_code, currency = whose
    allocations = [
        ReceiptAllocation(part.item.id, part.item.number, part.kind, part.amount_minor) for part in parts
    ]
    return receipt(
        allocations,
        on_account_minor=on_account_minor,
        partner_code=partner_code,
        currency=currency,
        reference=cheque_number or reference,
        cheque_number=cheque_number,
        bank_account_id=ACCOUNT_IDS[currency],
        bank_account_number=ACCOUNTS[currency],
    )


def a_payment_for(
    whose: tuple[str, str], parts: Sequence[Part], *, on_account_minor: int, **facts: object
) -> ReceivedPayment:
    """The same, told by hand: each deduction goes with the money for its item."""
    partner_code, currency = whose
    told = [
        PaymentPart(
            part.item.number,
            part.amount_minor,
            tuple(
                (one.kind, one.amount_minor) for one in parts if one.item is part.item and one.kind != MONEY
            ),
        )
        for part in parts
        if part.kind == MONEY
    ]
    payment = {
        "bank_account": ACCOUNTS[currency],
        "partner_code": partner_code,
        "currency": currency,
        "amount_minor": sum(part.amount_minor for part in told) + on_account_minor,
        "received_on": RECEIVED_ON,
        "channel": "hand",
        "rail": "RTGS",
        "parts": tuple(told),
    }
    return ReceivedPayment(**{**payment, **facts})  # type: ignore[arg-type] # the facts are the caller's


def _credit_of(one: Receipt) -> Credit:
    return Credit(
        one.id,
        one.partner_code,
        one.currency,
        one.amount_minor,
        one.bank_account_number,
        one.reference,
        one.cheque_number,
        worth_minor=worth_at(one.amount_minor, one.currency, RATES_OF_THE_DAY.get(one.currency, "1")),
    )


def _whose(item: Item) -> tuple[str, str]:
    return item.partner_code, item.currency


def _facts(one: Part) -> tuple[UUID, str, int, int, int]:
    return one.item.id, one.kind, one.amount_minor, one.worth_minor, one.credit_worth_minor


def _named(credit: Credit) -> Receipt:
    """The books' factory names a receipt by its id alone."""
    return receipt(on_account_minor=credit.amount_minor, id=credit.id)
