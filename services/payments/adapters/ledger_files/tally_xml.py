"""The journal as Tally takes it over: an Import Data envelope of ledgers and then of vouchers.

As Tally's integration pages and its users describe it (2026-11): debits are negative with ISDEEMEDPOSITIVE Yes, credits
positive with No; dates are YYYYMMDD; REMOTEID names a voucher for good, so that the same file sent again meets the
voucher it made. No Tally was at hand to try it on.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.ledger_export import (
    ExportedEntry,
    ExportedLine,
    LedgerName,
    LedgerNames,
)
from shared.money import text_from_minor

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD: Final = (
    "<ENVELOPE><HEADER><TALLYREQUEST>Import Data</TALLYREQUEST></HEADER><BODY><IMPORTDATA>"
    "<REQUESTDESC><REPORTNAME>All Masters</REPORTNAME></REQUESTDESC><REQUESTDATA>\n"
)
_TAIL: Final = "</REQUESTDATA></IMPORTDATA></BODY></ENVELOPE>\n"


class TallyXml:
    """Bytes of the file, page by page; ledgers come before the vouchers that need them."""

    def __init__(self, names: LedgerNames) -> None:
        self._names = names

    def opening(self) -> bytes:
        """The envelope and every ledger of the export."""
        ledgers: dict[str, LedgerName] = {}
        for name in (*self._names.accounts.values(), *self._names.partners.values()):
            ledgers.setdefault(name.ledger_name, name)
        masters = "".join(_master(name) for _, name in sorted(ledgers.items()))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{_HEAD}{masters}'.encode()

    def page(self, entries: Sequence[ExportedEntry]) -> bytes:
        """In rupees throughout: foreign money at what the books say it is worth, with its amount in the narration."""
        return "".join(self._voucher(entry) for entry in entries).encode()

    def closing(self) -> bytes:
        return _TAIL.encode()

    def _voucher(self, entry: ExportedEntry) -> str:
        kind = entry.voucher_type.value
        parties = [self._names.of(line).ledger_name for line in entry.lines if line.party is not None]
        party = f"<PARTYLEDGERNAME>{_text(parties[0])}</PARTYLEDGERNAME>" if parties else ""
        return (
            '<TALLYMESSAGE xmlns:UDF="TallyUDF">'
            f'<VOUCHER REMOTEID="{entry.id}" VCHTYPE={quoteattr(kind)} ACTION="Create" OBJVIEW="Accounting Voucher View">'
            f"<DATE>{entry.effective_on:%Y%m%d}</DATE><EFFECTIVEDATE>{entry.effective_on:%Y%m%d}</EFFECTIVEDATE>"
            f"<GUID>{entry.id}</GUID><VOUCHERTYPENAME>{_text(kind)}</VOUCHERTYPENAME>"
            f"<REFERENCE>{entry.source_id}</REFERENCE><NARRATION>{_text(_narration(entry))}</NARRATION>{party}"
            "<PERSISTEDVIEW>Accounting Voucher View</PERSISTEDVIEW>"
            f"{''.join(self._line(line) for line in _in_order(entry) if line.base_minor)}</VOUCHER></TALLYMESSAGE>\n"
        )

    def _line(self, line: ExportedLine) -> str:
        is_debit = line.base_minor > 0
        return (
            f"<ALLLEDGERENTRIES.LIST><LEDGERNAME>{_text(self._names.of(line).ledger_name)}</LEDGERNAME>"
            f"<ISDEEMEDPOSITIVE>{'Yes' if is_debit else 'No'}</ISDEEMEDPOSITIVE>"
            f"<ISPARTYLEDGER>{'Yes' if line.party is not None else 'No'}</ISPARTYLEDGER>"
            f"<AMOUNT>{text_from_minor(-line.base_minor, BASE_CURRENCY)}</AMOUNT></ALLLEDGERENTRIES.LIST>"
        )


def _master(name: LedgerName) -> str:
    shown = _text(name.ledger_name)
    return (
        '<TALLYMESSAGE xmlns:UDF="TallyUDF">'
        f'<LEDGER NAME={quoteattr(_clean(name.ledger_name))} ACTION="Create"><NAME.LIST TYPE="String"><NAME>{shown}</NAME>'
        f"</NAME.LIST><PARENT>{_text(name.group_name)}</PARENT><ISBILLWISEON>No</ISBILLWISEON>"
        "<AFFECTSSTOCK>No</AFFECTSSTOCK></LEDGER></TALLYMESSAGE>\n"
    )


def _in_order(entry: ExportedEntry) -> Iterable[ExportedLine]:
    """Tally shows a voucher by its first line: a payment by what it pays, all others by what they debit."""
    return sorted(entry.lines, key=lambda line: line.base_minor < 0)


def _narration(entry: ExportedEntry) -> str:
    late = f" (of {entry.occurred_on}, told after its month was closed)" if entry.occurred_on else ""
    foreign = "" if entry.currency == BASE_CURRENCY else f" [{entry.currency} {_foreign_amount(entry)}]"
    return f"{entry.description}{late}{foreign}"


def _foreign_amount(entry: ExportedEntry) -> str:
    moved = sum(line.amount_minor for line in entry.lines if line.amount_minor > 0)
    return text_from_minor(moved, entry.currency)


def _text(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    return _NO_XML.sub("", text)
