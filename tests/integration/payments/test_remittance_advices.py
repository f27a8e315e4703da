"""Advices of partners decide the credits they name: before or after the bank tells them, and never twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.payments.application.redecide_lines import redecide_lines
from services.payments.consumers import SUBSCRIPTIONS
from services.payments.domain.errors import PartnerAwaited
from shared.database import UnitOfWork
from shared.events.crm import AdvisedItem, PaymentAdvisedV1
from shared.events.envelope import envelope_of
from shared.identity import Caller
from shared.inbox import apply_once
from tests.factories.payments import RECEIVED_ON, invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, camt_file, csv_file, mt940_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller

UTR = "HDFCR52026101400000001"
CREDIT = Entry(118_000, f"NEFT CR-FIRM NOBODY KNOWS-{UTR}", UTR)
PATH = "/v1/remittance-advices"
DESK = a_caller()
PARTNER = a_caller("partner", partner_code="CP0001")


def an_advice(**changes: object) -> dict[str, object]:
    return {
        "partner_code": "CP0001",
        "reference": UTR,
        "amount": rupees("1180.00"),
        "paid_on": RECEIVED_ON.isoformat(),
        "items": [{"item": "INV/1", "amount": rupees("1180.00")}],
        **changes,
    }


async def call(
    calling_payments: CallAs,
    method: str,
    path: str,
    body: object = None,
    *,
    caller: Caller = DESK,
    **headers: str,
) -> httpx.Response:
    async with calling_payments(caller) as client:
        return await client.request(
            method, path, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )


async def told(calling_payments: CallAs, caller: Caller = DESK, **changes: object) -> httpx.Response:
    return await call(calling_payments, "POST", PATH, an_advice(**changes), caller=caller)


async def latest_reasons(books: PaymentsBooks) -> list[str]:
    row = (
        await books.rows(
            "SELECT reasons FROM line_decisions ORDER BY bank_line_id DESC, revision DESC LIMIT 1"
        )
    )[0]
    return [reason["code"] for reason in row.reasons]


async def test_a_credit_that_an_advice_names_is_booked_as_advised(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed, other = invoice("INV/1", total_minor=100_000), invoice("INV/2", total_minor=118_000)
    await books.register(owed, other)
    items = [
        {
            "item": "INV/1",
            "amount": rupees("999.00"),
            "deductions": [{"kind": "TDS194Q", "amount": rupees("1.00")}],
        }
    ]
    advice = (await told(calling_payments, items=items)).json()
    assert (advice["state"], advice["on_account"]) == ("waiting", rupees("181.00"))

    await books.import_file(csv_file(CREDIT))

    assert await books.decisions() == ["auto"]
    assert (await books.open_minor(owed.id), await books.open_minor(other.id)) == (0, 118_000)
    assert await latest_reasons(books) == ["advised"]
    shown = (await call(calling_payments, "GET", f"{PATH}/{advice['id']}")).json()
    assert shown["state"] == "matched"
    assert shown["receipt_id"] == str(await books.value("SELECT id FROM receipts"))
    assert [event["standing"] for event in shown["history"]] == ["told", "matched"]
    reasons = await books.value("SELECT reasons FROM line_decisions")
    assert f"{PATH}/{advice['id']}" in reasons[0]["text"]
    await assert_sound(books)


@pytest.mark.parametrize("write", [csv_file, camt_file, mt940_file])
@pytest.mark.parametrize("reference", [UTR, UTR[:16], UTR[:10], f" {UTR.lower()} "])
async def test_a_reference_cut_on_either_side_names_the_payment(
    books: PaymentsBooks,
    calling_payments: CallAs,
    write,
    reference: str,  # type: ignore[no-untyped-def]
) -> None:
    owed = invoice("INV/1")
    await books.register(owed)
    await told(calling_payments, reference=reference)

    await books.import_file(write(CREDIT))

    assert await books.open_minor(owed.id) == 0


async def test_a_cheque_is_named_by_its_number_and_amount(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1")
    await books.register(owed)
    await told(calling_payments, reference="", cheque_number="0000004211")
    await told(
        calling_payments,
        reference="",
        cheque_number="004211",
        partner_code="CP0002",
        amount=rupees("5.00"),
        items=[],
    )

    await books.import_file(csv_file(Entry(118_000, "CHQ DEP 004211 CLG", "004211")))

    (receipt,) = await books.rows("SELECT * FROM receipts")
    assert (receipt.partner_code, receipt.cheque_number) == ("CP0001", "004211")
    assert await books.open_minor(owed.id) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": rupees("1180.01")}, "advised_amount_differs"),
        ({"items": [{"item": "INV/9", "amount": rupees("1180.00")}]}, "advised_item_unknown"),
        ({"partner_code": "CP0002"}, "advised_item_unknown"),
        ({"items": [{"item": "INV/0", "amount": rupees("1180.00")}]}, "advised_item_settled"),
    ],
)
@pytest.mark.parametrize("is_late", [False, True])
async def test_an_advice_that_contradicts_the_books_is_a_suggestion_and_books_nothing(
    books: PaymentsBooks, calling_payments: CallAs, changes: dict[str, object], code: str, is_late: bool
) -> None:
    await books.register(invoice("INV/1", total_minor=200_000), invoice("INV/0", total_minor=100))
    if is_late:
        await books.import_file(csv_file(CREDIT))
    advice = await told(calling_payments, **changes)
    assert advice.status_code == 201, advice.text
    if not is_late:
        await books.import_file(csv_file(CREDIT))

    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert code in await latest_reasons(books)
    row = (await books.rows("SELECT * FROM line_decisions ORDER BY revision DESC LIMIT 1"))[0]
    assert (row.decision, row.partner_code) == ("suggested", changes.get("partner_code", "CP0001"))
    assert (await call(calling_payments, "GET", f"{PATH}/{advice.json()['id']}")).json()["state"] == "waiting"


async def test_an_advice_that_arrives_after_its_credit_books_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1", total_minor=200_000)
    await books.register(owed)
    await books.import_file(csv_file(CREDIT))
    assert await books.decisions() == ["exception"]

    advice = (await told(calling_payments)).json()

    assert advice["state"] == "matched"
    assert await books.open_minor(owed.id) == 82_000
    assert await books.exceptions() == []
    assert await books.value("SELECT booked_at IS NOT NULL AND zone = 'west' FROM booking_clocks")
    assert await latest_reasons(books) == ["advised"]
    await assert_sound(books)


async def test_one_advice_speaks_for_one_credit(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await told(calling_payments, items=[])

    await books.import_file(csv_file(CREDIT, CREDIT))

    assert await books.value("SELECT count(*) FROM receipts") == 1
    assert await books.value("SELECT count(*) FROM remittance_advice_matches") == 1
    with pytest.raises(Exception, match=r"(uq|pk)_remittance_advice_matches"):
        await books.write("INSERT INTO remittance_advice_matches SELECT * FROM remittance_advice_matches")


async def test_two_partners_who_claim_one_payment_are_left_to_a_person(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await told(calling_payments, items=[])
    await told(calling_payments, items=[], partner_code="CP0002")

    await books.import_file(csv_file(CREDIT))

    assert await books.decisions() == ["suggested"]
    assert "advices_compete" in await latest_reasons(books)


async def test_an_advised_cheque_that_comes_back_in_the_same_file_is_taken_back(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1")
    await books.register(owed)
    await told(calling_payments, reference="", cheque_number="004211")
    deposit = Entry(118_000, "CHQ DEP 004211 CLG", "004211")
    returned = Entry(-118_000, "CHQ RET 004211 FUNDS INSUFFICIENT", "004211", RECEIVED_ON + timedelta(days=1))

    await books.import_file(csv_file(deposit, returned))

    assert await books.decisions() == ["auto", "auto"], await books.exceptions()
    assert await books.open_minor(owed.id) == owed.total_minor
    await assert_sound(books)


async def test_told_again_it_is_known_and_with_other_figures_it_is_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    first, again = await told(calling_payments), await told(calling_payments, note="again")
    other = await told(calling_payments, amount=rupees("1200.00"))

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert other.json()["code"] == "advice_taken"


async def test_a_cancelled_advice_decides_nothing_and_may_be_told_anew(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice("INV/1", total_minor=200_000))
    advice = (await told(calling_payments)).json()
    path = f"{PATH}/{advice['id']}/cancellation"

    without = await call(calling_payments, "POST", path, {"reason": "Sent twice"})
    cancelled = await call(calling_payments, "POST", path, {"reason": "Sent twice"}, If_Match='"1"')
    stale = await call(calling_payments, "POST", path, {"reason": "Again"}, If_Match='"1"')
    twice = await call(calling_payments, "POST", path, {"reason": "Again"}, If_Match='"2"')
    await books.import_file(csv_file(CREDIT))

    assert (without.status_code, stale.status_code, twice.status_code) == (428, 412, 409)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert (await told(calling_payments, amount=rupees("5.00"), items=[])).status_code == 201


async def test_a_matched_advice_cannot_be_cancelled(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.register(invoice("INV/1"))
    advice = (await told(calling_payments)).json()
    await books.import_file(csv_file(CREDIT))

    path = f"{PATH}/{advice['id']}/cancellation"
    reply = await call(calling_payments, "POST", path, {"reason": "No"}, If_Match='"2"')

    assert (reply.status_code, reply.json()["code"]) == (409, "advice_state")


async def test_a_batch_has_a_verdict_for_each_and_csv_names_its_items(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed, other = invoice("INV/1", total_minor=100_000), invoice("INV/2", total_minor=18_000)
    await books.register(owed, other)
    text = (
        "partner_code,reference,cheque_number,amount_in_rupees,paid_on,items,note\n"
        f"CP0001,{UTR},,1180.00,2026-10-14,INV/1=1000.00;INV/2=180.00,October\n"
        f"CP0001,{UTR},,1180.00,2026-10-14,INV/1=1000.00;INV/2=180.00,\n"
        "CP0404,612612345678,,5.00,2026-10-14,,\n"
        "CP0001,612612345679,,5.00,2026-10-14,INV/1,\n"
        "CP0001,612612345670,,5.00,14-10-2026,,\n"
        "CP0001,,,5.00,2026-10-14,,\n"
    )
    async with calling_payments(DESK) as client:
        reply = await client.post(
            f"{PATH}/batch", content=text.encode(), headers={"Content-Type": "text/csv"}
        )
    await books.import_file(csv_file(CREDIT))

    body = reply.json()
    assert (body["accepted"], body["duplicate"], body["refused"]) == (1, 1, 4)
    codes = [item["problem"]["code"] for item in body["items"] if item["problem"]]
    assert codes == ["partner_unknown", "invalid_money", "item_invalid", "advice_invalid"]
    assert (await books.open_minor(owed.id), await books.open_minor(other.id)) == (0, 0)


async def test_ten_thousand_advices_are_told_at_once(books: PaymentsBooks, calling_payments: CallAs) -> None:
    drafts = [an_advice(reference=f"HDFCR52026101{number:09}", items=[]) for number in range(10_000)]

    reply = await call(calling_payments, "POST", f"{PATH}/batch", drafts)

    assert reply.json()["accepted"] == 10_000
    assert await books.value("SELECT count(*) FROM remittance_advice_events") == 10_000


async def test_a_partner_tells_and_sees_its_own_advices_only(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    mine = await told(calling_payments, PARTNER, items=[])
    others = await told(calling_payments, PARTNER, items=[], partner_code="CP0002")
    foreign = (await told(calling_payments, items=[], partner_code="CP0002", reference="612612345678")).json()

    listed = (await call(calling_payments, "GET", PATH, caller=PARTNER)).json()["items"]
    hidden = await call(calling_payments, "GET", f"{PATH}/{foreign['id']}", caller=PARTNER)
    cancelling = await call(
        calling_payments,
        "POST",
        f"{PATH}/{foreign['id']}/cancellation",
        {"reason": "x"},
        caller=PARTNER,
        If_Match='"1"',
    )

    assert (mine.status_code, others.status_code) == (201, 422)
    assert [advice["id"] for advice in listed] == [mine.json()["id"]]
    assert (hidden.status_code, cancelling.status_code) == (404, 404)


async def test_advices_whose_money_does_not_come_are_listed_as_overdue(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    today = datetime.now(UTC).date()
    await told(calling_payments, items=[], paid_on=(today - timedelta(days=9)).isoformat())
    await told(calling_payments, items=[], paid_on=today.isoformat(), reference="612612345678")

    overdue = (await call(calling_payments, "GET", f"{PATH}?state=waiting&is_overdue=true")).json()["items"]
    patient = await call(calling_payments, "GET", f"{PATH}?is_overdue=true&overdue_after_days=30")

    assert [(advice["reference"], advice["is_overdue"]) for advice in overdue] == [(UTR, True)]
    assert overdue[0]["age_days"] in (9, 10)
    assert patient.json()["items"] == []


async def test_an_advice_whose_money_was_booked_without_it_waits_no_longer(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    advice = (await told(calling_payments, items=[], amount=rupees("5.00"))).json()
    payment = {
        "bank_account": "50200012345678", "partner_code": "CP0001", "amount": rupees("1180.00"),
        "received_on": RECEIVED_ON.isoformat(), "reference": UTR,
    }  # fmt: skip
    await call(calling_payments, "POST", "/v1/receipts", payment)

    assert (await call(calling_payments, "GET", f"{PATH}/{advice['id']}")).json()[
        "state"
    ] == "received_otherwise"


async def test_an_advice_and_the_import_of_its_credit_never_miss_each_other(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = [invoice(f"INV/{number}", total_minor=1_000 + number) for number in range(8)]
    await books.register(*owed)
    utrs = [f"SBINR5202610140000000{number}" for number in range(8)]
    entries = [Entry(1_000 + n, f"NEFT CR-NOBODY {n}-{utr}", utr) for n, utr in enumerate(utrs)]

    await asyncio.gather(
        *(books.import_file(csv_file(entry)) for entry in entries),
        *(
            told(
                calling_payments,
                reference=entry.reference,
                amount=rupees(f"{(1_000 + n) / 100:.2f}"),
                items=[{"item": f"INV/{n}", "amount": rupees(f"{(1_000 + n) / 100:.2f}")}],
            )
            for n, entry in enumerate(entries)
        ),
    )

    assert [await books.open_minor(one.id) for one in owed] == [0] * 8
    assert await books.value("SELECT count(*) FROM remittance_advice_matches") == 8
    await assert_sound(books)


def a_record(**changes: object) -> PaymentAdvisedV1:
    facts: dict[str, object] = {
        "record_id": "a0B5g00000XyZabEAF", "system_modstamp": datetime(2026, 10, 14, 6, tzinfo=UTC),
        "partner_code": "CP0001", "reference": UTR, "currency": "INR", "amount_minor": 118_000, "paid_on": RECEIVED_ON,
        "items": (AdvisedItem(item="INV/1", amount_minor=118_000),),
    }  # fmt: skip
    return PaymentAdvisedV1(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


async def apply(books: PaymentsBooks, *records: PaymentAdvisedV1) -> None:
    consume = apply_once("payments", SUBSCRIPTIONS, lambda: UnitOfWork(books.database))
    for record in records:
        await consume([envelope_of(record, subject=record.record_id, partition_key=record.record_id)])


LATER = datetime(2026, 10, 14, 7, tzinfo=UTC)


async def test_a_record_of_the_crm_is_an_advice_and_its_later_telling_holds_in_either_order(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1", total_minor=90_000)
    await books.register(owed)
    right = a_record(system_modstamp=LATER, items=(AdvisedItem(item="INV/1", amount_minor=90_000),))

    await apply(books, right, a_record())
    await books.import_file(csv_file(CREDIT))

    assert await books.open_minor(owed.id) == 0
    (advice,) = (await call(calling_payments, "GET", PATH)).json()["items"]
    assert (advice["channel"], advice["external_id"], advice["state"]) == (
        "salesforce",
        "a0B5g00000XyZabEAF",
        "matched",
    )


async def test_a_record_that_changed_supersedes_what_it_told_before(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await apply(books, a_record(), a_record(system_modstamp=LATER, amount_minor=5_000, items=()))
    await apply(books, a_record(system_modstamp=LATER, amount_minor=5_000, items=()))

    advices = (await call(calling_payments, "GET", PATH)).json()["items"]
    assert sorted((advice["state"], advice["amount"]["amount"]) for advice in advices) == [
        ("superseded", "1180.00"), ("waiting", "50.00"),
    ]  # fmt: skip


@pytest.mark.parametrize(("at", "state"), [(LATER, "cancelled"), (LATER - timedelta(hours=2), "waiting")])
async def test_a_record_that_was_deleted_is_cancelled_unless_it_was_told_anew(
    books: PaymentsBooks, calling_payments: CallAs, at: datetime, state: str
) -> None:
    await apply(books, a_record(), a_record(system_modstamp=at, is_deleted=True))

    (advice,) = (await call(calling_payments, "GET", PATH)).json()["items"]
    assert advice["state"] == state


async def test_a_record_of_a_partner_not_known_yet_is_tried_again(books: PaymentsBooks) -> None:
    with pytest.raises(PartnerAwaited, match="There is no partner CP0404"):
        await apply(books, a_record(partner_code="CP0404"))


async def test_an_advice_that_came_before_its_invoice_books_the_credit_once_the_invoice_is_there(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    advice = (await told(calling_payments)).json()
    await books.import_file(csv_file(CREDIT))
    assert await books.decisions() == ["suggested"]
    owed = invoice("INV/1", total_minor=200_000)
    await books.register(owed)

    await redecide_lines(books.database, datetime.now(UTC))

    assert await books.open_minor(owed.id) == 82_000
    assert (await call(calling_payments, "GET", f"{PATH}/{advice['id']}")).json()["state"] == "matched"
    await assert_sound(books)
