"""Where files of datasets are: parts as they were sent, and what was made of them. Nothing is whole in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from obstore.exceptions import BaseError as StoreError
from obstore.store import LocalStore, ObjectStore

from shared.errors import UpstreamUnavailable

CHUNK_BYTES: Final = 8 << 20
CACHE_BYTES: Final = 20 << 30
STORE_ERRORS: Final = (StoreError, OSError)


class DatasetStoreUnavailable(UpstreamUnavailable):
    """The store does not answer, or has not what it was given."""

    code, title = "dataset_store_unavailable", "The store of datasets is not available"


class DatasetStore:
    """One store; the same in every process of an installation. Objects are written once and never changed."""

    def __init__(self, opened: Callable[[], ObjectStore]) -> None:
        self._opened = cache(opened)

    async def put_part(self, key: str, content: AsyncIterator[bytes]) -> tuple[int, str]:
        """Keep what the iterator gives; returns its size and SHA-256. Nothing is kept of what ends with an error."""
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in content:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        try:
            await self._opened().put_async(key, counted(), chunk_size=CHUNK_BYTES)
        except STORE_ERRORS as error:
            raise DatasetStoreUnavailable(f"the store did not take {key}") from error
        return size, digest.hexdigest()

    async def put_file(self, key: str, path: Path) -> None:
        """Keep a file, in pieces."""
        try:
            await self._opened().put_async(key, path, chunk_size=CHUNK_BYTES)
        except STORE_ERRORS as error:
            raise DatasetStoreUnavailable(f"the store did not take {key}") from error

    async def assemble(self, keys: Sequence[str], path: Path) -> str:
        """Write objects one behind the other into a file; returns the SHA-256 of the whole."""
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for key in keys:
                async for chunk in self._chunks(key):
                    await asyncio.to_thread(_written, file.write, digest.update, chunk)
        return digest.hexdigest()

    async def local_path(self, key: str, cached_in: Path) -> Path:
        """Where an object can be read as a file: in the store's own folder, or a copy of it, made once."""
        store = self._opened()
        if isinstance(store, LocalStore) and store.prefix is not None:
            return Path(store.prefix) / key
        copy = cached_in / hashlib.sha256(key.encode()).hexdigest()
        if not await asyncio.to_thread(_is_at_hand, copy):
            part = copy.with_suffix(f".{uuid4().hex}.part")
            await self.assemble([key], part)
            await asyncio.to_thread(part.replace, copy)
        return copy

    async def remove_all(self, prefix: str) -> None:
        """Forget what a run that did not end has left; nothing that a row of the database names is below it."""
        store = self._opened()
        try:
            async for found in store.list(prefix):
                await store.delete_async([one["path"] for one in found])
        except FileNotFoundError:
            return
        except STORE_ERRORS as error:
            raise DatasetStoreUnavailable(f"the store did not remove {prefix}") from error

    async def _chunks(self, key: str) -> AsyncIterator[bytes]:
        try:
            async for chunk in (await self._opened().get_async(key)).stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)
        except STORE_ERRORS as error:
            raise DatasetStoreUnavailable(f"the store does not give {key}") from error


def _written(write: Callable[[bytes], object], update: Callable[[bytes], object], chunk: bytes) -> None:
    write(chunk)
    update(chunk)


def _is_at_hand(copy: Path) -> bool:
    """Tell, and note that it is used; make room first: copies can be had again."""
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if copy.exists():
        copy.touch()
        return True
    copies = sorted(copy.parent.glob("*"), key=lambda one: one.stat().st_mtime)
    total = sum(one.stat().st_size for one in copies)
    for one in copies:
        if total <= CACHE_BYTES:
            break
        total -= one.stat().st_size
        one.unlink(missing_ok=True)
    return False


def part_key(upload_id: UUID, number: int, attempt: UUID) -> str:
    """A part that is sent again is another object: what was kept first stays until the row names the other."""
    return f"uploads/{upload_id}/{number:05}-{attempt}"


def version_prefix(upload_id: UUID) -> str:
    return f"versions/{upload_id}"
