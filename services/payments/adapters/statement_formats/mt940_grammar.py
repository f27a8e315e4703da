"""The outer grammar of MT940 and MT942: blocks, tags, continuation lines and message ends."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from services.payments.adapters.statement_formats.text_source import unreadable

MESSAGE_HEADER: Final = "{"
MESSAGE_END: Final = "-"
_FIELD_LINES_MAX: Final = 200

# Only tags of these two messages count: narrations contain times (`:30:15`) and other colons at line starts.
_TAG: Final = re.compile(r":(20|21|25P?|28C?|13D?|34F|60[FM]|61|62[FM]|64|65|86|90[CD]|NS):(.*)", re.DOTALL)
_BLOCK: Final = re.compile(r"\{[1-5]:")


@dataclass(frozen=True, slots=True)
class Field:
    """One tag with its value lines; header blocks and message ends come as the tags '{' and '-'."""

    tag: str
    lines: tuple[str, ...]
    line_number: int

    @property
    def first(self) -> str:
        return self.lines[0]


def fields_of(lines: Iterable[str]) -> Iterator[Field]:
    """Yield fields in file order; text before the first tag of a message belongs to no field."""
    tag, value, start = "", list[str](), 0
    for line_number, line in enumerate(lines, start=1):
        found = _boundary(line.rstrip("\r\n"))
        if found is None:
            value.append(line.rstrip("\r\n"))
            if tag and len(value) > _FIELD_LINES_MAX:
                raise unreadable(line_number, f"a tag within {_FIELD_LINES_MAX} lines of :{tag}:")
            value = value if tag else []
            continue
        if tag:
            yield Field(tag, tuple(value), start)
        tag, value, start = found[0], [found[1]], line_number
        if tag in (MESSAGE_HEADER, MESSAGE_END):
            yield Field(tag, (found[1],), line_number)
            tag = ""
    if tag:
        yield Field(tag, tuple(value), start)


def _boundary(line: str) -> tuple[str, str] | None:
    """Return tag and value where a line starts a field or ends a message, None where it continues one."""
    text = line.lstrip()
    if text.startswith(":"):
        matched = _TAG.match(text)
        return (matched[1], matched[2]) if matched else None
    if text.rstrip() == "-" or text.startswith("-}"):
        return MESSAGE_END, ""
    if _BLOCK.match(text):
        return MESSAGE_HEADER, text
    return None
