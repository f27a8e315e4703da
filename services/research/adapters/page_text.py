"""What a fetched file is by its bytes, and the title and text of it that search finds."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from lxml import etree

from services.research.adapters.web_client import FetchStopped
from services.research.domain.web_page import FetchProblem
from shared.upload_scan import FORMAT_MEDIA_TYPES, FileRefused, FileTooLarge
from shared.upload_scan.scan import scan_upload

TEXT_LENGTH_MAX: Final = 100_000  # of letters; an index entry of PostgreSQL holds a megabyte of words
TITLE_LENGTH_MAX: Final = 300
# What a header may call each format; what says nothing is told by its bytes alone.
_CALLED: Final = {
    "text/html": {"html"},
    "application/xhtml+xml": {"html"},
    "application/pdf": {"pdf"},
    "text/plain": {"txt", "csv"},
    "text/csv": {"csv", "txt"},
    "application/csv": {"csv", "txt"},
    FORMAT_MEDIA_TYPES["xlsx"]: {"xlsx"},
    "image/png": {"png"},
    "image/jpeg": {"jpg"},
    "application/octet-stream": {"html", "pdf", "txt", "csv", "xlsx", "png", "jpg"},
    "": {"html", "pdf", "txt", "csv", "xlsx", "png", "jpg"},
}
_SIGNS: Final = ((b"%PDF-", "pdf"), (b"\x89PNG", "png"), (b"\xff\xd8", "jpg"), (b"PK\x03\x04", "xlsx"))
# Possessive, so that a row of comments is read in one way only.
_MARKUP: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*+(?:(?><!--.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body|title|\?xml)",
    re.IGNORECASE | re.DOTALL,
)
_UNSHOWN: Final = frozenset({"script", "style", "noscript", "template", "title"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CHARSET: Final = re.compile(r"charset=\"?([A-Za-z0-9_.:-]{1,40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """A format of ours or `html`; title and text are empty where the format has none that we read."""

    format: str
    title: str
    text: str


def page_text(content: bytes, content_type: str) -> PageText:
    """FetchStopped for what is none of the formats, is another than its header says, or carries what nobody should open."""
    called = content_type.partition(";")[0].strip().lower()
    if called not in _CALLED:
        raise FetchStopped(FetchProblem.TYPE_REFUSED, f"{called[:80]} is not taken in")
    if not content:
        raise FetchStopped(FetchProblem.TYPE_REFUSED, "it is empty")
    found = _format(content, called)
    if found not in _CALLED[called]:
        raise FetchStopped(FetchProblem.TYPE_REFUSED, f"it is called {called[:80]} and is {found}")
    if found == "html":
        return _of_markup(content, content_type)
    try:
        scan_upload(BytesIO(content), FORMAT_MEDIA_TYPES[found])
    except (FileRefused, FileTooLarge) as refusal:
        raise FetchStopped(FetchProblem.TYPE_REFUSED, refusal.detail) from refusal
    text = content.decode("utf-8") if found in ("txt", "csv") else ""
    return PageText(format=found, title="", text=_plain(text))


def _format(content: bytes, called: str) -> str:
    for sign, name in _SIGNS:
        if content.startswith(sign):
            return name
    if _MARKUP.match(content[:4096]):
        return "html"
    return "csv" if called.endswith("csv") else "txt"


def _of_markup(content: bytes, content_type: str) -> PageText:
    """As a browser would take it apart; nothing is run, loaded or resolved."""
    named = _CHARSET.search(content_type)
    try:
        parser = etree.HTMLParser(encoding=named[1] if named else None, no_network=True, remove_comments=True)
    except LookupError:
        parser = etree.HTMLParser(no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise FetchStopped(FetchProblem.TYPE_REFUSED, "the page cannot be read") from error
    if root is None:
        raise FetchStopped(FetchProblem.TYPE_REFUSED, "the page says nothing")
    title = root.findtext(".//title") or ""
    return PageText(format="html", title=_plain(title)[:TITLE_LENGTH_MAX], text=_plain(_shown_text(root)))


def _shown_text(root: etree._Element) -> str:
    """Walked and not asked of the tree: what is in scripts is not shown, what follows them is."""
    parts: list[str] = []
    length, hidden = 0, 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        is_unshown = element.tag in _UNSHOWN
        if event == "start":
            hidden += is_unshown
            told = element.text if not hidden else None
        else:
            hidden -= is_unshown
            told = element.tail if not hidden else None
        if told:
            parts.append(told)
            length += len(told)
        if length > 2 * TEXT_LENGTH_MAX:
            break
    return " ".join(parts)


def _plain(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text[: 2 * TEXT_LENGTH_MAX]).split())[:TEXT_LENGTH_MAX]
