"""The ageing of all partners as a file: a line per partner and currency, a column per bucket."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Response

from shared.dependencies import PageRequest
from shared.documents.attachment import attachment_headers
from shared.documents.csv_table import CsvTable
from shared.documents.table import Amount, Column, Kind, Row
from shared.documents.xlsx_table import Workbook
from shared.medium import MEDIA_TYPES, Medium

PARTNERS_AT_ONCE: Final = 500
SPOOL_MEMORY_BYTES: Final = 1024 * 1024
FILE_CONTENTS: Final = {
    MEDIA_TYPES[medium]: {"schema": {"type": "string", "format": "binary"}}
    for medium in (Medium.CSV, Medium.XLSX)
}
ReadLines = Callable[[PageRequest], Awaitable[tuple[list[dict[str, Any]], str | None]]]


async def ageing_file(page: PageRequest, read: ReadLines, sample: Mapping[str, Any]) -> Response:
    """All lines in one file, whole before the reply begins; `sample` is any line and tells the buckets."""
    columns = [
        *(Column.named(name, Kind.TEXT) for name in ("partner_code", "partner_name", "zone", "currency")),
        *(Column(bucket["label"], Kind.MONEY, bucket["label"]) for bucket in sample["buckets"]),
        *(Column.named(name, Kind.MONEY) for name in ("credits", "total")),
    ]
    at = datetime.now(UTC)
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES) as spool:
        async with page.exports:
            if page.medium is Medium.CSV:
                table = CsvTable(spool, columns)
                await _write(page, read, table.write)
                table.close()
            else:
                book = Workbook(spool, title="Ageing", made_at=at)
                await _write(page, read, book.sheet("Ageing", columns).write)
                await asyncio.to_thread(book.close)
        spool.seek(0)
        content = spool.read()
    headers = attachment_headers(f"ageing-{sample['as_of']}.{page.medium.value}")
    return Response(content, media_type=MEDIA_TYPES[page.medium], headers=headers)


async def _write(page: PageRequest, read: ReadLines, write: Callable[[Sequence[Row]], None]) -> None:
    cursor = page.cursor
    while True:
        lines, cursor = await read(replace(page, limit=PARTNERS_AT_ONCE, cursor=cursor))
        await asyncio.to_thread(write, [_row(line) for line in lines])
        if cursor is None:
            return


def _row(line: Mapping[str, Any]) -> Row:
    amounts = [*(bucket["amount"] for bucket in line["buckets"]), line["credits"], line["total"]]
    return [
        line["partner_code"],
        line["partner_name"],
        line["zone"],
        line["currency"],
        *(Amount(amount["amount"], amount["currency"]) for amount in amounts),
    ]
