"""The clocks over the API: who is late, who will be, and what people say about it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.payments.adapters.clock_store import ClockReading, read_clocks
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.business_day import business_day
from tests.factories.payments import invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.service_callers import a_caller

HOUR = timedelta(hours=1)
CREDITS = "/v1/booking-clock/credits"


async def get(calling_payments: CallAs, path: str, **caller: Any) -> httpx.Response:
    async with calling_payments(a_caller(**caller)) as client:
        reply = await client.get(path)
    assert reply.status_code == 200, reply.text
    return reply


async def step(
    calling_payments: CallAs, credit: str, name: str, revision: int | None = 1, **body: str
) -> httpx.Response:
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    async with calling_payments(a_caller()) as client:
        return await client.post(
            f"{CREDITS}/{credit}/{name}", json={"note": "As told", **body}, headers=headers
        )


async def credits_that_began(books: PaymentsBooks, *hours_ago: float) -> list[str]:
    """One unidentified credit for each, seen when the bank credited it, by id in that order."""
    entries = [Entry(10_000 + number, f"CASH DEPOSIT BRANCH {number:04}") for number in range(len(hours_ago))]
    await books.import_file(csv_file(*entries))
    now = datetime.now(UTC)
    ids = [row.bank_line_id for row in await books.rows("SELECT * FROM booking_clocks ORDER BY amount_minor")]
    for bank_line_id, hours in zip(ids, hours_ago, strict=True):
        begun = now - hours * HOUR
        await books.write(
            "UPDATE booking_clocks SET credited_at = :begun, seen_at = :begun, half_at = :half, warn_at = :warn,"
            " due_at = :due WHERE bank_line_id = :id",
            begun=begun,
            half=begun + 12 * HOUR,
            warn=begun + 19.2 * HOUR,
            due=begun + 24 * HOUR,
            id=bank_line_id,
        )
    return [str(one) for one in ids]


async def book(books: PaymentsBooks, credit: str, at: datetime, zone: str = "west") -> None:
    reading = ClockReading(UUID(credit), zone, is_identified=True, is_booked=True, is_excused=False)
    async with UnitOfWork(books.database) as work:
        await read_clocks(work.connection, [reading], at)
        await work.commit()


async def test_the_clock_says_who_is_late_and_who_will_be(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await credits_that_began(books, 1, 13, 20, 25)

    body = (await get(calling_payments, "/v1/booking-clock")).json()

    counts = {name: body[name] for name in ("seen", "due", "at_risk", "urgent", "late", "paused")}
    assert counts == {"seen": 4, "due": 3, "at_risk": 1, "urgent": 1, "late": 1, "paused": 0}
    assert [one["standing"] for one in body["waiting"]] == ["late", "urgent", "at_risk", "in_time"]
    assert body["on_time_share"] == "0.0000"


async def test_shares_are_told_by_day_zone_and_bank_account_and_are_not_rounded_up(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    now = datetime.now(UTC)
    in_time, also, late = await credits_that_began(books, 30, 30, 30)
    await book(books, in_time, now - 7 * HOUR)
    await book(books, also, now - 7 * HOUR, zone="south")
    await book(books, late, now - HOUR)

    body = (await get(calling_payments, "/v1/booking-clock")).json()

    assert body["on_time_share"] == "0.6666"
    assert {one["key"]: one["on_time_share"] for one in body["by_zone"]} == {
        "south": "1.0000",
        "west": "0.5000",
    }
    assert [one["booked_late"] for one in body["by_bank_account"]] == [1]
    assert sum(one["seen"] for one in body["by_day"]) == 3
    assert body["late_causes"] == [{"cause": "late", "title": "Late; nobody has said why yet", "count": 1}]


async def test_a_zone_sees_its_own_clocks_only(books: PaymentsBooks, calling_payments: CallAs) -> None:
    west, south = await credits_that_began(books, 1, 1)
    await book(books, west, datetime.now(UTC))
    await book(books, south, datetime.now(UTC), zone="south")

    body = (await get(calling_payments, "/v1/booking-clock", role="zonal_sales", zones=("south",))).json()
    rows = (await get(calling_payments, CREDITS, role="zonal_sales", zones=("south",))).json()["items"]

    assert body["seen"] == 1
    assert [row["bank_line_id"] for row in rows] == [south]


async def test_a_period_counts_its_days_and_one_too_long_is_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await credits_that_began(books, 1, 24 * 400)
    today = business_day(datetime.now(UTC))
    yesterday = today - timedelta(days=1)

    usual = (await get(calling_payments, "/v1/booking-clock")).json()
    period = (await get(calling_payments, f"/v1/booking-clock?credited_on_gte={yesterday}")).json()
    async with calling_payments(a_caller()) as client:
        refused = await client.get(f"/v1/booking-clock?credited_on_gte=2020-01-01&credited_on_lte={today}")

    assert (usual["seen"], usual["late"], period["seen"]) == (2, 1, 1)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("standing=late", 1),
        ("standing=urgent", 1),
        ("state=seen", 3),
        ("state=booked", 0),
        ("zone=", 3),
        ("zone=west", 0),
        ("bank_account=none", 0),
        ("amount_gte=100.01", 2),
        ("credited_on_gte=2020-01-01&credited_on_lte=2020-02-01", 0),
        ("due_at_lte=2020-01-01T00:00:00Z", 0),
        ("late_cause=late", 0),
        ("partner_code=CP0001", 0),
    ],
)
async def test_clocks_are_listed_by_what_people_ask_for(
    books: PaymentsBooks, calling_payments: CallAs, query: str, count: int
) -> None:
    await credits_that_began(books, 1, 20, 25)

    rows = (await get(calling_payments, f"{CREDITS}?{query}")).json()["items"]
    file = await get(calling_payments, f"{CREDITS}?{query}&format=csv")

    assert len(rows) == count
    assert len(list(csv.DictReader(io.StringIO(file.text, newline="")))) == count


async def test_a_paused_clock_stands_still_and_goes_on_with_what_was_left(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (credit,) = await credits_that_began(books, 20)

    paused = await step(calling_payments, credit, "pause", reason="bank_asked")
    await books.write("UPDATE booking_clocks SET paused_at = paused_at - interval '6 hours'")
    at_rest = (await get(calling_payments, "/v1/booking-clock")).json()
    resumed = await step(calling_payments, credit, "resumption", 2)

    assert (paused.status_code, paused.json()["standing"], paused.json()["pause_reason"]) == (
        200,
        "paused",
        "bank_asked",
    )
    assert (at_rest["paused"], at_rest["late"]) == (1, 0)
    assert (resumed.status_code, resumed.json()["standing"]) == (200, "at_risk")
    kinds = [(one["kind"], one["reason"]) for one in resumed.json()["steps"]]
    assert kinds == [("paused", "bank_asked"), ("resumed", "bank_asked")]


async def test_booking_ends_a_pause_whose_time_does_not_count(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (credit,) = await credits_that_began(books, 60)
    await books.write("UPDATE booking_clocks SET due_at = now() + interval '1 minute'")
    await step(calling_payments, credit, "pause", reason="payer_asked")
    await books.write(
        "UPDATE booking_clocks SET paused_at = paused_at - interval '30 hours', due_at = now() - interval '29 hours'"
    )

    await book(books, credit, datetime.now(UTC))

    body = (await get(calling_payments, f"{CREDITS}/{credit}")).json()
    assert (body["standing"], body["paused_at"], body["late_cause"]) == ("on_time", None, None)
    assert [one["kind"] for one in body["steps"]] == ["paused", "resumed"]


@pytest.mark.parametrize(
    ("hours_ago", "reason", "revision", "status", "code"),
    [
        (1, "lunch", 1, 422, "clock_reason_unknown"),
        (1, "late", 1, 422, "clock_reason_unknown"),
        (25, "bank_asked", 1, 409, "clock_state"),
        (1, "bank_asked", 7, 412, "stale"),
        (1, "bank_asked", None, 428, "precondition_missing"),
    ],
)
async def test_a_pause_without_ground_is_refused(
    books: PaymentsBooks,
    calling_payments: CallAs,
    hours_ago: float,
    reason: str,
    revision: int | None,
    status: int,
    code: str,
) -> None:
    (credit,) = await credits_that_began(books, hours_ago)

    reply = await step(calling_payments, credit, "pause", revision, reason=reason)

    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_steps_that_do_not_fit_the_clock_are_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    fresh, booked = await credits_that_began(books, 1, 1)
    await book(books, booked, datetime.now(UTC))
    nobody = "01a20b82-68db-7000-8000-000000000000"

    replies = [
        await step(calling_payments, fresh, "resumption"),
        await step(calling_payments, fresh, "late-cause", cause="other"),
        await step(calling_payments, fresh, "on-account"),
        await step(calling_payments, booked, "pause", reason="bank_asked"),
    ]
    absent = await step(calling_payments, nobody, "on-account")

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(409, "clock_state")] * 4
    assert absent.status_code == 404


async def test_a_person_says_why_a_credit_was_late_and_the_last_cause_counts(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (credit,) = await credits_that_began(books, 30)
    early = await step(calling_payments, credit, "late-cause", cause="payer_unknown")
    await book(books, credit, datetime.now(UTC))

    later = await step(calling_payments, credit, "late-cause", 2, cause="invoice_missing")
    automatic = await step(calling_payments, credit, "late-cause", 3, cause="late")

    assert (early.json()["standing"], early.json()["late_cause"]) == ("late", "payer_unknown")
    assert (later.json()["standing"], later.json()["late_cause"]) == ("booked_late", "invoice_missing")
    assert automatic.json()["code"] == "clock_reason_unknown"


async def test_money_that_a_person_keeps_on_account_is_allocated(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (credit,) = await credits_that_began(books, 1)
    await book(books, credit, datetime.now(UTC))

    reply = await step(calling_payments, credit, "on-account")
    again = await step(calling_payments, credit, "on-account", 2)

    assert (reply.json()["state"], reply.json()["allocated_as"]) == ("allocated", "on_account")
    assert (again.status_code, again.json()["code"]) == (409, "clock_state")


async def test_a_credit_booked_for_the_wrong_partner_is_not_booked_and_its_time_runs_out_again(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice("INV/26-27/004000", total_minor=118_000))
    reference = "SBINR52026101400012345"
    narration = f"RTGS CR-{reference}-SHREE GANESH ELECTRICALS-INV/26-27/004000"
    await books.import_file(csv_file(Entry(118_000, narration, reference)))
    credit = (await get(calling_payments, CREDITS)).json()["items"][0]
    async with calling_payments(a_caller()) as client:
        reversal = await client.post(
            f"/v1/receipts/{credit['receipt_id']}/reversal", json={"reason_code": "wrong_partner"}
        )

    after = (await get(calling_payments, f"{CREDITS}/{credit['bank_line_id']}")).json()

    assert reversal.status_code in {200, 201}, reversal.text
    assert (credit["state"], credit["zone"]) == ("allocated", "west")
    assert (after["state"], after["zone"], after["standing"]) == ("seen", "", "late")
