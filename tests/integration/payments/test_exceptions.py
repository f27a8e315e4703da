"""Exceptions: owned, noted, accepted, resolved and reopened, and over by themselves when their cause is gone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.watch_exceptions import watch_exceptions
from shared.database import Database
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller

UTR = "HDFCN52026101412345678"
UNKNOWN = Entry(250_000, f"NEFT CR-HDFC0000001-SOMEBODY UNKNOWN-{UTR}", UTR)


async def step(
    calling_payments: CallAs, exception: dict[str, Any], name: str, body: object, role: str = "coordinator"
) -> httpx.Response:
    """Take a step on the exception as it was last read."""
    async with calling_payments(a_caller(role)) as client:
        headers = {"If-Match": f'"{exception.get("revision", 1)}"'}
        return await client.post(f"/v1/exceptions/{exception['id']}/{name}", json=body, headers=headers)


async def listed(calling_payments: CallAs, query: str = "") -> list[dict[str, Any]]:
    async with calling_payments(a_caller("auditor")) as client:
        items: list[dict[str, Any]] = (await client.get(f"/v1/exceptions{query}")).json()["items"]
    return items


@pytest.fixture
async def waiting(books: PaymentsBooks, calling_payments: CallAs) -> dict[str, Any]:
    """The exception of a credit that nobody knows."""
    await books.import_file(csv_file(UNKNOWN))
    (exception,) = await listed(calling_payments)
    return exception


@pytest.fixture
async def differing(books: PaymentsBooks, superuser: Database, calling_payments: CallAs) -> dict[str, Any]:
    """An exception about no line."""
    await books.write(
        "INSERT INTO payment_exceptions (id, code, detail, subject, raised_by, raised_at)"
        " VALUES (gen_random_uuid(), 'balance_differs', 'One rupee', 'a subject', 'test-coordinator', :at)",
        at=datetime.now(UTC) - timedelta(days=4),
    )
    (exception,) = await listed(calling_payments)
    return exception


async def test_an_exception_tells_its_line_account_amount_and_age(waiting: dict[str, Any]) -> None:
    assert (waiting["state"], waiting["owner"], waiting["bank_account"]) == ("open", "", "50200012345678")
    assert waiting["amount"] == rupees("2500.00")
    assert waiting["age_hours"] == 0


async def test_the_history_keeps_every_step_with_who_and_why(
    differing: dict[str, Any], calling_payments: CallAs
) -> None:
    given = (await step(calling_payments, differing, "assignment", {"owner": "meera"})).json()
    noted = (
        await step(calling_payments, given, "notes", {"note": "The bank says so", "evidence": ["case 4711"]})
    ).json()
    over = (
        await step(
            calling_payments, noted, "resolution", {"cause": "bank_corrected", "note": "Corrected today"}
        )
    ).json()
    again = (await step(calling_payments, over, "reopening", {"reason": "It came back"}, "approver")).json()

    told = [(one["kind"], one["value"], one["note"], one["actor"]) for one in again["history"]]
    assert told == [
        ("assigned", "meera", "", "test-coordinator"),
        ("noted", "", "The bank says so", "test-coordinator"),
        ("resolved", "bank_corrected", "Corrected today", "test-coordinator"),
        ("reopened", "", "It came back", "test-approver"),
    ]
    assert again["history"][1]["evidence"] == ["case 4711"]
    assert (over["state"], again["state"], again["owner"], again["cause"]) == (
        "resolved",
        "open",
        "meera",
        "",
    )


async def test_the_history_cannot_be_rewritten_and_an_exception_not_removed(
    books: PaymentsBooks, differing: dict[str, Any], calling_payments: CallAs
) -> None:
    await step(calling_payments, differing, "assignment", {"owner": "meera"})

    with pytest.raises(Exception, match="append-only"):
        await books.write("UPDATE payment_exception_events SET actor = 'nobody'")
    with pytest.raises(Exception, match="append-only"):
        await books.write("DELETE FROM payment_exceptions")


async def test_a_line_that_is_not_in_the_books_keeps_its_exception(
    waiting: dict[str, Any], calling_payments: CallAs
) -> None:
    reply = await step(calling_payments, waiting, "resolution", {"cause": "other", "note": "Go away"})

    assert (reply.status_code, reply.json()["code"]) == (409, "cause_stands")


async def test_an_exception_is_over_once_its_line_is_in_the_books(
    books: PaymentsBooks, waiting: dict[str, Any], calling_payments: CallAs
) -> None:
    told = {
        "partner_code": "CP0001",
        "bank_account": "50200012345678",
        "amount": rupees("2500.00"),
        "received_on": "2026-10-14",
        "reference": UTR,
    }
    async with calling_payments(a_caller()) as client:
        reply = await client.post("/v1/receipts", json=told)

    (over,) = await listed(calling_payments, "?state=resolved")
    assert reply.status_code == 201, reply.text
    assert (over["id"], over["cause"]) == (waiting["id"], "booked")
    assert await listed(calling_payments) == []


async def test_the_watch_ends_what_came_into_the_books_by_another_way(
    books: PaymentsBooks, waiting: dict[str, Any], calling_payments: CallAs
) -> None:
    async def watch() -> None:
        async with UnitOfWork(books.database) as work:
            await watch_exceptions(work, datetime.now(UTC))
            await work.commit()

    await watch()
    assert len(await listed(calling_payments)) == 1
    await books.write(
        "INSERT INTO receipts (id, bank_line_id, bank_account_id, partner_code, currency, amount_minor,"
        " allocated_minor, on_account_minor, received_on, rail, reference, cheque_number, booked_at)"
        " SELECT gen_random_uuid(), id, bank_account_id, 'CP0001', currency, amount_minor, 0, amount_minor,"
        " booked_on, '', '', '', stored_at FROM bank_lines"
    )

    await watch()

    (over,) = await listed(calling_payments, "?state=resolved")
    assert over["cause"] == "cause_gone"


async def test_only_approvers_accept_and_only_with_evidence(
    differing: dict[str, Any], calling_payments: CallAs
) -> None:
    said = {"note": "One rupee of rounding", "evidence": ["Approval memo 12"]}

    by_maker = await step(calling_payments, differing, "acceptance", said)
    unproved = await step(calling_payments, differing, "acceptance", {**said, "evidence": []}, "approver")
    accepted = await step(calling_payments, differing, "acceptance", said, "approver")

    assert (by_maker.status_code, unproved.status_code) == (403, 422)
    assert (accepted.json()["state"], accepted.json()["accepted_by"]) == ("accepted", "test-approver")


@pytest.mark.parametrize("role_of_owner", ["test-approver", "nobody"])
async def test_money_is_not_waived_by_its_owner(
    differing: dict[str, Any], calling_payments: CallAs, role_of_owner: str
) -> None:
    given = (await step(calling_payments, differing, "assignment", {"owner": role_of_owner})).json()
    said = {"note": "Rounding", "evidence": ["Memo 12"], "waived": rupees("1.00")}

    reply = await step(calling_payments, given, "acceptance", said, "approver")

    if role_of_owner == "nobody":
        assert reply.json()["waived"] == rupees("1.00")
    else:
        assert (reply.status_code, reply.json()["code"]) == (409, "maker_is_checker")


async def test_the_database_refuses_a_waiver_by_the_owner(
    books: PaymentsBooks, differing: dict[str, Any]
) -> None:
    with pytest.raises(Exception, match="waived_by_another"):
        await books.write(
            "UPDATE payment_exceptions SET owner = 'x', accepted_by = 'x', accepted_at = now(), waived_minor = 1"
        )


async def test_steps_that_do_not_follow_are_refused(
    differing: dict[str, Any], calling_payments: CallAs
) -> None:
    open_again = await step(calling_payments, differing, "reopening", {"reason": "Just so"})
    over = (
        await step(calling_payments, differing, "resolution", {"cause": "other", "note": "Nothing left"})
    ).json()

    assert (open_again.status_code, open_again.json()["code"]) == (409, "exception_state")
    said = {"note": "Known", "evidence": ["Memo"]}
    for name, body, role in (
        ("assignment", {"owner": "meera"}, "coordinator"),
        ("acceptance", said, "approver"),
        ("resolution", {"cause": "other", "note": "Again"}, "coordinator"),
    ):
        assert (await step(calling_payments, over, name, body, role)).json()["code"] == "exception_state"


async def test_a_step_needs_the_revision_it_was_decided_on(
    differing: dict[str, Any], calling_payments: CallAs
) -> None:
    await step(calling_payments, differing, "assignment", {"owner": "meera"})

    stale = await step(calling_payments, differing, "assignment", {"owner": "ravi"})
    async with calling_payments(a_caller()) as client:
        blind = await client.post(f"/v1/exceptions/{differing['id']}/assignment", json={"owner": "ravi"})

    assert (stale.status_code, blind.status_code) == (412, 428)


async def test_of_many_who_resolve_at_once_one_does(
    differing: dict[str, Any], calling_payments: CallAs
) -> None:
    body = {"cause": "other", "note": "Nothing left"}

    replies = await asyncio.gather(
        *(step(calling_payments, differing, "resolution", body) for _ in range(10))
    )

    assert sorted(reply.status_code for reply in replies) == [200] + [412] * 9


async def test_what_waits_is_found_by_owner_account_code_and_age(
    differing: dict[str, Any], calling_payments: CallAs
) -> None:
    await step(calling_payments, differing, "assignment", {"owner": "meera"})

    found = [
        len(await listed(calling_payments, query))
        for query in (
            "?owner=meera", "?owner=", "?code=balance_differs", "?bank_account=50200012345678",
            "?age_hours_gte=96", "?age_hours_gte=97", "?state=accepted",
        )
    ]  # fmt: skip

    assert found == [1, 0, 1, 0, 1, 0, 0]


async def test_the_summary_counts_by_code_owner_and_age(
    books: PaymentsBooks, differing: dict[str, Any], calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(UNKNOWN))

    async with calling_payments(a_caller()) as client:
        summary = (await client.get("/v1/exceptions/summary")).json()

    assert summary["waiting"] == 2
    old = next(group for group in summary["groups"] if group["code"] == "balance_differs")
    young = next(group for group in summary["groups"] if group["code"] != "balance_differs")
    assert (old["under_7_days"], old["waiting"], young["under_1_day"]) == (1, 1, 1)


async def test_one_subject_has_one_unresolved_exception(
    books: PaymentsBooks, differing: dict[str, Any]
) -> None:
    with pytest.raises(Exception, match="uq_payment_exceptions_subject"):
        await books.write(
            "INSERT INTO payment_exceptions (id, code, detail, subject, raised_at)"
            " VALUES (gen_random_uuid(), 'x', '', 'a subject', now())"
        )


async def test_unknown_exceptions_are_not_found(books: PaymentsBooks, calling_payments: CallAs) -> None:
    nobody = {"id": "0192f0c1-0000-7000-8000-00000000ffff"}

    reply = await step(calling_payments, nobody, "notes", {"note": "Hello"})

    assert reply.status_code == 404
