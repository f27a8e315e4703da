"""Sets the document of a credit note as PDF or as a workbook, in any of the languages."""

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import segno

from services.payments.adapters.note_documents.content import said_note
from services.payments.adapters.note_documents.layout import laid_out_note, template_labels
from services.payments.adapters.note_documents.note_xlsx import note_xlsx
from shared.documents.pdf import render_pdf

TEMPLATE: Final = Path(__file__).with_name("credit_note.typ")
NoteFormat = Literal["pdf", "xlsx"]
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def note_file(content: dict[str, Any], look: tuple[str, str], *, made_at: datetime) -> bytes | None:
    """`look` is format and language. The same content, look and instant give the same bytes.

    None for what a document frozen as English text cannot be: it is a PDF in English.
    It takes a tenth of a second and more for long notes: call it in a thread.
    """
    file_format, language = look
    note = said_note(content)
    if note is None:
        return _pdf(content | template_labels("en")) if look == ("pdf", "en") else None
    if file_format == "xlsx":
        return note_xlsx(note, language=language, made_at=made_at)
    return _pdf(laid_out_note(note, language))


def _pdf(laid_out: dict[str, Any]) -> bytes:
    """The portal's signed text becomes a QR code, as the law prints it."""
    return render_pdf(TEMPLATE, {**laid_out, "qr_svg": _qr_svg((laid_out["einvoice"] or {}).get("qr", ""))})


def _qr_svg(text: str) -> str:
    if not text:
        return ""
    picture = io.BytesIO()
    segno.make(text, micro=False, error="l").save(picture, kind="svg", border=2, xmldecl=False, svgns=True)
    return picture.getvalue().decode()
