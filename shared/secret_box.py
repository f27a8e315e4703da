"""Keeps secrets readable for us alone: webhooks have to be signed and sources opened, so a hash would not do."""

import hmac
import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import Fault

_NAME_BYTES: Final = 4
_NONCE_BYTES: Final = 12


class SecretUnreadable(Fault):
    """It was sealed with a key that this process was not given, or it is not of this owner."""

    code, title = "webhook_secret_unreadable", "A stored secret cannot be read"


class SecretBox:
    """Seals with the first key and opens with any: AES-256-GCM, bound to the owner of what is sealed.

    A sealed secret begins with the name of its key, so that a wrong key is told apart from damage. What was sealed for
    one purpose opens for no other, whatever passphrases they share.
    """

    def __init__(self, passphrases: Sequence[str], *, purpose: str = "webhook secrets") -> None:
        keys = [_key(passphrase, purpose) for passphrase in passphrases]
        self._fingerprint_key = _key(passphrases[0], f"{purpose}, fingerprints")
        self._first = _name(keys[0])
        self._ciphers = {_name(key): AESGCM(key) for key in keys}

    def seal(self, secret: str, *, owner: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return self._first + nonce + self._ciphers[self._first].encrypt(nonce, secret.encode(), owner)

    def fingerprint(self, secret: str) -> bytes:
        """Equal for equal secrets, and of no use to whoever tries some out without the key."""
        return hmac.digest(self._fingerprint_key, secret.encode(), sha256)

    def open(self, sealed: bytes, *, owner: bytes) -> str:
        """Return the secret; SecretUnreadable without its key or for another owner."""
        name, rest = sealed[:_NAME_BYTES], sealed[_NAME_BYTES:]
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise SecretUnreadable("it was sealed under another passphrase")
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], owner).decode()
        except InvalidTag as error:
            raise SecretUnreadable("it was changed, or belongs to another endpoint") from error


def _key(passphrase: str, purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"salesops {purpose}".encode())
    return derive.derive(passphrase.encode())


def _name(key: bytes) -> bytes:
    return sha256(b"name" + key).digest()[:_NAME_BYTES]
