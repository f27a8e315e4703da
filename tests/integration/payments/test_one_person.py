"""A key is its owner's hand: what it asked for, its owner does not approve, whatever texts are written down."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.payments.domain.business_day import business_day
from shared.identity import Caller
from tests.factories.credit_notes import NotesDesk
from tests.factories.gst import line, taxed_invoice
from tests.factories.payments import ACCOUNT_NUMBER, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_credit_notes_api import a_draft as a_note
from tests.integration.payments.test_matching_policies import a_draft as a_policy
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller

APPROVER = a_caller("approver")
KEY = Caller("key:1", frozenset({"integration"}), frozenset(), None, "key:1", owner=APPROVER.subject)
OTHERS_KEY = Caller("key:2", frozenset({"integration"}), frozenset(), None, "key:2", owner="somebody else")
ACTOR = f"key:1/{APPROVER.subject}"


async def post(
    calling_payments: CallAs, caller: Caller, path: str, body: object, etag: int = 0
) -> httpx.Response:
    async with calling_payments(caller) as client:
        return await client.post(path, json=body, headers={"If-Match": f'"{etag}"'} if etag else {})


@pytest.fixture
async def desk(books: PaymentsBooks) -> NotesDesk:
    desk, today = NotesDesk(books), business_day(datetime.now(UTC))
    await desk.open()
    await desk.billed(taxed_invoice(line(1, 100_000), issued_on=today - timedelta(10), due_on=today))
    return desk


async def test_a_credit_note_a_key_asked_for_is_not_approved_by_its_owner(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    own, others = [
        (await post(calling_payments, key, "/v1/credit-notes", a_note())).json() for key in (KEY, OTHERS_KEY)
    ]

    refused, approved = [
        await post(calling_payments, APPROVER, f"/v1/credit-notes/{note['id']}/approval", {}, etag=1)
        for note in (own, others)
    ]

    assert (refused.status_code, refused.json()["code"]) == (409, "maker_is_checker")
    assert approved.status_code == 200, approved.text
    assert await books.value(f"SELECT requested_by FROM credit_notes WHERE id = '{own['id']}'") == ACTOR
    with pytest.raises(Exception, match="two_people"):
        await books.write(
            "UPDATE credit_notes SET standing = 'approved', decided_by = :by, decided_at = now(), revision = 2"
            " WHERE requested_by = :actor",
            by=APPROVER.subject,
            actor=ACTOR,
        )


async def test_an_owner_takes_back_what_their_key_asked_for(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    owner = a_caller("coordinator")
    key = Caller("key:3", frozenset({"integration"}), frozenset(), None, "key:3", owner=owner.subject)
    note = (await post(calling_payments, key, "/v1/credit-notes", a_note())).json()

    path, why = f"/v1/credit-notes/{note['id']}/withdrawal", {"reason": "Asked twice"}
    withdrawn = await post(calling_payments, owner, path, why, etag=1)

    assert (withdrawn.status_code, withdrawn.json()["standing"]) == (200, "withdrawn")


async def test_a_refund_a_key_asked_for_is_not_decided_by_its_owner(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    paid = receipt(on_account_minor=200_000)
    await books.book(paid)
    draft = {
        "receipt_id": str(paid.id), "amount": rupees("1.00"), "bank_account": ACCOUNT_NUMBER, "reason": "Asked",
    }  # fmt: skip
    asked = (await post(calling_payments, KEY, "/v1/refunds", draft)).json()

    reply = await post(
        calling_payments, APPROVER, f"/v1/refunds/{asked['id']}/decision", {"decision": "paid"}
    )

    assert (reply.status_code, reply.json()["code"]) == (409, "maker_is_checker")
    with pytest.raises(Exception, match="two_people"):
        await books.write(
            "UPDATE refunds SET state = 'refused', decided_by = :by, decided_at = now()", by=APPROVER.subject
        )


async def test_a_policy_a_key_drafted_is_not_activated_by_its_owner(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    drafted = await post(calling_payments, KEY, "/v1/matching-policies", a_policy("by-key"))

    reply = await post(calling_payments, APPROVER, "/v1/matching-policies/by-key/activation", {})

    assert (drafted.status_code, drafted.json()["made_by"]) == (201, ACTOR)
    assert (reply.status_code, reply.json()["code"]) == (409, "maker_is_checker")


async def test_a_tolerance_a_key_set_is_not_signed_by_its_owner(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    draft = {
        "name": "By a key", "amount": rupees("5.00"), "reason": "Because", "valid_from": "2026-10-01",
        "valid_to": "2026-10-31",
    }  # fmt: skip
    made = (await post(calling_payments, KEY, "/v1/reconciliation-tolerances", draft)).json()

    path = f"/v1/reconciliation-tolerances/{made['id']}/signature"
    own = await post(calling_payments, APPROVER, path, {})
    other = await post(calling_payments, a_caller("admin"), path, {})

    assert (own.status_code, own.json()["code"]) == (409, "maker_is_checker")
    assert other.status_code == 200, other.text
    with pytest.raises(Exception, match="two_people"):
        await books.write("UPDATE reconciliation_tolerances SET signed_by = :by", by=APPROVER.subject)


async def test_scopes_of_a_key_hold_in_the_service_as_well(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    narrow = Caller(
        "key:4", frozenset({"integration"}), frozenset(), None, "key:4", "u", frozenset({"receipts:read"})
    )

    async with calling_payments(narrow) as client:
        statuses = [
            (await client.get("/v1/receipts")).status_code,
            (await client.get("/v1/invoices")).status_code,
            (await client.post("/v1/receipts", json={})).status_code,
        ]

    assert statuses == [200, 403, 403]
