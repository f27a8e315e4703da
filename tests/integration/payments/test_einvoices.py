"""Credit notes at the invoice registration portal: a real conversation with a stand-in that has moods."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.payments.adapters.einvoice_registry import Credentials, EInvoiceRegistry
from services.payments.application.issue_credit_note import issue_credit_note
from services.payments.application.register_einvoice import settle_with_portal
from services.payments.application.repeat_registration import repeat_registration
from services.payments.application.watch_einvoices import queue_due_einvoices, watch_reporting_clock
from services.payments.domain.credit_note import CreditNote
from services.payments.domain.errors import CancellationTooLate, NoteState, RegistrationPending
from shared.database import UnitOfWork
from tests.factories.credit_notes import NotesDesk, a_discount, a_request, part, posting_at
from tests.factories.gst import DEALER_IN_MAHARASHTRA, line, taxed_invoice
from tests.factories.payments import invoice, partner
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_note_documents import get, text_of
from tests.integration.service_callers import a_caller
from tests.irp.simulator import Portal, running

AT = datetime(2026, 10, 20, 6, tzinfo=UTC)
DUE = "salesops.payments.credit_note_reporting_due.v1"


@dataclass
class Office:
    """The desk of credit notes beside the portal."""

    desk: NotesDesk
    portal: Portal
    address: str

    @property
    def books(self) -> PaymentsBooks:
        return self.desk.books

    async def issue(self, note_id: UUID, at: datetime = AT) -> CreditNote:
        async with UnitOfWork(self.books.database) as work:
            note = await issue_credit_note(work, note_id, 2, posting_at(at), has_portal=True)
            await work.commit()
        return note

    async def issued(self, amount_minor: int = 10_000, at: datetime = AT) -> CreditNote:
        owed = taxed_invoice()
        await self.books.register(owed)
        return await self.issue(await self.desk.approved(a_request(part(owed, amount_minor))), at)

    async def attempt(self, note_id: UUID, at: datetime = AT, password: str = "right") -> str | None:
        async with EInvoiceRegistry(self.address, Credentials("id", "secret", "user", password)) as registry:
            return await settle_with_portal(self.books.database, registry, note_id, at)

    async def standing(self) -> str:
        return str(await self.books.value("SELECT standing FROM einvoices"))

    async def jobs(self) -> int:
        return int(await self.books.value("SELECT count(*) FROM jobs WHERE kind = 'settle_with_portal'"))


@pytest.fixture
async def office(books: PaymentsBooks) -> AsyncIterator[Office]:
    desk = NotesDesk(books)
    await desk.open()
    await books.add_partners(
        partner("CP0001", gstin=DEALER_IN_MAHARASHTRA, address="12 MG Road", pin_code="411001", version=5)
    )
    portal = Portal(clock=lambda: AT)
    async with running(portal) as address:
        yield Office(desk, portal, address)


async def test_a_note_is_registered_and_its_document_carries_number_and_code(
    office: Office, calling_payments: CallAs
) -> None:
    note = await office.issued()
    (before,) = text_of((await get(calling_payments, note.id)).content)
    assert (await office.standing(), await office.jobs()) == ("pending", 1)

    assert await office.attempt(note.id) == "registered"

    (row,) = await office.books.rows("SELECT * FROM einvoices")
    (known,) = office.portal.registered.values()
    assert (row.irn, row.ack_no, row.ack_at, row.signed_qr) == (
        known["Irn"], str(known["AckNo"]), AT, known["SignedQRCode"],
    )  # fmt: skip
    (after,) = text_of((await get(calling_payments, note.id)).content)
    assert "portal is pending" in before
    assert known["Irn"] in after
    assert (row.due_on - note.issued_on).days == 30  # type: ignore[operator]


async def test_what_the_portal_is_told_is_exact_and_kept(office: Office) -> None:
    note = await office.issued(33_333)

    await office.attempt(note.id)

    rows = await office.books.rows(
        "SELECT operation, request, status, response FROM einvoice_exchanges ORDER BY id"
    )
    assert [row.operation for row in rows] == ["sign_in", "register"]
    assert "right" not in rows[0].request
    told = json.loads(rows[1].request)
    assert told["DocDtls"] == {"Typ": "CRN", "No": "CN/2627/0000001", "Dt": "20/10/2026"}
    assert told["ValDtls"] == {
        "AssVal": 333.33, "CgstVal": 30.0, "SgstVal": 30.0, "IgstVal": 0.0, "TotInvVal": 393.33,
    }  # fmt: skip
    assert '"AssAmt":333.33' in rows[1].request
    assert told["RefDtls"]["PrecDocDtls"] == [{"InvNo": "INV/26-27/004000", "InvDt": "01/10/2026"}]
    assert (told["BuyerDtls"]["Pos"], told["BuyerDtls"]["Pin"]) == ("27", 411001)


@pytest.mark.parametrize("shape", ["list", "text"])
async def test_a_note_that_the_portal_has_already_is_found_there_and_is_registered(
    office: Office, shape: str
) -> None:
    office.portal.tells_duplicates_as = shape
    note = await office.issued()
    office.portal.moods = ["", "silent_success"]
    assert await office.attempt(note.id) == "pending"

    assert await office.attempt(note.id) == "registered"

    assert len(office.portal.registered) == 1
    operations = await office.books.rows("SELECT operation FROM einvoice_exchanges ORDER BY id")
    assert [row.operation for row in operations][-2:] == ["register", "lookup"]


@pytest.mark.parametrize("mood", ["outage", "garbage", "endless"])
async def test_an_outage_leaves_the_note_issued_and_waiting(office: Office, mood: str) -> None:
    note = await office.issued()
    office.portal.moods = ["", mood]

    assert await office.attempt(note.id) == "pending"

    (row,) = await office.books.rows("SELECT * FROM einvoices")
    assert (row.failures, row.next_attempt_at) == (1, AT + timedelta(minutes=2))
    assert await office.books.value("SELECT standing FROM credit_notes") == "issued"
    async with UnitOfWork(office.books.database) as work:
        assert await queue_due_einvoices(work, AT + timedelta(minutes=1)) == 0
        assert await queue_due_einvoices(work, AT + timedelta(minutes=2)) == 1
        await work.commit()
    assert await office.jobs() == 2
    assert await office.attempt(note.id) == "registered"


async def test_a_portal_that_is_not_there_is_an_outage(office: Office) -> None:
    note = await office.issued()
    nowhere = Office(office.desk, office.portal, "http://127.0.0.1:9")

    assert await nowhere.attempt(note.id) == "pending"

    assert await office.books.value("SELECT status FROM einvoice_exchanges") is None


async def test_a_token_that_ran_out_is_renewed(office: Office) -> None:
    note = await office.issued()
    office.portal.moods = ["", "expired_token"]

    assert await office.attempt(note.id) == "registered"

    assert [path for _, path in office.portal.requests].count("/eivital/v1.04/auth") == 2


async def test_a_wrong_password_is_no_refusal_of_the_note(office: Office) -> None:
    note = await office.issued()

    assert await office.attempt(note.id, password="wrong") == "pending"
    assert "does not let us in" in await office.books.value("SELECT last_error FROM einvoices")


async def test_a_note_that_the_portal_refuses_is_put_before_a_person_and_sent_again_when_mended(
    office: Office,
) -> None:
    await office.books.add_partners(partner("CP0001", gstin=DEALER_IN_MAHARASHTRA, version=6))
    note = await office.issued()

    assert await office.attempt(note.id) == "refused"

    assert await office.books.exceptions() == ["einvoice_refused"]
    assert "5002" in await office.books.value("SELECT last_error FROM einvoices")
    await office.books.add_partners(
        partner("CP0001", gstin=DEALER_IN_MAHARASHTRA, pin_code="411001", version=7)
    )
    async with UnitOfWork(office.books.database) as work:
        await repeat_registration(work, note.id, posting_at(AT))
        await work.commit()
    assert await office.attempt(note.id) == "registered"
    with pytest.raises(NoteState):
        async with UnitOfWork(office.books.database) as work:
            await repeat_registration(work, note.id, posting_at(AT))


async def test_many_attempts_at_once_register_once(office: Office) -> None:
    note = await office.issued()

    standings = await asyncio.gather(*(office.attempt(note.id) for _ in range(5)))

    assert set(standings) == {"registered"}
    assert len(office.portal.registered) == 1
    assert await office.books.value("SELECT count(*) FROM note_documents") == 2


async def test_notes_of_business_and_notes_to_consumers_are_not_registered(office: Office) -> None:
    await office.books.add_partners(partner("CP0002", state_code="27", version=2))
    (owed,) = await office.desk.billed(invoice("INV/B2C", partner_code="CP0002"))
    to_consumer = a_request(part(owed, 10_000), partner_code="CP0002", is_itc_reversal_declared=False)

    for command in (a_discount(part(None, 10_000)), to_consumer):
        note = await office.issue(await office.desk.approved(command))
        assert await office.attempt(note.id) is None

    assert await office.books.value("SELECT count(*) FROM einvoices") == 0
    assert office.portal.requests == []


async def test_a_cancelled_note_is_cancelled_at_the_portal_as_well(office: Office) -> None:
    note = await office.issued()
    await office.attempt(note.id)

    await office.desk.cancel(note.id, posting_at(AT + timedelta(hours=23), "checker"))
    assert (await office.standing(), await office.jobs()) == ("cancel_pending", 2)
    assert await office.attempt(note.id, AT + timedelta(hours=23)) == "cancelled"

    assert [one["Status"] for one in office.portal.registered.values()] == ["CNL"]
    await assert_sound(office.books)


async def test_after_a_day_the_portal_cancels_no_more_and_neither_do_we(office: Office) -> None:
    note = await office.issued()
    await office.attempt(note.id)

    with pytest.raises(CancellationTooLate):
        await office.desk.cancel(note.id, posting_at(AT + timedelta(hours=25), "checker"))

    assert await office.books.open_minor(note.id) == note.total_minor


async def test_a_note_whose_registration_is_unknown_is_not_cancelled(office: Office) -> None:
    note = await office.issued()

    with pytest.raises(RegistrationPending):
        await office.desk.cancel(note.id, posting_at(AT, "checker"))


async def test_a_cancellation_that_the_portal_refuses_is_put_before_a_person(office: Office) -> None:
    note = await office.issued()
    await office.attempt(note.id)
    await office.desk.cancel(note.id, posting_at(AT + timedelta(hours=1), "checker"))
    office.portal.clock = lambda: AT + timedelta(hours=30)

    assert await office.attempt(note.id, AT + timedelta(hours=30)) == "cancel_refused"

    assert await office.books.exceptions() == ["einvoice_cancel_refused"]


async def test_the_days_to_report_are_told_once_each(office: Office) -> None:
    await office.issued()
    told = []

    for days in (1, 3, 4, 20, 28, 28):
        async with UnitOfWork(office.books.database) as work:
            told.append(await watch_reporting_clock(work, AT + timedelta(days)))
            await work.commit()

    assert told == [0, 1, 0, 1, 1, 0]
    bodies = [json.loads(body)["data"] for body in await office.books.events(DUE)]
    assert [(one["after_days"], one["due_on"]) for one in bodies] == [
        (3, "2026-11-19"), (20, "2026-11-19"), (27, "2026-11-19"),
    ]  # fmt: skip


async def test_a_registered_note_has_no_clock(office: Office) -> None:
    note = await office.issued()
    await office.attempt(note.id)

    async with UnitOfWork(office.books.database) as work:
        assert await watch_reporting_clock(work, AT + timedelta(28)) == 0


async def test_the_api_shows_how_far_it_is_and_what_was_said(
    office: Office, calling_payments: CallAs
) -> None:
    note = await office.issued()
    await office.attempt(note.id)
    path = f"/v1/credit-notes/{note.id}"

    async with calling_payments(a_caller()) as client:
        shown = (await client.get(path)).json()["einvoice"]
        said = (await client.get(f"{path}/registration")).json()
        again = await client.post(f"{path}/registration", json={})
    async with calling_payments(a_caller("partner", partner_code="CP0001")) as client:
        own = (await client.get(path)).json()["einvoice"]
        hidden = await client.get(f"{path}/registration")

    assert (shown["standing"], len(shown["irn"]), shown == own) == ("registered", 64, True)
    assert [one["operation"] for one in said["exchanges"]] == ["sign_in", "register"]
    assert (again.status_code, hidden.status_code) == (409, 403)


async def test_lines_without_nomenclature_are_refused_there(office: Office) -> None:
    owed = taxed_invoice(line(hsn=""))
    await office.books.register(owed)
    note = await office.issue(await office.desk.approved(a_request(part(owed, 10_000))))

    assert await office.attempt(note.id) == "refused"
