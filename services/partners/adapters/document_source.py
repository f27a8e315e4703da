"""Fetches documents that another service keeps, over the API, as the machine whose key the settings name."""

from types import TracebackType
from typing import Final, Self

import httpx

from services.partners.domain.errors import DocumentUnknown, SourceUnavailable

TIMEOUT_SECONDS: Final = 60.0
BYTES_MAX: Final = 64 * 1024 * 1024


class DocumentSource:
    """Knows one address, the gateway's; an event says only the path."""

    def __init__(self, api_url: str, api_key: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=api_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def fetch(self, path: str, file_format: str, language: str | None) -> bytes:
        """The bytes; no language for a document that is in one.

        DocumentUnknown when there are none, SourceUnavailable when they cannot be had now.
        """
        if not path.startswith("/v1/"):
            raise DocumentUnknown(f"{path} is no path of the API")
        wanted = {"format": file_format} | ({"language": language} if language is not None else {})
        parts: list[bytes] = []
        size = 0
        try:
            async with self._client.stream("GET", path, params=wanted) as reply:
                if reply.status_code == httpx.codes.NOT_FOUND:
                    raise DocumentUnknown(f"{path} is not there as {file_format}")
                if reply.status_code != httpx.codes.OK:
                    raise SourceUnavailable(f"{path} was answered with {reply.status_code}")
                async for part in reply.aiter_bytes():
                    size += len(part)
                    if size > BYTES_MAX:
                        raise SourceUnavailable(f"{path} has more than {BYTES_MAX} bytes")
                    parts.append(part)
        except httpx.HTTPError as error:
            raise SourceUnavailable(f"{path} cannot be fetched: {type(error).__name__}") from error
        return b"".join(parts)
