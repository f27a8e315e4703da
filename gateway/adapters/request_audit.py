"""Who tried to write what, and who was denied: kept in the gateway's own database, off the way of the request."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

from gateway.adapters.orm import request_audit
from shared.database import Database
from shared.observability import Metrics, logger

FLUSH_SECONDS: Final = 0.5
BATCH_MAX: Final = 500
PENDING_MAX: Final = 20_000
PATH_LENGTH_MAX: Final = 300
# Of RFC 3986's path characters those that quote() would encode; all others are, so that no line break, terminal
# command or null character gets into a row.
_PATH_CHARACTERS: Final = "/:@!$&'()*+,;="


@dataclass(frozen=True, slots=True)
class Proof:
    """Before and after of a write: SHA-256 of the two bodies, and the tags that were sent and answered.

    A body that was not read or answered whole has no hash: a call refused at the door is not read.
    """

    request_sha256: bytes | None
    reply_sha256: bytes | None
    version_before: str | None
    version_after: str | None


NO_PROOF: Final = Proof(None, None, None, None)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One denied call or one write; `path` holds ids only, of bodies their hashes are kept, of queries nothing.

    A key's subject has its owner beside it.
    """

    subject: str | None
    owner: str | None
    roles: frozenset[str]
    method: str
    route: str
    path: str
    status: int
    trace_id: str
    client_address: str
    proof: Proof = NO_PROOF


class RequestAudit:
    """Collects entries and writes them in batches.

    While the database is away entries wait in memory, 20,000 at most; later ones are counted and logged instead:
    an outage of the audit store does not stop the booking of payments.
    """

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._pending: deque[tuple[datetime, AuditEntry]] = deque()
        self._lost = metrics.counter(
            "gateway_audit_entries_lost_total", "Audit entries logged but not stored"
        )
        self._task: asyncio.Task[None] | None = None
        self._log = logger("audit")

    def note(self, entry: AuditEntry) -> None:
        """Take an entry without waiting."""
        if len(self._pending) >= PENDING_MAX:
            self._lost.inc()
            self._log.error(
                "audit_entry_not_stored", subject=entry.subject, route=entry.route, status=entry.status
            )
            return
        self._pending.append((datetime.now(UTC), entry))

    def start(self) -> None:
        self._task = asyncio.create_task(self._write_for_ever())

    async def stop(self) -> None:
        """Write what is left, once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def flush(self) -> None:
        """Write what is pending; a failed batch stays pending."""
        while self._pending:
            batch = [self._pending[index] for index in range(min(BATCH_MAX, len(self._pending)))]
            try:
                await self._write(batch)
            except (SQLAlchemyError, OSError) as error:
                self._log.warning(
                    "audit_store_unavailable", reason=type(error).__name__, pending=len(self._pending)
                )
                return
            for _ in batch:
                self._pending.popleft()

    async def _write(self, batch: Sequence[tuple[datetime, AuditEntry]]) -> None:
        async with self._database.engine.begin() as connection:
            await connection.execute(request_audit.insert(), [_row(at, entry) for at, entry in batch])

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()


def _printable(text: str | None) -> str | None:
    """Return a subject with what is not printable escaped: issuers choose subjects, and people read this table."""
    if text is None or text.isprintable():
        return text
    return text.encode("unicode_escape").decode("ascii")


def _row(at: datetime, entry: AuditEntry) -> Mapping[str, object]:
    return {
        "at": at,
        "subject": _printable(entry.subject),
        "owner": _printable(entry.owner),
        "roles": sorted(entry.roles),
        "method": entry.method,
        "route": entry.route,
        "path": quote(entry.path, safe=_PATH_CHARACTERS)[:PATH_LENGTH_MAX],
        "status": entry.status,
        "trace_id": entry.trace_id,
        "client_address": entry.client_address,
        "request_sha256": entry.proof.request_sha256,
        "reply_sha256": entry.proof.reply_sha256,
        "version_before": entry.proof.version_before,
        "version_after": entry.proof.version_after,
    }
