"""Sets the page: one file of HTML without scripts, which asks for nothing elsewhere and works without a mouse."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Final

from services.partners.adapters.channels.letter_words import LETTER_WORDS
from services.partners.adapters.link_page.page_words import PAGE_WORDS
from services.partners.adapters.partner_documents.cell_text import cell_text, day_text
from services.partners.domain.delivery import OBJECTION_LENGTH_MAX, OBJECTION_LENGTH_MIN

Words = Mapping[str, str]
_STYLE: Final = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept",
}


@dataclass(frozen=True, slots=True)
class SaidReply:
    """What was said to the document before; an agreement has no objection."""

    objection: str | None
    replied_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """What the page shows. `path` is the link's own, as the browser sees it."""

    path: str
    language: str
    sender: str
    title: str
    kind: str
    number: str
    partner_name: str
    recipient: str
    from_on: date
    to_on: date
    formats: Sequence[str]
    acknowledge_by_on: date | None
    replies: Sequence[SaidReply]
    is_too_short: bool = False
    written: str = ""


def link_page(page: LinkPage) -> str:
    """Everything that comes from elsewhere is escaped; nothing is stored or changed by showing it."""
    words = PAGE_WORDS[page.language]
    called = LETTER_WORDS[page.language].get(page.kind, page.title)
    title = f"{called[:1].upper()}{called[1:]}" if page.kind != "uploaded_file" else page.title
    period = day_text(page.to_on)
    if page.from_on != page.to_on:
        period = f"{day_text(page.from_on)} – {period}"
    facts = [
        (words["partner"], page.partner_name),
        (words["recipient"], page.recipient),
        (words["period"], period),
    ]
    if page.number:
        facts.insert(0, (words["document"], page.number))
    if page.acknowledge_by_on:
        facts.append((words["answer_by"], day_text(page.acknowledge_by_on)))
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    body = (
        f"<section><h1>{escape(title)}</h1><dl>{told}</dl>{_downloads(page, words)}</section>"
        f'<section aria-labelledby="answer"><h2 id="answer">{words["answer"]}</h2>{_said(page, words)}'
        f"{_forms(page, words)}</section>"
    )
    return _document(page.language, title, _header(page, words) + f"<main>{body}</main>")


def dead_link_page(language: str) -> str:
    """Says the same for every link that leads nowhere."""
    words = PAGE_WORDS[language]
    body = f"<main><section><h1>{words['nowhere']}</h1><p>{words['nowhere_hint']}</p></section></main>"
    return _document(language, words["nowhere"], body)


def _document(language: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _header(page: LinkPage, words: Words) -> str:
    others = "".join(
        f'<b aria-current="true" lang="{code}">{spoken["language"]}</b>'
        if code == page.language
        else f'<a lang="{code}" hreflang="{code}" href="{escape(page.path)}?language={code}">{spoken["language"]}</a>'
        for code, spoken in PAGE_WORDS.items()
    )
    return f'<header><span>{escape(page.sender)}</span><nav aria-label="{words["speak"]}">{others}</nav></header>'


def _downloads(page: LinkPage, words: Words) -> str:
    """Buttons of a form and no links: whatever follows links in letters and pages opens nothing."""
    buttons = "".join(
        f'<button name="format" value="{escape(one)}">{words["download"]} ({escape(one.upper())})</button>'
        for one in page.formats
    )
    return (
        f'<form method="post" action="{escape(page.path)}/content" class="files">'
        f'<input type="hidden" name="language" value="{page.language}">{buttons}</form>'
        f'<p class="hint">{words["note"]}</p>'
    )


def _said(page: LinkPage, words: Words) -> str:
    parts = []
    for one in page.replies:
        at = cell_text(one.replied_at)
        if one.objection is None:
            parts.append(f'<p class="said">{words["agreed"].format(at=at)}</p>')
        else:
            parts.append(f'<p class="said">{words["objected"].format(at=at)}\n{escape(one.objection)}</p>')
    if any(one.objection for one in page.replies):
        parts.append(f"<p>{words['opened_question']}</p>")
    return f'<div role="status">{"".join(parts)}</div>'


def _forms(page: LinkPage, words: Words) -> str:
    action = f'<form method="post" action="{escape(page.path)}/reply">'
    language = f'<input type="hidden" name="language" value="{page.language}">'
    agreement = (
        f'{action}{language}<p class="hint">{words["agree_hint"]}</p>'
        f'<button name="reply" value="agree">{words["agree"]}</button></form>'
    )
    if any(one.objection is None for one in page.replies):
        agreement = ""
    wrong = f'<p class="wrong" id="wrong" role="alert">{words["too_short"]}</p>' if page.is_too_short else ""
    described = "hint wrong" if wrong else "hint"
    return (
        f"{agreement}{action}{language}"
        f'<label for="objection">{words["objection"]}</label><p class="hint" id="hint">{words["objection_hint"]}</p>{wrong}'
        f'<textarea id="objection" name="objection" required minlength="{OBJECTION_LENGTH_MIN}"'
        f' maxlength="{OBJECTION_LENGTH_MAX}" aria-describedby="{described}">{escape(page.written)}</textarea>'
        f'<button name="reply" value="object" class="plain">{words["send"]}</button></form>'
    )
