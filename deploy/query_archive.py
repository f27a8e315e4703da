"""Asks the archived months of the request audit by SQL: `python -m deploy.query_archive "SELECT … FROM request_audit"`.

GATEWAY_ARCHIVE_STORE says where they are (GATEWAY_ARCHIVE_ACCESS_KEY, _SECRET_KEY and _REGION for S3), as for the gateway's
worker. Every file is compared with its manifest before it is asked, and the statement reads these files and nothing else.
`--since` and `--until` (YYYY-MM-DD, in UTC) leave out months without a row between them. The answer is CSV.
"""

import argparse
import asyncio
import csv
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from gateway.adapters.audit_archive import AuditArchive, Manifest
from gateway.domain.errors import ArchiveDiffers
from shared.object_store import object_store_opener

TABLE = "request_audit"


def months_between(manifests: Sequence[Manifest], since: str, until: str) -> list[Manifest]:
    """Those that hold a row from the day on and before the other."""
    return [
        one
        for one in manifests
        if one.first_at and one.last_at and one.last_at >= since and one.first_at < until
    ]


async def fetched(archive: AuditArchive, folder: Path, since: str, until: str) -> list[Path]:
    """The files of these months, each as it was archived."""
    chosen = months_between(await archive.manifests(), since, until)
    return [await archive.fetch(one, folder) for one in chosen]


def answer(statement: str, files: Sequence[Path], folder: Path) -> Iterator[Sequence[object]]:
    """The names of the columns, then the rows."""
    with duckdb.connect(config={"TimeZone": "UTC", "autoinstall_known_extensions": False}) as engine:
        names = ", ".join(f"'{file}'" for file in files)
        engine.execute(f"SET allowed_directories = ['{folder}']")
        engine.execute("SET enable_external_access = false")
        engine.execute(f"CREATE VIEW {TABLE} AS SELECT * FROM read_parquet([{names}])")  # noqa: S608 - files of ours
        # As text, so that instants and lists read as they are written in SQL.
        asked = f"SELECT COLUMNS(*)::VARCHAR FROM ({statement.rstrip().rstrip(';')})"  # noqa: S608 - whoever runs this may
        found = engine.execute(asked)
        yield [column[0] for column in found.description or ()]
        while rows := found.fetchmany(1_000):
            yield from rows


def archive_of(environment: dict[str, str]) -> AuditArchive:
    """KeyError without GATEWAY_ARCHIVE_STORE, ValueError for one that is no store."""
    opener = object_store_opener(
        environment["GATEWAY_ARCHIVE_STORE"],
        access_key=environment.get("GATEWAY_ARCHIVE_ACCESS_KEY", ""),
        secret_key=environment.get("GATEWAY_ARCHIVE_SECRET_KEY", ""),
        region=environment.get("GATEWAY_ARCHIVE_REGION", ""),
    )
    return AuditArchive(opener)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.query_archive", description=__doc__)
    parser.add_argument("statement")
    parser.add_argument("--since", default="", metavar="YYYY-MM-DD")
    parser.add_argument("--until", default="~", metavar="YYYY-MM-DD")
    arguments = parser.parse_args()
    try:
        archive = archive_of(dict(os.environ))
    except (KeyError, ValueError):
        sys.stderr.write(
            "GATEWAY_ARCHIVE_STORE names no store; expected file:///folder, s3://bucket or s3+https://host/bucket\n"
        )
        return 2
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            files = asyncio.run(fetched(archive, folder, arguments.since, arguments.until))
        except ArchiveDiffers as error:
            sys.stderr.write(f"{error}; nothing was asked\n")
            return 1
        if not files:
            sys.stderr.write(
                "No month of that time is archived; the database may have it: /v1/request-audit\n"
            )
            return 1
        try:
            csv.writer(sys.stdout).writerows(answer(arguments.statement, files, folder))
        except duckdb.Error as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
