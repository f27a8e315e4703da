"""Documents of credit notes: what the law asks for is in them, and they never change."""

import asyncio
import hashlib
import io
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from services.payments.adapters.note_documents.content import said_note
from services.payments.adapters.note_documents.layout import laid_out_note
from services.payments.adapters.note_documents.note_words import NOTE_WORDS
from services.payments.adapters.note_documents.rendering import note_file
from tests.factories.credit_notes import NotesDesk, a_discount, a_request, part, returned
from tests.factories.gst import DEALER_IN_MAHARASHTRA, OURS, line, registration, taxed_invoice
from tests.factories.payments import partner
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.service_callers import a_caller

DEALER = "श्री गणेश इलेक्ट्रिकल्स"


@pytest.fixture
async def desk(books: PaymentsBooks) -> NotesDesk:
    desk = NotesDesk(books)
    await desk.open()
    await books.add_partners(
        partner(
            "CP0001",
            gstin=DEALER_IN_MAHARASHTRA,
            legal_name=DEALER,
            address="12 MG Road, Camp",
            pin_code="411001",
            version=3,
        )
    )
    return desk


async def get(calling_payments: CallAs, note_id: object, query: str = "", **headers: str) -> httpx.Response:
    async with calling_payments(a_caller("partner", partner_code="CP0001")) as client:
        return await client.get(f"/v1/credit-notes/{note_id}/document{query}", headers=headers)


async def goods_back(desk: NotesDesk) -> Any:
    (owed,) = await desk.billed(taxed_invoice(line(1, 5_000_000_00)))
    return await desk.issued(a_request(returned(owed, 1), reason_code="goods_returned"))


