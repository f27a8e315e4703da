"""Asks a system of others over HTTP, at addresses that were checked, and reads no more than a reply may have."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from services.reporting.adapters.sent_rows import cell_text
from services.reporting.domain.data_checks.errors import (
    SourceAccessRefused,
    SourceUnreachable,
    SourceUnreadable,
)
from services.reporting.domain.source_system import SourceObject
from shared.webhooks.client import CheckedResolver, TargetForbidden
from shared.webhooks.target import TargetInvalid, TargetRules, target_host

REPLY_BYTES_MAX: Final = 16 * 1024 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=120, connect=60)
_CHUNK_BYTES: Final = 64 * 1024
_BUSY: Final = 429
# Digits are kept as they were written: a float would lose some.
_DECODER: Final = msgspec.json.Decoder(float_hook=str)


class Web:
    """One session; redirects are not followed, cookies not kept, proxies of the environment not used."""

    def __init__(self, session: aiohttp.ClientSession, rules: TargetRules) -> None:
        self._session, self._rules = session, rules

    async def json(
        self, method: str, url: str, *, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> object:
        """What it answered. Refusals as the port says; none of them tells what was sent."""
        body = None if form is None else urlencode(form).encode()
        of_form = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
        async with self.opened(method, url, headers={**of_form, **headers}, body=body) as reply:
            check_status(reply)
            return decoded(await bounded(reply), reply)

    @asynccontextmanager
    async def opened(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: aiohttp.ClientTimeout = TIMEOUT,  # noqa: ASYNC109 - aiohttp's own, of each part of a request
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The reply whatever its status; what breaks while it is read is a refusal as well."""
        try:
            # Addresses written as numbers are asked of no resolver.
            host = target_host(url, self._rules)
            async with self._session.request(
                method,
                url,
                data=body,
                headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
                allow_redirects=False,
                timeout=timeout,
            ) as reply:
                yield reply
        except TargetInvalid as invalid:
            raise SourceAccessRefused(f"It cannot be read: {invalid.problems[0].detail}") from invalid
        except aiohttp.ClientConnectorCertificateError as failure:
            raise SourceAccessRefused(
                f"{host} is not known by its certificate: {_doubt(failure)}"
            ) from failure
        except (aiohttp.ClientError, OSError) as failure:
            if isinstance(getattr(failure, "os_error", failure), TargetForbidden):
                raise SourceAccessRefused(str(getattr(failure, "os_error", failure))) from failure
            raise SourceUnreachable(f"{host} does not answer: {type(failure).__name__}") from failure


@asynccontextmanager
async def opened_web(rules: TargetRules, ca_file: str) -> AsyncIterator[Web]:
    """`ca_file` vouches for systems of the house, beside what vouches for everybody's."""
    tls = ssl.create_default_context()
    if ca_file:
        tls.load_verify_locations(ca_file)
    connector = aiohttp.TCPConnector(resolver=CheckedResolver(rules), use_dns_cache=False, ssl=tls)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=TIMEOUT,
        auto_decompress=False,
        trust_env=False,
    ) as session:
        yield Web(session, rules)


def row_texts(one: SourceObject, row: object, number: int) -> dict[str, str]:
    """A text for each column of the object; `Owner.Name` is a value inside of another."""
    if not isinstance(row, dict):
        raise SourceUnreadable(f"Row {number} of {one.name} is no object with a value per column")
    return {field.column: _text(_inside(row, field.column)) for field in one.fields}


def at_pointer(value: object, pointer: str) -> object:
    """What is at the JSON pointer (RFC 6901); None where nothing is."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _inside(row: Mapping[str, object], column: str) -> object:
    if column in row:
        return row[column]
    value: object = row
    for name in column.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else cell_text(value)


def _doubt(failure: aiohttp.ClientConnectorCertificateError) -> str:
    """What is wrong with the certificate, as OpenSSL says it: expired, of another name, or vouched for by nobody known."""
    error = failure.certificate_error
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__


def check_status(reply: aiohttp.ClientResponse) -> None:
    """A refusal unless it is 200."""
    status, host = reply.status, reply.url.host
    if status in (401, 403):
        raise SourceAccessRefused(f"{host} does not let us in: it answers {status}")
    if status == _BUSY or status >= 500:
        raise SourceUnreachable(f"{host} answers {status}")
    if status != 200:
        raise SourceUnreadable(f"{host} answers {status}, and redirects are not followed")


def decoded(content: bytes, reply: aiohttp.ClientResponse) -> object:
    """As JSON; numbers with decimals as they were written."""
    try:
        return _DECODER.decode(content)
    except msgspec.DecodeError as error:
        raise SourceUnreadable(f"{reply.url.host} answers what is no JSON: {error}") from error


async def bounded(reply: aiohttp.ClientResponse) -> bytes:
    """What it answers, unless that is more than a reply may have."""
    content = bytearray()
    async for chunk in reply.content.iter_chunked(_CHUNK_BYTES):
        content += chunk
        if len(content) > REPLY_BYTES_MAX:
            reply.close()
            raise SourceUnreadable(f"One reply has more than {REPLY_BYTES_MAX // 2**20} MiB")
    return bytes(content)
