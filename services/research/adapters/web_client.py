"""Asks one URL of the web once: only of addresses that were checked, and no more of it than was allowed.

The connection goes to an address that was checked (shared/webhooks/client.py), so that a name which answers differently a
moment later changes nothing. Nothing is followed, no cookies are kept, no proxies of the environment used. Bytes are
counted as they come and again as they are unpacked: a body that unpacks to more than it may have is stopped there.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp

from services.research.domain.web_page import AllowedHost, FetchProblem
from shared.upload_scan.scan import SCANNED_BYTES_MAX
from shared.webhooks.client import CheckedResolver, Resolve, TargetForbidden, system_addresses
from shared.webhooks.target import TargetInvalid, TargetRules, target_host

SECONDS_MAX: Final = 60.0
ROBOTS_NAME: Final = "SalesOps-Research"
_CHUNK: Final = 64 * 1024
_GZIP: Final = 31  # what zlib calls a gzip header and its greatest window


class FetchStopped(Exception):
    """Nothing was taken in, and why; raised between the client and the job, which keeps it."""

    def __init__(self, problem: FetchProblem, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.problem, self.detail, self.status = problem, detail, status


@dataclass(frozen=True, slots=True, kw_only=True)
class FetcherAccess:
    """What an operator allows; without hosts the fetcher is off."""

    hosts: tuple[AllowedHost, ...]
    rules: TargetRules
    contact: str
    pause_seconds: float
    seconds_max: float = SECONDS_MAX
    bytes_max: int = SCANNED_BYTES_MAX

    @property
    def user_agent(self) -> str:
        return f"{ROBOTS_NAME}/1.0 (+{self.contact})"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebReply:
    """What came; `content` is unpacked, and empty of a redirect."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class WebClient:
    """`resolve` is a seam for tests: names are resolved by the system otherwise."""

    def __init__(self, access: FetcherAccess, *, resolve: Resolve = system_addresses) -> None:
        self._access = access
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=CheckedResolver(access.rules, resolve),
                use_dns_cache=False,
                force_close=True,
                limit=1,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": access.user_agent, "Accept-Encoding": "gzip"},
            auto_decompress=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(
        self, url: str, headers: Mapping[str, str], *, seconds: float, bytes_max: int | None = None
    ) -> WebReply:
        """FetchStopped for what cannot be reached, takes longer than the seconds in all, or is larger than the bytes."""
        try:
            # aiohttp asks no resolver for what it takes for an address, so that is checked before.
            target_host(url, self._access.rules)
            timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(10.0, seconds))
            async with self._session.get(
                url, headers=headers, timeout=timeout, allow_redirects=False
            ) as reply:
                content = b""
                if reply.status not in (204, 304) and not 300 <= reply.status < 400:
                    content = await _body(reply, bytes_max or self._access.bytes_max)
                return WebReply(status=reply.status, headers=dict(reply.headers), content=content)
        except TargetInvalid as invalid:
            raise FetchStopped(FetchProblem.ADDRESS_FORBIDDEN, invalid.problems[0].detail) from invalid
        except TimeoutError as error:
            detail = f"no whole reply within {seconds:.0f} seconds"
            raise FetchStopped(FetchProblem.TIMED_OUT, detail) from error
        except aiohttp.ClientPayloadError as error:
            raise FetchStopped(FetchProblem.BROKEN_OFF, "the reply broke off") from error
        except (aiohttp.ClientError, OSError) as failure:
            cause = getattr(failure, "os_error", failure)
            if isinstance(cause, TargetForbidden):
                raise FetchStopped(FetchProblem.ADDRESS_FORBIDDEN, str(cause)) from failure
            raise FetchStopped(FetchProblem.UNREACHABLE, type(failure).__name__) from failure


async def _body(reply: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    encoding = reply.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise FetchStopped(FetchProblem.TYPE_REFUSED, f"packed as {encoding[:40]}, which was not asked for")
    unpacker = zlib.decompressobj(_GZIP) if "gzip" in encoding else None
    received, content = 0, bytearray()
    async for chunk in reply.content.iter_chunked(_CHUNK):
        received += len(chunk)
        content += chunk if unpacker is None else _unpacked(unpacker, chunk, bytes_max + 1 - len(content))
        if max(received, len(content)) > bytes_max:
            raise FetchStopped(FetchProblem.TOO_LARGE, f"more than {bytes_max} bytes", reply.status)
    if unpacker is not None and not unpacker.eof:
        raise FetchStopped(FetchProblem.BROKEN_OFF, "what was packed broke off", reply.status)
    return bytes(content)


def _unpacked(unpacker: "zlib._Decompress", chunk: bytes, bytes_max: int) -> bytes:
    """At most so many bytes, whatever the chunk unpacks to."""
    try:
        return unpacker.decompress(chunk, bytes_max)
    except zlib.error as error:
        raise FetchStopped(FetchProblem.BROKEN_OFF, "packed in a way that cannot be read") from error
