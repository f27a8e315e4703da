"""Statement files as lines of text: encoding, line ends, control characters and bounds."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from services.payments.domain.errors import StatementUnreadable
from shared.errors import FieldProblem

CHUNK_BYTES: Final = 1 << 16
LINE_CHARACTERS_MAX: Final = 50_000
RAW_CHARACTERS_MAX: Final = 2_000
_PIECE_CHARACTERS: Final = 2_048

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Tab and line ends are kept; the rest of C0 would break storage (NUL) or display and never means anything.
_CONTROL: Final = [code for code in (*range(32), 127) if code not in (9, 10, 13)]
_CONTROL_TO_BLANK: Final = dict.fromkeys(_CONTROL, " ")
_CONTROL_BYTES: Final = bytes(_CONTROL)


def unreadable(line_number: int, expected: str) -> StatementUnreadable:
    """Return the refusal of a file whose structure breaks at this line (1 is the first line of the file)."""
    problem = FieldProblem(f"line {line_number}", f"expected {expected}")
    return StatementUnreadable(f"line {line_number}: expected {expected}", problems=[problem])


def without_control_characters(text: str) -> str:
    """Return the text with control characters as blanks, so that lengths stay what the bank counted."""
    return text.translate(_CONTROL_TO_BLANK)


def text_encoding(file: BinaryIO) -> str:
    """Return the encoding of the whole file; the file is read once and left at its start.

    UTF-8 unless a byte does not fit; then Windows-1252, which is what bank portals write; then Latin-1, which
    always fits. StatementUnreadable when the file is empty or so full of control bytes that it is no text.
    """
    file.seek(0)
    head = file.read(4)
    if not head:
        raise StatementUnreadable("the file is empty")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            file.seek(0)
            return encoding
    file.seek(0)
    fitting, control_count, size = _fitting_encodings(file)
    file.seek(0)
    if control_count > max(4, size // 50):
        raise StatementUnreadable("the file holds binary data, not text")
    return fitting[0] if fitting else "latin-1"


def _fitting_encodings(file: BinaryIO) -> tuple[list[str], int, int]:
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")}
    control_count = size = 0
    chunk = b" "
    while chunk:
        chunk = file.read(CHUNK_BYTES)
        size += len(chunk)
        control_count += len(chunk) - len(chunk.translate(None, _CONTROL_BYTES))
        for name in list(decoders):
            try:
                decoders[name].decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                del decoders[name]
    return list(decoders), control_count, size


def text_lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the lines with their ends, control characters blanked; the file is left open."""
    file.seek(0)
    wrapper = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield from _bounded_lines(wrapper)
    except UnicodeDecodeError as error:
        raise StatementUnreadable(f"the file is marked as {encoding} but is not: {error.reason}") from error
    finally:
        wrapper.detach()


def _bounded_lines(wrapper: io.TextIOWrapper) -> Iterator[str]:
    line_number = 0
    while line := wrapper.readline(LINE_CHARACTERS_MAX):
        line_number += 1
        if len(line) >= LINE_CHARACTERS_MAX:
            raise unreadable(line_number, f"a line end within {LINE_CHARACTERS_MAX:,} characters")
        yield line.translate(_CONTROL_TO_BLANK)


def text_pieces(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the text line by line like `text_lines`, but a long line in short pieces: markup needs no line ends."""
    file.seek(0)
    wrapper = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        while piece := wrapper.readline(_PIECE_CHARACTERS):
            yield piece.translate(_CONTROL_TO_BLANK)
    except UnicodeDecodeError as error:
        raise StatementUnreadable(f"the file is marked as {encoding} but is not: {error.reason}") from error
    finally:
        wrapper.detach()
