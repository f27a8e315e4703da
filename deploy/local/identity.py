"""The development issuer: keys and tokens for the local stack, never for production."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from deploy.local.errors import StackError
from deploy.local.folder import write_private

ISSUER: Final = "https://issuer.salesops.local"
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
class DevelopmentIdentity:
    """The issuer's key signs what people show; the internal one what the gateway shows the services."""

    issuer_key: ECKey
    internal_key: OKPKey

    def key_set(self) -> str:
        """The issuer's public keys as JSON, for GATEWAY_JWKS."""
        return json.dumps({"keys": [self.issuer_key.as_dict(private=False)]})

    def internal_public_key(self) -> str:
        return jwk_text(self.internal_key, private=False)

    def internal_private_key(self) -> str:
        return jwk_text(self.internal_key, private=True)


def development_identity(folder: Path) -> DevelopmentIdentity:
    """Return the identity kept in the folder, made when first asked for."""
    path = folder / "identity.json"
    if not path.exists():
        issuer = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        internal = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "EdDSA"}, auto_kid=True)
        keys = {"issuer": issuer.as_dict(private=True), "internal": internal.as_dict(private=True)}
        write_private(path, json.dumps(keys))
    known = json.loads(path.read_text())
    return DevelopmentIdentity(ECKey.import_key(known["issuer"]), OKPKey.import_key(known["internal"]))


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
    if role not in ROLES:
        raise StackError(f"there is no role '{role}'; expected one of {', '.join(ROLES)}")
    now = int(time.time()) if issued_at is None else issued_at
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": f"{role}@development",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME_SECONDS,
        "roles": [role],
        "zones": list(zones),
    }
    if partner_code is not None:
        claims["partner_code"] = partner_code
    header = {"alg": "ES256", "kid": identity.issuer_key.kid, "typ": "at+jwt"}
    return jwt.encode(header, claims, identity.issuer_key, algorithms=["ES256"])
