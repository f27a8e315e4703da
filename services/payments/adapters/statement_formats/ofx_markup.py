"""Tags and values of OFX, SGML without closing tags (1.x) and XML (2.x) by one bounded reader without any DTD."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from services.payments.adapters.statement_formats.text_source import unreadable

_DEPTH_MAX: Final = 64
_TOKEN_CHARACTERS_MAX: Final = 20_000
_TAG: Final = re.compile(r"(/?)\s*([A-Za-z][\w.\-]{0,63})\s*(/?)", re.ASCII)
_ENTITY: Final = re.compile(r"&(?:(amp|lt|gt|quot|apos|nbsp)|#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6}));?")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
_CDATA, _CDATA_END = "![CDATA[", "]]>"
_COMMENT, _COMMENT_END = "!--", "-->"


@dataclass(frozen=True, slots=True)
class Tag:
    """`text` is what follows an opening tag; an element with a text is a value, one without holds others or nothing."""

    name: str
    text: str
    is_closing: bool
    line_number: int


@dataclass(slots=True)
class _Piece:
    """The characters between one `<` and the next."""

    text: str
    line_number: int


def tags_of(lines: Iterable[str]) -> Iterator[Tag]:
    """Yield opening and closing tags in file order.

    Closing tags of values are passed over, since SGML leaves them out. StatementUnreadable for a document type, a
    tag that does not end, and nesting beyond 64 levels.
    """
    open_names = list[str]()
    value_name = ""
    for piece in _pieces(lines):
        found = _tag(piece)
        if found is None:
            continue
        if found.is_closing and found.name == value_name:
            value_name = ""
            continue
        value_name = found.name if found.text else ""
        if found.is_closing:
            if found.name not in open_names:
                continue
            # What was opened inside and never closed were values left empty.
            while open_names.pop() != found.name:
                pass
        elif not found.text:
            open_names.append(found.name)
            if len(open_names) > _DEPTH_MAX:
                raise unreadable(found.line_number, f"at most {_DEPTH_MAX} levels of elements")
        yield found


def _pieces(lines: Iterable[str]) -> Iterator[_Piece]:
    """Split at `<` whatever the line ends are; a CDATA section becomes part of the text before it."""
    splitter = _Splitter()
    for line in lines:
        yield from splitter.accept(line)
    yield from splitter.end_of_file()


class _Splitter:
    """Lines may come in pieces, so what may be the start of a section or its end waits for the next piece."""

    def __init__(self) -> None:
        self._current: _Piece | None = None
        self._section_end = ""  # how the open CDATA section or comment ends
        self._waiting = ""
        self._line_number = 1

    def accept(self, line: str) -> Iterator[_Piece]:
        rest, self._waiting = self._waiting + line, ""
        while rest:
            if self._section_end:
                rest = self._in_section(rest)
                continue
            before, mark, rest = rest.partition("<")
            self._add(before)
            if mark and any(start.startswith(rest[: len(start)]) for start in (_CDATA, _COMMENT)):
                rest = self._section_start(rest)
            elif mark:
                if self._current is not None:
                    yield self._current
                self._current = _Piece("", self._line_number)
        self._line_number += line.endswith(("\n", "\r"))

    def end_of_file(self) -> Iterator[_Piece]:
        if self._section_end or self._waiting:
            end = self._section_end or ">"
            raise unreadable(
                self._line_number, f"the section or tag at the end of the file to end with {end}"
            )
        if self._current is not None:
            yield self._current

    def _in_section(self, text: str) -> str:
        inside, end, rest = text.partition(self._section_end)
        if not end:
            cut = len(text) - len(self._section_end) + 1
            inside, self._waiting = text[:cut], text[cut:]
        if self._section_end == _CDATA_END:
            self._add(inside.replace("&", "&amp;"))
        if end:
            self._section_end = ""
        return rest if end else ""

    def _section_start(self, text: str) -> str:
        """`text` stands after a `<` and is the start of a section or too short to be told from one."""
        if text.startswith(_CDATA):
            self._section_end = _CDATA_END
            return text.removeprefix(_CDATA)
        if text.startswith(_COMMENT):
            self._section_end = _COMMENT_END
            return text.removeprefix(_COMMENT)
        self._waiting = "<" + text
        return ""

    def _add(self, text: str) -> None:
        """Text before the first tag is the header of version 1, which says nothing we need."""
        current = self._current
        if current is None:
            return
        current.text += text
        if len(current.text) > _TOKEN_CHARACTERS_MAX:
            expected = f"an element of at most {_TOKEN_CHARACTERS_MAX:,} characters"
            raise unreadable(current.line_number, expected)


def _tag(piece: _Piece) -> Tag | None:
    head, end, text = piece.text.partition(">")
    if head.startswith("?"):
        return None
    if head.startswith("!"):
        raise unreadable(
            piece.line_number, "no document type or entity declarations; statements never have any"
        )
    matched = _TAG.match(head)
    if not end or matched is None:
        raise unreadable(piece.line_number, f"the tag <{head[:40]} to have a name and end with >")
    return Tag(
        matched[2].upper(),
        "" if matched[1] else _plain(text).strip(),
        is_closing=bool(matched[1]),
        line_number=piece.line_number,
    )


def _plain(text: str) -> str:
    """Return a text with its few escapes resolved once; whatever else starts with & stays as it is."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(matched: re.Match[str]) -> str:
    if matched[1]:
        return _NAMED[matched[1]]
    code = int(matched[2]) if matched[2] else int(matched[3], 16)
    is_character = 32 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if is_character else " "
