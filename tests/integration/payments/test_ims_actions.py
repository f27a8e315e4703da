"""Recording what recipients do with reported credit notes: one by one, in a batch, and never twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.payments.domain.business_day import business_day
from services.payments.domain.credit_note import CreditNote
from services.payments.domain.errors import NoteReported
from tests.factories.credit_notes import NotesDesk, a_discount, a_request, part
from tests.factories.gst import OURS, line, taxed_invoice
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.service_callers import a_caller

# A note of forty days ago, reported after twenty: whenever the tests run, that has come.
ON = business_day(datetime.now(UTC)) - timedelta(40)
PERIOD, NEXT_PERIOD = f"{ON:%Y-%m}", f"{ON + timedelta(31):%Y-%m}"
DAYS = [(ON + timedelta(days)).isoformat() for days in range(40)]
HEADER = "supplier_gstin,number,action,period,acted_on,reversal_amount,reference,remark"


@pytest.fixture
async def desk(books: PaymentsBooks) -> NotesDesk:
    desk = NotesDesk(books)
    await desk.open()
    await desk.billed(taxed_invoice(line(1, 100_000), issued_on=ON - timedelta(2), due_on=ON))
    return desk


async def a_note(desk: NotesDesk) -> CreditNote:
    return await desk.issued(a_request(part(taxed_invoice(), 10_000)), ON)


async def act(calling_payments: CallAs, note: CreditNote, action: str, **facts: object) -> httpx.Response:
    body = {"action": action, "period": PERIOD, "acted_on": DAYS[20], **facts}
    async with calling_payments(a_caller()) as client:
        return await client.post(f"/v1/credit-notes/{note.id}/ims-actions", json=body)


async def statuses(calling_payments: CallAs, query: str = "") -> list[dict[str, Any]]:
    async with calling_payments(a_caller("auditor")) as client:
        items: list[dict[str, Any]] = (await client.get(f"/v1/ims-statuses{query}")).json()["items"]
    return items


async def batch(calling_payments: CallAs, *lines: str) -> list[dict[str, Any]]:
    async with calling_payments(a_caller()) as client:
        reply = await client.post(
            "/v1/ims-actions/batch", content="\n".join([HEADER, *lines]), headers={"Content-Type": "text/csv"}
        )
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_a_rejection_raises_our_tax_again_and_is_followed_up(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    note = await a_note(desk)
    await act(calling_payments, note, "reported")

    reply = await act(calling_payments, note, "rejected", remark="Goods were not returned")

    assert reply.status_code == 201, reply.text
    body = reply.json()
    assert (body["ims_action"], body["liability_effect"]["amount"], body["tax_amount"]["amount"]) == (
        "rejected", "0.00", "18.00",
    )  # fmt: skip
    assert await books.exceptions() == ["credit_note_rejected"]
    assert [one["number"] for one in await statuses(calling_payments, "?last_action=rejected")] == [
        note.number
    ]
    cured = await act(
        calling_payments,
        note,
        "re_reported",
        period=NEXT_PERIOD,
        acted_on=DAYS[30],
        reference="GSTR-1A",
    )
    assert (cured.json()["liability_effect"]["amount"], cured.json()["re_report_reference"]) == (
        "-18.00", "GSTR-1A",
    )  # fmt: skip
    assert await statuses(calling_payments, "?last_action=rejected") == []


async def test_the_same_step_again_changes_nothing(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    note = await a_note(desk)

    first = await act(calling_payments, note, "reported")
    again = await act(calling_payments, note, "reported")

    assert (first.status_code, again.status_code) == (201, 200)
    assert await books.value("SELECT count(*) FROM ims_steps") == 1


async def test_a_file_of_the_portal_is_taken_step_by_step(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await a_note(desk)
    reported = f"{OURS},{note.number.lower()},reported,{PERIOD},{DAYS[20]},,,"
    accepted = f"{OURS},{note.number},accepted,{PERIOD},{DAYS[23]},18.00,IMS export,"

    items = await batch(
        calling_payments,
        reported,
        accepted,
        accepted,
        f"{OURS},CN/2627/9999999,accepted,{PERIOD},{DAYS[23]},,,",
        f"{OURS},{note.number},thrown_away,{PERIOD},{DAYS[23]},,,",
        f"{OURS},{note.number},pending,{PERIOD},{DAYS[12]},,,",
    )

    assert [one["status"] for one in items] == [
        "accepted", "accepted", "duplicate", "refused", "refused", "refused",
    ]  # fmt: skip
    assert [one["problem"]["code"] for one in items[3:]] == ["not_found", "item_invalid", "ims_step_refused"]
    (status,) = await statuses(calling_payments)
    assert (status["ims_action"], status["deemed_on"]) == ("accepted", None)


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("accepted", {}),
        ("reported", {"acted_on": "2099-01-01", "period": "2099-01"}),
        ("reported", {"acted_on": (ON - timedelta(1)).isoformat()}),
    ],
)
async def test_steps_that_cannot_be_are_refused(
    desk: NotesDesk, calling_payments: CallAs, action: str, facts: dict[str, object]
) -> None:
    reply = await act(calling_payments, await a_note(desk), action, **facts)

    assert (reply.status_code, reply.json()["code"]) == (409, "ims_step_refused")


async def test_a_commercial_note_is_part_of_no_return(desk: NotesDesk, calling_payments: CallAs) -> None:
    reply = await act(calling_payments, await desk.issued(a_discount(part(None, 10_000)), ON), "reported")

    assert (reply.status_code, reply.json()["code"]) == (409, "ims_step_refused")


async def test_a_reported_note_is_not_cancelled(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await a_note(desk)
    await act(calling_payments, note, "reported")

    with pytest.raises(NoteReported):
        await desk.cancel(note.id)


async def test_a_note_that_is_not_reported_has_no_status(desk: NotesDesk, calling_payments: CallAs) -> None:
    note = await a_note(desk)

    async with calling_payments(a_caller()) as client:
        reply = await client.get(f"/v1/credit-notes/{note.id}/ims-actions")

    assert reply.status_code == 404
    assert await statuses(calling_payments) == []


async def test_steps_are_append_only(desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs) -> None:
    await act(calling_payments, await a_note(desk), "reported")

    with pytest.raises(Exception, match="append-only"):
        await books.write("UPDATE ims_steps SET action = 'accepted'")
