"""Questions on payments: opened once, answered from the books, never forgotten."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from uuid_utils.compat import uuid7

from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.watch_queries import watch_queries
from services.payments.consumers import SUBSCRIPTIONS
from services.payments.domain.errors import PartnerAwaited
from shared.events.crm import CaseOpenedV1
from shared.events.envelope import envelope_of
from shared.events.payment_queries import DocumentObjectedV1
from shared.identity import Caller
from shared.inbox import apply_once
from tests.factories.payments import invoice
from tests.factories.payments_books import PaymentsBooks, told_data
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.payments.test_told_receipts import UTR, told
from tests.integration.service_callers import a_caller

PARTNER = a_caller("partner", partner_code="CP0001")
OTHER_PARTNER = a_caller("partner", partner_code="CP0002")
DESK = a_caller()


async def call(
    calling_payments: CallAs,
    method: str,
    path: str,
    body: object = None,
    caller: Caller = DESK,
    etag: str | None = None,
) -> httpx.Response:
    async with calling_payments(caller) as client:
        headers = {"If-Match": etag} if etag else {}
        return await client.request(method, path, json=body, headers=headers)


def a_question(**changes: object) -> dict[str, object]:
    return {
        "partner_code": "CP0001",
        "category": "where_is_my_payment",
        "subject": "Our RTGS of 14 October",
        "body": f"We sent 1180.00 under {UTR}. Where is it?",
        **changes,
    }


async def asked(calling_payments: CallAs, caller: Caller = DESK, **changes: object) -> dict[str, Any]:
    reply = await call(calling_payments, "POST", "/v1/payment-queries", a_question(**changes), caller)
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def answered(calling_payments: CallAs, query: dict[str, Any], **draft: object) -> httpx.Response:
    path = f"/v1/payment-queries/{query['id']}/answer"
    return await call(
        calling_payments, "POST", path, draft or {"body": "Here it is."}, etag=f'"{query["revision"]}"'
    )


async def test_a_question_has_a_number_and_a_clock_from_the_start(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    query = await asked(calling_payments)

    hours = datetime.fromisoformat(query["due_at"]) - datetime.fromisoformat(query["opened_at"])
    assert (query["state"], hours) == ("open", timedelta(hours=4))
    assert query["number"].startswith("PQ/")
    assert [one["kind"] for one in query["messages"]] == ["question"]
    assert len(await books.events("salesops.payments.query_opened.v1")) == 1


async def test_the_answer_is_composed_from_the_books(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.register(invoice("INV/1", total_minor=118_000))
    await told(calling_payments, allocations=[{"item": "INV/1", "amount": rupees("1180.00")}])
    query = await asked(calling_payments, PARTNER, partner_code=None)

    reply = await answered(calling_payments, query, body="Good morning.", trace_reference=UTR)

    assert reply.status_code == 200, reply.text
    answer = reply.json()["messages"][-1]
    assert "INR 1180.00 pay INV/1" in answer["body"]
    assert answer["evidence"]["state"] == "applied"
    assert reply.json()["state"] == "answered"
    assert len(await books.events("salesops.payments.query_answered.v1")) == 1


@pytest.mark.parametrize("reference", [UTR, UTR.lower(), UTR[:16]])
async def test_one_call_tells_where_a_payment_is_however_the_reference_is_cut(
    books: PaymentsBooks, calling_payments: CallAs, reference: str
) -> None:
    await books.import_file(csv_file(Entry(118_000, f"RTGS CR-UNKNOWN FIRM-{UTR}", UTR)))
    waiting = (await call(calling_payments, "GET", f"/v1/payment-traces/{reference}", caller=PARTNER)).json()
    await told(calling_payments)
    booked = (await call(calling_payments, "GET", f"/v1/payment-traces/{reference}", caller=PARTNER)).json()

    assert (waiting["state"], booked["state"]) == ("in_identification", "on_account")
    assert waiting["promised_at"] is not None


async def test_a_partner_does_not_learn_of_the_payments_of_another(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await told(calling_payments)

    traces = [
        (await call(calling_payments, "GET", f"/v1/payment-traces/{UTR}", caller=caller)).json()["state"]
        for caller in (
            PARTNER,
            OTHER_PARTNER,
            a_caller("zonal_sales", zones=("west",)),
            a_caller("zonal_sales", zones=("south",)),
        )
    ]

    assert traces == ["on_account", "not_seen", "on_account", "not_seen"]


async def test_a_payment_nobody_saw_says_until_when_we_looked(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(Entry(118_000, f"RTGS CR-UNKNOWN FIRM-{UTR}", UTR)))

    trace = (await call(calling_payments, "GET", "/v1/payment-traces/SBIN124157748493")).json()

    assert trace["state"] == "not_seen"
    assert "until 14 October 2026" in trace["text"]


async def test_the_same_external_id_opens_one_question(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    draft = a_question(channel="salesforce", external_id="5003000000D8cuI")

    replies = await asyncio.gather(
        *(call(calling_payments, "POST", "/v1/payment-queries", draft) for _ in range(8))
    )
    other = await call(calling_payments, "POST", "/v1/payment-queries", {**draft, "partner_code": "CP0002"})

    assert sorted(one.status_code for one in replies) == [200] * 7 + [201]
    assert len({one.json()["id"] for one in replies}) == 1
    assert (other.status_code, other.json()["code"]) == (409, "query_taken")


async def test_a_partner_asks_for_itself_and_sees_its_own(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    query = await asked(calling_payments, PARTNER, partner_code=None)
    path = f"/v1/payment-queries/{query['id']}"

    theirs = await call(calling_payments, "POST", "/v1/payment-queries", a_question(), OTHER_PARTNER)
    hidden = [
        (await call(calling_payments, "GET", path, caller=OTHER_PARTNER)).status_code,
        (await call(calling_payments, "POST", f"{path}/messages", {"body": "Hm"}, OTHER_PARTNER)).status_code,
        (await call(calling_payments, "POST", f"{path}/closing", {}, OTHER_PARTNER, '"1"')).status_code,
    ]

    assert query["channel"] == "partner"
    assert theirs.status_code == 422
    assert hidden == [404, 404, 404]


async def test_notes_among_us_are_not_for_the_partner(books: PaymentsBooks, calling_payments: CallAs) -> None:
    query = await asked(calling_payments)
    path = f"/v1/payment-queries/{query['id']}"
    await call(calling_payments, "POST", f"{path}/messages", {"body": "Ask the bank", "is_internal": True})
    await call(calling_payments, "POST", f"{path}/assignment", {"owner": "asha"}, etag='"1"')

    ours = (await call(calling_payments, "GET", path)).json()
    theirs = (await call(calling_payments, "GET", path, caller=PARTNER)).json()

    assert [one["kind"] for one in ours["messages"]] == ["question", "note", "change"]
    assert [one["kind"] for one in theirs["messages"]] == ["question"]
    assert ours["owner"] == "asha"


async def test_an_answered_question_is_closed_with_satisfaction_and_opened_again_by_the_partner(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    query = await asked(calling_payments)
    path = f"/v1/payment-queries/{query['id']}"
    early = await call(calling_payments, "POST", f"{path}/closing", {}, etag='"1"')
    await answered(calling_payments, query)

    closed = await call(calling_payments, "POST", f"{path}/closing", {"satisfaction": 2}, PARTNER, '"2"')
    again = await call(calling_payments, "POST", f"{path}/messages", {"body": "Not so"}, PARTNER)

    assert (early.status_code, early.json()["code"]) == (409, "query_state")
    assert (closed.json()["state"], closed.json()["satisfaction"]) == ("closed", 2)
    assert again.json()["state"] == "open"
    assert len(await books.events("salesops.payments.query_opened.v1")) == 2
    states = [told_data(one) for one in await books.events("salesops.payments.query_changed.v1")]
    assert [one["state"] for one in states] == ["open", "answered", "closed", "open"]
    assert [one["revision"] for one in states] == sorted({one["revision"] for one in states})


async def test_who_answers_an_old_state_is_told_so(books: PaymentsBooks, calling_payments: CallAs) -> None:
    query = await asked(calling_payments)

    replies = await asyncio.gather(*(answered(calling_payments, query) for _ in range(8)))

    assert sorted(one.status_code for one in replies) == [200] + [412] * 7
    assert len(await books.events("salesops.payments.query_answered.v1")) == 1


async def watch(books: PaymentsBooks, after: timedelta) -> int:
    async with UnitOfWork(books.database) as work:
        count = await watch_queries(work, datetime.now(UTC) + after)
        await work.commit()
    return count


async def test_a_question_past_its_time_is_told_of_once_by_however_many_watch(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await asked(calling_payments)
    await answered(calling_payments, await asked(calling_payments))

    early = await watch(books, timedelta(hours=3))
    counts = await asyncio.gather(*(watch(books, timedelta(hours=5)) for _ in range(4)))

    assert (early, sorted(counts)) == (0, [0, 0, 0, 1])
    assert len(await books.events("salesops.payments.query_overdue.v1")) == 1


async def test_an_objection_of_a_partner_opens_one_question(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    event = DocumentObjectedV1(
        document_id=uuid7(),
        partner_code="CP0001",
        title="Account statement October 2026",
        objection="INV/7 was returned",
        objected_at=datetime(2026, 11, 3, 6, tzinfo=UTC),
    )
    apply = apply_once("payments", SUBSCRIPTIONS, lambda: UnitOfWork(books.database))

    for _ in range(2):
        await apply([envelope_of(event, subject="document", partition_key="CP0001")])

    (query,) = (await call(calling_payments, "GET", "/v1/payment-queries")).json()["items"]
    assert (query["category"], query["channel"]) == ("document_objection", "objection")


def a_case(**changes: object) -> CaseOpenedV1:
    facts: dict[str, object] = {
        "record_id": "5005g00000000001AA", "organization_id": "00D5g00000ABCDE", "partner_code": "CP0001",
        "system_modstamp": datetime(2026, 11, 3, 6, tzinfo=UTC), "category": "payment_difference",
        "subject": "Short payment of INV/26-27/7", "opened_at": datetime(2026, 11, 3, 5, tzinfo=UTC),
        "body": f"We paid by {UTR.lower()}; INV/26-27/8 and cheque no. 001234 are not ours. PIN 411001.",
    }  # fmt: skip
    return CaseOpenedV1(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


async def take(books: PaymentsBooks, *cases: CaseOpenedV1) -> None:
    apply = apply_once("payments", SUBSCRIPTIONS, lambda: UnitOfWork(books.database))
    await apply([envelope_of(case, subject=case.record_id, partition_key=case.record_id) for case in cases])


async def test_a_case_of_the_crm_opens_one_question_with_links_to_what_it_names(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    named = invoice("INV/26-27/7", total_minor=118_000)
    await books.register(named, invoice("INV/26-27/8", partner_code="CP0002"))
    receipt = (await told(calling_payments)).json()

    await take(books, a_case(), a_case(body="Changed over there", category="unheard of"))
    await take(books, a_case(record_id="5005g00000000002AA", is_closed=True))

    (listed,) = (await call(calling_payments, "GET", "/v1/payment-queries")).json()["items"]
    query = (await call(calling_payments, "GET", f"/v1/payment-queries/{listed['id']}")).json()
    assert (query["channel"], query["external_id"], query["category"], query["opened_at"]) == (
        "salesforce", "5005g00000000001AA", "payment_difference", "2026-11-03T05:00:00Z",
    )  # fmt: skip
    assert [(link["kind"], link["target_id"]) for link in query["links"]] == [
        ("invoice", str(named.id)), ("receipt", receipt["id"]),
    ]  # fmt: skip
    await answered(calling_payments, query)
    (event,) = await books.events("salesops.payments.query_answered.v1")
    assert json.loads(event)["data"]["case_record_id"] == "5005g00000000001AA"


async def test_a_case_of_a_partner_that_has_not_reached_us_is_tried_again(books: PaymentsBooks) -> None:
    with pytest.raises(PartnerAwaited, match="CP0404"):
        await take(books, a_case(), a_case(record_id="5005g00000000002AA", partner_code="CP0404"))


async def test_the_service_level_counts_what_was_answered_in_time(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await asked(calling_payments)
    await answered(calling_payments, await asked(calling_payments))
    await books.write("UPDATE payment_queries SET due_at = now() - interval '1 hour' WHERE state = 'open'")

    level = (await call(calling_payments, "GET", "/v1/payment-queries/service-level")).json()

    assert (level["opened"], level["answered_on_time"], level["overdue"]) == (2, 1, 1)
    assert level["on_time_share"] == "0.5000"


async def test_the_work_list_shows_the_most_urgent_first_and_pages(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    for category in ("other", "where_is_my_payment", "account_statement"):
        await asked(calling_payments, category=category)

    first = (await call(calling_payments, "GET", "/v1/payment-queries?limit=2&state=open")).json()
    rest = (
        await call(
            calling_payments, "GET", f"/v1/payment-queries?limit=2&state=open&cursor={first['next_cursor']}"
        )
    ).json()

    listed = [one["category"] for one in first["items"] + rest["items"]]
    assert listed == ["where_is_my_payment", "account_statement", "other"]


@pytest.mark.parametrize("table", ["query_targets", "payment_query_messages", "payment_query_links"])
async def test_what_was_said_is_never_changed(
    books: PaymentsBooks, calling_payments: CallAs, table: str
) -> None:
    await asked(calling_payments, links=[{"kind": "document", "target_id": "1"}])

    assert await books.value(f"SELECT count(*) > 0 FROM {table}")
    with pytest.raises(Exception, match="append-only"):
        await books.write(f"DELETE FROM {table}")
