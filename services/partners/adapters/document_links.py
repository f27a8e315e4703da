"""Links to one delivery of one document: signed, expiring, and saying nothing to whoever finds one."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from services.partners.domain.errors import LinkInvalid

_PURPOSE: Final = b"salesops document links"
_SIGNATURE_BYTES: Final = 20
_LENGTH_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class DocumentLinks:
    """Makes and reads the tokens; `base_url` is where the gateway is seen from outside, empty when nobody sees it."""

    secret: bytes
    base_url: str

    def url(self, delivery_id: UUID, expires_at: datetime) -> str | None:
        """The address to put into a letter; None when there is none."""
        if not self.base_url:
            return None
        return f"{self.base_url.rstrip('/')}/v1/document-links/{self.token(delivery_id, expires_at)}"

    def path(self, token: str) -> str:
        """The link's path as browsers see it, behind whatever path the gateway is under."""
        return f"{urlsplit(self.base_url).path.rstrip('/')}/v1/document-links/{token}"

    def token(self, delivery_id: UUID, expires_at: datetime) -> str:
        content = delivery_id.bytes + int(expires_at.timestamp()).to_bytes(6, "big")
        return base64.urlsafe_b64encode(content + self._signature(content)).decode().rstrip("=")

    def delivery_of(self, token: str, now: datetime) -> UUID:
        """LinkInvalid for a token that is not ours, was changed, or is over: always the same words."""
        try:
            raw = base64.urlsafe_b64decode(token[:_LENGTH_MAX] + "=" * (-len(token) % 4))
        except ValueError as error:
            raise _invalid() from error
        content, signature = raw[:22], raw[22:]
        if len(content) != 22 or not hmac.compare_digest(signature, self._signature(content)):
            raise _invalid()
        if int.from_bytes(content[16:], "big") <= now.timestamp():
            raise _invalid()
        return UUID(bytes=content[:16])

    def _signature(self, content: bytes) -> bytes:
        key = hmac.digest(self.secret, _PURPOSE, hashlib.sha256)
        return hmac.digest(key, content, hashlib.sha256)[:_SIGNATURE_BYTES]


def _invalid() -> LinkInvalid:
    return LinkInvalid("The link does not lead to a document, or its time is over; ask for a new one")
