"""Checks the API keys that callers send, and notes when they were used."""

import asyncio
import hmac
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from gateway.adapters.revocation_watch import RevocationWatch
from gateway.domain.api_key import key_id_of
from gateway.domain.credential import Credential
from gateway.domain.errors import KeyStoreUnavailable
from shared.actors import KEY_SUBJECT_PREFIX
from shared.database import Database
from shared.errors import Unauthenticated
from shared.identity import Caller
from shared.observability import logger

USE_WRITTEN_SECONDS: Final = 60.0
DIGEST: Final = "sha256"
_NO_DIGEST: Final = bytes(32)
_KEY: Final = sa.text(
    "SELECT id, owner, roles, scopes, zones, partner_code, digest, previous_digest,"
    " extract(epoch FROM created_at)::float8 AS created_at, extract(epoch FROM expires_at)::float8 AS expires_at,"
    " extract(epoch FROM previous_ends_at)::float8 AS previous_ends_at"
    " FROM api_keys WHERE id = :id AND revoked_at IS NULL AND expires_at > now()"
)
_USED: Final = sa.text(
    "UPDATE api_keys SET last_used_at = now() WHERE id = ANY(:ids)"
    " AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
)


class KeyDigests:
    """HMAC-SHA-256 with a pepper that the database does not hold: a stolen table opens nothing."""

    def __init__(self, peppers: Sequence[bytes]) -> None:
        """The first pepper makes new digests; digests made with the others still count."""
        self._peppers = tuple(peppers)

    def new(self, key: str) -> bytes:
        return hmac.digest(self._peppers[0], key.encode("ascii"), DIGEST)

    def matches(self, key: str, kept: bytes) -> bool:
        """Tell whether the kept digest is the key's; takes as long whichever differs and wherever."""
        matches = [
            hmac.compare_digest(hmac.digest(pepper, key.encode("ascii"), DIGEST), kept)
            for pepper in self._peppers
        ]
        return any(matches)


class ApiKeys:
    """Turns keys into credentials. Unknown, wrong, expired and revoked keys get one answer after the same work."""

    def __init__(
        self,
        database: Database,
        digests: KeyDigests,
        watch: RevocationWatch,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._digests = digests
        self._watch = watch
        self._now = now
        self._used: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def credential_of(self, key: str) -> Credential:
        """Return the credential; Unauthenticated, or KeyStoreUnavailable while keys cannot be checked."""
        await self._watch.ensure_fresh()
        credential = await self._credential(key)
        if credential is None:
            raise Unauthenticated("The API key is not valid")
        self.note_use(credential)
        return credential

    def note_use(self, credential: Credential) -> None:
        """Remember that a key was used; written once a minute, off the way of the request."""
        assert credential.id is not None
        self._used.add(credential.id)

    async def _credential(self, key: str) -> Credential | None:
        key_id = key_id_of(key)
        if key_id is None:
            return None
        row = await self._row(key_id)
        is_current = self._digests.matches(key, row.digest if row else _NO_DIGEST)
        has_previous = row is not None and row.previous_digest is not None
        is_previous = self._digests.matches(key, row.previous_digest if row and has_previous else _NO_DIGEST)
        if row is None or not (is_current or is_previous):
            return None
        expires_at = row.expires_at if is_current else min(row.expires_at, row.previous_ends_at)
        if expires_at <= self._now():
            return None
        caller = Caller(
            subject=f"{KEY_SUBJECT_PREFIX}{row.id}",
            roles=frozenset(row.roles),
            zones=frozenset(row.zones),
            partner_code=row.partner_code,
            token_id=f"{KEY_SUBJECT_PREFIX}{row.id}",
            owner=row.owner,
            scopes=None if row.scopes is None else frozenset(row.scopes),
        )
        return Credential(caller, "api_key", str(row.id), row.created_at, expires_at)

    async def _row(self, key_id: UUID) -> sa.Row[tuple[object, ...]] | None:
        try:
            async with self._database.engine.connect() as connection:
                return (await connection.execute(_KEY, {"id": key_id})).one_or_none()
        except (SQLAlchemyError, OSError) as error:
            raise KeyStoreUnavailable("API keys cannot be checked now; try again in a moment") from error

    def start(self) -> None:
        self._task = asyncio.create_task(self._write_for_ever())

    async def stop(self) -> None:
        """Write the uses that are left, once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.write_uses()

    async def write_uses(self) -> None:
        """Write which keys were used since the last time; a use lost in an outage is no harm."""
        used, self._used = self._used, set()
        if not used:
            return
        try:
            async with self._database.engine.begin() as connection:
                await connection.execute(_USED, {"ids": [UUID(key_id) for key_id in sorted(used)]})
        except (SQLAlchemyError, OSError) as error:
            logger("identity").warning("key_uses_not_written", reason=type(error).__name__)

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(USE_WRITTEN_SECONDS)
            await self.write_uses()
