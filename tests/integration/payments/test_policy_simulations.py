"""A policy is tried on past lines before somebody else puts it in force."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.application.simulate_policy import simulate_policy
from services.payments.domain.business_day import business_day
from tests.factories.payments import invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_matching_policies import SHREE, STRANGER, a_draft, call
from tests.integration.service_callers import a_caller

# Nothing is short by a charge that this policy knows, and hardly a payer is certain.
STRICT = {"bank_charges_minor": [1], "bank_charge_cap_minor": 0, "payer_certainty": 0.999999999999}


def today() -> date:
    """In India, as late as it is wanted: a day may begin while the tests run."""
    return business_day(datetime.now(UTC))


async def no_progress(*, message: str, counts: Mapping[str, int], percent: int) -> None:
    """Nobody watches."""


async def drafted(calling_payments: CallAs, version: str = "2026-11", **changes: object) -> None:
    reply = await call(
        calling_payments, "POST", "/v1/matching-policies", a_draft(version, changes=changes or STRICT)
    )
    assert reply.status_code == 201, reply.text


async def simulated(
    books: PaymentsBooks, calling_payments: CallAs, version: str = "2026-11", days: int = 300
) -> dict[str, Any]:
    asked = await call(
        calling_payments, "POST", f"/v1/matching-policies/{version}/simulation", {"days": days}
    )
    assert asked.status_code == 202, asked.text
    await simulate_policy(books.database, UUID(asked.json()["id"]), no_progress)
    body: dict[str, Any] = (
        await call(calling_payments, "GET", f"/v1/policy-simulations/{asked.json()['id']}")
    ).json()
    return body


async def lines_of(
    calling_payments: CallAs, simulation: dict[str, Any], query: str = ""
) -> list[dict[str, Any]]:
    reply = await call(calling_payments, "GET", f"/v1/policy-simulations/{simulation['id']}/lines{query}")
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def a_month(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/26-27/004000"), invoice("INV/26-27/004001", total_minor=236_000))
    await books.import_file(
        csv_file(
            Entry(118_000, SHREE.format("INV/26-27/004000")),
            Entry(236_000, STRANGER.format("INV/26-27/004001")),
            Entry(77_700, "NEFT CR-ICIC0777777-NOBODY KNOWN"),
            Entry(-590, "CHRGS NEFT"),
        )
    )


async def test_a_simulation_tells_what_the_draft_would_have_decided(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_month(books)
    await books.register(invoice("INV/26-27/004009", total_minor=354_321))
    await books.import_file(csv_file(Entry(354_321 - 590, SHREE.format("PAYMENT"))))
    await drafted(calling_payments)

    simulation = await simulated(books, calling_payments)

    counts = simulation["counts"]
    assert (simulation["state"], simulation["percent"]) == ("succeeded", 100)
    assert (counts["lines"], counts["recorded_auto"], counts["recorded_exception"]) == (4, 3, 1)
    assert (counts["different"], counts["no_longer_automatic"], counts["simulated_auto"]) == (1, 1, 2)
    assert counts["recorded_contrary"] == counts["simulated_contrary"] == counts["not_simulated"] == 0
    assert (simulation["straight_through_recorded"], simulation["straight_through_simulated"]) == (
        "0.7500",
        "0.5000",
    )
    (different,) = await lines_of(calling_payments, simulation)
    assert [part["kind"] for part in different["recorded"]["deductions"]] == ["BANK_CHARGE"]
    assert (different["simulated"]["outcome"], different["simulated"]["deductions"]) == ("suggested", [])
    assert await lines_of(calling_payments, simulation, "?is_contrary=true") == []


async def test_a_simulation_books_nothing(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await a_month(books)
    await drafted(calling_payments)
    counted = "SELECT (SELECT count(*) FROM receipts), (SELECT count(*) FROM line_decisions), (SELECT count(*) FROM outbox)"
    before = await books.rows(counted)

    await simulated(books, calling_payments)

    assert await books.rows(counted) == before


async def test_lines_are_decided_against_what_was_open_then(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    """The invoices are paid and the payer is known by now; then they were not."""
    await a_month(books)
    await drafted(calling_payments, amount={"bank_charge": 3.1})

    simulation = await simulated(books, calling_payments)

    assert simulation["counts"]["different"] == 0
    assert simulation["counts"]["simulated_auto"] == 2


async def test_a_booking_that_people_corrected_is_told_as_contrary(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_month(books)
    wrong = await books.value("SELECT id FROM receipts WHERE amount_minor = 118000")
    async with calling_payments(a_caller()) as client:
        (allocation,) = (await client.get(f"/v1/receipts/{wrong}/allocations")).json()["allocations"]
        undone = await client.post(f"/v1/allocations/{allocation['id']}/reversal", json={})
    assert undone.status_code == 200, undone.text
    await drafted(calling_payments, amount={"exact": 0.3}, is_ambiguous_on_account=False)

    counts = (await simulated(books, calling_payments))["counts"]

    assert (counts["settled"], counts["recorded_contrary"], counts["simulated_contrary"]) == (2, 1, 1)


async def test_lines_before_the_first_day_are_left_out(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    early = today() - timedelta(days=20)
    await books.import_file(
        csv_file(
            Entry(1_000, "NEFT CR-ICIC0777777-SOMEBODY ONE", booked_on=early),
            Entry(2_000, "NEFT CR-ICIC0777777-SOMEBODY TWO", booked_on=today()),
        )
    )
    await drafted(calling_payments)

    assert (await simulated(books, calling_payments, days=5))["counts"]["lines"] == 1
    assert (await simulated(books, calling_payments, days=25))["counts"]["lines"] == 2


async def test_a_simulation_that_is_run_again_writes_nothing_twice(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_month(books)
    await drafted(calling_payments)
    simulation = await simulated(books, calling_payments)

    await simulate_policy(books.database, UUID(simulation["id"]), no_progress)

    assert await books.value("SELECT count(*) FROM simulation_results") == 1


async def activate(calling_payments: CallAs, version: str = "2026-11", role: str = "approver") -> Any:
    return await call(calling_payments, "POST", f"/v1/matching-policies/{version}/activation", {}, role)


async def test_a_simulated_draft_is_activated_by_another_and_decides_from_then_on(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_month(books)
    await drafted(calling_payments)
    await simulated(books, calling_payments)

    reply = await activate(calling_payments)

    assert reply.status_code == 200, reply.text
    assert (reply.json()["state"], reply.json()["activated_by"]) == ("active", "test-approver")
    retired = (await call(calling_payments, "GET", "/v1/matching-policies/2026-10")).json()
    assert [event["state"] for event in retired["events"]] == ["active", "retired"]
    await books.import_file(csv_file(Entry(99_900, "NEFT CR-ICIC0777777-LATER")))
    versions = await books.rows("SELECT DISTINCT policy_version FROM line_decisions ORDER BY 1")
    assert [row.policy_version for row in versions] == ["2026-10", "2026-11"]


async def test_no_draft_is_activated_unseen_or_by_its_maker(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await drafted(calling_payments)
    unseen = await activate(calling_payments)
    await simulated(books, calling_payments)
    draft = a_draft("own", changes=STRICT)
    assert (
        await call(calling_payments, "POST", "/v1/matching-policies", draft, "approver")
    ).status_code == 201
    own = await activate(calling_payments, "own")
    forbidden = await activate(calling_payments, role="coordinator")
    missing = await activate(calling_payments, "none")
    active = await activate(calling_payments, "2026-10")

    assert (unseen.status_code, unseen.json()["code"]) == (409, "policy_not_simulated")
    assert (own.status_code, own.json()["code"]) == (409, "maker_is_checker")
    assert (forbidden.status_code, missing.status_code) == (403, 404)
    assert (active.status_code, active.json()["code"]) == (409, "policy_state")


async def test_of_activations_at_the_same_time_the_last_one_is_in_force_alone(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    versions = [f"v{number}" for number in range(5)]
    for number, version in enumerate(versions):
        await drafted(calling_payments, version, amount={"exact": 0.1 + number})
        await simulated(books, calling_payments, version)

    replies = await asyncio.gather(*(activate(calling_payments, version) for version in versions))

    assert [reply.status_code for reply in replies] == [200] * 5
    assert await books.value("SELECT count(*) FROM matching_policies WHERE state = 'active'") == 1
    assert await books.value("SELECT count(*) FROM matching_policies WHERE state = 'retired'") == 5


@pytest.mark.parametrize("days", [0, 367])
async def test_a_simulation_is_of_a_year_at_most(
    books: PaymentsBooks, calling_payments: CallAs, days: int
) -> None:
    reply = await call(calling_payments, "POST", "/v1/matching-policies/2026-10/simulation", {"days": days})

    assert reply.status_code == 422
    gone = await call(calling_payments, "POST", "/v1/matching-policies/none/simulation", {"days": 1})
    assert gone.status_code == 404
    unknown = "00000000-0000-7000-8000-000000000000"
    assert (await call(calling_payments, "GET", f"/v1/policy-simulations/{unknown}")).status_code == 404
