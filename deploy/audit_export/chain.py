"""The proof of the books: every link of the audit chain with the very words that were hashed, so that anybody can hash them.

`content_hash` is the SHA-256 over the link's entries, each followed by a line feed; `chain_hash` that over `previous_hash`,
`content_hash` and `told`. Nothing else is needed, and none of our code.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import namedtuple_row

from deploy.audit_export.contents import CHAIN
from deploy.audit_export.files import ExportBroken, ExportFolder
from services.payments.application.verify_ledger import entry_of
from services.payments.domain.audit_chain import AuditBatch, canonical_entry
from services.payments.domain.journal import EntryUnbalanced

CHAIN_FILE: Final = "proof/chain.jsonl"
ROWS_AT_ONCE: Final = 1_000


def write_chain(connection: psycopg.Connection[Any], folder: ExportFolder, span: dict[str, Any]) -> bytes:
    """Write the links, each checked before it is; returns the last hash. Memory holds the entries of one link."""
    facts = {"links": 0, "entries": 0}
    last = b""
    with (
        connection.cursor("chain", row_factory=namedtuple_row) as cursor,
        folder.file(CHAIN_FILE, facts) as file,
    ):
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(CHAIN, span)
        for _, rows in itertools.groupby(cursor, key=_position):
            link = _link(list(rows))
            words = _broken(link, last.hex() or link["previous_hash"])
            if words:
                raise ExportBroken(
                    f"the ledger itself is not intact: {words}; see 'Do the books still agree?'"
                )
            file.write(json.dumps(link, ensure_ascii=False).encode() + b"\n")
            facts["links"] += 1
            facts["entries"] += len(link["entries"])
            last = bytes.fromhex(link["chain_hash"])
    return last


def broken_links(path: Path) -> Iterator[str]:
    """What does not agree in a written proof, link by link."""
    previous = None
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            link = json.loads(line)
            words = _broken(link, previous or link["previous_hash"])
            if words:
                yield words
            previous = link["chain_hash"]


def _position(row: Any) -> int:  # noqa: ANN401 - a row has the columns that the query names
    return int(row.position)


def _link(rows: list[Any]) -> dict[str, Any]:
    first = rows[0]
    batch = AuditBatch(
        first.batch_id,
        first.actor,
        first.posted_at,
        first.entries_count,
        first.content_hash,
        first.previous_hash,
    )
    return {
        "position": first.position,
        "told": batch.told.decode(),
        "previous_hash": first.previous_hash.hex(),
        "content_hash": first.content_hash.hex(),
        "chain_hash": first.chain_hash.hex(),
        "entries": list(_canonical_entries(rows)),
    }


def _canonical_entries(rows: Iterable[Any]) -> Iterator[str]:
    for row in rows:
        try:
            yield canonical_entry(entry_of(row)).decode()
        except EntryUnbalanced as error:
            raise ExportBroken(
                f"the ledger itself is not intact at position {row.position}: {error}"
            ) from error


def _broken(link: dict[str, Any], previous: str) -> str:
    """In words; empty when it agrees with its entries and with the link before."""
    where = f"position {link['position']}"
    content = hashlib.sha256(b"".join(entry.encode() + b"\n" for entry in link["entries"])).hexdigest()
    told = bytes.fromhex(link["previous_hash"] + link["content_hash"]) + link["told"].encode()
    if link["previous_hash"] != previous:
        return f"{where} does not follow the link before it"
    if content != link["content_hash"] or json.loads(link["told"])[3] != len(link["entries"]):
        return f"the entries of {where} are not those that were hashed"
    if hashlib.sha256(told).hexdigest() != link["chain_hash"]:
        return f"{where} is not the link that was hashed"
    return ""