def text_of(pdf: bytes) -> list[str]:
    """The text of each page, its lines joined."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = []
        for page in document:
            reader = page.get_textpage()
            pages.append(" ".join(reader.get_text_range().replace("\xa0", " ").split()))
            reader.close()
            page.close()
        return pages


def pdf_of(content: dict[str, Any]) -> bytes | None:
    return note_file(content, ("pdf", "en"), made_at=datetime(2026, 10, 20, tzinfo=UTC))


async def test_the_document_says_everything_rule_53_asks_for(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    note = await goods_back(desk)

    reply = await get(calling_payments, note.id)

    assert reply.status_code == 200, reply.text
    (page,) = text_of(reply.content)
    for said in (
        "CREDIT NOTE", "under section 34 of the CGST Act 2017", "Deccan Engines Limited", "Plot 14, MIDC, Bhosari, Pune",
        f"GSTIN: {OURS}", "CN/2627/0000001", "20 October 2026", "12 MG Road, Camp", f"GSTIN/UIN: {DEALER_IN_MAHARASHTRA}",
        "Maharashtra (27)", "INV/26-27/004000", "01.10.2026", "Goods returned", "HSN 84089090", "1 NOS",
        "25,00,000.00", "18 %", "2,25,000.00", "₹ 29,50,000.00", "Rupees twenty-nine lakh fifty thousand only",
        "reversed the input tax credit", "Authorised signatory",
    ):  # fmt: skip
        assert said in page, said
    assert "श" in page


async def test_the_same_document_is_the_same_bytes_for_everybody(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (owed,) = await desk.billed()
    note = await desk.issued(a_request(part(owed, 10_000)))

    replies = await asyncio.gather(*(get(calling_payments, note.id) for _ in range(5)))

    (content,) = {reply.content for reply in replies}
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    assert {reply.headers["etag"] for reply in replies} == {etag}
    assert replies[0].headers["content-disposition"] == 'attachment; filename="CN-2627-0000001.pdf"'
    assert await books.value("SELECT count(*) FROM note_document_files") == 1
    assert (await get(calling_payments, note.id, **{"If-None-Match": etag})).status_code == 304
    stored = await books.value("SELECT content FROM note_documents")
    assert pdf_of(stored) == content


@pytest.mark.parametrize(
    ("language", "said_in_words"),
    [
        (
            "hi",
            ("क्रेडिट नोट (CREDIT NOTE)", "20 अक्तूबर 2026", "महाराष्ट्र (27)", "माल वापसी", "प्राधिकृत हस्ताक्षरकर्ता"),
        ),
        (
            "mr",
            ("क्रेडिट नोट (CREDIT NOTE)", "20 ऑक्टोबर 2026", "महाराष्ट्र (27)", "माल परत", "अधिकृत स्वाक्षरीकर्ता"),
        ),
    ],
)
async def test_in_hindi_and_marathi_it_says_everything_the_law_asks_for_too(
    desk: NotesDesk,
    books: PaymentsBooks,
    calling_payments: CallAs,
    language: str,
    said_in_words: tuple[str, ...],
) -> None:
    note = await goods_back(desk)

    reply = await get(calling_payments, note.id, f"?language={language}")

    assert reply.status_code == 200, reply.text
    assert f'filename="CN-2627-0000001-{language}.pdf"' in reply.headers["content-disposition"]
    (page,) = text_of(reply.content)
    for said in (
        "CREDIT NOTE", "Deccan Engines Limited", "Plot 14, MIDC, Bhosari, Pune", f"GSTIN: {OURS}", "CN/2627/0000001",
        "12 MG Road, Camp", f"GSTIN/UIN: {DEALER_IN_MAHARASHTRA}", "(27)", "INV/26-27/004000", "01.10.2026",
        "HSN 84089090", "1 NOS", "25,00,000.00", "18 %", "CGST ₹", "SGST ₹", "2,25,000.00", "₹ 29,50,000.00",
    ):  # fmt: skip
        assert said in page, said
    told = said_note(await books.value("SELECT content FROM note_documents"))
    assert told is not None
    laid_out = msgspec.json.encode(laid_out_note(told, language)).decode()
    assert [said for said in said_in_words if said not in laid_out] == []


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
async def test_as_a_workbook_it_says_the_same_and_sums_its_lines(
    desk: NotesDesk, calling_payments: CallAs, language: str
) -> None:
    note, words = await goods_back(desk), NOTE_WORDS[language]

    first, again = [await get(calling_payments, note.id, f"?format=xlsx&language={language}") for _ in "ab"]

    assert first.content == again.content
    book = CalamineWorkbook.from_filelike(io.BytesIO(first.content))
    summary = {str(label): cell for label, cell in book.get_sheet_by_index(0).to_python()}
    assert summary[words["supplier"]] == "Deccan Engines Limited"
    assert summary[words["number"]] == "CN/2627/0000001"
    assert (summary["GSTIN"], summary["GSTIN/UIN"]) == (OURS, DEALER_IN_MAHARASHTRA)
    assert str(summary[words["place"]]).endswith("(27)")
    assert summary[words["total_credited"]] == 2_950_000
    heads, row, sums = book.get_sheet_by_index(1).to_python()
    told = dict(zip(heads, row, strict=True))
    assert (told[words["invoice"]], told["HSN"]) == ("INV/26-27/004000", "84089090")
    assert [told[words[name]] for name in ("taxable", "cgst", "sgst")] == [2_500_000, 225_000, 225_000]
    assert sums[-1] == told[words["total"]] == 2_950_000


async def test_a_note_frozen_as_english_text_stays_an_english_pdf(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    note = await goods_back(desk)
    told = said_note(await books.value("SELECT content FROM note_documents"))
    assert told is not None
    earlier = laid_out_note(told, "en")
    del earlier["labels"], earlier["language"]
    await books.write(
        "INSERT INTO note_documents SELECT note_id, 2, CAST(:earlier AS jsonb), frozen_at FROM note_documents",
        earlier=msgspec.json.encode(earlier).decode(),
    )
    await books.write(
        "INSERT INTO note_files SELECT note_id, 2, CAST('kept' AS bytea), sha256(CAST('kept' AS bytea)), frozen_at"
        " FROM note_documents WHERE document_number = 2"
    )

    kept = await get(calling_payments, note.id)
    others = [await get(calling_payments, note.id, query) for query in ("?language=hi", "?format=xlsx")]

    assert kept.content == b"kept"
    assert [other.status_code for other in others] == [404, 404]
    assert pdf_of(earlier) == pdf_of(await books.value("SELECT content FROM note_documents LIMIT 1"))


async def test_names_and_addresses_are_those_of_the_day_of_issue(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (owed,) = await desk.billed()
    note = await desk.issued(a_request(part(owed, 10_000)))

    await books.add_partners(partner("CP0001", gstin=DEALER_IN_MAHARASHTRA, legal_name="New Name", version=4))
    await desk.open(registration(address="Survey 9, Chakan", valid_from=note.issued_on.replace(day=21)))  # type: ignore[union-attr]

    (page,) = text_of((await get(calling_payments, note.id)).content)
    assert "New Name" not in page
    assert "Bhosari" in page


async def test_a_commercial_note_says_that_it_has_no_effect_on_tax(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    note = await desk.issued(a_discount(part(None, 1_00_000_00, description="Diwali scheme 2026")))

    (page,) = text_of((await get(calling_payments, note.id)).content)

    for said in (
        "COMMERCIAL CREDIT NOTE",
        "no effect on GST",
        "Diwali scheme 2026",
        "₹ 1,00,000.00",
        "FC/2627/0000001",
    ):
        assert said in page, said
    assert "CGST ₹" not in page


async def test_a_long_note_repeats_its_heads_and_carries_its_totals(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    (owed,) = await desk.billed(taxed_invoice(*(line(number, 100_000) for number in range(1, 201))))
    parts = [part(owed, 100_000, line_number=number) for number in range(1, 201)]
    note = await desk.issued(a_request(*parts))

    pages = text_of((await get(calling_payments, note.id)).content)

    assert len(pages) > 5
    with_rows = [page for page in pages if "HSN 84089090" in page]
    assert all("Taxable value ₹" in page for page in with_rows)
    carried = [page.partition("Carried forward: ")[2].split(" Page")[0] for page in with_rows[:-1]]
    brought = [page.partition("Brought forward: ₹ ")[2].split()[0] for page in with_rows[1:]]
    assert [one.removeprefix("₹ ").strip() for one in carried] == brought
    assert "Carried forward" not in with_rows[-1]
    assert "₹ 2,36,000.00" in pages[-1]


async def test_words_that_look_like_markup_are_words(desk: NotesDesk, calling_payments: CallAs) -> None:
    text = '#read("/etc/passwd") $x$ *bold* <script> \\ {{x}}'
    note = await desk.issued(a_discount(part(None, 10_000, description=text), reason_text=text))

    (page,) = text_of((await get(calling_payments, note.id)).content)

    assert page.count('#read("/etc/passwd")') == 2


async def test_a_cancelled_note_says_so_in_a_document_of_its_own(
    desk: NotesDesk, books: PaymentsBooks, calling_payments: CallAs
) -> None:
    note = await desk.issued(a_discount(part(None, 10_000)))
    before = (await get(calling_payments, note.id)).content
    await desk.cancel(note.id)

    after = (await get(calling_payments, note.id)).content

    assert "CANCELLED" in " ".join(text_of(after))
    assert "CANCELLED" not in " ".join(text_of(before))
    assert await books.value("SELECT count(*) FROM note_document_files") == 2


async def test_there_is_no_document_before_the_issue_nor_for_others(
    desk: NotesDesk, calling_payments: CallAs
) -> None:
    approved = await desk.approved(a_discount(part(None, 10_000)))
    issued = await desk.issued(a_discount(part(None, 10_000)))

    async with calling_payments(a_caller()) as client:
        early = await client.get(f"/v1/credit-notes/{approved}/document")
    async with calling_payments(a_caller("partner", partner_code="CP0002")) as client:
        other = await client.get(f"/v1/credit-notes/{issued.id}/document")

    assert (early.status_code, early.json()["code"]) == (409, "credit_note_state")
    assert other.status_code == 404
