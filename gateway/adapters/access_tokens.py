"""Checks the access tokens that callers send."""

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from math import isfinite
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from gateway.adapters.key_source import KeySource
from gateway.domain.credential import Credential
from shared.actors import KEY_SUBJECT_PREFIX
from shared.errors import Unauthenticated
from shared.identity import caller_from_claims, claims_from_payload

SKEW_SECONDS: Final = 60.0
_TOKEN_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# Headers by which a token would bring its own key, and critical extensions, of which none is known here.
_REFUSED_HEADERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})


class AccessTokens:
    """Turns access tokens into credentials. Every refusal reads the same: it tells an attacker nothing."""

    def __init__(
        self, keys: KeySource, *, issuer: str, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now = now

    @property
    def generation(self) -> int:
        """Grows when the issuer's keys change: everybody shows their token again, for one may have been withdrawn."""
        return self._keys.generation

    async def credential_of(self, token: str) -> Credential:
        """Return the credential; Unauthenticated for anything but one valid access token of the configured issuer."""
        claims = await self._verified_claims(token)
        caller = caller_from_claims(claims, token_id=sha256(token.encode()).hexdigest()[:32])
        if caller.subject.startswith(KEY_SUBJECT_PREFIX):
            raise Unauthenticated("The access token is not valid")  # it would pass for a key
        token_id = claims.get("jti")
        return Credential(
            caller=caller,
            kind="access_token",
            id=token_id if isinstance(token_id, str) else None,
            issued_at=_number(claims, "iat") if "iat" in claims else None,
            expires_at=_number(claims, "exp") + SKEW_SECONDS,
        )

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
