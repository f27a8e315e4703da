"""Sets what was frozen as a file: the same content, sender and language give the same bytes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from services.partners.adapters.partner_documents.layout import Layout
from services.partners.adapters.partner_documents.layout_pdf import layout_pdf
from services.partners.adapters.partner_documents.layout_xlsx import layout_xlsx
from services.partners.adapters.partner_documents.order_board_layout import order_board_layout
from services.partners.adapters.partner_documents.payment_sheet_layout import payment_sheet_layout
from services.partners.domain.document import DocumentKind
from services.partners.domain.order_board import OrderBoard
from services.partners.domain.payment_sheet import PaymentSheet

Content = Mapping[str, Any]


def frozen_content(told: PaymentSheet | OrderBoard) -> dict[str, Any]:
    """What is told as it is kept: plain JSON, from which it can be set again in any language."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
    return plain


def render(
    kind: DocumentKind, content: Content, look: tuple[str, str], *, sender: str, made_at: datetime
) -> bytes:
    """`look` is format and language. It computes for up to seconds: call it in a thread."""
    file_format, language = look
    layout = layout_of(kind, content, sender, language)
    return layout_pdf(layout) if file_format == "pdf" else layout_xlsx(layout, made_at=made_at)


def layout_of(kind: DocumentKind, content: Content, sender: str, language: str) -> Layout:
    """What it says, before it is set."""
    return _LAYOUTS[kind](content, sender, language)


def title_of(kind: DocumentKind, language: str) -> str:
    """What the document is called."""
    return _LAYOUT_TITLES[kind][language]


def _payment_sheet(content: Content, sender: str, language: str) -> Layout:
    return payment_sheet_layout(msgspec.convert(content, PaymentSheet), sender=sender, language=language)


def _order_board(content: Content, sender: str, language: str) -> Layout:
    return order_board_layout(msgspec.convert(content, OrderBoard), sender=sender, language=language)


_LAYOUTS: Final[Mapping[DocumentKind, Callable[[Content, str, str], Layout]]] = {
    DocumentKind.ORDER_BOARD: _order_board,
    DocumentKind.PAYMENT_SHEET: _payment_sheet,
}
_LAYOUT_TITLES: Final[Mapping[DocumentKind, Mapping[str, str]]] = {
    DocumentKind.ORDER_BOARD: {"en": "Order board", "hi": "ऑर्डर बोर्ड", "mr": "ऑर्डर बोर्ड"},
    DocumentKind.PAYMENT_SHEET: {"en": "Payment sheet", "hi": "भुगतान पत्रक", "mr": "देयक पत्रक"},
}
