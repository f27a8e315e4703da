"""TxDtls of a CAMT entry: parties, references, remittance information and returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from services.payments.adapters.statement_formats.camt_xml import child_of, children_of, local_name, text_of

_UNSTRUCTURED_WIDTH: Final = 140
_ABSENT_REFERENCE: Final = "NOTPROVIDED"
_OTHER_REFERENCES: Final = (
    ("UETR", "UETR"),
    ("TxId", "TXID"),
    ("InstrId", "INSTRID"),
    ("ChqNb", "CHEQUE"),
    ("ClrSysRef", "CLEARING"),
)


@dataclass(frozen=True, slots=True)
class Detail:
    bank_reference: str = ""
    fallback_reference: str = ""
    customer_reference: str = ""
    other_references: tuple[str, ...] = ()
    counterparty_name: str = ""
    counterparty_account: str = ""
    remittance: tuple[str, ...] = ()
    document_numbers: tuple[str, ...] = ()
    is_return: bool = False
    return_reason: str = ""


def detail_from_element(element: etree._Element, *, is_credit: bool, is_reversal: bool) -> Detail:
    """Return what one transaction says; parties of a reversal keep the roles of the payment it takes back."""
    children = children_of(element)
    references = {name: text_of(found) for name, found in _children(children.get("Refs")).items()}
    returned = children.get("RtrInf")
    counterparty_pays = is_credit != (is_reversal or returned is not None)
    name, account = _counterparty(children.get("RltdPties"), "Dbtr" if counterparty_pays else "Cdtr")
    remittance = children.get("RmtInf")
    unstructured = _unstructured(remittance)
    document_numbers, creditor_references, additional = _structured(remittance)
    customer_reference = _present(references.get("EndToEndId", ""))
    others = [f"{label}:{references[tag]}" for tag, label in _OTHER_REFERENCES if references.get(tag)]
    return Detail(
        bank_reference=references.get("AcctSvcrRef", ""),
        fallback_reference=_present(references.get("ClrSysRef", "")) or _present(references.get("TxId", "")),
        customer_reference=customer_reference,
        other_references=(*others, *(f"CREDITOR:{reference}" for reference in creditor_references)),
        counterparty_name=name,
        counterparty_account=account,
        remittance=(unstructured, *additional, text_of(children.get("AddtlTxInf"))),
        document_numbers=document_numbers,
        is_return=returned is not None,
        return_reason=text_of(returned, "Rsn", "Cd") or text_of(returned, "Rsn", "Prtry"),
    )


def distinct_joined(texts: Sequence[str]) -> str:
    """Join texts by a blank, leaving out what an earlier one already says."""
    joined = ""
    for text in texts:
        if text and text not in joined:
            joined = f"{joined} {text}" if joined else text
    return joined


def _children(element: etree._Element | None) -> dict[str, etree._Element]:
    return children_of(element) if element is not None else {}


def _present(reference: str) -> str:
    return "" if reference == _ABSENT_REFERENCE else reference


def _counterparty(parties: etree._Element | None, role: str) -> tuple[str, str]:
    """Return name and account; from version 8 on the name stands under Pty."""
    if parties is None:
        return "", ""
    named = _children(parties)
    party = named.get(role, named.get(f"Ultmt{role}"))
    account = child_of(named.get(f"{role}Acct"), "Id")
    return (
        text_of(party, "Nm") or text_of(party, "Pty", "Nm"),
        text_of(account, "IBAN") or text_of(account, "Othr", "Id"),
    )


def _unstructured(remittance: etree._Element | None) -> str:
    """Join repeated Ustrd: one that fills its 140 characters was cut, a shorter one ended."""
    text, previous_is_full = "", True
    for found in remittance if remittance is not None else ():
        if local_name(found) == "Ustrd":
            value = text_of(found)
            text = text + value if previous_is_full else f"{text} {value}"
            previous_is_full = len(value) >= _UNSTRUCTURED_WIDTH
    return text.strip()


def _structured(remittance: etree._Element | None) -> tuple[tuple[str, ...], list[str], list[str]]:
    """Return document numbers, creditor references and additional texts of every Strd."""
    numbers, creditor_references, additional = list[str](), list[str](), list[str]()
    for found in remittance if remittance is not None else ():
        if local_name(found) != "Strd":
            continue
        for child in found:
            match local_name(child):
                case "RfrdDocInf":
                    numbers.append(text_of(child, "Nb"))
                case "CdtrRefInf":
                    creditor_references.append(text_of(child, "Ref"))
                case "AddtlRmtInf":
                    additional.append(text_of(child))
    return tuple(filter(None, numbers)), list(filter(None, creditor_references)), additional
