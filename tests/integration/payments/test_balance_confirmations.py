"""Balance confirmations from asking to the register: evidence, differences, silence, and who may what."""

import asyncio
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from python_calamine import CalamineWorkbook

from services.payments.adapters.account_documents.confirmation_letter import LETTER_WORDS
from services.payments.application.chase_confirmations import chase_confirmations
from services.payments.application.publish_statements import publish_statements
from services.payments.domain.business_day import business_day
from shared.database import Database, UnitOfWork
from shared.identity import Caller
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks, told_data
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_account_statements_api import BREAK, some_business
from tests.integration.payments.test_payment_queries import DESK, PARTNER, call
from tests.integration.payments.test_published_statements import no_progress
from tests.integration.payments.test_settlements_api import post, rupees, somebody_else
from tests.integration.payments.test_verify_ledger import tamper
from tests.integration.service_callers import a_caller

CONFIRMATIONS = "/v1/balance-confirmations"
AS_OF = date(2026, 10, 31)
SIGNED = {"signer_name": "A. Kulkarni", "designation": "Accounts manager", "reference": "scan 17"}


def today() -> date:
    """In India, as late as it is wanted: a day may begin while the tests run."""
    return business_day(datetime.now(UTC))


async def asked(
    books: PaymentsBooks, calling_payments: CallAs, *, kind: str = "positive", days: int = 14
) -> dict[str, Any]:
    """The confirmation of 680.00 owed by CP0001 on 31 October."""
    await some_business(books)
    body = {
        "partner_code": "CP0001",
        "kind": kind,
        "as_of": AS_OF.isoformat(),
        "due_on": (today() + timedelta(days=days)).isoformat(),
    }
    reply = await post(calling_payments, CONFIRMATIONS, body)
    assert reply.status_code == 201, reply.text
    (confirmation,) = reply.json()
    found: dict[str, Any] = confirmation
    return found


async def change(
    calling_payments: CallAs, confirmation: dict[str, Any], path: str, body: object, caller: Caller = DESK
) -> httpx.Response:
    url = f"{CONFIRMATIONS}/{confirmation['id']}/{path}"
    return await call(calling_payments, "POST", url, body, caller, etag=f'"{confirmation["revision"]}"')


async def replied(
    calling_payments: CallAs,
    confirmation: dict[str, Any],
    amount: str = "680.00",
    caller: Caller = DESK,
    **draft: object,
) -> dict[str, Any]:
    verdict = "agree" if amount == "680.00" else "differ"
    body = {"verdict": verdict, "partner_balance": rupees(amount), **SIGNED, **draft}
    reply = await change(calling_payments, confirmation, "replies", body, caller)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


A_DIFFERENCE = {"kind": "invoice_not_received", "amount": rupees("480.00"), "document_number": "inv 1"}


async def disputed(books: PaymentsBooks, calling_payments: CallAs) -> dict[str, Any]:
    """By the partner's books it owes 200.00; of the 480.00 between, it lists all."""
    confirmation = await asked(books, calling_payments)
    return await replied(calling_payments, confirmation, "200.00", differences=[A_DIFFERENCE])


async def test_a_confirmation_rests_on_a_frozen_statement(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments)

    assert (confirmation["state"], confirmation["balance"]) == ("asked", rupees("680.00"))
    assert confirmation["number"].startswith("CB/")
    statement = await call(calling_payments, "GET", f"/v1/account-statements/{confirmation['statement_id']}")
    assert (statement.json()["kind"], statement.json()["to"]) == ("outstanding", AS_OF.isoformat())
    assert len(await books.events("salesops.payments.balance_confirmation_asked.v1")) == 1


async def test_asking_again_about_the_same_books_asks_nothing_new(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments)
    body = {
        "partner_code": "CP0001",
        "kind": "positive",
        "as_of": AS_OF.isoformat(),
        "due_on": today().isoformat(),
    }

    (again,) = (await post(calling_payments, CONFIRMATIONS, body)).json()

    assert again["id"] == confirmation["id"]


