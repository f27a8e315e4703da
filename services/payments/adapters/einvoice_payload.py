"""A credit note in the portal's schema INV-01, version 1.1 (notification 60/2020-CT of 30 July 2020)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from services.payments.adapters.repositories import Row
from services.payments.domain.indian_state import state_of_gstin
from shared.money import text_from_minor

DOCUMENT_TYPE: Final = "CRN"
_SERVICES: Final = "99"  # chapter of the nomenclature that holds services
_OTHER_UNIT: Final = "OTH"


def registration_payload(note: Row, lines: Sequence[Row], ours: Row, partner: Row) -> bytes:
    """The JSON document; amounts are exact decimal numbers, dates are dd/mm/yyyy."""
    preceding = {line.invoice_number: line.invoice_issued_on for line in lines if line.invoice_number}
    return msgspec.json.encode(
        {
            "Version": "1.1",
            "TranDtls": {"TaxSch": "GST", "SupTyp": "B2B", "RegRev": "N", "IgstOnIntra": "N"},
            "DocDtls": {"Typ": DOCUMENT_TYPE, "No": note.number, "Dt": f"{note.issued_on:%d/%m/%Y}"},
            "SellerDtls": _seller(ours),
            "BuyerDtls": _buyer(note, partner),
            "ItemList": [_item(line) for line in lines],
            "ValDtls": {
                "AssVal": _rupees(note.taxable_minor),
                "CgstVal": _rupees(note.cgst_minor),
                "SgstVal": _rupees(note.sgst_minor),
                "IgstVal": _rupees(note.igst_minor),
                "TotInvVal": _rupees(note.total_minor),
            },
            "RefDtls": {
                "InvRm": note.reason_text[:100],
                "PrecDocDtls": [
                    {"InvNo": number[:16], "InvDt": f"{day:%d/%m/%Y}"} for number, day in preceding.items()
                ],
            },
        }
    )


def _seller(ours: Row) -> dict[str, Any]:
    return {
        "Gstin": ours.gstin,
        "LglNm": ours.legal_name[:100],
        **({"TrdNm": ours.trade_name[:100]} if ours.trade_name else {}),
        "Addr1": ours.address[:100],
        "Loc": ours.city[:50],
        "Pin": int(ours.pin_code),
        "Stcd": ours.state_code,
    }


def _buyer(note: Row, partner: Row) -> dict[str, Any]:
    return {
        "Gstin": partner.gstin,
        "LglNm": (partner.legal_name or partner.name)[:100],
        "Pos": note.place_of_supply,
        "Addr1": (partner.address or partner.city)[:100],
        "Loc": (partner.city or partner.address)[:50],
        **({"Pin": int(partner.pin_code)} if partner.pin_code.isdecimal() else {}),
        "Stcd": partner.state_code or state_of_gstin(partner.gstin),
    }


def _item(line: Row) -> dict[str, Any]:
    quantity = {"Qty": _number(line.quantity)} if line.quantity else {}
    unit_price = Decimal(line.taxable_minor) / 100 / (line.quantity or 1)
    return {
        "SlNo": str(line.position),
        "PrdDesc": line.description[:300],
        "IsServc": "Y" if line.hsn.startswith(_SERVICES) else "N",
        "HsnCd": line.hsn,
        **quantity,
        "Unit": line.unit or _OTHER_UNIT,
        "UnitPrice": _number(unit_price.quantize(Decimal("0.001"))),
        "TotAmt": _rupees(line.taxable_minor),
        "AssAmt": _rupees(line.taxable_minor),
        "GstRt": _number((line.tax_rate * 100).normalize()),
        "CgstAmt": _rupees(line.cgst_minor),
        "SgstAmt": _rupees(line.sgst_minor),
        "IgstAmt": _rupees(line.igst_minor),
        "TotItemVal": _rupees(line.taxable_minor + line.cgst_minor + line.sgst_minor + line.igst_minor),
    }


def _rupees(minor: int) -> msgspec.Raw:
    """A JSON number without the detour through a binary fraction."""
    return msgspec.Raw(text_from_minor(minor, "INR").encode())


def _number(value: Decimal) -> msgspec.Raw:
    return msgspec.Raw(f"{value:f}".encode())
