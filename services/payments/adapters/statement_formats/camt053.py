"""CAMT.053 statements, and camt.052 and camt.054 as information that is never booked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Final

from lxml import etree

from services.payments.adapters.statement_formats.camt_entry import PartFacts, lines_from_entry
from services.payments.adapters.statement_formats.camt_xml import (
    PART_NAMES,
    children_of,
    line_of,
    local_name,
    text_of,
    watched_elements,
)
from services.payments.adapters.statement_formats.text_source import unreadable
from services.payments.domain.bank_statement import Balance, PartClosed, PartOpened, StatementEvent
from services.payments.domain.errors import StatementUnreadable
from shared.money import MoneyError, minor_from_text

_MESSAGES: Final = {"BkToCstmrStmt": "Stmt", "BkToCstmrAcctRpt": "Rpt", "BkToCstmrDbtCdtNtfctn": "Ntfctn"}
_OPENING_TYPES: Final = ("OPBD", "PRCD")
_CLOSING_TYPE: Final = "CLBD"
_INTERIM_TYPE: Final = "ITBD"


@dataclass(frozen=True, slots=True)
class _Request:
    default_currency: str
    account_number: str


@dataclass(slots=True)
class _Progress:
    """Where the reader stands in the file."""

    part_count: int = 0
    line_count: int = 0
    is_document_seen: bool = False
    facts: PartFacts | None = None  # of the part whose opening was yielded


def read_camt(file: BinaryIO, *, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of every Stmt, Rpt or Ntfctn; only what stands in a Stmt is final."""
    request, progress = _Request(default_currency, account_number), _Progress()
    for event, element in watched_elements(file):
        name = local_name(element)
        if name == "Document":
            progress.is_document_seen = True
        elif event == "start":
            continue
        elif name == "Ntry" and _is_part(element.getparent()):
            yield from _entry_events(element, request, progress)
        elif name in PART_NAMES and _is_part(element):
            yield from _closing_events(element, request, progress)
    if not progress.is_document_seen:
        raise StatementUnreadable("the XML holds no Document; expected a camt.053 message")
    if progress.part_count == 0:
        raise StatementUnreadable("the document holds no statement; expected Stmt in BkToCstmrStmt")


def _is_part(element: etree._Element | None) -> bool:
    parent = element.getparent() if element is not None else None
    if element is None or parent is None:
        return False
    return _MESSAGES.get(local_name(parent)) == local_name(element)


def _entry_events(
    element: etree._Element, request: _Request, progress: _Progress
) -> Iterator[StatementEvent]:
    part = element.getparent()
    assert part is not None, "an entry is a child of its part"
    if progress.facts is None:
        yield _opened(part, request, progress, entry=element)
    assert progress.facts is not None, "set by _opened"
    lines = lines_from_entry(element, progress.facts, progress.line_count + 1)
    progress.line_count += len(lines)
    element.clear()
    _drop_previous(element)
    yield from lines


def _closing_events(
    element: etree._Element, request: _Request, progress: _Progress
) -> Iterator[StatementEvent]:
    if progress.facts is None:
        yield _opened(element, request, progress, entry=None)
    assert progress.facts is not None, "set by _opened"
    balances = _balances(element)
    currency = progress.facts.currency
    opening, closing = _opening(balances, currency), _closing(balances, currency)
    information = text_of(element, "AddtlStmtInf") or text_of(element, "AddtlRptInf")
    yield PartClosed(progress.part_count, opening, closing, information=information)
    progress.facts = None
    element.clear()
    _drop_previous(element)


def _drop_previous(element: etree._Element) -> None:
    """Free the emptied sibling before; the parser still holds the element itself."""
    previous, parent = element.getprevious(), element.getparent()
    if previous is not None and parent is not None and previous.tag == element.tag:
        parent.remove(previous)


def _opened(
    part: etree._Element, request: _Request, progress: _Progress, *, entry: etree._Element | None
) -> PartOpened:
    children = children_of(part)
    account = children_of(children["Acct"]) if "Acct" in children else {}
    currency = text_of(account.get("Ccy")) or _stated_currency(part, entry) or request.default_currency
    progress.part_count += 1
    progress.facts = PartFacts(progress.part_count, currency, is_final=local_name(part) == "Stmt")
    identification = account.get("Id")
    return PartOpened(
        part_number=progress.part_count,
        account_number=text_of(identification, "IBAN")
        or text_of(identification, "Othr", "Id")
        or request.account_number,
        currency=currency,
        identification=text_of(children.get("Id")),
        sequence=text_of(children.get("ElctrncSeqNb")) or text_of(children.get("LglSeqNb")),
        is_final=progress.facts.is_final,
    )


def _stated_currency(part: etree._Element, entry: etree._Element | None) -> str:
    """The currency of the first balance, else of the first entry: the account need not name one."""
    balance = next((child for child in part if local_name(child) == "Bal"), None)
    for holder in (balance, entry):
        amount = children_of(holder).get("Amt") if holder is not None else None
        if amount is not None and amount.get("Ccy"):
            return str(amount.get("Ccy"))
    return ""


def _balances(part: etree._Element) -> list[tuple[str, Balance]]:
    return [_balance(child) for child in part if local_name(child) == "Bal"]


def _balance(element: etree._Element) -> tuple[str, Balance]:
    children = children_of(element)
    amount = children.get("Amt")
    currency = amount.get("Ccy", "") if amount is not None else ""
    written = (text_of(children.get("Dt"), "Dt") or text_of(children.get("Dt"), "DtTm"))[:10]
    sign = -1 if text_of(children.get("CdtDbtInd")) == "DBIT" else 1
    try:
        balance = Balance(
            amount_minor=sign * minor_from_text(text_of(amount), currency),
            currency=currency,
            balance_on=date.fromisoformat(written) if written else None,
        )
    except (MoneyError, ValueError) as error:
        raise unreadable(line_of(element), f"a balance with amount, currency and date ({error})") from error
    return text_of(children.get("Tp"), "CdOrPrtry", "Cd"), balance


def _opening(balances: list[tuple[str, Balance]], currency: str) -> Balance | None:
    """OPBD, else the previous closing (PRCD), else the first interim balance of a later page."""
    for wanted in _OPENING_TYPES:
        if found := _of_type(balances, wanted, currency):
            return found[0]
    interim = _of_type(balances, _INTERIM_TYPE, currency)
    has_closing = bool(_of_type(balances, _CLOSING_TYPE, currency))
    return interim[0] if len(interim) > 1 or (interim and has_closing) else None


def _closing(balances: list[tuple[str, Balance]], currency: str) -> Balance | None:
    """CLBD, else the last interim balance of a page that is not the last."""
    if found := _of_type(balances, _CLOSING_TYPE, currency):
        return found[0]
    interim = _of_type(balances, _INTERIM_TYPE, currency)
    has_opening = any(_of_type(balances, wanted, currency) for wanted in _OPENING_TYPES)
    return interim[-1] if len(interim) > 1 or (interim and has_opening) else None


def _of_type(balances: list[tuple[str, Balance]], wanted: str, currency: str) -> list[Balance]:
    """The balances of a type, those in the account's currency first: some banks repeat them in others."""
    found = [balance for kind, balance in balances if kind == wanted]
    return sorted(found, key=lambda balance: balance.currency != currency)
