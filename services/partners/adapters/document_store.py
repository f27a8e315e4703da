"""Where the bytes of documents are: in a folder or in S3, each under its own SHA-256.

What is put twice is there once, and what is read is compared with its name: a byte that changed in the store is a
fault, never a document.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from obstore.exceptions import BaseError as StoreError
from obstore.store import LocalStore, ObjectStore, S3Store

from shared.errors import UpstreamUnavailable

if TYPE_CHECKING:  # the library declares it for type checkers only
    from obstore.store import S3Config

TIMEOUT: Final = "20s"


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
    """The store of the settings: `file:///srv/documents`, `s3://bucket/prefix` or `s3+http://host:9000/bucket`.

    The last form is for stores of the same protocol elsewhere (`s3+https://…` outside of a local network).
    """
    parts = urlsplit(url)
    match parts.scheme:
        case "file":
            return DocumentStore(lambda: LocalStore(Path(parts.path), mkdir=True))
        case "s3":
            bucket, prefix, endpoint = parts.netloc, parts.path.strip("/"), None
        case "s3+http" | "s3+https":
            bucket, _, prefix = parts.path.strip("/").partition("/")
            endpoint = f"{parts.scheme.removeprefix('s3+')}://{parts.netloc}"
        case _:
            raise ValueError("expected file:///folder, s3://bucket or s3+https://host/bucket")
    return DocumentStore(
        lambda: S3Store(
            bucket,
            prefix=prefix or None,
            region=region or "ap-south-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": parts.scheme == "s3+http", "timeout": TIMEOUT},
            config=_s3_config(endpoint, access_key, secret_key),
        )
    )


def _s3_config(endpoint: str | None, access_key: str, secret_key: str) -> "S3Config":
    """Without a key the credentials of the machine's role are used."""
    config: S3Config = {}
    if endpoint:
        config["endpoint"] = endpoint
    if access_key:
        config |= {"access_key_id": access_key, "secret_access_key": secret_key}
    return config


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
