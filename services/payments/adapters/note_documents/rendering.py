"""Sets the document of a credit note as PDF."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import segno

from shared.documents.pdf import render_pdf

TEMPLATE: Final = Path(__file__).with_name("credit_note.typ")


def note_pdf(content: Mapping[str, Any]) -> bytes:
    """The same content gives the same bytes. The portal's signed text becomes a QR code, as the law prints it."""
    return render_pdf(TEMPLATE, {**content, "qr_svg": _qr_svg((content["einvoice"] or {}).get("qr", ""))})


def _qr_svg(text: str) -> str:
    if not text:
        return ""
    picture = io.BytesIO()
    segno.make(text, micro=False, error="l").save(picture, kind="svg", border=2, xmldecl=False, svgns=True)
    return picture.getvalue().decode()
