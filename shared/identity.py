"""Who is calling, which rows they may see, and the short-lived internal token that carries both."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from math import isfinite
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Depends, Request
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.errors import Unauthenticated

INTERNAL_ISSUER: Final = "salesops-gateway"
INTERNAL_TOKEN_TYPE: Final = "salesops-internal+jwt"  # noqa: S105 - a media type, no secret
INTERNAL_TOKEN_LIFETIME_SECONDS: Final = 60
CLOCK_SKEW_SECONDS: Final = 5
TOKEN_LENGTH_MAX: Final = 8192
CACHED_TOKENS_MAX: Final = 10_000

ROLES: Final = frozenset(
    {"coordinator", "approver", "zonal_sales", "partner", "analyst", "integration", "auditor", "admin"}
)
# Whoever follows a link in a letter: no token of anybody's carries it, the gateway alone gives it, and it sees no rows.
LINK_HOLDER: Final = "link_holder"
ROLES_SEEING_ALL_ROWS: Final = ROLES - {"zonal_sales", "partner"}


@dataclass(frozen=True, slots=True)
class RowScope:
    """Which partners' rows a caller sees: all, those of some zones, or those of one partner."""

    sees_all: bool
    zones: frozenset[str]
    partner_code: str | None

    def admits(self, *, partner_code: str | None, zone: str | None) -> bool:
        """Tell whether a row of this partner in this zone is visible; nobody's rows need sees_all."""
        if self.sees_all:
            return True
        own_partner = partner_code is not None and partner_code == self.partner_code
        return own_partner or (zone is not None and zone in self.zones)

    def parameters(self) -> dict[str, object]:
        """What statements compare rows with: `:sees_all`, `:zones` and, where rows are partners', `:own_code`."""
        return {"sees_all": self.sees_all, "zones": sorted(self.zones), "own_code": self.partner_code}


@dataclass(frozen=True, slots=True)
class Caller:
    """The person or machine behind a request, as the gateway verified it.

    An API key has an `owner`, the subject of the person who answers for it, and may be narrowed to `scopes`, texts as
    `receipts:read`; None narrows nothing.
    """

    subject: str
    roles: frozenset[str]
    zones: frozenset[str]
    partner_code: str | None
    token_id: str
    owner: str | None = None
    scopes: frozenset[str] | None = None

    @property
    def actor(self) -> str:
        """What is written down as who did something: `key:<id>/<owner>` of a key, so that its owner stays known."""
        return self.subject if self.owner is None else f"{self.subject}/{self.owner}"

    def row_scope(self) -> RowScope:
        """Zones count only for zonal_sales, the partner code only for partner: stray claims open nothing."""
        return RowScope(
            sees_all=bool(self.roles & ROLES_SEEING_ALL_ROWS),
            zones=self.zones if "zonal_sales" in self.roles else frozenset(),
            partner_code=self.partner_code if "partner" in self.roles else None,
        )

    def sees_zone(self, zone: str) -> bool:
        return self.row_scope().admits(partner_code=None, zone=zone)

    def sees_partner(self, partner_code: str, zone: str | None) -> bool:
        return self.row_scope().admits(partner_code=partner_code, zone=zone)


class InternalTokenIssuer:
    """Signs internal tokens (Ed25519, 60 s) and reuses one per caller and service for two thirds of that."""

    def __init__(self, private_key: str, *, now: Callable[[], float] = time.time) -> None:
        self._key = _ed25519_key(private_key, private=True)
        self._now = now
        self._cached: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()

    def token_for(self, caller: Caller, service: str) -> str:
        """Return a token the named service accepts and no other does."""
        now = self._now()
        cached = self._cached.get((caller.token_id, service))
        if cached is not None and cached[0] > now:
            return cached[1]
        token = self._signed(caller, service, now)
        self._cached[(caller.token_id, service)] = (now + INTERNAL_TOKEN_LIFETIME_SECONDS * 2 / 3, token)
        if len(self._cached) > CACHED_TOKENS_MAX:
            self._cached.popitem(last=False)
        return token

    def _signed(self, caller: Caller, service: str, now: float) -> str:
        claims: dict[str, object] = {
            "iss": INTERNAL_ISSUER,
            "aud": service,
            "sub": caller.subject,
            "roles": sorted(caller.roles),
            "zones": sorted(caller.zones),
            "iat": int(now),
            "exp": int(now) + INTERNAL_TOKEN_LIFETIME_SECONDS,
            "jti": str(uuid4()),
        }
        if caller.partner_code is not None:
            claims["partner_code"] = caller.partner_code
        if caller.owner is not None:
            claims["owner"] = caller.owner
        if caller.scopes is not None:
            claims["scopes"] = sorted(caller.scopes)
        # Ed25519 is the name RFC 9864 gives what earlier RFCs called EdDSA on this curve.
        header = {"alg": "Ed25519", "typ": INTERNAL_TOKEN_TYPE}
        return jwt.encode(header, claims, self._key, algorithms=["Ed25519"])


