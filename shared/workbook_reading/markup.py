"""The XML inside a workbook as a stream of elements: no document type, no entities, no tree in memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from xml.parsers import expat
from zipfile import ZipFile

from shared.workbook_reading.archive import WorkbookUnreadable, entry_chunks

_DEPTH_MAX: Final = 64

Attributes = dict[str, str]


class ElementWatcher:
    """Told of each element by its name without prefix, and of the text in it; `text` is asked to stay bounded."""

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text stands in the innermost element."""


def watched_entry(archive: ZipFile, name: str, watcher: ElementWatcher) -> Iterator[None]:
    """Feed an entry to the watcher; yields after each piece, so that a caller may take what was found and stop."""
    parser = _parser(name, watcher)
    for chunk in entry_chunks(archive, name):
        _fed(parser, chunk, name, is_end=False)
        yield
    _fed(parser, b"", name, is_end=True)
    yield


def exhaust(pieces: Iterable[None]) -> None:
    """Read an entry to its end."""
    for _ in pieces:
        pass


def _fed(parser: expat.XMLParserType, chunk: bytes, name: str, *, is_end: bool) -> None:
    try:
        parser.Parse(chunk, is_end)
    except expat.ExpatError as error:
        message = expat.errors.messages[error.code]
        detail = f"line {error.lineno} of {name} in the workbook: expected well-formed XML ({message})"
        raise WorkbookUnreadable(detail) from error


def _parser(name: str, watcher: ElementWatcher) -> expat.XMLParserType:
    # Spreadsheet programs write UTF-8; what a file declares otherwise would have Python look for a codec of that name.
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    depth = 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH_MAX:
            raise WorkbookUnreadable(f"{name} in the workbook nests more than {_DEPTH_MAX} elements")
        watcher.start(tag.rpartition(":")[2], attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        watcher.end(tag.rpartition(":")[2])

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = watcher.text
    parser.StartDoctypeDeclHandler = _refuse_document_type(name)
    return parser


def _refuse_document_type(name: str) -> Callable[..., None]:
    # Entities can only be declared in a document type, and no spreadsheet program writes one.
    def refuse(*_: object) -> None:
        raise WorkbookUnreadable(f"{name} in the workbook declares a document type (DOCTYPE)")

    return refuse
