"""What the document of a credit note says: everything that Rule 53(1A) of the CGST Rules asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.payments.adapters.repositories import Row
from services.payments.domain.business_day import BUSINESS_TIME_ZONE
from services.payments.domain.indian_state import state_name, state_of_gstin
from shared.documents.rupee_text import amount_in_words, amount_text, grouped_text

NO_EFFECT: Final = (
    "This is a commercial credit note. It has no effect on GST: no tax is reduced, it is not part of any return, and the"
    " recipient keeps the credit it took (CBIC circular 251/08/2025-GST)."
)
DECLARED: Final = (
    "The recipient has declared that it reversed the input tax credit taken on this supply (CGST Act 2017, proviso of"
    " section 34(2))."
)


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """The rows a document is made of; `ours` is our registration and `einvoice` the portal's answer, if any."""

    note: Row
    lines: Sequence[Row]
    ours: Row
    partner: Row
    reason_name: str
    einvoice: Row | None = None


def note_content(facts: NoteFacts) -> dict[str, Any]:
    """Texts ready to be set; amounts are grouped as in India."""
    note = facts.note
    is_gst = note.note_type == "gst"
    return {
        "title": "CREDIT NOTE" if is_gst else "COMMERCIAL CREDIT NOTE",
        "subtitle": "under section 34 of the CGST Act 2017" if is_gst else "no effect on GST",
        "mark": "CANCELLED" if note.standing == "cancelled" else "",
        "number": note.number,
        "supplier": _supplier(facts.ours),
        "recipient": _recipient(facts.partner),
        "facts": _facts(facts),
        **_table(facts),
        "totals": _totals(note),
        "words": amount_in_words(note.total_minor, note.currency),
        "einvoice": _einvoice(facts.einvoice),
        "notes": _notes(facts),
        "signatory": f"For {facts.ours.legal_name}",
    }


def long_day(day: date) -> str:
    """20 October 2026."""
    return f"{day.day} {day:%B %Y}"


def _supplier(ours: Row) -> dict[str, str]:
    trade = "" if ours.trade_name in ours.legal_name else f"({ours.trade_name})"
    return {
        "name": f"{ours.legal_name} {trade}".strip(),
        "address": f"{ours.address}, {ours.city} {ours.pin_code}",
        "gstin": ours.gstin,
        "state": f"{state_name(ours.state_code)} ({ours.state_code})",
    }


def _recipient(partner: Row) -> dict[str, str]:
    code = partner.state_code or state_of_gstin(partner.gstin)
    where = ", ".join(
        part for part in (partner.address, f"{partner.city} {partner.pin_code}".strip()) if part
    )
    return {
        "name": partner.legal_name or partner.name,
        "address": where,
        "gstin": partner.gstin or "Unregistered",
        "state": f"{state_name(code)} ({code})" if code else "",
        "code": partner.code,
    }


def _facts(facts: NoteFacts) -> list[list[str]]:
    note = facts.note
    place = note.place_of_supply
    told = [
        ["Number", note.number],
        ["Date", long_day(note.issued_on)],
        ["Nature of document", "Credit note" if note.note_type == "gst" else "Commercial credit note"],
        ["Place of supply", f"{state_name(place)} ({place})" if place else ""],
        ["Ground", facts.reason_name],
        ["Reason", note.reason_text],
        ["Agreement", note.agreement_reference],
    ]
    return [[name, text] for name, text in told if text]


def _table(facts: NoteFacts) -> dict[str, Any]:
    """Heads, their alignment, rows, and the total credited up to each row."""
    is_gst = facts.note.note_type == "gst"
    heads = _tax_heads(facts.note) if is_gst else {}
    names = ["No.", "Invoice", "Description", *(("Quantity", "Taxable value ₹", "Rate") if is_gst else ())]
    names += [f"{name} ₹" for name in heads]
    rows, running, total = [], [], 0
    for line in facts.lines:
        line_total = line.taxable_minor + line.cgst_minor + line.sgst_minor + line.igst_minor
        total += line_total
        running.append(amount_text(total, facts.note.currency))
        rows.append([*_first_cells(line), *(_tax_cells(line, heads, facts.note.currency) if is_gst else ())])
        rows[-1].append(grouped_text(line_total, facts.note.currency))
    return {
        "heads": [*names, "Total ₹" if is_gst else "Amount ₹"],
        "rows": rows,
        "running": running,
    }


def _tax_heads(note: Row) -> Mapping[str, str]:
    """The columns of tax by name: integrated across States, halves within one."""
    if state_of_gstin(note.supplier_gstin) != note.place_of_supply:
        return {"IGST": "igst_minor"}
    return {"CGST": "cgst_minor", "SGST": "sgst_minor"}


def _first_cells(line: Row) -> list[str]:
    invoice = f"{line.invoice_number}\n{line.invoice_issued_on:%d.%m.%Y}" if line.invoice_number else ""
    hsn = f"\nHSN {line.hsn}" if line.hsn else ""
    return [str(line.position), invoice, f"{line.description}{hsn}"]


def _tax_cells(line: Row, heads: Mapping[str, str], currency: str) -> list[str]:
    quantity = f"{line.quantity.normalize():f} {line.unit}".strip() if line.quantity else ""
    return [
        quantity,
        grouped_text(line.taxable_minor, currency),
        f"{(line.tax_rate * 100).normalize():f} %",
        *(grouped_text(getattr(line, column), currency) for column in heads.values()),
    ]


def _totals(note: Row) -> list[list[str]]:
    taxes = {
        "Central tax (CGST)": note.cgst_minor,
        "State tax (SGST)": note.sgst_minor,
        "Integrated tax (IGST)": note.igst_minor,
    }
    told = (
        [["Taxable value", amount_text(note.taxable_minor, note.currency)]] if note.note_type == "gst" else []
    )
    told += [[name, amount_text(minor, note.currency)] for name, minor in taxes.items() if minor]
    return [*told, ["Total credited", amount_text(note.total_minor, note.currency)]]


def _einvoice(row: Row | None) -> dict[str, str] | None:
    """The portal's answer, or that it is still waited for; None where none is needed."""
    if row is None:
        return None
    if not row.irn:
        return {"irn": "", "text": "Registration with the invoice registration portal is pending."}
    acknowledged = (
        f"Acknowledgement {row.ack_no} of {row.ack_at.astimezone(BUSINESS_TIME_ZONE):%d.%m.%Y %H:%M}"
    )
    return {"irn": row.irn, "text": acknowledged, "qr": row.signed_qr}


def _notes(facts: NoteFacts) -> list[str]:
    if facts.note.note_type != "gst":
        return [NO_EFFECT]
    return [DECLARED] if facts.note.is_itc_reversal_declared and facts.partner.gstin else []
