"""Reasons, calendars, terms and escalation: data with a day from which it counts, followed by clocks that run."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.payments.domain.booking_clock import BANK_TIME_ZONE
from services.payments.domain.business_day import business_day
from tests.factories.payments import ACCOUNT_NUMBER
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.service_callers import a_caller

RULES = "/v1/booking-clock"
BANKS = {
    "code": "banks",
    "name": "Banks in Maharashtra",
    "closed_weekdays": [7],
    "closed_saturdays": [2, 4],
    "source": "RBI, second and fourth Saturdays since 2015",
}


def today() -> date:
    """In India, as late as it is wanted: a day may begin while the tests run."""
    return business_day(datetime.now(UTC))


async def post(
    calling_payments: CallAs, path: str, body: dict[str, Any], role: str = "approver"
) -> httpx.Response:
    async with calling_payments(a_caller(role)) as client:
        return await client.post(f"{RULES}{path}", json=body)


async def listed(calling_payments: CallAs, path: str) -> list[dict[str, Any]]:
    async with calling_payments(a_caller()) as client:
        reply = await client.get(f"{RULES}{path}")
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def a_running_credit(books: PaymentsBooks) -> datetime:
    """One credit of today; returns when its time runs out."""
    await books.import_file(csv_file(Entry(77_700, "CASH DEPOSIT BRANCH 0042", "", today())))
    due_at: datetime = await books.value("SELECT due_at FROM booking_clocks")
    return due_at


def terms(calendar: str | None = "banks", **changes: Any) -> dict[str, Any]:
    return {"valid_from": "2026-01-01", "calendar": calendar, "note": "Agreed with finance", **changes}


def days(*stated: date, is_working: bool = False) -> dict[str, Any]:
    return {
        "days": [
            {"day": day.isoformat(), "is_working": is_working, "name": "Diwali", "source": "State gazette"}
            for day in stated
        ]
    }


async def test_a_holiday_that_is_declared_moves_clocks_that_run_and_may_be_taken_back(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    due_at = await a_running_credit(books)
    await post(calling_payments, "/calendars", {**BANKS, "closed_weekdays": [], "closed_saturdays": []})
    await post(calling_payments, "/terms", terms(bank_account=ACCOUNT_NUMBER))

    declared = await post(calling_payments, "/calendars/banks/days", days(today() + timedelta(days=1)))
    moved = await books.value("SELECT due_at FROM booking_clocks")
    await post(calling_payments, "/calendars/banks/days", days(today() + timedelta(days=1), is_working=True))

    assert declared.status_code == 201, declared.text
    assert moved == due_at + timedelta(days=1)
    assert await books.value("SELECT due_at FROM booking_clocks") == due_at
    assert [one["is_working"] for one in await listed(calling_payments, "/calendars/banks/days")] == [
        False,
        True,
    ]


async def test_terms_of_an_account_come_before_those_of_all_and_end_with_the_next(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    due_at = await a_running_credit(books)
    tomorrow = today() + timedelta(days=1)
    await post(calling_payments, "/calendars", {**BANKS, "closed_weekdays": [], "closed_saturdays": []})
    await post(calling_payments, "/calendars/banks/days", days(tomorrow))

    await post(calling_payments, "/terms", terms())
    of_all = await books.value("SELECT due_at FROM booking_clocks")
    await post(calling_payments, "/terms", terms(None, bank_account=ACCOUNT_NUMBER))
    own = await books.value("SELECT due_at FROM booking_clocks")

    assert (of_all, own) == (due_at + timedelta(days=1), due_at)
    assert [one["bank_account"] for one in await listed(calling_payments, "/terms")] == [ACCOUNT_NUMBER, None]


async def test_a_clock_that_has_run_out_is_not_rescued_by_a_new_calendar(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(Entry(77_700, "CASH DEPOSIT BRANCH 0042")))
    before = await books.value("SELECT due_at FROM booking_clocks")
    await post(calling_payments, "/calendars", BANKS)

    await post(calling_payments, "/calendars/banks/days", days(before.astimezone(BANK_TIME_ZONE).date()))
    await post(calling_payments, "/terms", terms())

    assert await books.value("SELECT due_at FROM booking_clocks") == before


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/calendars/nowhere/days", days(today()), 422, "calendar_unknown"),
        ("/terms", terms("nowhere"), 422, "calendar_unknown"),
        ("/terms", terms(None, bank_account="nobody's"), 404, "bank_account_unknown"),
        ("/calendars", {**BANKS, "closed_weekdays": [1, 2, 3, 4, 5, 6, 7]}, 422, "calendar_never_open"),
        (
            "/escalations",
            {"zone": "*", "percent": 90, "valid_from": "2026-01-01", "role": "head"},
            422,
            "invalid",
        ),
    ],
)
async def test_rules_that_cannot_count_are_refused(
    books: PaymentsBooks, calling_payments: CallAs, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    reply = await post(calling_payments, path, body)

    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_a_rule_is_added_once_and_only_by_who_approves(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    reason = {"kind": "pause", "code": "strike", "title": "The bank is on strike", "valid_from": "2026-01-01"}

    first = await post(calling_payments, "/reasons", reason)
    again = await post(calling_payments, "/reasons", reason)
    calendars = [await post(calling_payments, "/calendars", BANKS) for _ in range(2)]
    denied = await post(calling_payments, "/reasons", reason, role="coordinator")

    assert (first.status_code, again.json()["code"], denied.status_code) == (201, "rule_taken", 403)
    assert [one.status_code for one in calendars] == [201, 409]


async def test_a_reason_that_is_withdrawn_is_no_longer_offered(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_running_credit(books)
    withdrawn = {
        "kind": "pause",
        "code": "bank_asked",
        "title": "The bank",
        "valid_from": "2026-02-01",
        "is_offered": False,
    }
    await post(calling_payments, "/reasons", withdrawn)
    credit = await books.value("SELECT bank_line_id FROM booking_clocks")

    async with calling_payments(a_caller()) as client:
        reply = await client.post(
            f"{RULES}/credits/{credit}/pause",
            json={"reason": "bank_asked", "note": "Asked today"},
            headers={"If-Match": '"1"'},
        )

    assert (reply.status_code, reply.json()["code"]) == (422, "clock_reason_unknown")


async def test_who_hears_of_a_zone_is_listed_with_the_rule_of_every_zone(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    rule = {
        "zone": "south",
        "percent": 100,
        "valid_from": "2026-10-01",
        "role": "sales_director",
        "address": "s@example.com",
    }

    added = await post(calling_payments, "/escalations", rule)

    assert added.status_code == 201, added.text
    assert [one["role"] for one in await listed(calling_payments, "/escalations?zone=south")] == [
        "sales_director"
    ]
    assert {one["role"] for one in await listed(calling_payments, "/escalations?zone=*")} == {"zone_head"}
