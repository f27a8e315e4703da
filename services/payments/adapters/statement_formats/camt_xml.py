"""Safe, streaming XML for CAMT messages: bounded, without DTD, entities or network."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final

from lxml import etree

from services.payments.adapters.statement_formats.text_source import CHUNK_BYTES, unreadable
from services.payments.domain.errors import StatementUnreadable

PART_NAMES: Final = frozenset({"Stmt", "Rpt", "Ntfctn"})
_WATCHED: Final = ("Document", *PART_NAMES, "Ntry")
# An entry is a few kilobytes, a batch of ten thousand transactions some ten megabytes.
_BYTES_BETWEEN_ENTRIES_MAX: Final = 32 << 20


def local_name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def line_of(element: etree._Element) -> int:
    """Return the line of the file on which an element starts."""
    return int(str(element.sourceline or 1))


def children_of(element: etree._Element) -> dict[str, etree._Element]:
    """Return the first child of each local name."""
    children = dict[str, etree._Element]()
    for child in element:
        children.setdefault(child.tag.rpartition("}")[2], child)
    return children


def child_of(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first descendant on a path of local names, None where a step is missing."""
    for name in path:
        if element is None:
            return None
        for child in element:
            if child.tag.rpartition("}")[2] == name:
                element = child
                break
        else:
            return None
    return element


def text_of(element: etree._Element | None, *path: str) -> str:
    """Return the text at a path of local names without blanks around it, '' where there is none."""
    if path:
        element = child_of(element, *path)
    return (element.text or "").strip() if element is not None else ""


def watched_elements(file: BinaryIO) -> Iterator[tuple[str, etree._Element]]:
    """Yield ('start' | 'end', element) for documents, parts and entries as the file is read.

    What was complete before a fault is yielded before StatementUnreadable is raised.
    """
    file.seek(0)
    parser = _parser()
    # Banks put line ends before the XML declaration, which XML forbids and nobody minds.
    chunk = file.read(CHUNK_BYTES).removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    if not chunk:
        raise StatementUnreadable("the file is empty")
    is_checked, silent_bytes = False, 0
    while chunk:
        fault = _fed(parser, chunk)
        silent_bytes += len(chunk)
        for event, element in parser.read_events():
            assert isinstance(element, etree._Element), "start and end events carry elements"
            if not is_checked:
                _refuse_document_type(element)
                is_checked = True
            silent_bytes = 0
            yield event, element
        if fault is not None:
            raise fault
        if silent_bytes > _BYTES_BETWEEN_ENTRIES_MAX:
            raise StatementUnreadable(f"no entry ends within {_BYTES_BETWEEN_ENTRIES_MAX >> 20} MiB of XML")
        chunk = file.read(CHUNK_BYTES)
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _fault(error) from error


def _parser() -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=("start", "end"),
        tag=[f"{{*}}{name}" for name in _WATCHED],
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _fed(parser: etree.XMLPullParser, chunk: bytes) -> StatementUnreadable | None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        fault = _fault(error)
        fault.__cause__ = error
        return fault
    return None


def _fault(error: etree.XMLSyntaxError) -> StatementUnreadable:
    message = (error.msg or "not well-formed").split(", line ")[0]
    return unreadable(max(error.lineno or 1, 1), f"well-formed XML: {message}; perhaps the file is cut off")


def _refuse_document_type(element: etree._Element) -> None:
    # Entities are never expanded anyway; a bank has no reason to send a DTD, somebody probing the parser has.
    if element.getroottree().docinfo.internalDTD is not None:
        raise StatementUnreadable("the XML declares a document type (DOCTYPE); statements never have one")
