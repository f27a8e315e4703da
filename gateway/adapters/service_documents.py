"""Reads the services' OpenAPI documents and keeps the merged one, also while services are away."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import aiohttp

from gateway.adapters.bounded_body import bounded_body
from gateway.adapters.field_words import field_words
from gateway.domain.merged_openapi import canonical_json, published_document
from gateway.domain.openapi_sharing import shared
from gateway.domain.openapi_words import Words
from gateway.domain.salesforce_openapi import salesforce_document
from shared.observability import logger

RETRY_SECONDS: Final = 2.0
REFRESH_SECONDS: Final = 300.0
FETCH_SECONDS: Final = 30.0  # a service that has just started makes its document when it is asked first
DOCUMENT_BYTES_MAX: Final = 16 * 1024 * 1024


class PublishedText:
    """A document as it is served, with the ETag of its content."""

    def __init__(self, text: str) -> None:
        self.content = text.encode()
        self.etag = f'"{sha256(self.content).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class PublishedDocuments:
    """The merged document, and the two texts that are served of it."""

    merged: dict[str, Any]
    openapi: PublishedText
    salesforce: PublishedText


class ServiceDocuments:
    """Holds the last good document of each service; a service that is away or answers nonsense changes nothing.

    They are merged when somebody asks for the result, and beside the requests: that takes a second, which a start has
    not to spare, and in which nobody would be answered.
    """

    def __init__(self, urls: Mapping[str, Sequence[str]], own: dict[str, Any]) -> None:
        self._urls = dict(urls)
        self._documents: dict[str, dict[str, Any]] = {"gateway": own}
        self._words = field_words()
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._published: tuple[dict[str, dict[str, Any]], PublishedDocuments] | None = None

    async def published(self) -> PublishedDocuments:
        """Of what has been read so far; before any service answered, the gateway's own part."""
        async with self._lock:
            documents = self._documents
            if self._published is None or self._published[0] is not documents:
                self._published = documents, await asyncio.to_thread(_merged, documents, self._words)
            return self._published[1]

    def start(self) -> None:
        self._task = asyncio.create_task(self._refresh_for_ever())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def refresh(self) -> bool:
        """Read all documents; tell whether every service has been read at least once."""
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            found = await asyncio.gather(
                *(self._first_fetched(session, urls) for urls in self._urls.values())
            )
        fresh = {
            service: document
            for service, document in zip(self._urls, found, strict=True)
            if document is not None and document != self._documents.get(service)
        }
        if fresh:
            self._documents = self._documents | fresh
        return self._urls.keys() <= self._documents.keys()

    async def _first_fetched(
        self, session: aiohttp.ClientSession, urls: Sequence[str]
    ) -> dict[str, Any] | None:
        for url in urls:
            if (document := await self._fetched(session, url)) is not None:
                return document
        return None

    async def _fetched(self, session: aiohttp.ClientSession, url: str) -> dict[str, Any] | None:
        try:
            async with session.get(f"{url}/openapi.json", allow_redirects=False) as reply:
                document = json.loads(await bounded_body(reply, bytes_max=DOCUMENT_BYTES_MAX))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            logger("openapi").debug("document_not_read", url=url, reason=type(error).__name__)
            return None
        return document if isinstance(document, dict) and "paths" in document else None

    async def _refresh_for_ever(self) -> None:
        while True:
            is_complete = await self.refresh()
            await asyncio.sleep(REFRESH_SECONDS if is_complete else RETRY_SECONDS)


def _merged(documents: Mapping[str, dict[str, Any]], words: Words) -> PublishedDocuments:
    merged = published_document(documents, words)
    return PublishedDocuments(
        merged,
        openapi=PublishedText(canonical_json(shared(merged))),
        salesforce=PublishedText(canonical_json(salesforce_document(merged))),
    )
