"""The token issuer's public keys: from the configured text or address, and from nowhere a token could name."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gateway.adapters.bounded_body import bounded_body
from gateway.domain.errors import KeySetUnavailable
from shared.observability import logger

SigningKey = RSAKey | ECKey

REFRESH_SECONDS: Final = 600.0
UNKNOWN_KID_REFRESH_SECONDS: Final = 5.0
NO_KEYS_REFRESH_SECONDS: Final = 0.5
FETCH_SECONDS: Final = 5.0
KEY_SET_BYTES_MAX: Final = 256 * 1024
RSA_BITS_MIN: Final = 2048


def keys_from_jwks(text: str | bytes) -> dict[str, SigningKey]:
    """Return the RS256 and ES256 keys of a key set by their ids; ValueError when the text is no key set.

    Keys for other uses, other algorithms, without an id or too short are left out: they are never needed here.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("a key set is an object with a list of keys")
    keys: dict[str, SigningKey] = {}
    for entry in document["keys"]:
        key = _signing_key(entry) if isinstance(entry, dict) else None
        if key is not None:
            keys[str(entry["kid"])] = key
    return keys


def _signing_key(entry: dict[str, str]) -> SigningKey | None:
    if not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
        return None
    public: dict[str, str | list[str]] = {
        name: value for name, value in entry.items() if name in ("kty", "kid", "n", "e", "crv", "x", "y")
    }
    try:
        if entry.get("kty") == "RSA" and entry.get("alg", "RS256") == "RS256":
            rsa = RSAKey.import_key(public)
            return rsa if rsa.public_key.key_size >= RSA_BITS_MIN else None
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256" and entry.get("alg", "ES256") == "ES256":
            return ECKey.import_key(public)
    except (JoseError, ValueError) as error:
        raise ValueError("a key of the key set cannot be read") from error
    return None


class KeySource:
    """Holds the current keys; with an address it reads them again every ten minutes and for an unknown key id.

    A failed reading keeps the keys there are. Reading for unknown ids is bounded, so that made-up ids cannot turn
    the gateway against the issuer.
    """

    def __init__(
        self, *, jwks: str | None, url: str | None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys: Mapping[str, SigningKey] = keys_from_jwks(jwks) if jwks is not None else {}
        self._url = url
        self._now = now
        self._read_at = -REFRESH_SECONDS
        self._text = b""
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self.generation = 0

    async def has_keys(self) -> bool:
        """Tell whether tokens can be checked; tries to read the keys when there are none yet."""
        if self._url is not None and not self._keys:
            await self._refresh(UNKNOWN_KID_REFRESH_SECONDS)
        return bool(self._keys)

    async def key(self, kid: str) -> SigningKey | None:
        """Return the key or None when the issuer has none of this id; KeySetUnavailable when no set was ever read.

        A known key never waits for the issuer: its set is read again behind the scenes.
        """
        if self._url is not None:
            if kid not in self._keys:
                await self._refresh(UNKNOWN_KID_REFRESH_SECONDS)
            elif self._is_older_than(REFRESH_SECONDS) and not self._lock.locked():
                self._refreshing = asyncio.create_task(self._refresh(REFRESH_SECONDS))
            if not self._keys:
                raise KeySetUnavailable("The issuer's keys could not be read")
        return self._keys.get(kid)

    async def _refresh(self, seconds: float) -> None:
        async with self._lock:
            # Without any key nobody gets in: an issuer that starts beside us is asked again soon.
            if not self._is_older_than(seconds if self._keys else NO_KEYS_REFRESH_SECONDS):
                return  # somebody else read them while we waited
            try:
                text = await self._fetched()
                if text != self._text:
                    self._keys, self._text = keys_from_jwks(text), text
                    self.generation += 1
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                reason = type(error).__name__
                logger("identity").warning("key_set_unreadable", reason=reason, kept=len(self._keys))
            finally:
                self._read_at = self._now()

    def _is_older_than(self, seconds: float) -> bool:
        return self._now() - self._read_at >= seconds

    async def _fetched(self) -> bytes:
        assert self._url is not None
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(self._url, allow_redirects=False) as reply,
        ):
            return await bounded_body(reply, bytes_max=KEY_SET_BYTES_MAX)
