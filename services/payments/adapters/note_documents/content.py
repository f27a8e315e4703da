"""What the document of a credit note says: everything that Rule 53(1A) of the CGST Rules asks for, in no language yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from services.payments.adapters.repositories import Row
from services.payments.domain.indian_state import state_of_gstin


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """The rows a document is made of; `ours` is our registration and `einvoice` the portal's answer, if any."""

    note: Row
    lines: Sequence[Row]
    ours: Row
    partner: Row
    reason_name: str
    einvoice: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who supplied or received, with names and address as they were; codes of States by GST Network's list."""

    name: str
    address: str
    gstin: str
    state_code: str
    partner_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidLine:
    """One line credited; amounts in smallest units, the rate as a share of one."""

    position: int
    invoice_number: str
    invoice_issued_on: date | None
    description: str
    hsn: str
    quantity: Decimal | None
    unit: str
    tax_rate: Decimal
    taxable_minor: int
    cgst_minor: int
    sgst_minor: int
    igst_minor: int

    @property
    def total_minor(self) -> int:
        return self.taxable_minor + self.cgst_minor + self.sgst_minor + self.igst_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRegistration:
    """The invoice registration portal's answer; without an IRN it is still waited for."""

    irn: str
    acknowledgement_number: str
    acknowledged_at: datetime | None
    signed_qr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidNote:
    """A note as it is frozen: set from it in any language and format, at any time."""

    is_gst: bool
    is_cancelled: bool
    number: str
    issued_on: date
    currency: str
    supplier: Party
    recipient: Party
    place_of_supply: str
    ground: str
    reason: str
    agreement: str
    is_itc_reversal_declared: bool
    lines: Sequence[SaidLine]
    taxable_minor: int
    cgst_minor: int
    sgst_minor: int
    igst_minor: int
    total_minor: int
    registration: SaidRegistration | None

    @property
    def is_across_states(self) -> bool:
        """Integrated tax across States, halves within one."""
        return state_of_gstin(self.supplier.gstin) != self.place_of_supply


def note_content(facts: NoteFacts) -> dict[str, Any]:
    """As plain JSON."""
    note = facts.note
    said = SaidNote(
        is_gst=note.note_type == "gst",
        is_cancelled=note.standing == "cancelled",
        number=note.number,
        issued_on=note.issued_on,
        currency=note.currency,
        supplier=_supplier(facts.ours),
        recipient=_recipient(facts.partner),
        place_of_supply=note.place_of_supply or "",
        ground=facts.reason_name,
        reason=note.reason_text,
        agreement=note.agreement_reference or "",
        is_itc_reversal_declared=bool(note.is_itc_reversal_declared and facts.partner.gstin),
        lines=[_line(line) for line in facts.lines],
        taxable_minor=note.taxable_minor,
        cgst_minor=note.cgst_minor,
        sgst_minor=note.sgst_minor,
        igst_minor=note.igst_minor,
        total_minor=note.total_minor,
        registration=_registration(facts.einvoice),
    )
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(said))
    return plain


def said_note(content: dict[str, Any]) -> SaidNote | None:
    """What was frozen; None for a document frozen as English text, before there were other languages."""
    return None if "heads" in content else msgspec.convert(content, SaidNote)


def _supplier(ours: Row) -> Party:
    trade = "" if ours.trade_name in ours.legal_name else f"({ours.trade_name})"
    return Party(
        name=f"{ours.legal_name} {trade}".strip(),
        address=f"{ours.address}, {ours.city} {ours.pin_code}",
        gstin=ours.gstin,
        state_code=ours.state_code,
    )


def _recipient(partner: Row) -> Party:
    town = f"{partner.city} {partner.pin_code}".strip()
    return Party(
        name=partner.legal_name or partner.name,
        address=", ".join(part for part in (partner.address, town) if part),
        gstin=partner.gstin or "",
        state_code=partner.state_code or state_of_gstin(partner.gstin or ""),
        partner_code=partner.code,
    )


def _line(line: Row) -> SaidLine:
    return SaidLine(
        position=line.position,
        invoice_number=line.invoice_number or "",
        invoice_issued_on=line.invoice_issued_on if line.invoice_number else None,
        description=line.description,
        hsn=line.hsn or "",
        quantity=line.quantity or None,
        unit=line.unit or "",
        tax_rate=line.tax_rate or Decimal(0),
        taxable_minor=line.taxable_minor,
        cgst_minor=line.cgst_minor,
        sgst_minor=line.sgst_minor,
        igst_minor=line.igst_minor,
    )


def _registration(row: Row | None) -> SaidRegistration | None:
    if row is None:
        return None
    return SaidRegistration(
        irn=row.irn or "",
        acknowledgement_number=row.ack_no or "",
        acknowledged_at=row.ack_at,
        signed_qr=row.signed_qr or "",
    )
