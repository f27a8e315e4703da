"""What an import has read once serves its later batches, until somebody else changes it."""

from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.service_callers import a_caller

SHREE = "RTGS CR-SBINR5202610140000000{}-SHREE GANESH ELECTRICALS-{}"


async def test_an_import_sees_what_others_settle_and_register_while_it_runs(books: PaymentsBooks) -> None:
    first, second = invoice("INV/26-27/004000"), invoice("INV/26-27/004001", total_minor=236_000)
    late = invoice("INV/26-27/004002", total_minor=354_000)
    await books.register(first, second)
    statement_id = await books.receive(
        csv_file(
            Entry(118_000, SHREE.format(1, "INV/26-27/004000")),
            Entry(236_000, SHREE.format(2, "INV/26-27/004001")),
            Entry(354_000, SHREE.format(3, "INV/26-27/004002")),
        )
    )

    async def somebody_works_beside_it(*, message: str, counts: dict[str, int]) -> None:
        if counts["lines_read"] == 1:
            await books.book(receipt([pays(second)]))
            await books.register(late)

    await books.import_received(statement_id, progress=somebody_works_beside_it, lines_per_chunk=1)

    decisions = await books.rows(
        "SELECT d.allocations FROM line_decisions d JOIN bank_lines l ON l.id = d.bank_line_id ORDER BY l.line_number"
    )
    paid_numbers = [[part["number"] for part in row.allocations] for row in decisions]
    assert paid_numbers == [["INV/26-27/004000"], [], ["INV/26-27/004002"]]
    assert [await books.open_minor(one.id) for one in (first, second, late)] == [0, 0, 0]


async def test_decisions_of_later_batches_are_made_again_from_what_the_first_has_read(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    numbers = [f"INV/26-27/00400{number}" for number in range(3)]
    await books.register(*(invoice(number) for number in numbers))
    paid = [(118_000, numbers[0]), (118_000, numbers[1]), (50_000, numbers[2]), (68_000, numbers[2])]
    entries = [Entry(minor, SHREE.format(place, number)) for place, (minor, number) in enumerate(paid)]
    await books.import_file(csv_file(*entries), lines_per_chunk=1)

    lines = await books.rows("SELECT bank_line_id FROM line_decisions ORDER BY bank_line_id")
    async with calling_payments(a_caller()) as client:
        asked = [await client.get(f"/v1/bank-lines/{line.bank_line_id}/replay?revision=1") for line in lines]
    replays = [reply.json() for reply in asked]

    assert [one["is_same"] for one in replays] == [True] * 4
    assert [one["inputs"]["invoices"] for one in replays] == [3, 2, 1, 1]
    assert [len(one["replayed"]["allocations"]) for one in replays] == [1, 1, 1, 1]
    assert await books.value("SELECT count(*) FROM decision_inputs WHERE kind = 'shelf'") == 1
