"""Keys and tokens of the development issuer, for the local stack and never for production."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from deploy.local.errors import StackError
from deploy.local.folder import write_private
from deploy.local.ports import LOOPBACK, free_ports

AUDIENCE: Final = "salesops"
LIFETIME_SECONDS: Final = 12 * 3600
ROLES: Final = (
    "coordinator",
    "approver",
    "zonal_sales",
    "partner",
    "analyst",
    "integration",
    "auditor",
    "admin",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the development issuer knows, machines included; nobody needs a password."""

    role: str
    zones: tuple[str, ...] = ()
    partner_code: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.role}@development"


@dataclass(frozen=True, slots=True)
class DevelopmentIdentity:
    """The issuer's key signs what people show; the internal one what the gateway shows the services.

    `former_key` signed before the last rotation and is still published, so that its tokens count until they expire.
    """

    issuer_key: ECKey
    internal_key: OKPKey
    issuer_port: int
    former_key: ECKey | None = None

    @property
    def issuer(self) -> str:
        """The issuer's name and address, which OpenID Connect wants to be one."""
        return f"http://{LOOPBACK}:{self.issuer_port}"

    def key_set(self) -> str:
        """The issuer's public keys as JSON."""
        keys = [key for key in (self.issuer_key, self.former_key) if key is not None]
        return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})

    def internal_public_key(self) -> str:
        return jwk_text(self.internal_key, private=False)

    def internal_private_key(self) -> str:
        return jwk_text(self.internal_key, private=True)


def development_identity(folder: Path, *, port: int | None = None) -> DevelopmentIdentity:
    """Return the identity kept in the folder, made when first asked for: with the port, or with a free one."""
    path = folder / "identity.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    if "issuer_port" not in known:
        internal = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "EdDSA"}, auto_kid=True)
        known.setdefault("issuer", _fresh_issuer_key())
        known.setdefault("internal", internal.as_dict(private=True))
        known["issuer_port"] = port or free_ports(1)[0]
        write_private(path, json.dumps(known))
    former = known.get("former_issuer")
    return DevelopmentIdentity(
        issuer_key=ECKey.import_key(known["issuer"]),
        internal_key=OKPKey.import_key(known["internal"]),
        issuer_port=known["issuer_port"],
        former_key=None if former is None else ECKey.import_key(former),
    )


def rotate_issuer_key(folder: Path) -> DevelopmentIdentity:
    """Sign with a new key from now on; the one before stays published until the next rotation."""
    development_identity(folder)
    path = folder / "identity.json"
    known = json.loads(path.read_text())
    known |= {"former_issuer": known["issuer"], "issuer": _fresh_issuer_key()}
    write_private(path, json.dumps(known))
    return development_identity(folder)


def _fresh_issuer_key() -> dict[str, object]:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    return dict(key.as_dict(private=True))


def jwk_text(key: OKPKey, *, private: bool) -> str:
    """Return the key as the JSON that the processes read from their environment."""
    return json.dumps(key.as_dict(private=private))


def development_token(
    identity: DevelopmentIdentity,
    role: str,
    *,
    zones: Sequence[str] = (),
    partner_code: str | None = None,
    issued_at: int | None = None,
) -> str:
    """Sign an access token for one role, valid for twelve hours from `issued_at` (seconds, now if None).

    A zonal_sales token without zones and a partner token without a partner code see nothing.
    """
    return access_token(identity, Person(role, tuple(zones), partner_code), issued_at=issued_at)


def access_token(
    identity: DevelopmentIdentity,
    person: Person,
    *,
    issued_at: int | None = None,
    lifetime_seconds: int = LIFETIME_SECONDS,
) -> str:
    """Sign an access token (RFC 9068); StackError for a role that does not exist."""
    if person.role not in ROLES:
        raise StackError(f"there is no role '{person.role}'; expected one of {', '.join(ROLES)}")
    now = int(time.time()) if issued_at is None else issued_at
    claims: dict[str, object] = {
        "iss": identity.issuer,
        "aud": AUDIENCE,
        "sub": person.subject,
        "jti": str(uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime_seconds,
        "roles": [person.role],
        "zones": list(person.zones),
    }
    if person.partner_code is not None:
        claims["partner_code"] = person.partner_code
    return signed(identity, claims, token_type="at+jwt")  # noqa: S106 - a media type, no secret


def signed(identity: DevelopmentIdentity, claims: dict[str, object], *, token_type: str) -> str:
    """Sign claims as the issuer does."""
    header = {"alg": "ES256", "kid": identity.issuer_key.kid, "typ": token_type}
    return jwt.encode(header, claims, identity.issuer_key, algorithms=["ES256"])
