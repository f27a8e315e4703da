"""`make audit-export FROM=2026-10-01 TO=2026-10-31`: everything of a period that an auditor asks for, with its proof.

`make audit-export VERIFY=folder` says whether a folder is what it was when it was made. 0: made, or as it was; 1: refused,
or changed; 2: a database or the archive could not be read. PAYMENTS_DATABASE_URL and GATEWAY_DATABASE_URL name the
databases, or they are those of the local stack, which has to run; GATEWAY_ARCHIVE_STORE says where months of the record of
calls are that left the database (GATEWAY_ARCHIVE_ACCESS_KEY, _SECRET_KEY and _REGION for S3).
"""

import argparse
import os
import sys
from datetime import date
from pathlib import Path
from urllib.parse import quote

import psycopg
from obstore.exceptions import BaseError

from deploy.audit_export.chain import CHAIN_FILE, broken_links
from deploy.audit_export.decisions import broken_decisions
from deploy.audit_export.files import ExportBroken, differences, manifest_of
from deploy.audit_export.write import Wish, write_export
from deploy.local.errors import StackError
from deploy.local.folder import Memory, stack_folder
from deploy.local.ports import LOOPBACK
from deploy.query_archive import archive_of
from gateway.adapters.audit_archive import MonthArchive


def main() -> int:
    wanted = _arguments().parse_args()
    try:
        if wanted.verify is not None:
            return verify(wanted.verify, wanted.manifest_sha256)
        return _export(wanted)
    except (ExportBroken, FileExistsError) as error:
        sys.stderr.write(f"Refused: {error}\n")
        return 1
    except (StackError, psycopg.Error, BaseError) as error:
        sys.stderr.write(f"Not exported: {error}\n")
        return 2


def verify(folder: Path, manifest_sha256: str | None = None) -> int:
    """Say what is not as it was; ExportBroken when there is no manifest."""
    manifest, found_sha256 = manifest_of(folder)
    wrong = list(differences(folder, manifest))
    if manifest_sha256 is not None and manifest_sha256 != found_sha256:
        wrong.insert(0, "the manifest was changed")
    if not wrong:
        wrong += [*broken_links(folder / CHAIN_FILE), *broken_decisions(folder, manifest)]
    for words in wrong:
        sys.stdout.write(f"  {words}\n")
    if wrong:
        sys.stdout.write(f"CHANGED: {len(wrong)} things are not as they were when this was made.\n")
        return 1
    chain = manifest["chain"]
    sys.stdout.write(
        f"As it was: {len(manifest['files'])} files, and the chain from position {chain['first_position']} to"
        f" {chain['last_position']}.\nLast link: {chain['last_hash']}\nManifest:  {found_sha256}\n"
    )
    return 0


def _export(wanted: argparse.Namespace) -> int:
    if wanted.first is None or wanted.last is None or wanted.last < wanted.first:
        sys.stderr.write("Say the period: FROM=2026-10-01 TO=2026-10-31\n")
        return 2
    folder = wanted.folder or Path("build") / f"audit-{wanted.first}-{wanted.last}"
    wish = Wish(wanted.first, wanted.last, wanted.personal_data)
    urls = {f"{owner}_url": database_url(owner) for owner in ("payments", "gateway")}
    told = write_export(folder, wish, **urls, archive=_archive())
    sys.stdout.write(f"Written to {folder}. Tell the auditor on another way:\nManifest:  {told}\n")
    return 0


def _archive() -> MonthArchive | None:
    """As the gateway's worker has it; None where nothing is archived."""
    if not os.environ.get("GATEWAY_ARCHIVE_STORE"):
        return None
    try:
        return archive_of(dict(os.environ))
    except ValueError as error:
        raise StackError(f"GATEWAY_ARCHIVE_STORE names no store: {error}") from error


def database_url(owner: str) -> str:
    """From the environment, or of the local stack."""
    given = os.environ.get(f"{owner.upper()}_DATABASE_URL")
    if given:
        return given
    memory = Memory(stack_folder())
    port = memory.remembered_port("PostgreSQL")
    if port is None:
        raise StackError(
            f"nothing was ever started here; name the database with {owner.upper()}_DATABASE_URL"
        )
    return f"postgresql://{owner}:{quote(memory.secret(f'{owner} database'))}@{LOOPBACK}:{port}/{owner}"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make audit-export", description=__doc__)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--folder", type=Path, help="a new one; by default in build/")
    parser.add_argument("--personal-data", action="store_true", help="for whom the law lets see it")
    parser.add_argument("--verify", type=Path, metavar="FOLDER")
    parser.add_argument("--manifest-sha256", help="as it was told on another way")
    return parser


if __name__ == "__main__":
    sys.exit(main())