class InternalTokenVerifier:
    """Accepts only what the gateway signed for this service; remembers good tokens until they expire."""

    def __init__(self, public_key: str, *, service: str, now: Callable[[], float] = time.time) -> None:
        self._key = _ed25519_key(public_key, private=False)
        self._service = service
        self._now = now
        self._cached: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def caller_of(self, token: str) -> Caller:
        """Return the caller; Unauthenticated says nothing about which check failed."""
        now = self._now()
        key = sha256(token.encode("utf-8", "surrogateescape")).digest()
        cached = self._cached.get(key)
        if cached is not None and cached[0] > now:
            return cached[1]
        claims = self._verified_claims(token, now)
        caller = _caller_from_internal_claims(claims)
        self._cached[key] = (_number(claims, "exp") + CLOCK_SKEW_SECONDS, caller)
        if len(self._cached) > CACHED_TOKENS_MAX:
            self._cached.popitem(last=False)
        return caller

    def _verified_claims(self, token: str, now: float) -> Mapping[str, object]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise Unauthenticated("The internal token is not valid")
        try:
            verified = jws.deserialize_compact(token, self._key, algorithms=["Ed25519"])
            claims = claims_from_payload(verified.payload)
        except (JoseError, ValueError) as error:
            raise Unauthenticated("The internal token is not valid") from error
        is_ours = (
            verified.headers().get("typ") == INTERNAL_TOKEN_TYPE
            and claims.get("iss") == INTERNAL_ISSUER
            and claims.get("aud") == self._service
        )
        is_timely = (
            _number(claims, "exp") + CLOCK_SKEW_SECONDS > now
            and _number(claims, "iat") - CLOCK_SKEW_SECONDS <= now
        )
        if not is_ours or not is_timely:
            raise Unauthenticated("The internal token is not valid")
        return claims


def claims_from_payload(payload: bytes) -> Mapping[str, object]:
    """Return a token's claims; ValueError unless they are one JSON object that names nothing twice."""

    def without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
        claims = dict(pairs)
        if len(claims) != len(pairs):
            raise ValueError("a claim is named twice")
        return claims

    claims = json.loads(payload, object_pairs_hook=without_duplicates)
    if not isinstance(claims, dict):
        raise ValueError("the payload is not an object")
    return claims


def caller_from_claims(claims: Mapping[str, object], *, token_id: str) -> Caller:
    """Return the caller that verified claims describe; Unauthenticated when their shape is not agreed."""
    subject = claims.get("sub")
    partner_code = claims.get("partner_code")
    if not isinstance(subject, str) or not subject or len(subject) > 255:
        raise Unauthenticated("The token names no subject")
    if partner_code is not None and not isinstance(partner_code, str):
        raise Unauthenticated("The token's partner_code is not a text")
    return Caller(
        subject=subject,
        roles=_texts(claims, "roles") & ROLES,
        zones=_texts(claims, "zones"),
        partner_code=partner_code or None,
        token_id=token_id,
    )


def _caller_from_internal_claims(claims: Mapping[str, object]) -> Caller:
    """Only the gateway says whose key it is and what narrows it; an issuer's claims of these names mean nothing."""
    caller = caller_from_claims(claims, token_id=str(claims.get("jti", "")))
    owner = claims.get("owner")
    if owner is not None and not isinstance(owner, str):
        raise Unauthenticated("The internal token is not valid")
    scopes = _texts(claims, "scopes") if "scopes" in claims else None
    roles = caller.roles | (_texts(claims, "roles") & {LINK_HOLDER})
    return replace(caller, owner=owner, scopes=scopes, roles=roles)


def bearer_token(authorization: str | None) -> str:
    """Return the token of an Authorization header; Unauthenticated without one or of another scheme."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or not token.isascii() or " " in token:
        raise Unauthenticated("Send an access token: Authorization: Bearer …")
    return token


async def current_caller(request: Request) -> Caller:
    """FastAPI dependency: the caller that the access middleware put into the request's scope."""
    caller = request.scope.get("caller")
    if not isinstance(caller, Caller):
        raise Unauthenticated("Send an access token: Authorization: Bearer …")
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def _texts(claims: Mapping[str, object], name: str) -> frozenset[str]:
    values = claims.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Unauthenticated(f"The token's {name} are not a list of texts")
    return frozenset(values)


def _number(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Unauthenticated(f"The token has no valid {name}")
    return float(value)


def _ed25519_key(text: str, *, private: bool) -> OKPKey:
    # Keys made elsewhere may say `EdDSA`, the older name of what we ask for by its newer one.
    key = OKPKey.import_key({name: value for name, value in json.loads(text).items() if name != "alg"})
    if key.curve_name != "Ed25519" or key.is_private != private:
        wanted = "private" if private else "public"
        raise ValueError(f"the key for internal tokens must be a {wanted} Ed25519 JWK")
    return key
