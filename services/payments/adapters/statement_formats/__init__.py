"""Bank statement files of every accepted format, as one stream of events."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from services.payments.adapters.statement_formats.bai2 import read_bai2
from services.payments.adapters.statement_formats.camt053 import read_camt
from services.payments.adapters.statement_formats.delimited import read_delimited
from services.payments.adapters.statement_formats.detection import StatementFormat as StatementFormat
from services.payments.adapters.statement_formats.detection import detect_format as detect_format
from services.payments.adapters.statement_formats.mt940 import read_mt940
from services.payments.adapters.statement_formats.ofx import read_ofx
from services.payments.adapters.statement_formats.xlsx import check_archive as check_archive
from services.payments.adapters.statement_formats.xlsx import read_xlsx
from services.payments.domain.bank_statement import StatementEvent

# Formats that name the account of each part in full and are made to hold several accounts.
SEVERAL_ACCOUNTS: Final = frozenset({StatementFormat.BAI2, StatementFormat.OFX})


def read_statement(
    file: BinaryIO, statement_format: StatementFormat, *, default_currency: str, account_number: str = ""
) -> Iterator[StatementEvent]:
    """Yield what a seekable file says, in constant memory; the file is read from its start and left open.

    `default_currency` and `account_number` hold where the file names none. Line numbers run 1, 2, … over the
    entries of the file, unreadable ones counted. StatementUnreadable is raised where the structure breaks;
    what stood before it may have been yielded by then, so a caller that wants all or nothing must undo.
    """
    match statement_format:
        case StatementFormat.CAMT053 | StatementFormat.CAMT052 | StatementFormat.CAMT054:
            return read_camt(file, default_currency=default_currency, account_number=account_number)
        case StatementFormat.MT940 | StatementFormat.MT942:
            return read_mt940(
                file,
                default_currency=default_currency,
                account_number=account_number,
                is_intraday=statement_format is StatementFormat.MT942,
            )
        case StatementFormat.BAI2:
            return read_bai2(file, default_currency=default_currency, account_number=account_number)
        case StatementFormat.OFX:
            return read_ofx(file, default_currency=default_currency, account_number=account_number)
        case StatementFormat.XLSX:
            return read_xlsx(file, default_currency=default_currency, account_number=account_number)
        case StatementFormat.DELIMITED:
            return read_delimited(file, default_currency=default_currency, account_number=account_number)
