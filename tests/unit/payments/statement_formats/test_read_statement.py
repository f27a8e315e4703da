"""What every reader does with the file it is given."""

from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

import pytest

from services.payments.adapters.statement_formats import StatementFormat, read_statement
from services.payments.domain.bank_statement import PartOpened
from tests.unit.payments.statement_formats.factories import (
    camt_entry,
    camt_file,
    delimited_file,
    mt940_message,
)

FILES = {
    StatementFormat.CAMT053: camt_file(camt_entry(), camt_entry()),
    StatementFormat.MT940: mt940_message(":61:260501C5,NTRFA", ":61:260501C5,NTRFB"),
    StatementFormat.DELIMITED: delimited_file("01/05/26,A,,,,5.00,5.00", "01/05/26,B,,,,5.00,10.00"),
}


@pytest.mark.parametrize("statement_format", FILES)
def test_reading_may_stop_early_and_start_again(statement_format: StatementFormat) -> None:
    file = BytesIO(FILES[statement_format].encode())

    first = next(iter(read_statement(file, statement_format, default_currency="INR")))
    again = list(read_statement(file, statement_format, default_currency="INR"))

    assert isinstance(first, PartOpened)
    assert len(again) == 4
    assert not file.closed


@pytest.mark.parametrize("statement_format", FILES)
def test_uploaded_file_is_read_where_it_lies(statement_format: StatementFormat) -> None:
    with SpooledTemporaryFile(max_size=10) as file:
        file.write(FILES[statement_format].encode())

        events = list(read_statement(cast("BinaryIO", file), statement_format, default_currency="INR"))

    assert len(events) == 4
