"""The sheets of a template's workbook besides the one that is filled: lists, instructions, findings, identity."""

from collections.abc import Mapping, Sequence
from typing import Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from services.reporting.domain.submission_check import Finding
from services.reporting.domain.template import CellRule, Relation, SheetColumn, Template, TemplateColumn

IDENTITY_SHEET: Final = "_identity"
LISTS_SHEET: Final = "Lists"
LINE_POINTS: Final = 15
_INSTRUCTION_WIDTHS: Final = (26, 44, 10, 56)
_FINDING_WIDTHS: Final = (8, 12, 28, 30, 70)
LINKS_MAX: Final = 5_000
_HEADER: Final = {
    "bold": True,
    "bg_color": "#1F3864",
    "font_color": "#FFFFFF",
    "text_wrap": True,
    "valign": "top",
}
_RELATIONS: Final = {
    Relation.AT_MOST: "{left} is at most {right}",
    Relation.AT_LEAST: "{left} is at least {right}",
    Relation.EQUALS: "{left} equals {right}",
    Relation.REQUIRED_WITH: "{left} is filled where {right} is",
}

# The values of a list with what they mean, e.g. partners' codes with their names.
ListEntries = Sequence[tuple[str, str]]


def write_lists(book: xlsxwriter.Workbook, lists: Mapping[str, ListEntries]) -> dict[str, str]:
    """Values and their meanings side by side; returns the range of values of each list that has any."""
    ranges: dict[str, str] = {}
    if not any(lists.values()):
        return ranges
    sheet = book.add_worksheet(LISTS_SHEET)
    header = book.add_format(dict(_HEADER))
    for number, (name, entries) in enumerate(lists.items()):
        place = number * 2
        sheet.write_string(0, place, name, header)
        sheet.write_string(0, place + 1, "Meaning", header)
        for row, (value, meaning) in enumerate(entries, 1):
            sheet.write_string(row, place, value)
            sheet.write_string(row, place + 1, meaning)
        sheet.set_column(place, place, 18)
        sheet.set_column(place + 1, place + 1, 30)
        if entries:
            letter = xl_col_to_name(place)
            ranges[name] = f"={LISTS_SHEET}!${letter}$2:${letter}${len(entries) + 1}"
    sheet.freeze_panes(1, 0)
    sheet.protect("")
    return ranges


def write_instructions(
    book: xlsxwriter.Workbook,
    template: Template,
    columns: Sequence[SheetColumn],
    facts: Sequence[tuple[str, str]],
) -> None:
    """What is asked, by when, and what goes into each column."""
    sheet = book.add_worksheet("Instructions")
    bold, wrapped = (
        book.add_format({"bold": True, "valign": "top"}),
        book.add_format({"text_wrap": True, "valign": "top"}),
    )
    header = book.add_format(dict(_HEADER))
    sheet.write_string(0, 0, template.title, book.add_format({"bold": True, "font_size": 14}))
    row = 1
    for label, text in facts:
        sheet.write_string(row, 0, label, bold)
        sheet.write_string(row, 1, text)
        row += 1
    sheet.merge_range(row + 1, 0, row + 1, 3, template.instructions, wrapped)
    sheet.set_row(row + 1, 15 * (len(template.instructions) // 90 + 2))
    row += 3
    for place, title in enumerate(("Column", "What goes in", "Required", "Meaning")):
        sheet.write_string(row, place, title, header)
    for column in template.columns:
        row += 1
        required = "yes" if column.is_required else "given" if not column.is_asked else "no"
        texts = (column.title, allowed_text(column), required, column.note)
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text, wrapped)
        sheet.set_row(row, _height(texts, _INSTRUCTION_WIDTHS))
    row += 2
    for rule in template.rules:
        sheet.write_string(row, 0, "Rule", bold)
        told = rule_text(template, rule)
        sheet.merge_range(row, 1, row, 3, told, wrapped)
        sheet.set_row(row, _height((told,), (sum(_INSTRUCTION_WIDTHS[1:]),)))
        row += 1
    for place, width in enumerate(_INSTRUCTION_WIDTHS):
        sheet.set_column(place, place, width)
    _on_pages_of_one_width(sheet)
    sheet.protect("")


def write_findings(
    book: xlsxwriter.Workbook,
    findings: Sequence[Finding],
    count: int,
    places: Mapping[Finding, tuple[str, str]],
) -> None:
    """Each finding with a link to its cell and the heading of its column; `count` are all, of which the first are listed."""
    sheet = book.add_worksheet("Findings")
    header = book.add_format(dict(_HEADER))
    told = f"{count} findings" + (
        f", the first {len(findings)} of them below" if count > len(findings) else ""
    )
    sheet.write_string(0, 0, told, book.add_format({"bold": True, "font_size": 14}))
    for place, title in enumerate(("Cell", "Row as sent", "Column", "What is there", "What is expected")):
        sheet.write_string(2, place, title, header)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    link = book.add_format({"font_color": "#0563C1", "underline": 1, "valign": "top"})
    for row, one in enumerate(findings, 3):
        at, title = places[one]
        sheet.set_row(row, _height((title, one.value, one.expected), _FINDING_WIDTHS[2:]))
        if row - 3 < LINKS_MAX:
            sheet.write_url(row, 0, f"internal:'Entry'!{at}", string=at, cell_format=link)
        else:
            sheet.write_string(row, 0, at)
        sheet.write_number(row, 1, one.row, wrapped)
        sheet.write_string(row, 2, title, wrapped)
        sheet.write_string(row, 3, one.value, wrapped)
        sheet.write_string(row, 4, one.expected, wrapped)
    for place, width in enumerate(_FINDING_WIDTHS):
        sheet.set_column(place, place, width)
    _on_pages_of_one_width(sheet)
    sheet.freeze_panes(3, 0)


def write_identity(book: xlsxwriter.Workbook, identity: Mapping[str, str]) -> None:
    """Hidden so that nobody changes it by mistake; its signature is what keeps it honest."""
    sheet = book.add_worksheet(IDENTITY_SHEET)
    for row, (name, value) in enumerate(identity.items()):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value)
    sheet.protect("")
    sheet.very_hidden()


def _height(texts: Sequence[str], widths: Sequence[int]) -> int:
    """Of a row whose texts are wrapped: programs that only show a sheet do not work it out."""
    lines = (max(len(text) - 1, 0) // width + 1 for text, width in zip(texts, widths, strict=True))
    return LINE_POINTS * max(lines)


def _on_pages_of_one_width(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def allowed_text(column: TemplateColumn) -> str:
    """In words, what a cell of the column takes."""
    if column.sum_of:
        return "calculated"
    if column.shows:
        return "given"
    words = [{"text": "a text", "date": "a date"}.get(column.kind, f"a number ({column.kind})")]
    if column.values or column.values_of:
        words = ["one of the list" + (", or another text" if column.takes_others else "")]
    words += [f"from {column.at_least}"] if column.at_least is not None else []
    words += [f"up to {column.at_most}"] if column.at_most is not None else []
    words += [f"in {column.unit}"] if column.unit else []
    words += ["for each month"] if column.is_per_month else []
    return " ".join(words)


def rule_text(template: Template, rule: CellRule) -> str:
    """In words, what holds between two cells of a row."""
    known = template.by_name
    told = _RELATIONS[rule.relation].format(left=known[rule.left].title, right=known[rule.right].title)
    return f"{told}: {rule.message}" if rule.message else told
