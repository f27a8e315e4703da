"""Rows of a delimited file with their original text, forwards and backwards, without holding the file."""

import csv
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Final

import msgspec

from services.payments.adapters.statement_formats.text_source import RAW_CHARACTERS_MAX, unreadable
from services.payments.domain.bank_statement import RejectedLine, StatementLine

_ROW_LINES_MAX: Final = 20
_REJECTED: Final = b"R"
_READ: Final = b"L"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `lines` are its physical lines, more than one when a quoted cell holds line ends."""

    file_line: int
    cells: list[str]
    lines: tuple[str, ...]

    @property
    def raw(self) -> str:
        return "".join(self.lines).rstrip("\r\n")[:RAW_CHARACTERS_MAX]


class _RecordedLines:
    """Hands lines to the CSV parser and remembers which ones made the current row."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.count = 0
        self.taken: list[str] = []

    def __iter__(self) -> "_RecordedLines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        self.taken.append(line)
        # A stray quote would make the parser swallow entry after entry into one cell.
        if len(self.taken) > _ROW_LINES_MAX:
            start = self.count - len(self.taken) + 1
            raise unreadable(start, f"the quote opened here to be closed within {_ROW_LINES_MAX} lines")
        return line


def rows_of(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    recorded = _RecordedLines(lines)
    reader = csv.reader(recorded, delimiter=delimiter, skipinitialspace=True)
    while True:
        recorded.taken = []
        start = recorded.count + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise unreadable(start, f"a row of cells ({error})") from error
        if cells is None:
            return
        yield Row(start, cells, tuple(recorded.taken))


def reversed_lines(lines: Iterable[StatementLine | RejectedLine]) -> Iterator[StatementLine | RejectedLine]:
    """Yield lines last first; they wait in a temporary file, so a long statement costs eight bytes a line."""
    encoder = msgspec.json.Encoder()
    read, rejected = msgspec.json.Decoder(StatementLine), msgspec.json.Decoder(RejectedLine)
    offsets = array("Q")
    with TemporaryFile() as spool:
        for line in lines:
            offsets.append(spool.tell())
            kind = _READ if isinstance(line, StatementLine) else _REJECTED
            spool.write(kind + encoder.encode(line) + b"\n")
        for offset in reversed(offsets):
            spool.seek(offset)
            text = spool.readline()
            yield (read if text[:1] == _READ else rejected).decode(text[1:])
