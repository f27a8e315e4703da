"""Which organizations of Salesforce may tell us something, and what proves that it is one of them."""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from gateway.domain.salesforce_ids import organization_key
from shared.errors import Forbidden, Unauthenticated

SECRET_LENGTH_MIN: Final = 24
SECRETS_MAX: Final = 2
SIGNATURE_WINDOW: Final = timedelta(minutes=5)
SIGNATURES_MAX: Final = 4


class SignatureInvalid(Unauthenticated):
    """No secret of the organization made this signature over this body and time, or its time is not now."""

    code, title = "signature_invalid", "The signature is not valid"


class SecretInvalid(Unauthenticated):
    """The message brings none of our secrets."""

    code, title = "secret_invalid", "The secret is not valid"


class OrganizationUnknown(Forbidden):
    """The message is of an organization that was not allowed."""

    code, title = "organization_unknown", "The organization is not known here"


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization that may tell us something; two secrets of a kind are valid while one is being replaced."""

    id: str
    message_secrets: tuple[str, ...] = ()
    event_secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", organization_key(self.id))
        for secrets in (self.message_secrets, self.event_secrets):
            if len(secrets) > SECRETS_MAX or any(len(secret) < SECRET_LENGTH_MIN for secret in secrets):
                raise ValueError(
                    f"at most {SECRETS_MAX} secrets of at least {SECRET_LENGTH_MIN} characters each"
                )


class Organizations:
    """The allow-list, by the 15 characters that identify an organization."""

    def __init__(self, organizations: Iterable[Organization]) -> None:
        self._known: Mapping[str, Organization] = {one.id: one for one in organizations}

    def by_id(self, organization_id: str) -> Organization:
        """OrganizationUnknown for one that is not on the list; case counts."""
        known = self._known.get(organization_id[:15]) if len(organization_id) in (15, 18) else None
        if known is None:
            raise OrganizationUnknown("Messages of this organization are not taken")
        return known

    def with_message_secret(self, secret: str) -> frozenset[str]:
        """Ids of the organizations whose secret it is; SecretInvalid for none. Every secret is compared, always."""
        found = {one.id for one in self._known.values() if _is_one_of(secret.encode(), one.message_secrets)}
        if not found:
            raise SecretInvalid("Send the secret of the organization as password or as last part of the path")
        return frozenset(found)

    def ids(self) -> frozenset[str]:
        return frozenset(self._known)


def check_signature(
    organization: Organization, body: bytes, *, timestamp: str, signatures: str, now: datetime
) -> None:
    """SignatureInvalid unless one of the comma-separated hexadecimal signatures is the HMAC-SHA-256 of
    `timestamp.body` by one of the organization's secrets, and the timestamp (seconds since 1970) is within five minutes."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise SignatureInvalid("The timestamp has to be the seconds since 1970")
    if abs(now.timestamp() - int(timestamp)) > SIGNATURE_WINDOW.total_seconds():
        raise SignatureInvalid("The timestamp is more than five minutes away from now")
    given = [one.strip().lower().encode() for one in signatures.split(",", SIGNATURES_MAX)[:SIGNATURES_MAX]]
    wanted = [signature(secret, timestamp, body) for secret in organization.event_secrets]
    # Every pair is compared, so that the time says nothing of which was close.
    matches = [hmac.compare_digest(one, other.encode()) for one in given for other in wanted]
    if not any(matches):
        raise SignatureInvalid("The signature was not made with a secret of this organization over this body")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The hexadecimal HMAC-SHA-256 of `timestamp.body`."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def _is_one_of(secret: bytes, known: Sequence[str]) -> bool:
    """Digests are compared, so that not even the length shows."""
    digest = sha256(secret).digest()
    matches = [hmac.compare_digest(digest, sha256(one.encode()).digest()) for one in known]
    return any(matches)
