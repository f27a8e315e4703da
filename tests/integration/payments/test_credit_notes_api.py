"""Credit notes through the API: who may do what, in which state, and what a partner sees."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.payments.domain.business_day import business_day, financial_year
from shared.identity import Caller
from tests.factories.credit_notes import NotesDesk
from tests.factories.gst import OURS, line, taxed_invoice
from tests.factories.payments import ACCOUNT_NUMBER, invoice, partner
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller

BOTH = Caller("both", frozenset({"coordinator", "approver"}), frozenset(), None, "token-both")


def today() -> date:
    """In India, as late as it is wanted: a day may begin while the tests run."""
    return business_day(datetime.now(UTC))


def first_number() -> str:
    return f"CN/{financial_year(today())}/0000001"


@pytest.fixture
async def desk(books: PaymentsBooks) -> NotesDesk:
    desk = NotesDesk(books)
    await desk.open()
    await desk.billed(taxed_invoice(line(1, 100_000), issued_on=today() - timedelta(10), due_on=today()))
    return desk


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, **options: Any
) -> httpx.Response:
    """`caller` or `role` says who, `etag` what was read."""
    caller = options.get("caller") or a_caller(options.get("role", "coordinator"))
    headers = {"If-Match": f'"{options["etag"]}"'} if "etag" in options else {}
    if "key" in options:
        headers["Idempotency-Key"] = options["key"]
    async with calling_payments(caller) as client:
        return await client.request(method, path, json=body, headers=headers)


def a_draft(**changes: object) -> dict[str, object]:
    return {
        "note_type": "gst",
        "partner_code": "CP0001",
        "reason_code": "value_too_high",
        "reason_text": "Charged at the old price list",
        "is_itc_reversal_declared": True,
        "parts": [{"invoice": "INV/26-27/004000", "line_number": 1, "amount": rupees("100.00")}],
        **changes,
    }


async def asked(calling_payments: CallAs, caller: Caller | None = None, **changes: object) -> dict[str, Any]:
    reply = await call(
        calling_payments, "POST", "/v1/credit-notes", a_draft(**changes), caller=caller or a_caller()
    )
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def issued(calling_payments: CallAs, **changes: object) -> dict[str, Any]:
    note = await asked(calling_payments, **changes)
    path = f"/v1/credit-notes/{note['id']}"
    approved = await call(calling_payments, "POST", f"{path}/approval", {}, role="approver", etag=1)
    assert approved.status_code == 200, approved.text
    reply = await call(calling_payments, "POST", f"{path}/issue", {}, etag=2)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def test_a_note_goes_from_request_to_use_and_tells_each_step(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    note = await issued(calling_payments)

    path = f"/v1/credit-notes/{note['id']}/applications"
    parts = {"allocations": [{"item": "INV/26-27/004000", "amount": rupees("60.00")}]}
    used = await call(calling_payments, "POST", path, parts)

    assert used.status_code == 201, used.text
    assert (used.json()["open"]["amount"], note["number"]) == ("58.00", first_number())
    assert [one["standing"] for one in note["events"]] == ["requested", "approved", "issued"]
    assert note["lines"][0]["cgst"]["amount"] == "9.00"
    for name in ("requested", "approved", "issued", "applied"):
        assert len(await books.events(f"salesops.payments.credit_note_{name}.v1")) == 1
    shown = (await call(calling_payments, "GET", path)).json()
    assert [one["amount"]["amount"] for one in shown["allocations"]] == ["60.00"]
    await assert_sound(books)


async def test_a_note_is_split_between_invoices_refund_and_account(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(
        invoice("INV/2", total_minor=5_000, issued_on=today() - timedelta(1), due_on=today())
    )
    note = await issued(calling_payments)
    parts = {
        "allocations": [
            {"item": "INV/26-27/004000", "amount": rupees("30.00")},
            {"item": "INV/2", "amount": rupees("50.00")},
        ]
    }
    await call(calling_payments, "POST", f"/v1/credit-notes/{note['id']}/applications", parts)

    refund = await call(
        calling_payments,
        "POST",
        "/v1/refunds",
        {
            "credit_note_id": note["id"],
            "amount": rupees("20.00"),
            "bank_account": ACCOUNT_NUMBER,
            "reason": "Asked",
        },
    )
    paid = await call(
        calling_payments,
        "POST",
        f"/v1/refunds/{refund.json()['id']}/decision",
        {"decision": "paid", "reference": "OUT1"},
        role="approver",
    )

    assert paid.status_code == 200, paid.text
    shown = (await call(calling_payments, "GET", f"/v1/credit-notes/{note['id']}")).json()
    assert shown["open_amount"]["amount"] == "18.00"
    assert await books.value("SELECT open_minor FROM open_items WHERE document_number = 'INV/2'") == 0
    await assert_sound(books)


async def test_nobody_approves_a_note_of_their_own_however_often_they_try(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    note = await asked(calling_payments, caller=BOTH)
    path = f"/v1/credit-notes/{note['id']}/approval"

    replies = await asyncio.gather(
        *(call(calling_payments, "POST", path, {}, caller=BOTH, etag=1) for _ in range(100))
    )

    assert {(one.status_code, one.json()["code"]) for one in replies} == {(409, "maker_is_checker")}
    assert await books.value("SELECT standing FROM credit_notes") == "requested"
    with pytest.raises(Exception, match="two_people"):
        await books.write(
            "UPDATE credit_notes SET standing = 'approved', decided_by = 'both', decided_at = now(), revision = 2"
        )


async def test_of_many_approvals_at_once_one_counts(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await asked(calling_payments)
    path = f"/v1/credit-notes/{note['id']}/approval"

    replies = await asyncio.gather(
        *(call(calling_payments, "POST", path, {}, role="approver", etag=1) for _ in range(20))
    )

    assert sorted(one.status_code for one in replies) == [200] + [412] * 19


async def test_who_decided_on_an_old_state_is_told_so(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await asked(calling_payments)
    path = f"/v1/credit-notes/{note['id']}"

    blind = await call(calling_payments, "POST", f"{path}/approval", {}, role="approver")
    early = await call(calling_payments, "POST", f"{path}/issue", {}, etag=1)
    stale = await call(calling_payments, "POST", f"{path}/approval", {}, role="approver", etag=7)

    assert [one.status_code for one in (blind, early, stale)] == [428, 409, 412]
    assert early.json()["code"] == "credit_note_state"


async def test_a_refused_note_is_not_issued_and_says_why(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await asked(calling_payments)
    path = f"/v1/credit-notes/{note['id']}"

    refused = await call(
        calling_payments,
        "POST",
        f"{path}/refusal",
        {"reason": "The price was right"},
        role="approver",
        etag=1,
    )
    issue = await call(calling_payments, "POST", f"{path}/issue", {}, etag=2)

    assert (refused.json()["standing"], refused.json()["events"][-1]["detail"]) == (
        "refused",
        "The price was right",
    )
    assert (issue.status_code, issue.json()["code"]) == (409, "credit_note_state")


async def test_only_who_asked_withdraws(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await asked(calling_payments)
    path = f"/v1/credit-notes/{note['id']}/withdrawal"
    why = {"reason": "Asked twice"}

    stranger = await call(calling_payments, "POST", path, why, caller=BOTH, etag=1)
    maker = await call(calling_payments, "POST", path, why, etag=1)

    assert (stranger.status_code, stranger.json()["code"]) == (409, "not_the_maker")
    assert (maker.status_code, maker.json()["standing"]) == (200, "withdrawn")


async def test_an_unused_note_is_cancelled_by_an_approver(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await issued(calling_payments)
    path = f"/v1/credit-notes/{note['id']}/cancellation"

    reply = await call(calling_payments, "POST", path, {"reason": "Wrong dealer"}, role="approver", etag=3)

    assert (reply.status_code, reply.json()["standing"], reply.json()["open_amount"]["amount"]) == (
        200, "cancelled", "0.00",
    )  # fmt: skip


async def test_the_same_request_with_the_same_key_is_one_note(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    key = str(uuid4())

    first = await call(calling_payments, "POST", "/v1/credit-notes", a_draft(), key=key)
    again = await call(calling_payments, "POST", "/v1/credit-notes", a_draft(), key=key)

    assert first.json()["id"] == again.json()["id"]
    assert await books.value("SELECT count(*) FROM credit_notes") == 1


async def test_a_partner_sees_its_own_notes_once_they_are_issued(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    note = await issued(calling_payments)
    waiting = await asked(calling_payments)
    await books.add_partners(partner("CP0009"))
    seen = {}

    for who in (
        a_caller("partner", partner_code="CP0001"),
        a_caller("partner", partner_code="CP0009"),
        a_caller("zonal_sales", zones=("west",)),
        a_caller("zonal_sales", zones=("south",)),
    ):
        listed = (await call(calling_payments, "GET", "/v1/credit-notes", caller=who)).json()["items"]
        one = await call(calling_payments, "GET", f"/v1/credit-notes/{waiting['id']}", caller=who)
        seen[f"{who.partner_code or sorted(who.zones)}"] = (len(listed), one.status_code)

    assert seen == {"CP0001": (1, 404), "CP0009": (0, 404), "['west']": (2, 200), "['south']": (0, 404)}
    assert note["standing"] == "issued"


async def test_what_was_remarked_before_the_issue_stays_in_the_house(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    note = await issued(calling_payments)
    dealer = a_caller("partner", partner_code="CP0001")

    shown = (await call(calling_payments, "GET", f"/v1/credit-notes/{note['id']}", caller=dealer)).json()

    assert [one["standing"] for one in shown["events"]] == ["issued"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("standing=issued", 1), ("standing=requested", 1), ("note_type=commercial", 0), ("is_open=true", 1),
        (f"number={first_number().lower()}", 1), ("invoice_number=INV/26-27/004000", 2), ("issued_on_lte=2020-01-01", 0),
    ],
)  # fmt: skip
async def test_lists_are_narrowed(desk: NotesDesk, calling_payments: CallAs, query: str, count: int) -> None:
    await issued(calling_payments)
    await asked(calling_payments)

    listed = await call(calling_payments, "GET", f"/v1/credit-notes?{query}")

    assert len(listed.json()["items"]) == count, listed.text


async def test_pages_follow_each_other(desk: NotesDesk, calling_payments: CallAs) -> None:
    notes = [(await asked(calling_payments))["id"] for _ in range(3)]

    first = (await call(calling_payments, "GET", "/v1/credit-notes?limit=2")).json()
    rest = (
        await call(calling_payments, "GET", f"/v1/credit-notes?limit=2&cursor={first['next_cursor']}")
    ).json()

    assert [one["id"] for one in (*first["items"], *rest["items"])] == notes[::-1]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"partner_code": "CP9999"}, 422, "partner_unknown"),
        ({"parts": [{"invoice": "INV/none", "line_number": 1, "amount": rupees("1.00")}]}, 422, "invoices_do_not_fit"),
        ({"parts": [{"invoice": "INV/26-27/004000", "line_number": 9, "amount": rupees("1.00")}]}, 422,
         "credit_note_invalid"),
        ({"parts": [{"invoice": "INV/26-27/004000", "line_number": 1, "amount": rupees("-1.00")}]}, 422,
         "credit_note_invalid"),
        ({"parts": [{"invoice": "INV/26-27/004000", "line_number": 1, "amount": rupees("1000.01")}]}, 409,
         "credit_beyond_invoice"),
        ({"parts": []}, 422, "invalid"),
    ],
)  # fmt: skip
async def test_requests_that_cannot_be_are_refused(
    desk: NotesDesk, calling_payments: CallAs, change: dict[str, object], status: int, code: str
) -> None:
    reply = await call(calling_payments, "POST", "/v1/credit-notes", a_draft(**change))

    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text


async def test_rules_are_added_with_a_day_and_never_twice_for_it(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    rules = {
        "valid_from": "2027-04-01", "declare_until_month": 12, "declare_until_day": 31,
        "needs_itc_declaration": True, "reporting_days": 15, "source": "Finance Act 2027",
    }  # fmt: skip
    paths: dict[str, dict[str, object]] = {
        "credit-note-rules": rules,
        "credit-note-series": {"note_type": "gst", "valid_from": "2027-04-01", "prefix": "CR", "source": "Order 9"},
        "annual-returns": {"gstin": OURS, "financial_year": "2425", "filed_on": "2025-12-20", "source": "GSTR-9"},
        "credit-note-reasons": {
            "note_type": "commercial", "code": "freight", "valid_from": "2026-01-01", "name": "Freight borne",
            "ground": "Agreement", "needs_agreement": False, "needs_invoices": False, "source": "Order 9",
        },
    }  # fmt: skip

    for path, body in paths.items():
        added = await call(calling_payments, "POST", f"/v1/{path}", body, role="approver")
        again = await call(calling_payments, "POST", f"/v1/{path}", body, role="approver")
        listed = await call(calling_payments, "GET", f"/v1/{path}")

        assert (added.status_code, again.status_code) == (201, 409), added.text
        assert (
            body.items() <= next(one for one in listed.json()["items"] if body.items() <= one.items()).items()
        )


async def test_a_return_of_tomorrow_is_not_told_today(desk: NotesDesk, calling_payments: CallAs) -> None:
    body = {"gstin": OURS, "financial_year": "2425", "filed_on": "2099-12-20", "source": "GSTR-9"}

    reply = await call(calling_payments, "POST", "/v1/annual-returns", body, role="approver")

    assert (reply.status_code, reply.json()["code"]) == (422, "date_impossible")
