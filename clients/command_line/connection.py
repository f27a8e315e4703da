"""Calls to the API: signed, tried again when that is safe, and with every error as one of ours."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from clients.command_line.endings import Unavailable
from clients.command_line.problems import TRY_AGAIN, error_of

TRIES_MAX: Final = 4
PAUSE_SECONDS_MAX: Final = 30.0
CONNECT_SECONDS_MAX: Final = 10.0
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Parameters = Mapping[str, str | int]
Chunks = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `content` makes the body anew for each try; a call with a `key` may be repeated.

    `silence_seconds_max` is how long its reply may pause before it counts as broken off.
    """

    method: str
    path: str
    parameters: Parameters = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: Chunks | None = None
    key: str | None = None
    silence_seconds_max: float = 150  # a reply may wait up to 120 seconds for a job

    @property
    def is_repeatable(self) -> bool:
        return self.method in _SAFE or self.key is not None


class Connection:
    """One caller at one system. Raises CommandEnded for every reply that is no success."""

    def __init__(
        self, url: str, authorization: Callable[[], str], *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.url = url
        self._authorization = authorization
        self._sleep = sleep
        self._client = httpx.Client(base_url=url, headers={"User-Agent": "salesops"})

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, parameters: Parameters | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(Call("GET", path, parameters or {}, named))

    def send(self, call: Call) -> httpx.Response:
        """The reply with its body."""
        with self.streaming(call) as reply:
            reply.read()
            return reply

    @contextmanager
    def streaming(self, call: Call) -> Iterator[httpx.Response]:
        """The reply as soon as its head is there; its body may break off (Unavailable)."""
        reply = self._reply(call)
        try:
            yield reply
        except httpx.TransportError as error:
            raise Unavailable(
                f"The reply of {self.url} broke off: {_said(error)}", "The same again, in a moment."
            ) from error
        finally:
            reply.close()

    def _reply(self, call: Call) -> httpx.Response:
        for attempt in range(1, TRIES_MAX + 1):
            is_last = attempt == TRIES_MAX or not call.is_repeatable
            try:
                reply = self._client.send(self._request(call), stream=True)
            except httpx.TransportError as error:
                if is_last:
                    raise self._no_reply(call, error) from error
                self._sleep(_pause_seconds(attempt, None))
                continue
            if reply.status_code < 400:
                return reply
            self._read(reply)
            if is_last or reply.status_code not in TRY_AGAIN:
                raise error_of(reply)
            self._sleep(_pause_seconds(attempt, reply.headers.get("Retry-After")))
        raise AssertionError("the last try returns or raises")

    def _request(self, call: Call) -> httpx.Request:
        headers = {"Authorization": self._authorization(), **call.headers}
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        content = call.content() if call.content is not None else None
        return self._client.build_request(
            call.method,
            call.path,
            params=dict(call.parameters),
            headers=headers,
            json=call.json,
            content=content,
            timeout=httpx.Timeout(call.silence_seconds_max, connect=CONNECT_SECONDS_MAX),
        )

    def _read(self, reply: httpx.Response) -> None:
        try:
            reply.read()
        except httpx.TransportError as error:
            raise Unavailable(f"The reply of {self.url} broke off: {_said(error)}") from error
        finally:
            reply.close()

    def _no_reply(self, call: Call, error: httpx.TransportError) -> Unavailable:
        step = (
            "Is the address right, and does the system run?"
            if isinstance(error, httpx.ConnectError)
            else "Nobody knows whether it was done: the same command again is safe."
            if call.is_repeatable
            else "Nobody knows whether it was done: look before you send it again."
        )
        return Unavailable(f"No reply from {self.url}: {_said(error)}", step)


def _pause_seconds(attempt: int, retry_after: str | None) -> float:
    """What the server asks for, otherwise 0.25, 0.5, 1 … seconds, spread so that callers do not come back at once."""
    if retry_after is not None and retry_after.isdigit():
        return min(float(retry_after), PAUSE_SECONDS_MAX)
    return 0.25 * float(2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
