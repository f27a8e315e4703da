"""Proves that a message is Salesforce's: by secret and organization, by signature, or by an access token."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from starlette.requests import Request

from gateway.api.entrance import Entrance
from gateway.domain.salesforce_access import (
    Organization,
    Organizations,
    OrganizationUnknown,
    SecretInvalid,
    check_signature,
)
from shared.errors import Forbidden, Unauthenticated
from shared.identity import Caller

ROLES = frozenset({"integration", "admin"})
ORGANIZATION_HEADER = "x-salesforce-organization"
TIMESTAMP_HEADER = "x-salesforce-timestamp"
SIGNATURE_HEADER = "x-salesforce-signature"


@dataclass(frozen=True, slots=True)
class SalesforceGuard:
    """`certificate_header` is where a trusted proxy states the client certificate it has verified, by a name or print
    that `certificates` lists; without it no certificate is asked for."""

    organizations: Organizations
    certificate_header: str | None = None
    certificates: frozenset[str] = frozenset()

    def organizations_of(
        self, request: Request, entrance: Entrance, path_secret: str | None
    ) -> frozenset[str]:
        """Whom the sender may speak for, before anything of the body is read; SecretInvalid or Forbidden."""
        self._check_certificate(request, entrance)
        return self.organizations.with_message_secret(path_secret or _password(request))

    async def admit_message(
        self, organization_id: str, allowed: frozenset[str], entrance: Entrance
    ) -> Organization:
        """The organization whose message it is; OrganizationUnknown when its secret was another's."""
        known = self.organizations.by_id(organization_id)
        if known.id not in allowed:
            raise OrganizationUnknown("The secret is not this organization's")
        await entrance.admit(caller_of(known))
        return known

    async def admit_events(self, request: Request, body: bytes, entrance: Entrance) -> Organization:
        """The organization whose events these are: by its signature, else by an access token or key with the role
        integration. SignatureInvalid, Unauthenticated, Forbidden, OrganizationUnknown."""
        signatures = request.headers.get(SIGNATURE_HEADER)
        organization_id = request.headers.get(ORGANIZATION_HEADER, "")
        if signatures is None:
            caller = await entrance.identified()
            # A key narrowed to resources was not made for this.
            if ROLES.isdisjoint(caller.roles) or caller.scopes is not None:
                raise Forbidden("Your roles do not allow this")
            await entrance.admit(caller)
            return self.organizations.by_id(organization_id)
        known = self.organizations.by_id(organization_id)
        timestamp = request.headers.get(TIMESTAMP_HEADER, "")
        check_signature(known, body, timestamp=timestamp, signatures=signatures, now=datetime.now(UTC))
        await entrance.admit(caller_of(known))
        return known

    def _check_certificate(self, request: Request, entrance: Entrance) -> None:
        if self.certificate_header is None:
            return
        stated = request.headers.get(self.certificate_header, "") if entrance.is_through_proxy else ""
        digest = sha256(stated.encode()).digest()
        matches = [hmac.compare_digest(digest, sha256(one.encode()).digest()) for one in self.certificates]
        if not any(matches):
            raise Unauthenticated("Present the client certificate of Salesforce")


def caller_of(organization: Organization) -> Caller:
    """An organization as the caller of its own messages."""
    subject = f"salesforce:{organization.id}"
    return Caller(subject, frozenset({"integration"}), frozenset(), None, subject)


def _password(request: Request) -> str:
    """That of basic authentication; SecretInvalid without. Its user name is not looked at."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise SecretInvalid("Send the secret as password or as last part of the path")
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SecretInvalid("The password cannot be read") from error
