"""Clocks of real credits: told once each at 50, 80 and 100 percent, and never late in silence."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.payments.adapters.clock_store import ClockReading, read_clocks
from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.watch_clocks import watch_clocks
from services.payments.domain.booking_clock import booking_deadline
from services.payments.domain.received_payment import ReceivedPayment
from tests.factories.payments import ACCOUNT_ID, ACCOUNT_NUMBER, RECEIVED_ON, invoice, pays, receipt
from tests.factories.payments_books import AT, PaymentsBooks
from tests.factories.statement_files import Entry, camt_file, csv_file

CLOCK = booking_deadline(RECEIVED_ON)
AT_RISK = "salesops.payments.booking_at_risk.v1"
OVERDUE = "salesops.payments.booking_overdue.v1"
UNKNOWN = Entry(77_700, "CASH DEPOSIT BRANCH 0042")
UTR = "SBINR52026101400012345"
MINUTE = timedelta(minutes=1)


async def watch(books: PaymentsBooks, at: datetime) -> int:
    async with UnitOfWork(books.database) as work:
        told = await watch_clocks(work, at)
        await work.commit()
    return told


async def told(books: PaymentsBooks, kind: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(body)["data"] for body in await books.events(kind)]


async def read(books: PaymentsBooks, at: datetime, **facts: Any) -> None:
    """Move the only clock of the books; booked unless told otherwise."""
    line_id: UUID = await books.value("SELECT bank_line_id FROM booking_clocks")
    reading = {"zone": "", "is_identified": True, "is_booked": True, "is_excused": False} | facts
    async with UnitOfWork(books.database) as work:
        await read_clocks(work.connection, [ClockReading(line_id, **reading)], at)
        await work.commit()


async def clock(books: PaymentsBooks) -> Row:
    (row,) = await books.rows("SELECT * FROM booking_clocks")
    return row


async def seen_in_time(books: PaymentsBooks) -> None:
    """Tests import today what was credited in October; a clock that was seen then is what they are about."""
    await books.write("UPDATE booking_clocks SET seen_at = credited_at")


@pytest.mark.parametrize(
    ("at", "level"),
    [
        (CLOCK.half_at - MINUTE, None),
        (CLOCK.half_at, 50),
        (CLOCK.warn_at - MINUTE, 50),
        (CLOCK.warn_at, 80),
        (CLOCK.due_at - MINUTE, 80),
        (CLOCK.due_at, 100),
        (CLOCK.due_at + timedelta(days=3), 100),
    ],
)
async def test_a_waiting_credit_is_told_of_by_the_furthest_part_of_its_time(
    books: PaymentsBooks, at: datetime, level: int | None
) -> None:
    await books.import_file(csv_file(UNKNOWN))

    assert await watch(books, at) == (0 if level is None else 1)

    events = await told(books, AT_RISK) + await told(books, OVERDUE)
    assert [event["level"] for event in events] == ([] if level is None else [level])


async def test_each_part_is_told_once_while_the_minutes_pass(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))

    for minutes in range(0, 26 * 60, 30):
        await watch(books, CLOCK.credited_at + timedelta(minutes=minutes))

    assert [event["level"] for event in await told(books, AT_RISK)] == [50, 80]
    (overdue,) = await told(books, OVERDUE)
    assert overdue["due_at"] == CLOCK.due_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert (overdue["zone"], overdue["is_identified"], overdue["owner_role"]) == (None, False, "approver")


async def test_workers_at_the_same_time_tell_each_credit_once(books: PaymentsBooks) -> None:
    entries = [Entry(10_000 + number, f"CASH DEPOSIT BRANCH {number:04}") for number in range(40)]
    await books.import_file(csv_file(*entries))

    counts = await asyncio.gather(*(watch(books, CLOCK.due_at) for _ in range(6)))

    assert sum(counts) == 40
    assert len({event["bank_line_id"] for event in await told(books, OVERDUE)}) == 40
    assert len(await told(books, OVERDUE)) == 40


async def test_a_watch_that_fails_before_its_commit_tells_again(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))
    async with UnitOfWork(books.database) as work:
        await watch_clocks(work, CLOCK.due_at)

    assert await told(books, OVERDUE) == []
    assert await watch(books, CLOCK.due_at) == 1
    assert len(await told(books, OVERDUE)) == 1


async def test_a_credit_booked_in_time_is_never_told_of(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))
    await seen_in_time(books)
    await read(books, CLOCK.due_at)

    assert await watch(books, CLOCK.due_at + timedelta(days=9)) == 0
    assert (await clock(books)).late_code == ""


async def test_a_credit_booked_late_is_told_of_even_when_nobody_watched_and_keeps_why(
    books: PaymentsBooks,
) -> None:
    await books.import_file(csv_file(UNKNOWN))
    await seen_in_time(books)
    await read(books, CLOCK.due_at + MINUTE)

    assert await watch(books, CLOCK.due_at + 2 * MINUTE) == 1

    (event,) = await told(books, OVERDUE)
    assert (event["cause"], event["booked_at"] is not None) == ("late", True)
    assert await told(books, AT_RISK) == []


async def test_a_statement_that_came_too_late_is_the_cause_that_is_kept(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))
    await read(books, CLOCK.due_at + timedelta(days=90))

    assert (await clock(books)).late_code == "statement_late"


async def test_the_database_refuses_a_late_booking_without_a_cause(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))

    with pytest.raises(Exception, match="late_never_silent"):
        await books.write("UPDATE booking_clocks SET booked_at = :at", at=CLOCK.due_at + MINUTE)


async def test_money_that_is_no_customers_payment_has_no_time_to_run_out(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))
    await read(books, CLOCK.half_at, is_booked=False, is_excused=True)

    assert await watch(books, CLOCK.due_at + MINUTE) == 0


async def test_the_zone_of_the_partner_is_told_and_its_own_rule_says_to_whom(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(UNKNOWN))
    await read(books, CLOCK.credited_at, zone="south", is_booked=False)
    await books.write(
        "INSERT INTO clock_escalations VALUES (gen_random_uuid(), 'south', 80, :day, 'sales_director', 's@example.com',"
        " 'tests', now())",
        day=date(2026, 10, 1),
    )

    await watch(books, CLOCK.half_at)
    await watch(books, CLOCK.warn_at)

    half, warn = await told(books, AT_RISK)
    assert (half["zone"], half["owner_role"]) == ("south", "zone_head")
    assert (warn["owner_role"], warn["owner_address"]) == ("sales_director", "s@example.com")


async def test_a_receipt_that_settles_all_of_its_money_is_allocated_with_its_booking(
    books: PaymentsBooks,
) -> None:
    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    await books.import_file(
        csv_file(Entry(118_000, f"RTGS CR-{UTR}-SHREE GANESH ELECTRICALS-INV/26-27/004000", UTR))
    )

    found = await clock(books)
    assert (found.allocated_as, found.zone, found.allocated_at) == ("settled", "west", found.booked_at)


async def test_money_on_account_is_allocated_once_it_is_used_and_no_longer_when_that_is_undone(
    books: PaymentsBooks,
) -> None:
    bill = invoice()
    await books.register(bill)
    await books.import_file(csv_file(Entry(50_000, "CASH DEPOSIT BRANCH 0042")))
    line_id = await books.value("SELECT id FROM bank_lines")
    advance = receipt(on_account_minor=50_000, bank_line_id=line_id)
    await books.book(advance)
    await read(books, CLOCK.half_at)

    before = await clock(books)
    (allocation,) = await books.allocate(advance, pays(bill, 50_000))
    used = await clock(books)
    await books.undo(advance, allocation)

    assert (before.booked_at is not None, before.allocated_at) == (True, None)
    assert used.allocated_as == "settled"
    assert (await clock(books)).allocated_at is None


async def test_a_calendar_of_the_account_moves_the_hour_of_its_credits(books: PaymentsBooks) -> None:
    await books.write(
        "INSERT INTO business_calendars VALUES ('banks', 'Banks', '{7}', '{2,4}', 'tests', 'tests', now())"
    )
    await books.write(
        "INSERT INTO calendar_days VALUES (gen_random_uuid(), 'banks', :day, false, 'Holiday', 'tests', 'tests', now())",
        day=RECEIVED_ON + timedelta(days=1),
    )
    await books.write(
        "INSERT INTO clock_terms VALUES (gen_random_uuid(), :account, '2026-01-01', 'banks', '', 'tests', now())",
        account=ACCOUNT_ID,
    )

    await books.import_file(csv_file(UNKNOWN))

    assert (await clock(books)).due_at == CLOCK.due_at + timedelta(days=1)


@pytest.mark.parametrize(
    "table",
    [
        "booking_clock_steps",
        "clock_reasons",
        "business_calendars",
        "calendar_days",
        "clock_terms",
        "clock_escalations",
    ],
)
async def test_what_was_said_about_clocks_is_never_changed(books: PaymentsBooks, table: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        await books.write(f"DELETE FROM {table}")


async def test_what_was_told_before_the_bank_counts_as_booked_when_it_was_told(books: PaymentsBooks) -> None:
    payment = ReceivedPayment(
        bank_account=ACCOUNT_NUMBER,
        partner_code="CP0002",
        currency="INR",
        amount_minor=118_000,
        received_on=RECEIVED_ON,
        channel="virtual_account",
        rail="RTGS",
        reference=UTR,
    )
    await books.tell(payment)

    await books.import_file(csv_file(Entry(118_000, f"RTGS CR-{UTR}-SOMEBODY", UTR)))

    found = await clock(books)
    assert (found.booked_at, found.late_code, found.zone) == (AT, "", "central")
    assert await watch(books, CLOCK.due_at + MINUTE) == 0


async def test_a_credit_starts_when_the_bank_says_it_came(books: PaymentsBooks) -> None:
    stated = f"<BookgDt><DtTm>{RECEIVED_ON}T18:04:11+05:30</DtTm></BookgDt>"
    content = camt_file(UNKNOWN).replace(
        f"<BookgDt><Dt>{RECEIVED_ON}</Dt></BookgDt>".encode(), stated.encode()
    )

    await books.import_file(content)

    assert (await clock(books)).due_at == datetime(2026, 10, 15, 12, 34, 11, tzinfo=UTC)


async def test_what_is_told_of_a_receipt_says_whether_its_own_clock_was_kept(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    entry = Entry(118_000, f"RTGS CR-{UTR}-SHREE GANESH ELECTRICALS-INV/26-27/004000", UTR)

    await books.import_file(csv_file(entry))

    (event,) = await told(books, "salesops.payments.receipts_booked.v1")
    assert event["receipts"][0]["is_on_time"] is False


async def test_money_that_goes_back_to_its_payer_is_allocated(books: PaymentsBooks) -> None:
    await books.import_file(csv_file(Entry(50_000, "CASH DEPOSIT BRANCH 0042")))
    advance = receipt(on_account_minor=50_000, bank_line_id=await books.value("SELECT id FROM bank_lines"))
    await books.book(advance)
    await read(books, CLOCK.half_at)

    refund_id = await books.ask_refund(advance.id, 50_000)
    await books.decide_refund(refund_id, is_paid=True)

    assert (await clock(books)).allocated_as == "settled"
