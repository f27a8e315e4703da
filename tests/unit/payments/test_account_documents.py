"""Account statements as documents: every row on a page, balances carried forward, three languages, the same bytes."""

import re
from itertools import pairwise

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.adapters.account_documents.labels import LABELS
from services.payments.adapters.account_documents.layout import FIRST_PAGE_ROWS, TableColumn, pages_of
from services.payments.adapters.account_documents.letterhead import Letterhead
from services.payments.adapters.account_documents.statement_pdf import statement_pdf
from services.payments.domain.account_statement import AccountStatement, StatementKind
from tests.factories.account_statements import a_statement, content_of

HOUSE = Letterhead("Sahyadri Engines Limited", ("Bhosari, Pune 411026", "GSTIN 27AABCS1429B1Z8"))
COLUMNS = (TableColumn("Document", "rest", 10), TableColumn("Amount", "20mm", 10, is_right=True))


def pages(statement: AccountStatement, language: str = "en") -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(statement_pdf(content_of(statement), HOUSE, language=language))
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


@given(st.integers(0, 400))
def test_every_row_is_on_exactly_one_page_and_balances_go_on(count: int) -> None:
    rows = [(f"D{place}", str(place)) for place in range(count)]

    laid_out = pages_of(COLUMNS, rows, [str(place) for place in range(count)], opening="start")

    shown = [line for page in laid_out for line in str(page["columns"][0]).split("\n")]  # type: ignore[index]
    assert shown == [document for document, _ in rows]
    assert all(before["carried"] == after["brought"] for before, after in pairwise(laid_out))
    assert not laid_out or (laid_out[0]["brought"], laid_out[-1]["carried"]) == ("start", None)


def test_a_text_that_is_too_long_for_its_column_ends_with_an_ellipsis() -> None:
    (page,) = pages_of(COLUMNS, [("A" * 30, "1")], ["1"], opening=None)

    assert page["columns"] == ["AAAAAAAAA…", "1"]


def test_a_long_statement_repeats_its_head_and_carries_the_balance_forward() -> None:
    texts = pages(a_statement(FIRST_PAGE_ROWS + 10))

    assert "Carried forward" in texts[0]
    assert "Brought forward" in texts[1]
    assert all("Debit" in text and "Balance" in text for text in texts[:2])
    carried = re.search(r"Carried forward\s+([\d,.]+ Dr)", texts[0])
    assert carried is not None
    assert carried[1] in texts[1]


def test_rupees_have_their_sign_and_are_grouped_by_lakh() -> None:
    text = pages(a_statement(3))[0]

    assert "₹ 1,23,456.78 Dr" in text
    assert "1,18,000.00" in text


def test_foreign_sections_begin_on_a_page_of_their_own() -> None:
    texts = pages(a_statement(3, currencies=("INR", "USD")))

    assert len(texts) == 2
    assert "$ 123,456.78 Dr" in texts[1]


@pytest.mark.parametrize("language", sorted(LABELS))
@pytest.mark.parametrize("kind", list(StatementKind))
def test_each_kind_is_set_in_each_language(kind: StatementKind, language: str) -> None:
    texts = pages(a_statement(3, kind=kind, name="श्री गणेश इलेक्ट्रिकल्स"), language)

    assert len(texts) == 1
    assert "AS/2627/CP0001/0001" in texts[0]
    assert LABELS[language].keys() == LABELS["en"].keys()


def test_the_same_content_gives_the_same_bytes() -> None:
    content = content_of(a_statement(5))

    assert statement_pdf(content, HOUSE, language="hi") == statement_pdf(content, HOUSE, language="hi")


def test_words_that_look_like_markup_are_only_words() -> None:
    text = pages(a_statement(3, name='#read("/etc/passwd") $x$ [a] *b*'))[0]

    assert '#read("/etc/passwd") $x$ [a] *b*' in text
