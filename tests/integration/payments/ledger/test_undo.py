"""What is done and undone leaves nothing behind: items, balances, accounts and what partners were told are as before."""

from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.factories.payments import invoice
from tests.integration.payments.ledger.conftest import NewBench
from tests.integration.payments.ledger.ledger_bench import LedgerBench, a_receipt_for
from tests.integration.payments.ledger.ledger_model import Credit, Part
from tests.integration.payments.ledger.shown_books import ShownBooks, told_open_minor

# What the payer kept back of each invoice, in paise of 1,000.00; the rest is money.
KEPT_BACK = st.sampled_from((None, "TDS194Q", "BANK_CHARGE"))
SPLITS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9_000), KEPT_BACK), min_size=1, max_size=5)
OWNERS = st.sampled_from((("CP0001", "INR"), ("CP0003", "USD"), ("CP0003", "KWD")))
AT_REST = settings(
    max_examples=10,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def everything(bench: LedgerBench) -> tuple[ShownBooks, dict[str, int]]:
    """Allocations have ids of their own, so what counts of them is credit, item, kind and amount."""
    shown = bench.shown()
    settled = dict(enumerate(sorted(map(str, shown.allocations.values()))))
    return replace(shown, allocations=settled), bench.run(told_open_minor(bench.books))  # type: ignore[arg-type]


def a_desk(bench: LedgerBench, whose: tuple[str, str]) -> list[Credit]:
    """Three invoices of 1,000.00, half of the first paid with its receipt, and two receipts with money on account."""
    partner_code, currency = whose
    facts = {"partner_code": partner_code, "currency": currency}
    bench.register(*(invoice(f"INV/{place}", total_minor=100_000, **facts) for place in range(3)))
    first = Part(next(iter(bench.model.items.values())), "receipt", 50_000)
    for place, parts in enumerate(([first], [])):
        booked = a_receipt_for(whose, parts, on_account_minor=45_000, reference=f"UTR{place}")
        bench.book((booked, parts))
    return list(bench.model.credits.values())


def parts_of(bench: LedgerBench, split: tuple[int, int, str | None]) -> list[Part]:
    place, amount_minor, kept_back = split
    item = list(bench.model.items.values())[place]
    money = [Part(item, "receipt", amount_minor)]
    return money if kept_back is None else [*money, Part(item, kept_back, 100)]


@AT_REST
@given(data=st.data(), whose=OWNERS, splits=SPLITS)
def test_allocations_undone_in_any_order_leave_what_was_before(
    new_bench: NewBench,
    data: st.DataObject,
    whose: tuple[str, str],
    splits: list[tuple[int, int, str | None]],
) -> None:
    bench = new_bench()
    receipts = a_desk(bench, whose)
    before = everything(bench)
    made = [
        (credit, bench.allocate(credit, parts_of(bench, split))[0])
        for split in splits
        for credit in [data.draw(st.sampled_from(receipts))]
    ]

    for credit, allocation_id in data.draw(st.permutations(made)):
        bench.undo(credit, allocation_id)
        bench.assert_books_are_the_model()

    assert everything(bench) == before


@AT_REST
@given(whose=OWNERS, splits=SPLITS)
def test_a_receipt_taken_back_leaves_what_was_before_it(
    new_bench: NewBench, whose: tuple[str, str], splits: list[tuple[int, int, str | None]]
) -> None:
    bench = new_bench()
    a_desk(bench, whose)
    before = everything(bench)
    booked = a_receipt_for(whose, [], on_account_minor=45_000, reference="LATE")
    bench.book((booked, []))
    credit = bench.model.credits[booked.id]
    for split in splits:
        bench.allocate(credit, parts_of(bench, split))

    bench.reverse(credit)

    assert everything(bench) == before


@AT_REST
@given(amount_minor=st.integers(1, 50_000))
def test_what_was_booked_with_a_receipt_can_be_undone_and_done_again(
    new_bench: NewBench, amount_minor: int
) -> None:
    bench = new_bench()
    bench.register(invoice("INV/1", total_minor=50_000))
    (item,) = bench.model.items.values()
    part = Part(item, "receipt", amount_minor)
    booked = a_receipt_for(("CP0001", "INR"), [part], on_account_minor=0, reference="UTR")
    bench.book((booked, [part]))
    credit = bench.model.credits[booked.id]
    before = everything(bench)

    bench.undo(credit, next(iter(credit.settles)))
    bench.allocate(credit, [part])

    assert everything(bench) == before
