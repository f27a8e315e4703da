"""The workbook of a respondent, a specimen of a template, and the marked copy of what was sent."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_store import Row
from services.reporting.adapters.submission_reading import entry_of_csv, entry_of_workbook
from services.reporting.adapters.template_facts import list_entries
from services.reporting.adapters.template_store import KeptTemplate, template_of
from services.reporting.adapters.template_workbook import HEADER_ROW, SheetRow, TemplateSheet
from services.reporting.adapters.workbook_sheets import ListEntries
from services.reporting.domain.given_rows import Whose
from services.reporting.domain.submission_check import Asked, Entry, Finding
from services.reporting.domain.template import SheetColumn, Template, sheet_columns
from services.reporting.domain.template_collection import WorkbookIdentity
from shared.bulk_tables import WORKBOOK
from shared.errors import Refusal

INDIA: Final = ZoneInfo("Asia/Kolkata")
_BLANK_BETWEEN_MAX: Final = (
    100  # rows that were left empty between filled ones keep their places, within reason
)


async def lists_of(connection: AsyncConnection, template: Template, whose: Whose) -> dict[str, ListEntries]:
    """The values of each list, those of facts narrowed to whose they are."""
    found: dict[str, ListEntries] = {}
    for column in template.columns:
        if column.values:
            found[column.name] = [(value, "") for value in column.values]
        elif column.values_of:
            found[column.name] = await list_entries(connection, column.values_of, whose)
    return found


def identity_of_respondent(collection: Row, respondent: Row) -> WorkbookIdentity:
    return WorkbookIdentity(
        template=template_of(collection.content).name,
        revision=collection.revision,
        collection_id=collection.id,
        respondent_id=respondent.id,
        first_month=collection.first_month,
        months=collection.months,
    )


def whose_lists(respondent: Row) -> Whose:
    return Whose(
        partner_code=respondent.partner_code, zone=None if respondent.partner_code else respondent.zone
    )


async def respondent_sheet(connection: AsyncConnection, collection: Row, respondent: Row) -> TemplateSheet:
    """What the workbook of a respondent says; the same as long as the lists are the same."""
    template = template_of(collection.content)
    identity = identity_of_respondent(collection, respondent)
    facts = [
        ("Asked", respondent.name),
        ("Collection", collection.title),
        ("Period", _period(collection.first_month, collection.months)),
        ("Due", f"{collection.due_at.astimezone(INDIA):%Y-%m-%d %H:%M} IST"),
    ]
    return TemplateSheet(
        template=template,
        columns=sheet_columns(template, collection.first_month, collection.months),
        title=template.title,
        facts=facts,
        lists=await lists_of(connection, template, whose_lists(respondent)),
        identity={**identity.facts(), "signature": identity.signature(collection.signing_key)},
        rows=[SheetRow(cells=cells, is_given=True) for cells in respondent.rows],
        made_at=collection.opened_at,
    )


async def specimen_sheet(connection: AsyncConnection, kept: KeptTemplate, first_month: date) -> TemplateSheet:
    """Without a respondent: to look at, not to send in."""
    template = kept.template
    return TemplateSheet(
        template=template,
        columns=sheet_columns(template, first_month, template.months),
        title=template.title,
        facts=[("Specimen", f"version {kept.revision}"), ("Period", _period(first_month, template.months))],
        lists=await lists_of(connection, template, Whose()),
        identity={},
        rows=[],
        made_at=kept.set_at,
    )


async def marked_sheet(
    sheet: TemplateSheet, sent: tuple[str, bytes], findings: Sequence[dict[str, Any]], findings_count: int
) -> TemplateSheet:
    """The respondent's workbook again, with what they sent in it and what was found marked."""
    found = msgspec.convert(list(findings), type=list[Finding])
    try:
        entry = await asyncio.to_thread(read_entry, *sent, sheet.columns)
        rows, places = as_sent(sheet, entry)
    except Refusal:
        rows, places = list(sheet.rows), {}
    return replace(sheet, rows=rows, places=places, findings=found, findings_count=findings_count)


def read_entry(media_type: str, content: bytes, columns: Sequence[SheetColumn]) -> Entry:
    reader = entry_of_workbook if media_type == WORKBOOK else entry_of_csv
    return reader(content, columns)


def asked_of(template: Template, first_month: date, months: int, rows: Sequence[Mapping[str, str]]) -> Asked:
    """What is checked against; its lists follow."""
    return Asked(
        template=template,
        columns=sheet_columns(template, first_month, months),
        lists={},
        keys=[tuple(row.get(name, "") for name in template.key_names) for row in rows],
    )


def as_sent(sheet: TemplateSheet, entry: Entry) -> tuple[list[SheetRow], dict[int, int]]:
    """Rows in the order they were sent; gaps stay, so that addresses in our own workbook stay the same."""
    names = [column.name for column in sheet.columns]
    keys = sheet.template.key_names
    given = {tuple(row.cells.get(name, "") for name in keys): row.cells for row in sheet.rows}
    rows: list[SheetRow] = []
    places: dict[int, int] = {entry.header_row: HEADER_ROW}
    last = entry.header_row
    for one in entry.rows:
        gap = min(one.number - last - 1, _BLANK_BETWEEN_MAX)
        rows += [SheetRow(cells={}, is_given=False)] * gap
        cells = dict(zip(names, one.cells, strict=True))
        told = given.get(tuple(cells.get(name, "") for name in keys)) if keys else None
        rows.append(SheetRow(cells={**cells, **(told or {})}, is_given=told is not None))
        places[one.number] = HEADER_ROW + len(rows)
        last = one.number
    return rows, places


def _period(first_month: date, months: int) -> str:
    last = first_month.year * 12 + first_month.month - 1 + months - 1
    until = datetime(last // 12, last % 12 + 1, 1)  # noqa: DTZ001 - a month
    return f"{first_month:%b %Y}" if months == 1 else f"{first_month:%b %Y} – {until:%b %Y}"
