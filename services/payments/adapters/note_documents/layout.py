"""A credit note laid out in one language: the texts its template sets, amounts grouped as in India."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.payments.adapters.note_documents.content import Party, SaidLine, SaidNote, SaidRegistration
from services.payments.adapters.note_documents.note_words import GROUNDS, NOTE_WORDS
from services.payments.adapters.note_documents.number_words import spelt_amount
from services.payments.adapters.note_documents.state_words import long_day, state_text
from services.payments.domain.business_day import BUSINESS_TIME_ZONE
from shared.documents.amounts import SIGNS
from shared.documents.rupee_text import amount_text, grouped_text

Words = Mapping[str, str]
Pairs = list[tuple[str, str]]
TAXES: Final = ("cgst", "sgst", "igst")
_LABELS: Final = (
    "supplier", "recipient", "state", "brought", "carried", "page", "of", "in_words", "authorised",
)  # fmt: skip


def laid_out_note(note: SaidNote, language: str) -> dict[str, Any]:
    """Texts ready to be set."""
    words = NOTE_WORDS[language]
    return {
        **template_labels(language),
        "title": title_of(note, words),
        "subtitle": words["gst_subtitle" if note.is_gst else "commercial_subtitle"],
        "mark": words["cancelled"] if note.is_cancelled else "",
        "number": note.number,
        "supplier": _party(note.supplier, words, language),
        "recipient": _party(note.recipient, words, language) | {"code": note.recipient.partner_code},
        "facts": [list(pair) for pair in facts_of(note, language)],
        **_table(note, words),
        "totals": [[name, amount_text(minor, note.currency)] for name, minor in totals_of(note, words)],
        "words": spelt_amount(note.total_minor, note.currency, language),
        "einvoice": _einvoice(note.registration, words),
        "notes": notes_of(note, words),
        "signatory": words["signatory"].format(name=note.supplier.name),
    }


def template_labels(language: str) -> dict[str, object]:
    """What the template says itself."""
    return {"language": language, "labels": {name: NOTE_WORDS[language][name] for name in _LABELS}}


def title_of(note: SaidNote, words: Words) -> str:
    return words["gst_title" if note.is_gst else "commercial_title"]


def facts_of(note: SaidNote, language: str) -> Pairs:
    """Label and text of what is known of the note as a whole."""
    words = NOTE_WORDS[language]
    told = [
        (words["number"], note.number),
        (words["date"], long_day(note.issued_on, language)),
        (words["nature"], words["gst_nature" if note.is_gst else "commercial_nature"]),
        (words["place"], state_text(note.place_of_supply, language)),
        (words["ground"], GROUNDS[language].get(note.ground, note.ground)),
        (words["reason"], note.reason),
        (words["agreement"], note.agreement),
    ]
    return [(label, text) for label, text in told if text]


def taxes_of(note: SaidNote) -> Sequence[str]:
    """The columns of tax that the note has."""
    if not note.is_gst:
        return ()
    return ("igst",) if note.is_across_states else ("cgst", "sgst")


def totals_of(note: SaidNote, words: Words) -> list[tuple[str, int]]:
    """Taxable value, each tax there is, and what is credited; in smallest units."""
    told = [(words["taxable"], note.taxable_minor)] if note.is_gst else []
    taxes = [(words[name], getattr(note, f"{name}_minor")) for name in TAXES]
    return [
        *told,
        *((name, minor) for name, minor in taxes if minor),
        (words["total_credited"], note.total_minor),
    ]


def notes_of(note: SaidNote, words: Words) -> list[str]:
    if not note.is_gst:
        return [words["no_effect"]]
    return [words["declared"]] if note.is_itc_reversal_declared else []


def registration_text(registration: SaidRegistration, words: Words) -> str:
    """When the portal acknowledged the note, or that this is waited for."""
    if not registration.irn or registration.acknowledged_at is None:
        return words["pending"]
    at = registration.acknowledged_at.astimezone(BUSINESS_TIME_ZONE)
    return words["acknowledged"].format(number=registration.acknowledgement_number, at=f"{at:%d.%m.%Y %H:%M}")


def _party(party: Party, words: Words, language: str) -> dict[str, str]:
    return {
        "name": party.name,
        "address": party.address,
        "gstin": party.gstin or words["unregistered"],
        "state": state_text(party.state_code, language),
    }


def _table(note: SaidNote, words: Words) -> dict[str, Any]:
    """Heads, rows, and the total credited up to each row."""
    taxes, sign = taxes_of(note), SIGNS.get(note.currency, note.currency)
    names = [words["position"], words["invoice"], words["description"]]
    names += [words["quantity"], f"{words['taxable']} {sign}", words["rate"]] if note.is_gst else []
    names += [f"{name.upper()} {sign}" for name in taxes]
    rows, running, total = [], [], 0
    for line in note.lines:
        total += line.total_minor
        running.append(amount_text(total, note.currency))
        cells = [*_first_cells(line), *(_tax_cells(line, taxes, note.currency) if note.is_gst else ())]
        rows.append([*cells, grouped_text(line.total_minor, note.currency)])
    return {
        "heads": [*names, f"{words['total' if note.is_gst else 'amount']} {sign}"],
        "rows": rows,
        "running": running,
    }


def _first_cells(line: SaidLine) -> list[str]:
    invoice = f"{line.invoice_number}\n{line.invoice_issued_on:%d.%m.%Y}" if line.invoice_issued_on else ""
    hsn = f"\nHSN {line.hsn}" if line.hsn else ""
    return [str(line.position), invoice, f"{line.description}{hsn}"]


def _tax_cells(line: SaidLine, taxes: Sequence[str], currency: str) -> list[str]:
    quantity = f"{line.quantity.normalize():f} {line.unit}".strip() if line.quantity else ""
    return [
        quantity,
        grouped_text(line.taxable_minor, currency),
        f"{(line.tax_rate * 100).normalize():f} %",
        *(grouped_text(getattr(line, f"{name}_minor"), currency) for name in taxes),
    ]


def _einvoice(registration: SaidRegistration | None, words: Words) -> dict[str, str] | None:
    """The portal's answer, or that it is still waited for; None where none is needed."""
    if registration is None:
        return None
    text = registration_text(registration, words)
    return {"irn": registration.irn, "text": text, "qr": registration.signed_qr if registration.irn else ""}
