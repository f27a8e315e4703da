"""The matching's policy is data: drafted by one, and what it decided can be decided again."""

from typing import Any

import httpx
import pytest

from services.payments.adapters.policy_content import policy_content
from services.payments.adapters.repositories.policies import active_policy
from services.payments.domain.matching_policy import default_policy
from tests.factories.payments import invoice, partner, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.service_callers import a_caller

SHREE = "NEFT CR-HDFC0001234-SHREE GANESH ELECTRICALS-{}-HDFCN26287000001"
STRANGER = "NEFT CR-ICIC0777777-EVEREST FAMILY TRUST-{}-ICICN26287000002"


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, role: str = "coordinator"
) -> httpx.Response:
    async with calling_payments(a_caller(role)) as client:
        return await client.request(method, path, json=body)


def a_draft(version: str = "2026-11", **given: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "version": version,
        "base_version": "2026-10",
        "changes": {"allocation_certainty": 0.99, "amount": {"bank_charge": 3.0}},
        "note": "Charges are rarer than we thought",
    }
    return {**facts, **given}


async def test_the_delivered_policy_is_the_one_of_the_code(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    async with books.database.reading() as connection:
        active = await active_policy(connection)

    assert active.version == default_policy().version
    assert policy_content(active) == policy_content(default_policy())
    shown = (await call(calling_payments, "GET", "/v1/matching-policies?state=active")).json()["items"]
    assert [(one["version"], one["activated_by"]) for one in shown] == [("2026-10", "installation")]


async def test_a_draft_is_its_base_with_some_values_changed(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    reply = await call(calling_payments, "POST", "/v1/matching-policies", a_draft())

    assert reply.status_code == 201, reply.text
    draft = reply.json()
    base = (await call(calling_payments, "GET", "/v1/matching-policies/2026-10")).json()
    assert (draft["state"], draft["base_version"], draft["made_by"]) == (
        "draft",
        "2026-10",
        "test-coordinator",
    )
    assert draft["content"]["amount"]["bank_charge"] == 3.0
    assert draft["content"]["payer"] == base["content"]["payer"]
    assert draft["content_sha256"] != base["content_sha256"]
    assert [event["state"] for event in draft["events"]] == ["draft"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"certainty": 0.9}, "/changes/certainty"),
        ({"amount": {"exakt": 1.0}}, "/changes/amount/exakt"),
        ({"amount": 1.0}, "/changes/amount"),
        ({"amount": {"exact": "much"}}, "/changes/amount/exact"),
        ({"amount": {"exact": -1.0}}, "/changes/amount/exact"),
        ({"allocation_certainty": 1.0}, "/changes/allocation_certainty"),
        ({"bounds": {"loose_items_max": 40}}, "/changes/bounds/loose_items_max"),
        ({"bank_charges_minor": [0]}, "/changes/bank_charges_minor"),
        ({"overpaid_cap_minor": 10**9}, "/changes/overpaid_cap_minor"),
        ({"version": "x"}, "/changes/version"),
        ({"allocation_certainty": 0.985}, "/changes"),
    ],
)
async def test_a_draft_that_cannot_be_says_which_value(
    books: PaymentsBooks, calling_payments: CallAs, changes: dict[str, object], pointer: str
) -> None:
    reply = await call(calling_payments, "POST", "/v1/matching-policies", a_draft(changes=changes))

    assert (reply.status_code, reply.json()["code"]) == (422, "policy_invalid")
    assert [problem["pointer"] for problem in reply.json()["errors"]] == [pointer]


async def test_a_version_is_drafted_once_from_one_that_is_there(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await call(calling_payments, "POST", "/v1/matching-policies", a_draft())

    again = await call(calling_payments, "POST", "/v1/matching-policies", a_draft(note="another"))
    baseless = await call(
        calling_payments, "POST", "/v1/matching-policies", a_draft("x", base_version="1999")
    )

    assert (again.status_code, again.json()["code"]) == (409, "policy_taken")
    assert baseless.status_code == 404
    assert (await call(calling_payments, "GET", "/v1/matching-policies/1999")).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE matching_policies SET content = '{}'",
        "UPDATE matching_policies SET state = 'draft', activated_at = NULL, activated_by = NULL",
        "DELETE FROM matching_policies",
        (
            "INSERT INTO matching_policies SELECT 'other', content, content_hash, state, NULL, note, made_at, made_by,"
            " activated_at, activated_by FROM matching_policies"
        ),
        (
            "INSERT INTO matching_policies SELECT 'other', content, content_hash, 'retired', NULL, note, made_at, 'me',"
            " activated_at, 'me' FROM matching_policies"
        ),
        "UPDATE decision_batches SET inputs = '{}'",
        "DELETE FROM decision_inputs",
        "DELETE FROM matching_policy_events",
        "DELETE FROM policy_simulations",
        "DELETE FROM simulation_results",
        "DELETE FROM simulated_lines",
    ],
)
async def test_the_database_refuses_what_would_rewrite_the_policy(books: PaymentsBooks, change: str) -> None:
    with pytest.raises(Exception, match=r"refused|uq_matching_policies_active|maker_does_not_activate"):
        await books.write(change)


