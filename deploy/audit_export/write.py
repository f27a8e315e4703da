"""Writes an export: one snapshot of each database, row by row, so that memory stays the same however long the period is."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from deploy.audit_export.chain import write_chain
from deploy.audit_export.contents import (
    ARCHIVED_MONTHS,
    CHAIN_SPAN,
    PAYMENTS,
    PAYMENTS_DOCUMENTS,
    ExportedDocuments,
)
from deploy.audit_export.decisions import write_decisions
from deploy.audit_export.files import ExportBroken, ExportFolder
from deploy.audit_export.request_audit import write_request_audit
from deploy.audit_export.tables import write_table
from gateway.adapters.audit_archive import MonthArchive
from services.payments.domain.business_day import BUSINESS_TIME_ZONE
from shared.primary import conninfo_of

DOCUMENTS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """`from_on` and `to_on` are business days, both of them in it."""

    from_on: date
    to_on: date
    with_personal_data: bool

    @property
    def values(self) -> dict[str, Any]:
        begin = datetime.combine(self.from_on, time(), BUSINESS_TIME_ZONE)
        end = datetime.combine(self.to_on + timedelta(days=1), time(), BUSINESS_TIME_ZONE)
        return {"from_on": self.from_on, "to_on": self.to_on, "begin": begin, "end": end}


def write_export(
    folder: Path, wish: Wish, *, payments_url: str, gateway_url: str, archive: MonthArchive | None = None
) -> str:
    """Make the folder, which must not be there; returns the SHA-256 of its manifest.

    ExportBroken when the books are not intact, a frozen document is not what was frozen, a month of calls is neither in the
    database nor in the archive (MonthsMissing), or entries of the period left the database: nothing is handed over then.
    What cannot be made whole leaves no folder.
    """
    folder.mkdir(parents=True)
    try:
        return _written(ExportFolder(folder), wish, payments_url, gateway_url, archive)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _written(
    export: ExportFolder, wish: Wish, payments_url: str, gateway_url: str, archive: MonthArchive | None
) -> str:
    is_personal = wish.with_personal_data
    with _snapshot(gateway_url) as connection:
        write_request_audit(connection, export, wish.values, archive, with_personal_data=is_personal)
    with _snapshot(payments_url) as connection:
        _refuse_archived(connection, wish)
        span = _chain_span(connection, wish)
        last = write_chain(connection, export, span)
        for table in PAYMENTS:
            write_table(connection, export, table, span, with_personal_data=is_personal)
        write_decisions(connection, export, span, with_personal_data=is_personal)
        for documents in PAYMENTS_DOCUMENTS:
            _write_documents(connection, export, documents, span)
    return export.write_manifest(_facts(wish, span, last))


def _facts(wish: Wish, span: dict[str, Any], last: bytes) -> dict[str, Any]:
    return {
        "from": wish.from_on.isoformat(),
        "to": wish.to_on.isoformat(),
        "time_zone": str(BUSINESS_TIME_ZONE),
        "made_at": datetime.now(UTC).isoformat(),
        "personal_data": "included" if wish.with_personal_data else "withheld",
        "chain": {"first_position": span["first"], "last_position": span["last"], "last_hash": last.hex()},
    }


@contextmanager
def _snapshot(url: str) -> Iterator[psycopg.Connection[Any]]:
    """One state of the database for all that is read of it."""
    with psycopg.connect(conninfo_of(url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def _refuse_archived(connection: psycopg.Connection[Any], wish: Wish) -> None:
    row = connection.execute(ARCHIVED_MONTHS, wish.values).fetchone()
    if row is not None:
        file, until = row
        raise ExportBroken(
            f"entries of the period left with their months, which need not be kept any more, and are in {file} of the"
            f" archive and those before it; begin after {until}, and ask deploy.query_archive for the rest"
        )


def _chain_span(connection: psycopg.Connection[Any], wish: Wish) -> dict[str, Any]:
    row = connection.execute(CHAIN_SPAN, wish.values).fetchone()
    first, last = row if row is not None else (None, None)
    # A period without entries has no links: none lies between these two.
    return {**wish.values, "first": first or 1, "last": last or 0}


def _write_documents(
    connection: psycopg.Connection[Any],
    export: ExportFolder,
    documents: ExportedDocuments,
    values: dict[str, Any],
) -> None:
    with connection.cursor(f"export_{documents.name}") as cursor:
        cursor.itersize = DOCUMENTS_AT_ONCE
        cursor.execute(documents.query, values)
        for name, content, frozen_hash in cursor:
            if hashlib.sha256(content).digest() != bytes(frozen_hash):
                raise ExportBroken(f"the document {documents.name}/{name} is not what was frozen")
            with export.file(
                f"documents/{documents.name}/{name}", {"frozen_sha256": frozen_hash.hex()}
            ) as file:
                file.write(content)
