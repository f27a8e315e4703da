"""Where the bytes of documents are: in a folder or in S3, each under its own SHA-256.

What is put twice is there once, and what is read is compared with its name: a byte that changed in the store is a
fault, never a document.
"""

import hashlib
from collections.abc import Callable
from functools import cache

from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore

from shared.errors import UpstreamUnavailable
from shared.object_store import object_store_opener


class StoreUnavailable(UpstreamUnavailable):
    """The store does not answer, or has not what it was given."""

    code, title = "document_store_unavailable", "The document store is not available"


class DocumentStore:
    """One store; the same in every process of an installation. Nothing is opened before it is used."""

    def __init__(self, opened: Callable[[], ObjectStore]) -> None:
        self._opened = cache(opened)

    @property
    def _backend(self) -> ObjectStore:
        return self._opened()

    async def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            await self._backend.put_async(_key(sha256), content)
        except (StoreError, OSError) as error:
            raise StoreUnavailable(f"the document store did not take {sha256[:12]}") from error
        return sha256

    async def get(self, sha256: str) -> bytes:
        """The bytes of this hash; StoreUnavailable when they are not there or are others."""
        try:
            content = bytes(await (await self._backend.get_async(_key(sha256))).bytes_async())
        except (StoreError, OSError) as error:
            raise StoreUnavailable(f"the document store does not give {sha256[:12]}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoreUnavailable(f"the document store holds other bytes under {sha256[:12]}")
        return content

    async def remove(self, sha256: str) -> None:
        """Forget the bytes; what is not there stays away."""
        try:
            await self._backend.delete_async(_key(sha256))
        except FileNotFoundError:
            return
        except (StoreError, OSError) as error:
            raise StoreUnavailable(f"the document store did not remove {sha256[:12]}") from error


def document_store(
    url: str, *, access_key: str = "", secret_key: str = "", region: str = ""
) -> DocumentStore:
    """The store of the settings; `url` has the forms of shared/object_store.py."""
    return DocumentStore(
        object_store_opener(url, access_key=access_key, secret_key=secret_key, region=region)
    )


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
