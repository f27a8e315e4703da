"""Who stands behind an Authorization header: asked once, then remembered while it counts."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gateway.adapters.access_tokens import AccessTokens
from gateway.adapters.api_keys import ApiKeys
from gateway.adapters.revocation_watch import RevocationWatch
from gateway.domain.api_key import PREFIX
from gateway.domain.credential import Credential
from shared.errors import Unauthenticated
from shared.identity import Caller, bearer_token

HEADER_LENGTH_MAX: Final = 8192
REMEMBERED_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """A credential that was accepted, and what was revoked by then."""

    credential: Credential
    generation: tuple[int, int]


class Credentials:
    """Access tokens and API keys alike; remembered by digest, so that no token or key stays in memory.

    What is remembered counts until it expires, until the issuer's keys change and until anything is revoked anywhere
    (RevocationWatch: about a second). Keys count only while revocations can be read; tokens live minutes and go on with
    the revocations last read, so that an outage of the gateway's database does not stop the work of people.
    """

    def __init__(
        self,
        tokens: AccessTokens,
        keys: ApiKeys,
        watch: RevocationWatch,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._tokens = tokens
        self._keys = keys
        self._watch = watch
        self._now = now
        self._known: OrderedDict[bytes, Remembered] = OrderedDict()

    def entry(self, authorization: bytes) -> Remembered | None:
        """What is remembered of a header; ask `counts` before each use."""
        return self._known.get(sha256(authorization).digest())

    def remembered(self, authorization: bytes) -> Caller | None:
        """Return the caller of a header that was accepted before and still counts; nothing is waited for."""
        credential = self._remembered_credential(authorization)
        return None if credential is None else credential.caller

    async def caller_of(self, authorization: bytes | None) -> Caller:
        """Return the caller; raises as credential_of does."""
        return (await self.credential_of(authorization)).caller

    async def credential_of(self, authorization: bytes | None) -> Credential:
        """Return what was shown; Unauthenticated for all that does not count, and it does not say why.

        KeyStoreUnavailable and KeySetUnavailable while it cannot be checked.
        """
        if authorization is None or len(authorization) > HEADER_LENGTH_MAX:
            raise Unauthenticated("Send an access token: Authorization: Bearer …")
        remembered = self._remembered_credential(authorization)
        if remembered is not None:
            return remembered
        await self._watch.ensure_read()
        generation = self._generation()
        token = bearer_token(authorization.decode("latin-1"))
        if token.startswith(PREFIX):
            credential = await self._keys.credential_of(token)
        else:
            credential = await self._tokens.credential_of(token)
        if self._watch.revocations.cover(credential):
            raise Unauthenticated("The access token or key is not valid")
        self._remember(sha256(authorization).digest(), Remembered(credential, generation))
        return credential

    def _remembered_credential(self, authorization: bytes) -> Credential | None:
        known = self._known.get(sha256(authorization).digest())
        return known.credential if known is not None and self.counts(known) else None

    def counts(self, known: Remembered) -> bool:
        """Tell whether it has not expired, nothing was revoked since, and a key's revocations can be read."""
        credential = known.credential
        if known.generation != self._generation() or credential.expires_at <= self._now():
            return False
        if credential.kind == "api_key":
            if not self._watch.is_fresh:
                return False
            self._keys.note_use(credential)
        return True

    def _generation(self) -> tuple[int, int]:
        return self._tokens.generation, self._watch.generation

    def _remember(self, digest: bytes, known: Remembered) -> None:
        self._known[digest] = known
        if len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)
