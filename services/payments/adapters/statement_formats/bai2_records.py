"""The outer grammar of BAI2: physical lines, their continuations (88) and the fields in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from services.payments.adapters.statement_formats.text_source import RAW_CHARACTERS_MAX, unreadable

_CONTINUATION: Final = "88"
_CODES: Final = frozenset({"01", "02", "03", "16", "49", "98", "99", _CONTINUATION})
_CONTINUATIONS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """One logical record; `pieces` are its physical lines without code and closing slash.

    `widths` are the lengths of the lines that no slash closed: such a line may have been cut because it was full.
    """

    code: str
    line_number: int
    pieces: tuple[str, ...]
    widths: tuple[int, ...]

    @property
    def raw(self) -> str:
        lines = (f"{self.code},{self.pieces[0]}", *(f"{_CONTINUATION},{piece}" for piece in self.pieces[1:]))
        return "\n".join(lines)[:RAW_CHARACTERS_MAX]


def records_of(lines: Iterable[str]) -> Iterator[Record]:
    """Yield records in file order; StatementUnreadable where a line starts with no record code."""
    code, start = "", 0
    pieces, widths = list[str](), list[int]()
    for line_number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        found = _code(text, line_number)
        piece, width = _piece(text[3:], len(line.rstrip("\r\n")))
        if found == _CONTINUATION:
            if not code:
                raise unreadable(line_number, "a record 01 before the first continuation 88")
            if len(pieces) > _CONTINUATIONS_MAX:
                raise unreadable(line_number, f"at most {_CONTINUATIONS_MAX} continuations of one record")
        else:
            if code:
                yield Record(code, start, tuple(pieces), tuple(widths))
            code, start, pieces, widths = found, line_number, [], []
        pieces.append(piece)
        widths.append(width)
    if code:
        yield Record(code, start, tuple(pieces), tuple(widths))


def _code(text: str, line_number: int) -> str:
    if text[:2] not in _CODES or text[2:3] not in (",", "/", ""):
        raise unreadable(line_number, f"a record code {', '.join(sorted(_CODES))} followed by a comma")
    return text[:2]


def _piece(body: str, width: int) -> tuple[str, int]:
    is_closed = body.endswith("/")
    return (body[:-1] if is_closed else body), (0 if is_closed else width)


class Fields:
    """Reads a record field by field; the last one, free text, is all that is left, commas and slashes included."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._index = 0
        self._rest: str | None = record.pieces[0]

    @property
    def has_more(self) -> bool:
        return self._rest is not None or self._index + 1 < len(self._record.pieces)

    def next(self) -> str:
        """Return the next field, '' where the record has no more; a line end ends a field."""
        if self._rest is None:
            if not self.has_more:
                return ""
            self._index += 1
            self._rest = self._record.pieces[self._index]
        field, comma, tail = self._rest.partition(",")
        self._rest = tail if comma else None
        return field.strip()

    def text(self, record_length: int) -> str:
        """Return the rest as one text; a line as long as the file's records was cut, a shorter one ended."""
        text, is_cut = self._rest or "", True
        for index in range(self._index, len(self._record.pieces)):
            if index > self._index:
                piece = self._record.pieces[index]
                text = text + piece if is_cut else f"{text} {piece}"
            is_cut = bool(record_length) and self._record.widths[index] >= record_length
        return " ".join(text.split())
