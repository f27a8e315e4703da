"""An account statement as PDF, set from its content."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from services.payments.adapters.account_documents.labels import LABELS
from services.payments.adapters.account_documents.layout import (
    FIRST_PAGE_ROWS,
    SECTION_ROWS,
    TableColumn,
    heads_of,
    pages_of,
)
from services.payments.adapters.account_documents.letterhead import Letterhead
from shared.documents.amounts import grouped, with_sign
from shared.documents.pdf import render_pdf

CAME_BACK: Final = "cheque_returned"
TEMPLATE: Final = Path(__file__).with_name("account_statement.typ")
Words = Mapping[str, str]


def statement_pdf(
    content: Mapping[str, Any],
    letterhead: Letterhead,
    *,
    language: str,
    letter: Mapping[str, object] | None = None,
) -> bytes:
    """The same content, letterhead and language give the same bytes. `letter` adds a page that asks for a reply."""
    laid_out = laid_out_statement(content, letterhead, language=language)
    return render_pdf(TEMPLATE, laid_out | dict(letter or {"letter": []}), is_tagged=False)


def laid_out_statement(
    content: Mapping[str, Any], letterhead: Letterhead, *, language: str
) -> dict[str, object]:
    """What the template sets, every figure as it is to be read."""
    words = LABELS[language]
    number = content.get("number", "")
    return {
        "language": language,
        "labels": dict(words),
        "title": words[content["kind"]],
        "number": number,
        "mark": number or words["draft"],
        "letterhead": {"name": letterhead.name, "lines": list(letterhead.lines)},
        "partner": _partner(content["partner"], words),
        "facts": _facts(content, words),
        "sections": [_section(one, content, words, place) for place, one in enumerate(content["sections"])],
        "letter": [],
    }


def _partner(partner: Mapping[str, str], words: Words) -> dict[str, object]:
    lines = [partner["address"], partner["city"], f"{words['partner_code']}: {partner['code']}"]
    if partner["gstin"]:
        lines.append(f"GSTIN: {partner['gstin']}")
    return {"name": partner["name"], "lines": [line for line in lines if line]}


def _facts(content: Mapping[str, Any], words: Words) -> list[dict[str, str]]:
    period = f"{_day(content['from'])} – {_day(content['to'])}"
    facts = [(words["period"], period)]
    if content.get("number"):
        facts += [(words["number"], content["number"]), (words["date"], _day(content["published_on"]))]
    return [{"label": label, "value": value} for label, value in facts]


def _section(
    section: Mapping[str, Any], content: Mapping[str, Any], words: Words, place: int
) -> dict[str, object]:
    currency = section["currency"]
    first_rows = FIRST_PAGE_ROWS if place == 0 else SECTION_ROWS
    is_activity = content["kind"] == "activity"
    summary = [
        ("opening", _balance(section["opening"]["amount"], currency, words, signed=True)),
        ("debits", with_sign(section["totals"]["debit"]["amount"], currency)),
        ("credits_moved", with_sign(section["totals"]["credit"]["amount"], currency)),
        ("closing", _balance(section["closing"]["amount"], currency, words, signed=True)),
    ]
    return {
        "currency": currency,
        "summary": [{"label": words[name], "amount": amount} for name, amount in summary],
        "main": (_movements if is_activity else _open_items)(section, words, first_rows),
        "empty": words["nothing" if is_activity else "nothing_open"],
        "ageing": _ageing(section["ageing"], words),
        "memos": [
            memo for memo in (_cheques(section, words), _certificates(section, words)) if memo["pages"]
        ],
    }


def _movements(section: Mapping[str, Any], words: Words, first_rows: int) -> dict[str, object]:
    currency = section["currency"]
    columns = (
        TableColumn(words["date"], "17mm", 10),
        TableColumn(words["particulars"], "27mm", 22),
        TableColumn(words["document"], "rest", 24),
        TableColumn(words["reference"], "15mm", 10),
        TableColumn(words["debit"], "22mm", 18, is_right=True),
        TableColumn(words["credit"], "22mm", 18, is_right=True),
        TableColumn(words["balance"], "28mm", 24, is_right=True),
    )
    moved = section["movements"]
    balances = [_balance(one["balance"]["amount"], currency, words) for one in moved]
    rows = [
        (
            _day(one["on"]),
            words[CAME_BACK if one["reference"] == CAME_BACK else one["kind"]],
            one["document_number"],
            "" if one["kind"] == "receipt_reversal" else one["reference"],
            grouped(one["debit"]["amount"], currency) if one["debit"] else "",
            grouped(one["credit"]["amount"], currency) if one["credit"] else "",
            balance,
        )
        for one, balance in zip(moved, balances, strict=True)
    ]
    opening = _balance(section["opening"]["amount"], currency, words)
    totals = section["totals"]
    sums = ["", words["total"], "", "", grouped(totals["debit"]["amount"], currency),
            grouped(totals["credit"]["amount"], currency),
            _balance(section["closing"]["amount"], currency, words)]  # fmt: skip
    pages = pages_of(columns, rows, balances, opening=opening, first_rows=first_rows)
    return {"title": "", "columns": heads_of(columns), "pages": pages, "sums": sums}


def _open_items(section: Mapping[str, Any], words: Words, first_rows: int) -> dict[str, object]:
    currency = section["currency"]
    columns = (
        TableColumn(words["date"], "17mm", 10),
        TableColumn(words["particulars"], "24mm", 18),
        TableColumn(words["document"], "rest", 26),
        TableColumn(words["due"], "17mm", 10),
        TableColumn(words["age"], "17mm", 8, is_right=True),
        TableColumn(words["amount"], "26mm", 18, is_right=True),
        TableColumn(words["open"], "29mm", 24, is_right=True),
    )
    rows = [
        (
            _day(one["document_on"]),
            words[one["kind"]],
            one["document_number"],
            _day(one["due_on"]),
            str(one["age_days"]),
            grouped(one["original"]["amount"], currency),
            _balance(one["open"]["amount"], currency, words),
        )
        for one in section["open_items"]
    ]
    total = _balance(section["closing"]["amount"], currency, words)
    sums = ["", words["total"], "", "", "", "", total]
    return {
        "title": "",
        "columns": heads_of(columns),
        "pages": pages_of(columns, rows, (), opening=None, first_rows=first_rows),
        "sums": sums,
    }


def _ageing(told: Mapping[str, Any], words: Words) -> dict[str, object]:
    currency = told["total"]["currency"]
    amounts = [_units(bucket["amount"]["amount"]) for bucket in told["buckets"]]
    whole = sum(amounts) or 1
    return {
        "title": words["ageing_due" if told["by"] == "due" else "ageing_document"],
        "buckets": [
            {
                "label": _bucket(bucket["label"], words),
                "amount": grouped(bucket["amount"]["amount"], currency),
                "share": amount * 1000 // whole,
            }
            for bucket, amount in zip(told["buckets"], amounts, strict=True)
        ],
        "credits": grouped(told["credits"]["amount"], currency),
        "total": with_sign(told["total"]["amount"], currency),
    }


def _units(amount: str) -> int:
    """Only for the lengths of the bar: the amount in its smallest digits."""
    return max(0, int(amount.replace(".", "")))


def _bucket(label: str, words: Words) -> str:
    return words["not_due"] if label == "not_due" else f"{label.replace('-', '–')} {words['days']}"


def _cheques(section: Mapping[str, Any], words: Words) -> dict[str, object]:
    currency = section["currency"]
    columns = (
        TableColumn(words["cheque"], "22mm", 12),
        TableColumn(words["bank"], "rest", 40),
        TableColumn(words["received"], "26mm", 10),
        TableColumn(words["cheque_date"], "26mm", 10),
        TableColumn(words["amount"], "30mm", 20, is_right=True),
    )
    rows = [
        (
            one["cheque_number"],
            one["drawee_bank"],
            _day(one["received_on"]),
            _day(one["cheque_on"]),
            grouped(one["amount"]["amount"], currency),
        )
        for one in section["cheques"]
    ]
    sums = [words["total"], "", "", "", grouped(section["cheques_total"]["amount"], currency)]
    return _memo(words["cheques"], columns, rows, sums)


def _certificates(section: Mapping[str, Any], words: Words) -> dict[str, object]:
    currency = section["currency"]
    columns = (
        TableColumn(words["deducted"], "26mm", 10),
        TableColumn(words["kind"], "30mm", 20),
        TableColumn(words["document"], "rest", 50),
        TableColumn(words["amount"], "30mm", 20, is_right=True),
    )
    rows = [
        (
            _day(one["deducted_on"]),
            one["kind"],
            one["document_number"],
            grouped(one["amount"]["amount"], currency),
        )
        for one in section["certificates_awaited"]
    ]
    sums = [words["total"], "", "", grouped(section["certificates_total"]["amount"], currency)]
    return _memo(words["certificates"], columns, rows, sums)


def _memo(
    title: str, columns: Sequence[TableColumn], rows: Sequence[Sequence[str]], sums: Sequence[str]
) -> dict[str, object]:
    pages = pages_of(columns, rows, (), opening=None, first_rows=10)
    return {"title": title, "columns": heads_of(columns), "pages": pages, "sums": list(sums)}


def _balance(amount: str, currency: str, words: Words, *, signed: bool = False) -> str:
    """Dr when the partner owes us, Cr when it is the other way round; nothing at zero."""
    shown = (with_sign if signed else grouped)(amount.lstrip("-"), currency)
    if not amount.strip("-0."):
        return shown
    return f"{shown} {words['credit_mark' if amount.startswith('-') else 'debit_mark']}"


def _day(day: str) -> str:
    """14-10-2026, the same in the three languages."""
    return f"{day[8:]}-{day[5:7]}-{day[:4]}"