async def replay(calling_payments: CallAs, line_id: object, revision: int = 1) -> dict[str, Any]:
    reply = await call(calling_payments, "GET", f"/v1/bank-lines/{line_id}/replay?revision={revision}")
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def test_each_decision_is_made_again_the_same_after_the_world_changed(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    first, second = invoice("INV/26-27/004000"), invoice("INV/26-27/004001", total_minor=236_000)
    await books.register(first, second)
    await books.import_file(
        csv_file(
            Entry(118_000, SHREE.format("INV/26-27/004000")),
            Entry(236_000, STRANGER.format("INV/26-27/004001")),
            Entry(77_700, "NEFT CR-ICIC0777777-NOBODY KNOWN"),
            Entry(-590, "CHRGS NEFT"),
        )
    )
    await books.add_partners(partner("CP0001", "ANOTHER NAME", version=2), partner("CP0009", "NOBODY KNOWN"))
    third = invoice("INV/26-27/004002", total_minor=77_700, partner_code="CP0009")
    await books.register(third)
    await books.book(receipt([pays(third)]))

    lines = await books.rows("SELECT bank_line_id, decision FROM line_decisions ORDER BY bank_line_id")
    replays = [await replay(calling_payments, line.bank_line_id) for line in lines]

    assert [one["is_same"] for one in replays] == [True] * 4
    assert [one["replayed"]["outcome"] for one in replays] == [line.decision for line in lines]
    assert [one["replayed"]["partner_code"] for one in replays[:2]] == ["CP0001", "CP0001"]
    assert replays[0]["replayed"] == replays[0]["recorded"]
    assert replays[0]["inputs"]["lines"] == 4


async def test_a_replay_says_what_later_code_would_decide_otherwise(
    books: PaymentsBooks, calling_payments: CallAs, superuser: Any
) -> None:
    await books.register(invoice("INV/26-27/004000"))
    await books.import_file(csv_file(Entry(118_000, SHREE.format("INV/26-27/004000"))))
    async with superuser.engine.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql("UPDATE line_decisions SET partner_code = 'CP0002', score = 7")
        await connection.exec_driver_sql("UPDATE decision_batches SET code_version = 'older'")

    body = await replay(calling_payments, await books.value("SELECT id FROM bank_lines"))

    assert (body["is_same"], body["code_recorded"]) == (False, "older")
    assert body["code_now"] != "older"
    assert {one["what"]: (one["recorded"], one["replayed"]) for one in body["differences"]} == {
        "partner_code": ("CP0002", "CP0001"),
        "score": ("7", str(body["replayed"]["score"])),
    }


async def test_equal_inputs_are_stored_once(books: PaymentsBooks) -> None:
    entries = [Entry(1_000 + number, f"NEFT CR-ICIC0777777-SOMEBODY {number}") for number in range(6)]
    await books.import_file(csv_file(*entries), lines_per_chunk=2)

    kinds = await books.rows("SELECT kind, count(*) AS times FROM decision_inputs GROUP BY kind")

    assert await books.value("SELECT count(*) FROM decision_batches") == 3
    counted = {row.kind: row.times for row in kinds}
    assert (counted["lines"], counted["partners"], counted["policy"]) == (3, 1, 1)


async def test_a_decision_without_inputs_is_not_made_up(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(Entry(77_700, "NEFT CR-ICIC0777777-NOBODY")))
    line_id = await books.value("SELECT id FROM bank_lines")

    await books.write(
        "INSERT INTO line_decisions SELECT (jsonb_populate_record(NULL::line_decisions, to_jsonb(d)"
        """ || '{"revision": 2, "decided_at": "2026-10-15T00:00:00Z"}')).* FROM line_decisions d"""
    )

    unkept = await call(calling_payments, "GET", f"/v1/bank-lines/{line_id}/replay?revision=2")
    missing = await call(calling_payments, "GET", f"/v1/bank-lines/{line_id}/replay?revision=3")

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (unkept.status_code, unkept.json()["code"]) == (404, "inputs_not_kept")
