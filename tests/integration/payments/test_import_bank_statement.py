"""Importing statement files: every line is stored once, decided, and booked when it is certain."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from services.payments.domain.errors import StatementUnreadable
from tests.factories.business_content import business_content
from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON, invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, camt_file, csv_file, mt940_file

IMPORTED = "salesops.payments.statement_imported.v1"
UNIDENTIFIED = "salesops.payments.receipt_unidentified.v1"
UTR = "SBINR52026101400012345"


def paid(number: str, amount_minor: int = 118_000, *, utr: str = UTR, **changes: object) -> Entry:
    """A transfer that names its payer and invoice."""
    narration = f"RTGS CR-{utr}-SHREE GANESH ELECTRICALS-{number}"
    return replace(Entry(amount_minor, narration, utr), **changes)  # type: ignore[arg-type]


def utr(number: int) -> str:
    return f"SBINR520261014{number:08}"


CHEQUE = Entry(118_000, "CHQ DEP 123456 SHREE GANESH ELECTRICALS INV/26-27/004000", "123456")
BOUNCE = Entry(-118_000, "CHQ RET 123456 FUNDS INSUFFICIENT", "123456", RECEIVED_ON + timedelta(days=2))
UNKNOWN = Entry(77_700, "CASH DEPOSIT BRANCH 0042")
CHARGES = Entry(-590, "NEFT CHARGES INCL GST")


async def test_a_line_that_is_certain_is_booked_and_its_clock_stops(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000", total_minor=118_000)
    await books.register(owed)

    statement_id = await books.import_file(csv_file(paid("INV/26-27/004000")))

    assert await books.outcomes(statement_id) == ["new"]
    assert await books.decisions() == ["auto"]
    assert await books.open_minor(owed.id) == 0
    (clock,) = await books.rows("SELECT * FROM booking_clocks")
    assert (clock.zone, clock.is_excused) == ("west", False)
    assert clock.booked_at is not None


async def test_money_of_nobody_knows_whom_waits_for_a_person_and_its_clock_runs(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))

    assert await books.decisions() == ["exception"]
    assert await books.value("SELECT booked_at IS NULL AND identified_at IS NULL FROM booking_clocks")
    assert await books.value("SELECT count(*) FROM receipts") == 0
    (body,) = await books.events(UNIDENTIFIED)
    assert msgspec.json.decode(body)["data"]["amount_minor"] == 77_700


async def test_money_out_is_nobodys_receipt_and_starts_no_clock(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(CHARGES))

    assert await books.decisions() == ["auto"]
    assert await books.value("SELECT count(*) FROM booking_clocks") == 0
    assert await books.value("SELECT count(*) FROM receipts") == 0


async def test_the_same_lines_in_another_file_are_recognised(books: PaymentsBooks) -> None:
    entries = (paid("INV/26-27/004000"), UNKNOWN, CHARGES)
    await books.register(invoice("INV/26-27/004000"))
    await books.import_file(csv_file(*entries))
    before = await business_content(books)

    again = await books.import_file(csv_file(*entries) + b"\n")

    assert await books.outcomes(again) == ["duplicate", "duplicate", "duplicate"]
    after = await business_content(books)
    for name in ("bank lines", "decisions", "receipts", "journal", "balances", "clocks", "exceptions"):
        assert after[name] == before[name]


async def test_files_that_overlap_add_only_what_is_new(books: PaymentsBooks) -> None:
    entries = [
        Entry(1_000 + number, "CASH DEPOSIT", booked_on=date(2026, 10, number)) for number in range(1, 9)
    ]
    await books.import_file(csv_file(*entries[:5]))

    overlapping = await books.import_file(csv_file(*entries[3:]))

    assert await books.outcomes(overlapping) == ["duplicate"] * 2 + ["new"] * 3
    assert await books.value("SELECT count(*) FROM bank_lines") == 8


@pytest.mark.parametrize("write", [csv_file, camt_file, mt940_file])
@pytest.mark.parametrize("write_again", [csv_file, camt_file, mt940_file])
async def test_the_same_lines_in_another_format_are_recognised(
    books: PaymentsBooks, write: Callable[..., bytes], write_again: Callable[..., bytes]
) -> None:
    entries = (
        paid("INV/26-27/004000"),
        replace(CHEQUE, narration="CHQ DEP 123456 KAVERI AGRO TRADERS"),
        CHARGES,
    )
    await books.import_file(write(*entries))

    again = await books.import_file(write_again(*entries, opening_minor=5_000))

    assert await books.outcomes(again) == ["duplicate", "duplicate", "duplicate"]
    assert await books.value("SELECT count(*) FROM bank_lines") == 3


async def test_two_equal_lines_in_one_file_are_two_entries_of_the_bank(books: PaymentsBooks) -> None:
    entries = (UNKNOWN, UNKNOWN)
    first = await books.import_file(csv_file(*entries))

    again = await books.import_file(csv_file(*entries, opening_minor=1))

    assert await books.outcomes(first) == ["new", "new"]
    assert await books.outcomes(again) == ["duplicate", "duplicate"]
    occurrences = await books.rows("SELECT occurrence FROM bank_lines ORDER BY line_number")
    assert [row.occurrence for row in occurrences] == [1, 2]


async def test_a_third_equal_line_in_a_later_file_is_new(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN, UNKNOWN))

    later = await books.import_file(csv_file(UNKNOWN, UNKNOWN, UNKNOWN))

    assert await books.outcomes(later) == ["duplicate", "duplicate", "new"]


async def test_equal_lines_are_told_apart_across_chunks(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN, CHARGES, UNKNOWN), lines_per_chunk=1)

    later = await books.import_file(csv_file(UNKNOWN, UNKNOWN, UNKNOWN), lines_per_chunk=1)

    assert await books.outcomes(later) == ["duplicate", "duplicate", "new"]


async def test_a_reference_cut_by_the_format_is_the_same_line(books: PaymentsBooks) -> None:
    await books.import_file(mt940_file(Entry(118_000, "RTGS CR SHREE GANESH", UTR[:16])))

    again = await books.import_file(
        csv_file(Entry(118_000, f"RTGS/{UTR}/SHREE GANESH ELECTRICALS PUNE", UTR))
    )

    assert await books.outcomes(again) == ["duplicate"]


async def test_the_same_line_on_another_of_our_accounts_is_another_entry(books: PaymentsBooks) -> None:
    other = uuid7()
    await books.add_bank_account(other, "999900001111")
    await books.import_file(csv_file(UNKNOWN))

    elsewhere = await books.import_file(csv_file(UNKNOWN), account_id=other)

    assert await books.outcomes(elsewhere) == ["new"]


async def test_a_line_that_cannot_be_read_is_kept_and_the_others_are_imported(books: PaymentsBooks) -> None:
    content = csv_file(UNKNOWN, CHARGES).replace(b"777.00", b"seven hundred", 1)

    statement_id = await books.import_file(content)

    assert await books.outcomes(statement_id) == ["rejected", "new"]
    (rejected,) = await books.rows("SELECT code, raw FROM statement_lines WHERE outcome = 'rejected'")
    assert rejected.code
    assert "seven hundred" in rejected.raw


async def test_an_opening_balance_and_lines_that_give_the_closing_balance_are_proved(
    books: PaymentsBooks,
) -> None:
    await books.import_file(camt_file(UNKNOWN, CHARGES))

    (part,) = await books.rows("SELECT * FROM statement_parts")
    assert (part.proof, part.lines_minor, part.lines_count) == ("proved", 77_110, 2)
    assert "balance_mismatch" not in await books.exceptions()


async def test_balances_that_do_not_agree_wait_for_a_person(books: PaymentsBooks) -> None:
    statement_id = await books.import_file(camt_file(UNKNOWN, closing_minor=1))

    assert await books.value("SELECT proof FROM statement_parts") == "mismatch"
    assert "balance_mismatch" in await books.exceptions()
    assert (
        await books.value("SELECT state FROM bank_statements WHERE id = :id", id=statement_id) == "imported"
    )


async def test_a_statement_of_another_account_waits_for_a_person(books: PaymentsBooks) -> None:
    await books.import_file(camt_file(CHARGES, account_number="111122223333"))

    assert await books.exceptions() == ["account_differs"]


@pytest.mark.parametrize(
    "written", [ACCOUNT_NUMBER, "XXXXXXXXXX5678", "00" + ACCOUNT_NUMBER, "HDFC0000001/" + ACCOUNT_NUMBER]
)
async def test_a_masked_padded_or_prefixed_number_is_the_same_account(
    books: PaymentsBooks, written: str
) -> None:
    await books.import_file(camt_file(CHARGES, account_number=written))

    assert await books.exceptions() == []


async def test_a_line_that_is_not_final_is_information_and_never_booked(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)

    statement_id = await books.import_file(camt_file(paid("INV/26-27/004000", is_pending=True), CHARGES))

    assert await books.outcomes(statement_id) == ["information", "new"]
    assert await books.open_minor(owed.id) == owed.total_minor
    assert await books.value("SELECT count(*) FROM booking_clocks") == 0


async def test_a_pending_line_is_booked_once_the_bank_makes_it_final(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)
    await books.import_file(camt_file(paid("INV/26-27/004000", is_pending=True)))

    final = await books.import_file(camt_file(paid("INV/26-27/004000")))

    assert await books.outcomes(final) == ["new"]
    assert await books.open_minor(owed.id) == 0


async def test_intraday_reports_are_information_only(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/26-27/004000"))
    intraday = (
        camt_file(paid("INV/26-27/004000"))
        .replace(b"camt.053.001.02", b"camt.052.001.02")
        .replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt")
        .replace(b"<Stmt>", b"<Rpt>")
        .replace(b"</Stmt>", b"</Rpt>")
    )

    statement_id = await books.import_file(intraday)

    assert await books.outcomes(statement_id) == ["information"]
    assert await books.value("SELECT count(*) FROM receipts") == 0


async def test_a_line_in_another_currency_is_never_booked(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000")
    dollars = uuid7()
    await books.register(owed)
    await books.add_bank_account(dollars, "777700001111", "USD")

    await books.import_file(
        camt_file(paid("INV/26-27/004000"), account_number="777700001111"), account_id=dollars
    )

    assert "auto" not in await books.decisions()
    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert await books.open_minor(owed.id) == owed.total_minor


@pytest.mark.parametrize("together", [True, False])
async def test_a_cheque_that_bounces_opens_its_invoice_again(books: PaymentsBooks, together: bool) -> None:
    owed = invoice("INV/26-27/004000", total_minor=118_000)
    await books.register(owed)

    for content in [csv_file(CHEQUE, BOUNCE)] if together else [csv_file(CHEQUE), csv_file(BOUNCE)]:
        await books.import_file(content)

    assert await books.open_minor(owed.id) == 118_000
    (reversal,) = await books.rows("SELECT * FROM receipt_reversals")
    assert (reversal.reason_code, reversal.reversed_on) == ("cheque_returned", BOUNCE.booked_on)
    assert not await books.differing_balances()
    assert (await books.verify()).is_intact


async def test_a_cheque_deposited_again_after_its_return_stays_booked(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000", total_minor=118_000)
    await books.register(owed)
    again = replace(CHEQUE, booked_on=BOUNCE.booked_on + timedelta(days=1))

    await books.import_file(csv_file(CHEQUE, BOUNCE, again))

    reversed_on_day = await books.rows(
        "SELECT r.received_on FROM receipt_reversals v JOIN receipts r ON r.id = v.receipt_id"
    )
    assert [row.received_on for row in reversed_on_day] == [CHEQUE.booked_on]


async def test_a_returned_cheque_that_was_never_booked_waits_for_a_person(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(BOUNCE))

    assert await books.decisions() == ["exception"]
    assert await books.value("SELECT count(*) FROM receipt_reversals") == 0


async def test_two_lines_for_one_invoice_book_it_once(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000", total_minor=118_000)
    await books.register(owed)

    await books.import_file(
        csv_file(paid("INV/26-27/004000", utr=utr(1)), paid("INV/26-27/004000", utr=utr(2))),
        lines_per_chunk=1,
    )

    assert await books.open_minor(owed.id) == 0
    assert not await books.differing_open_items()
    assert await books.value("SELECT sum(allocated_minor) FROM receipts") == 118_000


async def test_an_imported_statement_is_told_with_its_counts(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/26-27/004000"))
    await books.import_file(csv_file(UNKNOWN))

    await books.import_file(csv_file(paid("INV/26-27/004000"), UNKNOWN, CHARGES))

    *_, body = await books.events(IMPORTED)
    told = msgspec.json.decode(body)["data"]
    assert (told["line_count"], told["new_count"], told["duplicate_count"]) == (3, 2, 1)


async def test_an_import_repeated_after_its_end_changes_nothing(books: PaymentsBooks) -> None:
    statement_id = await books.import_file(csv_file(UNKNOWN, CHARGES))
    before = await business_content(books)

    await books.import_received(statement_id)

    assert await business_content(books) == before


class Killed(Exception):
    """Stands for the death of the process."""


LINES_OF_THE_MONTH = 11


def a_months_file() -> tuple[Sequence[str], bytes]:
    """Everything an import may meet: certain, unknown, doubled, bounced, unreadable, two statements, a mismatch."""
    numbers = [f"INV/26-27/{4000 + index:06}" for index in range(6)]
    first = camt_file(
        paid(numbers[1], utr=utr(1)),
        UNKNOWN,
        UNKNOWN,
        replace(CHEQUE, narration=f"CHQ DEP 123456 SHREE GANESH ELECTRICALS {numbers[0]}"),
        paid(numbers[2], utr=utr(2), is_pending=True),
        closing_minor=1,
    )
    second = camt_file(
        CHARGES,
        BOUNCE,
        paid(numbers[3], 117_900, utr=utr(3)),
        paid(numbers[4], utr=utr(4)),
        paid(numbers[4], utr=utr(5)),
        replace(UNKNOWN, amount_minor=99_999),
    ).replace(b"999.99", b"999.99x")
    start, end = first.index(b"<Stmt>"), first.index(b"</BkToCstmrStmt>")
    part = second[second.index(b"<Stmt>") : second.index(b"</BkToCstmrStmt>")].replace(b"S1", b"S2")
    assert start < end
    return numbers, first[:end] + part + first[end:]


@pytest.mark.parametrize("chunks_before_death", [1, 2, 3, 4, 5, 6])
async def test_an_import_that_was_killed_ends_in_the_same_books_as_one_that_was_not(
    emptied: Callable[[], Awaitable[PaymentsBooks]], chunks_before_death: int
) -> None:
    numbers, content = a_months_file()
    books = await emptied()
    await books.register(*(invoice(number, total_minor=118_000) for number in numbers))
    await books.import_file(content, lines_per_chunk=2)
    expected = await business_content(books)
    books = await emptied()
    await books.register(*(invoice(number, total_minor=118_000) for number in numbers))
    statement_id = await books.receive(content)
    seen: list[int] = []

    async def die(*, message: str, counts: dict[str, int]) -> None:
        seen.append(counts["lines_read"])
        if len(seen) == chunks_before_death:
            raise Killed

    with pytest.raises(Killed):
        await books.import_received(statement_id, progress=die, lines_per_chunk=2)
    await books.import_received(statement_id, lines_per_chunk=2)

    assert await business_content(books) == expected
    assert seen == [min(2 * (index + 1), LINES_OF_THE_MONTH) for index in range(chunks_before_death)]
    assert (await books.verify()).is_intact


async def test_an_import_killed_after_every_chunk_still_comes_to_its_end(books: PaymentsBooks) -> None:
    _, content = a_months_file()
    statement_id = await books.receive(content)

    async def die(*, message: str, counts: dict[str, int]) -> None:
        raise Killed

    for deaths in range(1, LINES_OF_THE_MONTH + 1):
        with pytest.raises(Killed):
            await books.import_received(statement_id, progress=die, lines_per_chunk=1)
        assert await books.value("SELECT lines_read FROM bank_statements") == deaths
    await books.import_received(statement_id)

    assert len(await books.outcomes(statement_id)) == LINES_OF_THE_MONTH


async def test_progress_never_goes_back(books: PaymentsBooks) -> None:
    seen: list[int] = []

    async def watch(*, message: str, counts: dict[str, int]) -> None:
        seen.append(counts["lines_read"])

    statement_id = await books.receive(csv_file(UNKNOWN, CHARGES))
    await books.import_received(statement_id, progress=watch, lines_per_chunk=1)

    assert seen == sorted(seen)
    assert seen[-1] == 2


async def state_of(books: PaymentsBooks, statement_id: UUID) -> tuple[str, str]:
    (row,) = await books.rows(
        "SELECT state, failure_code FROM bank_statements WHERE id = :id", id=statement_id
    )
    return row.state, row.failure_code


async def test_a_file_that_breaks_off_keeps_the_lines_before_the_break(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)
    whole = camt_file(paid("INV/26-27/004000"), UNKNOWN, CHARGES)
    cut = whole[: whole.rindex(b"<Ntry>") + 40]
    statement_id = await books.receive(cut)

    with pytest.raises(StatementUnreadable):
        await books.import_received(statement_id)

    assert await books.outcomes(statement_id) == ["new", "new"]
    assert await books.open_minor(owed.id) == 0
    assert await state_of(books, statement_id) == ("failed", "statement_unreadable")
    assert "statement_unreadable" in await books.exceptions()
    assert not await books.events(IMPORTED)


async def test_the_whole_file_after_one_that_broke_off_adds_the_rest(books: PaymentsBooks) -> None:
    whole = camt_file(UNKNOWN, CHARGES, paid("INV/26-27/004000"))
    broken = await books.receive(whole[: whole.rindex(b"<Ntry>") + 40])
    with pytest.raises(StatementUnreadable):
        await books.import_received(broken)

    complete = await books.import_file(whole)

    assert await books.outcomes(complete) == ["duplicate", "duplicate", "new"]
    assert await state_of(books, complete) == ("imported", "")


async def test_a_file_that_is_no_statement_after_all_fails_with_its_reason(books: PaymentsBooks) -> None:
    statement_id = await books.receive(camt_file()[:300])

    with pytest.raises(StatementUnreadable):
        await books.import_received(statement_id)

    assert await state_of(books, statement_id) == ("failed", "statement_unreadable")
    assert await books.outcomes(statement_id) == []


async def test_imports_of_one_account_at_the_same_time_store_each_line_once(books: PaymentsBooks) -> None:
    numbers = [f"INV/26-27/{4000 + index:06}" for index in range(8)]
    await books.register(*(invoice(number, total_minor=118_000) for number in numbers))
    entries = [paid(number, utr=utr(index)) for index, number in enumerate(numbers)]
    files = [csv_file(*entries, opening_minor=opening) for opening in range(4)]

    await asyncio.gather(*(books.import_file(content, lines_per_chunk=3) for content in files))

    assert await books.value("SELECT count(*) FROM bank_lines") == 8
    assert await books.value("SELECT count(*) FROM receipts") == 8
    assert await books.value("SELECT sum(open_minor) FROM open_items") == 0
    assert not await books.differing_balances()
