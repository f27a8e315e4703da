"""Sends one webhook to an address that was checked, and to no other.

The name is resolved here and every address it has is checked; the connection goes to one of those, so that a name
which answers differently a moment later changes nothing. Redirects are not followed, proxies of the environment not
used, and no more of the reply is read than its beginning.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.errors import FieldProblem
from shared.webhooks.attempt import Reply
from shared.webhooks.target import TargetInvalid, TargetRules, literal_address, refused, target_host

TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5, sock_connect=5)
EXCERPT_BYTES: Final = 1_024
EXCERPT_LENGTH_MAX: Final = 500

Resolve = Callable[[str], Awaitable[Sequence[str]]]


class TargetForbidden(OSError):
    """The name leads to an address that no connection may be opened to."""


async def system_addresses(host: str) -> Sequence[str]:
    """Return every address the system's resolver knows for the name; OSError when it knows none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class WebhookClient:
    """`resolve` is a seam for tests: names are resolved by the system otherwise."""

    def __init__(self, rules: TargetRules, *, resolve: Resolve = system_addresses) -> None:
        self._rules = rules
        self._resolver = CheckedResolver(rules, resolve)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver, use_dns_cache=False, force_close=True, limit=0
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=TIMEOUT,
            auto_decompress=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Reply:
        """Send it once and return what came of it; nothing is raised for what the other side does."""
        started = time.perf_counter()
        status, error, excerpt, retry_after, is_forbidden = None, None, "", None, False
        try:
            # aiohttp asks no resolver for what it takes for an address, so that is checked before.
            target_host(url, self._rules)
            async with self._session.post(
                url, data=body.encode(), headers=headers, allow_redirects=False
            ) as reply:
                status, retry_after = reply.status, _retry_after(reply.headers.get("Retry-After"))
                excerpt = _readable(await reply.content.read(EXCERPT_BYTES))
                reply.close()
        except TargetInvalid as invalid:
            error, is_forbidden = invalid.detail, True
        except (aiohttp.ClientError, OSError) as failure:
            is_forbidden = isinstance(getattr(failure, "os_error", failure), TargetForbidden)
            # A reply whose body broke off counts by its status.
            error = None if status is not None else _reason(failure, is_forbidden=is_forbidden)
        return Reply(
            status=status,
            error=error,
            excerpt=excerpt,
            duration_ms=round((time.perf_counter() - started) * 1000),
            retry_after_seconds=retry_after,
            is_forbidden=is_forbidden,
        )


async def check_target(url: str, rules: TargetRules, *, resolve: Resolve = system_addresses) -> None:
    """Raise TargetInvalid for a URL that could not be delivered to now; each delivery is checked again."""
    host = target_host(url, rules)
    if literal_address(host) is not None:
        return
    try:
        await checked_addresses(host, rules, resolve=resolve)
    except TargetForbidden as error:
        raise TargetInvalid(str(error), problems=[FieldProblem("/url", str(error))]) from error
    except OSError as error:
        detail = f"the name {host} has no address"
        raise TargetInvalid(detail, problems=[FieldProblem("/url", detail)]) from error


async def checked_addresses(
    host: str, rules: TargetRules, *, resolve: Resolve = system_addresses
) -> list[str]:
    """Return the addresses of the name, or the one it is; TargetForbidden if a single one of them is forbidden.

    Connect to one of them, not to the name: it may lead elsewhere a moment later. OSError when the name has none.
    """
    literal = literal_address(host)
    addresses = [ip_address(text) for text in await resolve(host)] if literal is None else [literal]
    if not addresses or refused(addresses, rules):
        raise TargetForbidden(f"{host} leads to an address that is not public and not allowed")
    return [str(address) for address in addresses]


class CheckedResolver(AbstractResolver):
    """Resolves names for connections that are opened to checked addresses only."""

    def __init__(self, rules: TargetRules, resolve: Resolve = system_addresses) -> None:
        self._rules = rules
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await checked_addresses(host, self._rules, resolve=self._resolve)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET)
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _reason(failure: Exception, *, is_forbidden: bool) -> str:
    if is_forbidden:
        return str(getattr(failure, "os_error", failure))
    if isinstance(failure, TimeoutError):
        return "no reply in time"
    return type(failure).__name__


def _readable(excerpt: bytes) -> str:
    text = excerpt.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else " " for character in text)[:EXCERPT_LENGTH_MAX]


def _retry_after(value: str | None) -> int | None:
    """Seconds of the header, written as a number or as a date; None for what cannot be read."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return min(int(value.strip()[:9]), 10**9)
    try:
        return max(0, round(parsedate_to_datetime(value).timestamp() - time.time()))
    except (ValueError, TypeError):
        return None
