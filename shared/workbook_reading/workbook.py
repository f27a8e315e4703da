"""What a workbook says before its sheets are read: their names, shared texts, and which styles are dates."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zipfile import ZipFile

from shared.workbook_reading.archive import WorkbookUnreadable
from shared.workbook_reading.markup import (
    Attributes,
    ElementWatcher,
    exhaust,
    watched_entry,
)

_SHEETS_MAX: Final = 100
_SHARED_TEXTS_MAX: Final = 2_000_000
_SHARED_CHARACTERS_MAX: Final = 64_000_000
_STYLES_MAX: Final = 70_000
# Number formats that every workbook has without saying so (ECMA-376 part 1, 18.8.30): 14-22 and 45-47 are dates.
_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(45, 48)})
_PERCENT_FORMATS: Final = frozenset({9, 10})
_NO_DATE_PARTS: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


@dataclass(frozen=True, slots=True)
class Workbook:
    """`sheets` are the archive's entries of the visible sheets in their order, `by_name` those of all sheets."""

    archive: ZipFile
    sheets: tuple[str, ...]
    by_name: Mapping[str, str]
    shared_texts: tuple[str, ...]
    date_styles: frozenset[int]
    percent_styles: frozenset[int]
    is_1904: bool


def workbook_of(archive: ZipFile) -> Workbook:
    """Read the workbook's parts besides its sheets."""
    names = set(archive.namelist())
    book, targets = _Book(), _Relations()
    exhaust(watched_entry(archive, "xl/workbook.xml", book))
    exhaust(watched_entry(archive, "xl/_rels/workbook.xml.rels", targets))
    shared, styles = _SharedTexts(), _Styles()
    for relation, watcher in (("sharedStrings", shared), ("styles", styles)):
        target = next((path for kind, path in targets.by_id.values() if kind == relation), "")
        if target in names:
            exhaust(watched_entry(archive, target, watcher))
    sheets = {
        name: (targets.by_id[each][1], is_visible)
        for name, (each, is_visible) in book.sheets.items()
        if each in targets.by_id and targets.by_id[each][1] in names
    }
    return Workbook(
        archive,
        tuple(entry for entry, is_visible in sheets.values() if is_visible),
        {name: entry for name, (entry, _) in sheets.items()},
        tuple(shared.texts),
        frozenset(styles.date_styles),
        frozenset(styles.percent_styles),
        book.is_1904,
    )


class _Book(ElementWatcher):
    def __init__(self) -> None:
        self.sheets: dict[str, tuple[str, bool]] = {}
        self.is_1904 = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            self.is_1904 = attributes.get("date1904", "") in ("1", "true")
        if name != "sheet":
            return
        if len(self.sheets) >= _SHEETS_MAX:
            raise WorkbookUnreadable(f"the workbook has more than {_SHEETS_MAX} sheets")
        ids = [value for key, value in attributes.items() if key.rpartition(":")[2] == "id" and ":" in key]
        title = attributes.get("name", "") or f"sheet {len(self.sheets) + 1}"
        if ids and title not in self.sheets:  # names of sheets are unique in every spreadsheet program
            self.sheets[title] = (ids[0], attributes.get("state", "visible") == "visible")


class _Relations(ElementWatcher):
    def __init__(self) -> None:
        self.by_id: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        kind = attributes.get("Type", "").rpartition("/")[2]
        target = attributes.get("Target", "")
        path = target.removeprefix("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if len(self.by_id) < 10 * _SHEETS_MAX:
            self.by_id[attributes.get("Id", "")] = (kind, path)


class _SharedTexts(ElementWatcher):
    """Texts that cells refer to by number; pronunciation hints (`rPh`) are no part of them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._is_text = self._is_hint = False
        self._characters = 0

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._is_hint = True
        elif name == "t":
            self._is_text = not self._is_hint

    def text(self, text: str) -> None:
        if self._is_text:
            self._parts.append(text)
            self._characters += len(text)

    def end(self, name: str) -> None:
        if name == "t":
            self._is_text = False
        elif name == "rPh":
            self._is_hint = False
        elif name == "si":
            self.texts.append("".join(self._parts))
            self._parts = []
        if len(self.texts) > _SHARED_TEXTS_MAX or self._characters > _SHARED_CHARACTERS_MAX:
            raise WorkbookUnreadable("the workbook holds more text than a workbook of rows has")


class _Styles(ElementWatcher):
    def __init__(self) -> None:
        self.date_styles: set[int] = set()
        self.percent_styles: set[int] = set()
        self._date_formats, self._percent_formats = set(_DATE_FORMATS), set(_PERCENT_FORMATS)
        self._is_in_cell_formats = False
        self._count = 0

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt" and _is_date_format(attributes.get("formatCode", "")):
            self._date_formats.add(whole_number(attributes.get("numFmtId", "")))
        elif name == "numFmt" and "%" in _NO_DATE_PARTS.sub("", attributes.get("formatCode", "")[:300]):
            self._percent_formats.add(whole_number(attributes.get("numFmtId", "")))
        elif name == "cellXfs":
            self._is_in_cell_formats = True
        elif name == "xf" and self._is_in_cell_formats:
            if whole_number(attributes.get("numFmtId", "")) in self._date_formats:
                self.date_styles.add(self._count)
            if whole_number(attributes.get("numFmtId", "")) in self._percent_formats:
                self.percent_styles.add(self._count)
            self._count += 1
        if self._count > _STYLES_MAX or len(self._date_formats | self._percent_formats) > _STYLES_MAX:
            raise WorkbookUnreadable("the workbook has more styles than spreadsheet programs allow")

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._is_in_cell_formats = False


def _is_date_format(code: str) -> bool:
    return any(
        letter in "dy" for letter in _NO_DATE_PARTS.sub("", code[:300]).casefold().removeprefix("general")
    )


def whole_number(text: str) -> int:
    """Return a small number of the markup, -1 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
