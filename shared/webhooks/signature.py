"""How a webhook is signed: Standard Webhooks.

Source: https://github.com/standard-webhooks/standard-webhooks, spec of 2023-12, read 2026-11.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how secrets begin, not one
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a random secret in the written form of the standard."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signatures(secrets_in_force: Sequence[str], *, message_id: str, timestamp: int, body: str) -> str:
    """Return the header `webhook-signature`: one signature per secret, the newest first."""
    content = f"{message_id}.{timestamp}.{body}".encode()
    return " ".join(_signature(secret, content) for secret in secrets_in_force)


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, content, sha256)).decode()