async def test_a_signed_agreement_confirms_the_balance(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    body = await replied(calling_payments, await asked(books, calling_payments))

    assert (body["state"], body["residual"], body["replies"][0]["is_evidence"]) == (
        "agreed", rupees("0.00"), True,
    )  # fmt: skip
    assert len(await books.events("salesops.payments.balance_confirmed.v1")) == 1


async def test_an_unsigned_reply_is_kept_and_decides_nothing(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments)

    unsigned = await replied(calling_payments, confirmation, manner="unsigned")
    signed = await replied(calling_payments, unsigned)

    assert (unsigned["state"], unsigned["replies"][0]["is_evidence"]) == ("asked", False)
    assert (signed["state"], len(signed["replies"])) == ("agreed", 2)
    assert not unsigned["partner_balance"]


async def test_a_partner_replies_for_itself_and_for_nobody_else(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments)
    body = {"verdict": "agree", "partner_balance": rupees("680.00"), **SIGNED}
    other = a_caller("partner", partner_code="CP0002")

    refused = await change(calling_payments, confirmation, "replies", body, other)
    done = await replied(calling_payments, confirmation, caller=PARTNER)

    assert refused.status_code == 404
    assert (done["state"], done["replies"][0]["manner"]) == ("agreed", "portal")


async def test_a_dispute_opens_one_question_and_tells(books: PaymentsBooks, calling_payments: CallAs) -> None:
    body = await disputed(books, calling_payments)

    assert (body["state"], body["residual"]) == ("disputed", rupees("-480.00"))
    assert body["query_number"].startswith("PQ/")
    assert len(await books.events("salesops.payments.balance_disputed.v1")) == 1
    links = await books.rows("SELECT kind, target_id FROM payment_query_links")
    assert [tuple(link) for link in links] == [("balance_confirmation", body["id"])]


async def test_a_line_shows_what_of_ours_it_names_and_its_explanation_reconciles(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    body = await disputed(books, calling_payments)
    (line,) = body["differences"]
    (ours,) = line["our_items"]
    explanation = {
        "explained": line["effect"],
        "item_kind": ours["kind"],
        "item_id": ours["id"],
        "note": "Invoice resent on 3 November, receipt acknowledged",
    }

    reply = await change(calling_payments, body, f"differences/{line['id']}/explanations", explanation)

    assert reply.status_code == 201, reply.text
    assert (reply.json()["state"], reply.json()["residual"]) == ("reconciled", rupees("0.00"))
    assert [one["step"] for one in reply.json()["events"]] == ["asked", "replied", "explained"]


@pytest.mark.parametrize(
    ("explained", "item"),
    [
        ("480.00", {}),
        ("-480.01", {}),
        ("-480.00", {"item_kind": "invoice", "item_id": str(UUID(int=1))}),
    ],
)
async def test_an_explanation_that_cannot_be_is_refused(
    books: PaymentsBooks, calling_payments: CallAs, explained: str, item: dict[str, str]
) -> None:
    body = await disputed(books, calling_payments)
    path = f"differences/{body['differences'][0]['id']}/explanations"
    draft = {"explained": rupees(explained), "note": "Because", **item}

    reply = await change(calling_payments, body, path, draft)

    assert (reply.status_code, reply.json()["code"]) == (422, "reply_contradicts")


async def test_what_is_left_is_accepted_by_another_than_who_explained(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    body = await disputed(books, calling_payments)
    both = Caller("both", frozenset({"coordinator", "approver"}), frozenset(), None, "token-both")
    path = f"differences/{body['differences'][0]['id']}/explanations"
    draft = {"explained": rupees("-400.00"), "note": "Found 400.00 of it"}
    explained = (await change(calling_payments, body, path, draft, both)).json()

    own = await change(calling_payments, explained, "acceptance", {"note": "Small enough"}, both)
    done = await change(calling_payments, explained, "acceptance", {"note": "Small enough"}, somebody_else())

    assert (own.status_code, own.json()["code"]) == (409, "maker_is_checker")
    assert (done.json()["state"], done.json()["residual"]) == ("difference_accepted", rupees("-80.00"))


async def test_a_step_on_what_changed_meanwhile_is_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments)
    body = {"verdict": "agree", "partner_balance": rupees("680.00"), **SIGNED}

    replies = await asyncio.gather(
        *(change(calling_payments, confirmation, "replies", body) for _ in range(6))
    )
    without = await call(calling_payments, "POST", f"{CONFIRMATIONS}/{confirmation['id']}/replies", body)

    assert sorted(one.status_code for one in replies) == [201] + [412] * 5
    assert without.status_code == 428


@pytest.mark.parametrize(
    ("change_of_reply", "code"),
    [
        ({"partner_balance": rupees("679.00")}, "reply_contradicts"),
        ({"verdict": "differ"}, "reply_contradicts"),
        ({"partner_balance": {"amount": "680.00", "currency": "USD"}}, "reply_contradicts"),
        ({"differences": [A_DIFFERENCE]}, "reply_contradicts"),
        ({"received_on": "2026-09-01"}, "date_impossible"),
    ],
)
async def test_a_reply_that_cannot_be_is_refused(
    books: PaymentsBooks, calling_payments: CallAs, change_of_reply: dict[str, object], code: str
) -> None:
    confirmation = await asked(books, calling_payments)
    body = {"verdict": "agree", "partner_balance": rupees("680.00"), **SIGNED, **change_of_reply}

    reply = await change(calling_payments, confirmation, "replies", body)

    assert (reply.status_code, reply.json()["code"]) == (422, code)


async def chased(books: PaymentsBooks, days: int) -> int:
    async with UnitOfWork(books.database) as work:
        moved, _ = await chase_confirmations(work, datetime.now(UTC) + timedelta(days=days), UUID(int=0))
        await work.commit()
    return moved


async def shown(calling_payments: CallAs, confirmation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        await call(calling_payments, "GET", f"{CONFIRMATIONS}/{confirmation['id']}")
    ).json()
    return found


async def test_a_silent_partner_is_reminded_once_per_day_of_the_rule(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await asked(books, calling_payments)

    moved = [await chased(books, days) for days in (1, 7, 7, 8, 15, 23, 30)]

    assert moved == [0, 1, 0, 0, 1, 1, 0]
    assert len(await books.events("salesops.payments.balance_confirmation_reminded.v1")) == 3


async def test_without_a_reply_the_receipts_since_are_the_evidence(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments)
    owed = await books.value("SELECT id FROM invoices WHERE number = 'INV/1'")
    late = receipt([pays(invoice("INV/1", id=owed), 60_000)], received_on=date(2026, 11, 5), reference="LATE")
    await books.book(late)

    await chased(books, 31)
    waiting = await shown(calling_payments, confirmation)
    done = await change(
        calling_payments,
        waiting,
        "alternative-procedure",
        {"note": "Receipt of 5 November traced to the bank"},
    )

    assert waiting["state"] == "unanswered"
    assert done.json()["state"] == "alternative"
    evidence = done.json()["events"][-1]["evidence"]
    assert {
        name: evidence[name] for name in ("open_then", "settled_by_receipts", "still_open", "receipts")
    } == {
        "open_then": "680.00",
        "settled_by_receipts": "600.00",
        "still_open": "80.00",
        "receipts": 1,
    }


async def test_a_late_reply_still_counts(books: PaymentsBooks, calling_payments: CallAs) -> None:
    confirmation = await asked(books, calling_payments)
    await chased(books, 31)

    body = await replied(calling_payments, await shown(calling_payments, confirmation))

    assert body["state"] == "agreed"


async def test_other_procedures_wait_until_the_time_to_reply_is_over(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments)

    reply = await change(calling_payments, confirmation, "alternative-procedure", {"note": "Too early"})

    assert (reply.status_code, reply.json()["code"]) == (409, "confirmation_state")


async def test_a_negative_request_without_objection_closes_after_its_due_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    confirmation = await asked(books, calling_payments, kind="negative", days=10)

    moved = [await chased(books, days) for days in (7, 10, 11, 12)]

    assert moved == [0, 0, 1, 0]
    assert (await shown(calling_payments, confirmation))["state"] == "not_contested"


async def test_the_register_sums_what_is_covered(books: PaymentsBooks, calling_payments: CallAs) -> None:
    confirmation = await asked(books, calling_payments)
    await replied(calling_payments, confirmation)
    body = {
        "partner_code": "CP0002",
        "kind": "positive",
        "as_of": AS_OF.isoformat(),
        "due_on": today().isoformat(),
    }
    await post(calling_payments, CONFIRMATIONS, body)

    summary = (await call(calling_payments, "GET", f"{CONFIRMATIONS}/summary?as_of={AS_OF}")).json()
    as_csv = await call(calling_payments, "GET", f"{CONFIRMATIONS}?format=csv")

    (inr,) = summary["currencies"]
    assert (inr["asked"], inr["covered"], inr["covered_share"]) == (
        rupees("1580.00"), rupees("680.00"), "0.4303",
    )  # fmt: skip
    assert len(as_csv.text.splitlines()) == 3


async def test_a_batch_of_statements_asks_each_partner(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)
    body = {
        "to": AS_OF.isoformat(),
        "confirmation": {"kind": "negative", "due_on": (today() + timedelta(days=9)).isoformat()},
    }

    batch = await post(calling_payments, "/v1/account-statement-batches", body)
    await publish_statements(books.database, UUID(batch.json()["id"]), no_progress)

    listed = (await call(calling_payments, "GET", CONFIRMATIONS)).json()["items"]
    assert [(one["partner_code"], one["kind"]) for one in listed] == [
        ("CP0001", "negative"), ("CP0002", "negative"),
    ]  # fmt: skip


async def test_nobody_is_asked_about_an_account_that_does_not_prove(
    books: PaymentsBooks, calling_payments: CallAs, superuser: Database
) -> None:
    await some_business(books)
    await tamper(superuser, BREAK)
    body = {
        "partner_code": "CP0001",
        "kind": "positive",
        "as_of": AS_OF.isoformat(),
        "due_on": today().isoformat(),
    }

    reply = await post(calling_payments, CONFIRMATIONS, body)

    assert (reply.status_code, reply.json()["code"]) == (409, "statement_unproved")
    assert await books.exceptions() == ["statement_unproved"]


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
async def test_the_letter_is_the_frozen_statement_with_a_page_to_sign(
    books: PaymentsBooks, calling_payments: CallAs, language: str
) -> None:
    await some_business(books)
    body = {
        "partner_code": "CP0001",
        "kind": "positive",
        "as_of": AS_OF.isoformat(),
        "due_on": today().isoformat(),
        "language": language,
    }
    (confirmation,) = (await post(calling_payments, CONFIRMATIONS, body)).json()

    letters = [
        await call(calling_payments, "GET", confirmation["letter_url"], caller=PARTNER) for _ in range(2)
    ]
    workbook = await call(
        calling_payments, "GET", confirmation["letter_url"] + "?format=xlsx", caller=PARTNER
    )

    (asked,) = await books.events("salesops.payments.balance_confirmation_asked.v1")
    assert letters[0].content.startswith(b"%PDF")
    assert letters[0].content == letters[1].content
    assert told_data(asked)["language"] == language
    letter, *statement = CalamineWorkbook.from_filelike(io.BytesIO(workbook.content)).sheet_names
    assert letter == LETTER_WORDS[language]["name_of_sheet"]
    assert len(statement) > 2


async def test_a_rule_of_reminding_is_dated_and_added_once(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    body = {
        "valid_from": "2027-04-01",
        "remind_after_days": [5, 10],
        "alternative_after_days": 20,
        "source": "Audit committee, March 2027",
    }

    replies = [
        await post(calling_payments, "/v1/confirmation-rules", body, somebody_else()) for _ in range(2)
    ]
    listed = (await call(calling_payments, "GET", "/v1/confirmation-rules")).json()["items"]

    assert [one.status_code for one in replies] == [201, 409]
    assert [one["alternative_after_days"] for one in listed] == [20, 30]


@pytest.mark.parametrize(
    "table",
    [
        "balance_confirmation_events",
        "balance_confirmation_replies",
        "balance_differences",
        "difference_explanations",
        "confirmation_rules",
    ],
)
async def test_what_was_said_about_a_balance_is_never_changed(
    books: PaymentsBooks, calling_payments: CallAs, table: str
) -> None:
    await disputed(books, calling_payments)

    with pytest.raises(Exception, match="append-only"):
        await books.write(f"DELETE FROM {table}")
