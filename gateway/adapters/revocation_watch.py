"""Sees in every process, within about a second, that something was revoked somewhere."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.credential import Revocations
from gateway.domain.errors import KeyStoreUnavailable
from shared.database import Database
from shared.observability import logger

READ_EVERY_SECONDS: Final = 1.0
READ_SECONDS_MAX: Final = 5.0
# Longer without a reading, and no API key is admitted: the bound within which a revocation counts, whatever happens.
FRESH_SECONDS: Final = 10.0
REVOCATIONS_MAX: Final = 100_000


class RevocationWatch:
    """Reads one number each second and, when it has grown, the revocations.

    Every change of a credential adds one to the number in its own transaction, so nothing can be missed, and no key has
    to be looked up again while nothing happens.
    """

    def __init__(self, database: Database, *, now: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._now = now
        self._fresh_until = -1.0
        self._has_read = False
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.generation = -1
        self.revocations = Revocations()

    @property
    def is_fresh(self) -> bool:
        """Tell whether what was read is recent enough for API keys."""
        return self._now() < self._fresh_until

    async def ensure_read(self) -> None:
        """KeyStoreUnavailable while the revocations were never read: nobody comes in before they are known."""
        if not self._has_read:
            await self.read()
        if not self._has_read:
            raise KeyStoreUnavailable("The revocations could not be read")

    async def ensure_fresh(self) -> None:
        """KeyStoreUnavailable when the last reading is too old for API keys and another one fails."""
        if not self.is_fresh:
            await self.read()
        if not self.is_fresh:
            raise KeyStoreUnavailable("API keys cannot be checked now; try again in a moment")

    def start(self) -> None:
        self._task = asyncio.create_task(self._read_for_ever())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def read(self) -> None:
        """Read once; a failure leaves what there is, which grows old."""
        async with self._lock:
            begun = self._now()
            try:
                async with asyncio.timeout(READ_SECONDS_MAX):
                    await self._read()
            except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
                if self.is_fresh or not self._has_read:
                    logger("identity").warning("revocations_unreadable", reason=type(error).__name__)
            else:
                self._fresh_until = begun + FRESH_SECONDS
                self._has_read = True

    async def _read(self) -> None:
        async with self._database.reading() as connection:
            generation = await connection.scalar(sa.text("SELECT generation FROM credential_generation"))
            if generation == self.generation:
                return
            rows = await connection.execute(
                sa.text(
                    "SELECT token_id, subject, extract(epoch FROM issued_until)::float8 AS issued_until"
                    " FROM token_revocations WHERE forgotten_at > now() ORDER BY issued_until LIMIT :rows"
                ),
                {"rows": REVOCATIONS_MAX},
            )
            found = rows.all()
        self.revocations = Revocations(
            token_ids=frozenset(row.token_id for row in found if row.token_id is not None),
            subjects={row.subject: row.issued_until for row in found if row.subject is not None},
        )
        self.generation = int(generation or 0)

    async def _read_for_ever(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(READ_EVERY_SECONDS)
