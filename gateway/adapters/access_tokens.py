"""Checks the access tokens that callers send, and remembers the good ones until they expire."""

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from math import isfinite
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from gateway.adapters.key_source import KeySource
from shared.errors import Unauthenticated
from shared.identity import Caller, bearer_token, caller_from_claims, claims_from_payload

SKEW_SECONDS: Final = 60.0
TOKEN_LENGTH_MAX: Final = 8192
CACHED_TOKENS_MAX: Final = 10_000
_TOKEN_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# Headers by which a token would bring its own key, and critical extensions, of which none is known here.
_REFUSED_HEADERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})


class AccessTokens:
    """Turns Authorization headers into callers. Every refusal reads the same: it tells an attacker nothing."""

    def __init__(
        self, keys: KeySource, *, issuer: str, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._generation = keys.generation
        self._cached: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def remembered(self, authorization: bytes) -> Caller | None:
        """Return the caller of a header that was accepted before and has not expired."""
        cached = self._cached.get(sha256(authorization).digest())
        if cached is None or cached[0] <= self._now() or self._generation != self._keys.generation:
            return None
        return cached[1]

    async def caller_of(self, authorization: bytes | None) -> Caller:
        """Return the caller; Unauthenticated for anything but one valid access token of the configured issuer."""
        if authorization is None or len(authorization) > TOKEN_LENGTH_MAX:
            raise Unauthenticated("Send an access token: Authorization: Bearer …")
        token = bearer_token(authorization.decode("latin-1"))
        claims = await self._verified_claims(token)
        digest = sha256(authorization).digest()
        caller = caller_from_claims(claims, token_id=digest.hex()[:32])
        self._remember(digest, _number(claims, "exp"), caller)
        return caller

    async def _verified_claims(self, token: str) -> Mapping[str, object]:
        try:
            header = _header_of(token)
            kid, algorithm = header.get("kid"), header.get("alg")
            if not isinstance(kid, str) or algorithm not in ("RS256", "ES256"):
                raise ValueError("the token names no key or an algorithm that is not accepted")
            key = await self._keys.key(kid)
            if key is None or (algorithm == "RS256") != isinstance(key, RSAKey):
                raise ValueError("there is no such key for this algorithm")
            verified = jws.deserialize_compact(token, key, algorithms=[algorithm])
            claims = claims_from_payload(verified.payload)
            self._check(claims)
        except (JoseError, ValueError, RecursionError) as error:
            raise Unauthenticated("The access token is not valid") from error
        return claims

    def _check(self, claims: Mapping[str, object]) -> None:
        now = self._now()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        is_ours = claims.get("iss") == self._issuer and self._audience in audiences
        is_timely = (
            _number(claims, "exp") + SKEW_SECONDS > now
            and _number(claims, "nbf", default=now) - SKEW_SECONDS <= now
            and _number(claims, "iat", default=now) - SKEW_SECONDS <= now
        )
        # Refresh and identity tokens of the same issuer carry the same signature; these claims mark them.
        is_access = (
            claims.get("typ", "Bearer") in ("Bearer", "at+jwt")
            and claims.get("token_use", "access") == "access"
            and not claims.keys() & {"at_hash", "c_hash", "nonce"}
        )
        if not (is_ours and is_timely and is_access):
            raise ValueError("a claim is missing or wrong")

    def _remember(self, digest: bytes, expires_at: float, caller: Caller) -> None:
        if self._generation != self._keys.generation:
            self._cached.clear()  # a key may have been withdrawn: everybody shows their token again
            self._generation = self._keys.generation
        self._cached[digest] = (expires_at + SKEW_SECONDS, caller)
        if len(self._cached) > CACHED_TOKENS_MAX:
            self._cached.popitem(last=False)


def _header_of(token: str) -> Mapping[str, object]:
    """Return the token's header, read before its key is known; ValueError unless of the accepted form."""
    if token.count(".") != 2:
        raise ValueError("not a compact token")
    encoded = token.partition(".")[0]
    try:
        header = claims_from_payload(
            base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
        )
    except binascii.Error as error:
        raise ValueError("not a token header") from error
    if header.keys() & _REFUSED_HEADERS or str(header.get("typ", "")).lower() not in _TOKEN_TYPES:
        raise ValueError("a token header that is not accepted")
    return header


def _number(claims: Mapping[str, object], name: str, *, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)
