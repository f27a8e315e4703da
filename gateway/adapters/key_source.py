"""The token issuer's public keys: from the configured text or address, and from nowhere a token could name."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gateway.domain.errors import KeySetUnavailable
from shared.observability import logger

SigningKey = RSAKey | ECKey

REFRESH_SECONDS: Final = 600.0
UNKNOWN_KID_REFRESH_SECONDS: Final = 30.0
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
        self._lock = asyncio.Lock()
        self.generation = 0

    async def has_keys(self) -> bool:
        """Tell whether tokens can be checked; tries to read the keys when there are none yet."""
        if self._url is not None and not self._keys:
            await self._refresh(UNKNOWN_KID_REFRESH_SECONDS)
        return bool(self._keys)

    async def key(self, kid: str) -> SigningKey | None:
        """Return the key or None when the issuer has none of this id; KeySetUnavailable when no set was ever read."""
        if self._url is not None:
            known = kid in self._keys
            await self._refresh(REFRESH_SECONDS if known else UNKNOWN_KID_REFRESH_SECONDS)
            if not self._keys:
                raise KeySetUnavailable("The issuer's keys could not be read")
        return self._keys.get(kid)

    async def _refresh(self, older_than_seconds: float) -> None:
        if self._now() - self._read_at < older_than_seconds:
            return
        async with self._lock:
            if self._now() - self._read_at < older_than_seconds:
                return
            self._read_at = self._now()
            try:
                keys = keys_from_jwks(await self._fetched())
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                logger("identity").warning(
                    "key_set_unreadable", reason=type(error).__name__, kept=len(self._keys)
                )
                return
            if keys:
                self._keys = keys
                self.generation += 1

    async def _fetched(self) -> bytes:
        assert self._url is not None
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(self._url, allow_redirects=False) as reply,
        ):
            if reply.status != 200:
                raise ValueError(f"the issuer answered {reply.status}")
            text = await reply.content.read(KEY_SET_BYTES_MAX + 1)
        if len(text) > KEY_SET_BYTES_MAX:
            raise ValueError("the key set is too large")
        return text
