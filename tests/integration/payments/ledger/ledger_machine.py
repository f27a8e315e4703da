"""Histories of the ledger that nobody thought of: random actions, each checked against the model at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.payments.domain.receipt import Receipt
from tests.factories.payments import invoice
from tests.integration.payments.ledger.ledger_bench import LedgerBench, a_payment_for, a_receipt_for
from tests.integration.payments.ledger.ledger_model import (
    ACCOUNTS,
    DEDUCTIONS,
    MONEY,
    RUPEES,
    Credit,
    Item,
    Part,
)

# Whose account, in which currency; the third partner is abroad and pays as it likes.
ACCOUNTS_KEPT: Final = (("CP0001", "INR"), ("CP0002", "INR"), ("CP0003", "USD"), ("CP0003", "KWD"))
SHARES: Final = {
    "all": lambda minor: minor,
    "half": lambda minor: (minor + 1) // 2,
    "a paisa": lambda _: 1,
    "too much": lambda minor: minor + 1,
}
KEPT_BACK_MINOR: Final = 100
REFERENCES: Final = tuple(f"HDFCR5202610140000000{place}" for place in range(3))


@dataclass(frozen=True, slots=True)
class Wish:
    """Which item a credit is to settle and how much of it, before it is known what is open."""

    place: int
    share: str
    kept_back: str | None
    is_anybodys: bool


MONTHS: Final = (date(2026, 11, 1), date(2026, 12, 1))  # first open days, one after the other

places = st.integers(0, 99)
owners = st.sampled_from(ACCOUNTS_KEPT)
minors = st.integers(1, 2_000)
shares = st.sampled_from(("all", "all", "half", "a paisa", "too much"))
wishes = st.builds(
    Wish,
    place=places,
    share=shares,
    kept_back=st.sampled_from((None, None, *DEDUCTIONS)),
    is_anybodys=st.sampled_from((False,) * 9 + (True,)),
)
wish_lists = st.lists(wishes, max_size=3)
# What the teller knows of the worth of foreign money: nothing, the bank's rate, or the rupees credited instead.
worths = st.sampled_from(
    (
        {},
        {"exchange_rate": Decimal("82.15")},
        {"credited_minor": 123_457, "bank_account": ACCOUNTS[RUPEES]},
        {"credited_minor": 1, "bank_account": ACCOUNTS[RUPEES]},
    )
)
people = st.sampled_from(("asha", "ravi"))


@dataclass(frozen=True, slots=True)
class Money:
    """A receipt to come: whose (partner and currency), for what, and what is left on account."""

    whose: tuple[str, str]
    wishes: tuple[Wish, ...]
    on_account_minor: int
    is_cheque: bool


moneys = st.builds(
    Money,
    whose=owners,
    wishes=wish_lists.map(tuple),
    on_account_minor=st.sampled_from((0, 1, 700, 1_500)),
    is_cheque=st.booleans(),
)


class LedgerMachine(RuleBasedStateMachine):
    """Books, allocates, undoes, reverses, bounces and refunds; repeats and impossible wishes are part of it."""

    def __init__(self, bench: LedgerBench) -> None:
        super().__init__()
        self.bench = bench
        self.model = bench.model
        self.steps = -1  # the state before the first step is checked as well

    # What is wished becomes what is asked for -----------------------------------------------------------------------

    def parts_for(self, whose: tuple[str, str], wished: Sequence[Wish]) -> list[Part]:
        parts: list[Part] = []
        for wish in wished:
            item = self.item_for(whose, wish)
            if item is not None and all(part.item is not item for part in parts):
                parts += self.parts_of(item, wish)
        return parts

    def item_for(self, whose: tuple[str, str], wish: Wish) -> Item | None:
        owed = [item for item in self.model.what_is_owed(*whose) if self.model.open_of(item)]
        choice = list(self.model.items.values()) if wish.is_anybodys or not owed else owed
        return choice[wish.place % len(choice)] if choice else None

    def parts_of(self, item: Item, wish: Wish) -> list[Part]:
        amount_minor = max(1, SHARES[wish.share](self.model.open_of(item)))
        if wish.kept_back is None or amount_minor <= KEPT_BACK_MINOR:
            return [Part(item, MONEY, amount_minor)]
        return [
            Part(item, MONEY, amount_minor - KEPT_BACK_MINOR),
            Part(item, wish.kept_back, KEPT_BACK_MINOR),
        ]

    def receipt_for(self, money: Money) -> tuple[Receipt, list[Part]]:
        parts = self.parts_for(money.whose, money.wishes)
        number = self.bench.next_number()
        booked = a_receipt_for(
            money.whose,
            parts,
            on_account_minor=money.on_account_minor or (0 if parts else 1),
            reference=f"NEFT{number:012}",
            cheque_number=f"{number:06}" if money.is_cheque else "",
        )
        return booked, parts

    def credit(self, place: int, *, is_note: bool = False) -> Credit:
        """Mostly one that stands, now and then one that was taken back."""
        everything = self.notes() if is_note else self.receipts()
        standing = [credit for credit in everything if not credit.is_reversed]
        choice = standing if standing and place < 80 else everything
        return choice[place % len(choice)]

    def receipts(self) -> list[Credit]:
        return [credit for credit in self.model.credits.values() if credit.of is None]

    def notes(self) -> list[Credit]:
        return [credit for credit in self.model.credits.values() if credit.of is not None]

    def invoices(self) -> list[Item]:
        return [item for item in self.model.items.values() if item.kind == "invoice"]

    def told(self) -> list[Credit]:
        found = (self.model.standing(account, name) for account in ACCOUNTS.values() for name in REFERENCES)
        return [credit for credit in found if credit is not None]

    def usable(self) -> list[Credit]:
        return [credit for credit in self.model.credits.values() if credit.open_minor]

    # Rules ----------------------------------------------------------------------------------------------------------

    @rule(whose=owners, amounts=st.lists(minors, min_size=1, max_size=3))
    def invoices_are_registered(self, whose: tuple[str, str], amounts: list[int]) -> None:
        partner_code, currency = whose
        self.bench.register(
            *(
                invoice(
                    f"INV/{self.bench.next_number():06}",
                    partner_code=partner_code,
                    currency=currency,
                    total_minor=amount_minor,
                )
                for amount_minor in amounts
            )
        )

    @precondition(invoices)
    @rule(place=places, other_figures=st.booleans())
    def an_invoice_is_registered_again(self, place: int, *, other_figures: bool) -> None:
        self.bench.register_again(self.invoices()[place % len(self.invoices())], other_figures=other_figures)

    @rule(money=moneys)
    def a_receipt_is_booked(self, money: Money) -> None:
        self.bench.book(self.receipt_for(money))

    @rule(batch=st.lists(moneys, min_size=2, max_size=3))
    def a_batch_is_booked(self, batch: list[Money]) -> None:
        self.bench.book(*(self.receipt_for(money) for money in batch))

    @rule(money=moneys, reference=st.sampled_from(REFERENCES), worth=worths)
    def a_payment_is_told_by_hand(self, money: Money, reference: str, worth: dict[str, object]) -> None:
        parts = self.parts_for(money.whose, money.wishes)
        on_account_minor = money.on_account_minor or (0 if parts else 1)
        facts = worth if money.whose[1] != RUPEES else {}
        self.bench.tell(
            a_payment_for(money.whose, parts, on_account_minor=on_account_minor, reference=reference, **facts)
        )

    @precondition(lambda self: bool(self.told()))
    @rule(place=places, more_minor=st.sampled_from((0, 0, 1)))
    def a_payment_is_told_again(self, place: int, more_minor: int) -> None:
        known = self.told()[place % len(self.told())]
        facts: dict[str, object] = {"bank_account": known.account, "reference": known.reference}
        if known.is_changed:
            facts["credited_minor"] = known.worth_minor
        self.bench.tell(
            a_payment_for(known.whose, [], on_account_minor=known.amount_minor + more_minor, **facts)
        )

    @precondition(invoices)
    @rule(place=places, share=shares)
    def a_credit_note_is_issued(self, place: int, share: str) -> None:
        item = self.invoices()[place % len(self.invoices())]
        self.bench.credit_by_note(item, max(1, SHARES[share](item.original_minor - item.noted_minor)))

    @precondition(notes)
    @rule(place=places)
    def a_credit_note_is_cancelled(self, place: int) -> None:
        self.bench.cancel_note(self.credit(place, is_note=True))

    @precondition(lambda self: bool(self.usable()))
    @rule(place=places, wished=wish_lists.filter(bool), is_greedy=st.sampled_from((False,) * 9 + (True,)))
    def a_credit_is_allocated(self, place: int, wished: list[Wish], *, is_greedy: bool) -> None:
        credit = self.usable()[place % len(self.usable())]
        wanted = self.parts_for(credit.whose, wished)
        parts = wanted if is_greedy else affordable(wanted, credit.open_minor)
        if parts:
            self.bench.allocate(credit, parts)

    @precondition(receipts)
    @rule(place=places, wish=wishes, amount_minor=st.integers(1, 50))
    def any_credit_is_tried(self, place: int, wish: Wish, amount_minor: int) -> None:
        credit = self.credit(place)
        item = self.item_for(credit.whose, wish)
        if item is not None:
            self.bench.allocate(credit, [Part(item, MONEY, amount_minor)])

    @precondition(lambda self: bool(self.model.allocations()))
    @rule(place=places, again=st.booleans())
    def an_allocation_is_undone(self, place: int, *, again: bool) -> None:
        standing = list(self.model.allocations().items())
        allocation_id, (credit_id, *_) = standing[place % len(standing)]
        credit = self.model.credits[credit_id]
        self.bench.undo(credit, allocation_id)
        if again:
            self.bench.undo(credit, allocation_id)

    @precondition(receipts)
    @rule(place=places)
    def a_receipt_is_reversed(self, place: int) -> None:
        refunded = [credit for credit in self.model.credits.values() if credit.refunded_minor]
        self.bench.reverse(refunded[0] if refunded and place % 4 == 0 else self.credit(place))

    @precondition(receipts)
    @rule(place=places, return_code=st.sampled_from(("01", "20", "12")))
    def a_cheque_bounces(self, place: int, return_code: str) -> None:
        self.bench.bounce(self.credit(place), return_code)

    @precondition(receipts)
    @rule(place=places, share=shares, by=people)
    def a_refund_is_asked_for(self, place: int, share: str, by: str) -> None:
        credit = self.usable()[place % len(self.usable())] if self.usable() else self.credit(place)
        self.bench.ask_refund(credit, max(1, SHARES[share](credit.open_minor)), by=by)

    @precondition(lambda self: bool(self.model.refunds))
    @rule(place=places, is_paid=st.sampled_from((True, True, False)), by=st.sampled_from(("asha", "meera")))
    def a_refund_is_decided(self, place: int, *, is_paid: bool, by: str) -> None:
        everything = list(self.model.refunds.values())
        asked = [refund for refund in everything if refund.state == "requested"]
        refunds = asked if asked and place < 80 else everything
        self.bench.decide_refund(refunds[place % len(refunds)], is_paid=is_paid, by=by)

    @precondition(lambda self: self.bench.today != MONTHS[-1])
    @rule()
    def a_month_is_closed(self) -> None:
        self.bench.close_until(next(day for day in MONTHS if day > self.bench.today))

    @invariant()
    def the_books_are_the_model(self) -> None:
        self.steps += 1
        self.bench.assert_books_are_the_model()

    def teardown(self) -> None:
        self.bench.assert_history_is_intact()


def affordable(parts: Sequence[Part], free_minor: int) -> list[Part]:
    """The parts as far as the money goes."""
    kept: list[Part] = []
    for part in parts:
        amount_minor = min(part.amount_minor, free_minor) if part.kind == MONEY else part.amount_minor
        if amount_minor:
            kept.append(Part(part.item, part.kind, amount_minor))
            free_minor -= amount_minor if part.kind == MONEY else 0
    return kept
