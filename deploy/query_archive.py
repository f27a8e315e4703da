"""Asks archived months by SQL: `python -m deploy.query_archive "SELECT … FROM request_audit"`.

Tables are `request_audit`, `journal_entries` and `journal_lines`; only those that the statement names are fetched.

GATEWAY_ARCHIVE_STORE says where they are (GATEWAY_ARCHIVE_ACCESS_KEY, _SECRET_KEY and _REGION for S3), as for the gateway's
worker. Every file is compared with its manifest before it is asked, and the statement reads these files and nothing else.
`--since` and `--until` (YYYY-MM-DD, in UTC) leave out months without a row between them. The answer is CSV.
"""

import argparse
import asyncio
import csv
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from deploy.journal_tables import JOURNAL_ENTRIES, JOURNAL_LINES
from gateway.adapters.audit_archive import REQUEST_AUDIT, ArchivedTable, Manifest, MonthArchive
from gateway.domain.errors import ArchiveDiffers
from shared.object_store import object_store_opener

NO_STORE = (
    "GATEWAY_ARCHIVE_STORE names no store; expected file:///folder, s3://bucket or s3+https://host/bucket"
)
TABLES = (REQUEST_AUDIT, JOURNAL_ENTRIES, JOURNAL_LINES)


def months_between(manifests: Sequence[Manifest], since: str, until: str) -> list[Manifest]:
    """Those that hold a row from the day on and before the other."""
    return [
        one
        for one in manifests
        if one.first_at and one.last_at and one.last_at >= since and one.first_at < until
    ]


async def fetched(archive: MonthArchive, folder: Path, since: str, until: str) -> list[Path]:
    """The files of these months, each as it was archived."""
    chosen = months_between(await archive.manifests(), since, until)
    return [await archive.fetch(one, folder) for one in chosen]


def answer(statement: str, files: Mapping[str, Sequence[Path]], folder: Path) -> Iterator[Sequence[object]]:
    """The names of the columns, then the rows."""
    with duckdb.connect(config={"TimeZone": "UTC", "autoinstall_known_extensions": False}) as engine:
        engine.execute(f"SET allowed_directories = ['{folder}']")
        engine.execute("SET enable_external_access = false")
        for table, months in files.items():
            names = ", ".join(f"'{file}'" for file in months)
            engine.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet([{names}])")  # noqa: S608 - files of ours
        # As text, so that instants and lists read as they are written in SQL.
        asked = f"SELECT COLUMNS(*)::VARCHAR FROM ({statement.rstrip().rstrip(';')})"  # noqa: S608 - whoever runs this may
        found = engine.execute(asked)
        yield [column[0] for column in found.description or ()]
        while rows := found.fetchmany(1_000):
            yield from rows


def archive_of(environment: dict[str, str], table: ArchivedTable = REQUEST_AUDIT) -> MonthArchive:
    """KeyError without GATEWAY_ARCHIVE_STORE, ValueError for one that is no store."""
    opener = object_store_opener(
        environment["GATEWAY_ARCHIVE_STORE"],
        access_key=environment.get("GATEWAY_ARCHIVE_ACCESS_KEY", ""),
        secret_key=environment.get("GATEWAY_ARCHIVE_SECRET_KEY", ""),
        region=environment.get("GATEWAY_ARCHIVE_REGION", ""),
    )
    return MonthArchive(opener, table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.query_archive", description=__doc__)
    parser.add_argument("statement")
    parser.add_argument("--since", default="", metavar="YYYY-MM-DD")
    parser.add_argument("--until", default="~", metavar="YYYY-MM-DD")
    arguments = parser.parse_args()
    try:
        named = [one for one in TABLES if one.name in arguments.statement.lower()]
        archives = {one.name: archive_of(dict(os.environ), one) for one in named or [REQUEST_AUDIT]}
    except (KeyError, ValueError):
        sys.stderr.write(f"{NO_STORE}\n")
        return 2
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            found = {
                name: asyncio.run(fetched(archive, folder, arguments.since, arguments.until))
                for name, archive in archives.items()
            }
        except ArchiveDiffers as error:
            sys.stderr.write(f"{error}; nothing was asked\n")
            return 1
        files = {name: months for name, months in found.items() if months}
        if not files:
            sys.stderr.write(
                "No month of that time is archived; the database may have it: /v1/request-audit, /v1/journal-entries\n"
            )
            return 1
        try:
            csv.writer(sys.stdout, lineterminator="\n").writerows(answer(arguments.statement, files, folder))
        except duckdb.Error as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
