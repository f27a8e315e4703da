"""One open stream of server-sent events: what was missed, then what happens, a sign of life in between, an end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.adapters.live_tail import CATCHING_UP_ROWS, Listener, LiveTail, frame
from gateway.domain.live_event import Audience

HEARTBEAT_SECONDS: Final = 15.0
RETRY_MILLISECONDS: Final = 3_000
SEND_SECONDS: Final = 30.0
JOIN_SECONDS: Final = 30.0
MEDIA_TYPE: Final = "text/event-stream"
_HEADERS: Final = {
    # A proxy that compresses or buffers would hold events back until it has enough of them.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}
_SIGN_OF_LIFE: Final = b": still here\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Who listens, to what and from where; `after` None begins now, `is_reset` says that the past is gone."""

    audience: Audience
    subject: str
    after: int | None
    is_reset: bool
    is_still_allowed: Callable[[], Awaitable[bool]]


class _Over(Exception):
    """The stream ends by our will; the text is the reason its reader is told."""


class EventStreamResponse(Response):
    """Runs until its reader leaves, its token ends, the process drains or the reader is too slow.

    Written against ASGI rather than as a generator: a reader costs one waiting task beside its own, and no event is
    copied for it.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        tail: LiveTail,
        hearing: Hearing,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        patience_seconds: float = SEND_SECONDS,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._tail = tail
        self._hearing = hearing
        self._heartbeat_seconds = heartbeat_seconds
        self._patience_seconds = patience_seconds

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        listener = Listener(self._hearing.audience, self._hearing.subject)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        watching = asyncio.create_task(_close_when_left(receive, listener))
        try:
            await self._tell(listener, send)
        except _Over as over:
            await self._send(send, f'event: end\ndata: {{"reason": "{over}"}}\n\n'.encode())
        except TimeoutError:
            return  # without the end of the reply the server drops the connection, and its reader resumes
        finally:
            self._tail.leave(listener)
            watching.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, listener: Listener, send: Send) -> None:
        hearing = self._hearing
        reached = await self._send_missed(listener, send, hearing.after)
        async with asyncio.timeout(JOIN_SECONDS):
            position = await self._tail.join(listener, reached)
        # Whoever reads this line hears what happens from now on.
        await self._send(send, f"retry: {RETRY_MILLISECONDS}\n\n".encode())
        if hearing.is_reset:
            await self._send(
                send, f'id: {position}\nevent: reset\ndata: {{"reason": "too_old"}}\n\n'.encode()
            )
        # What was told between the last reading and the joining.
        await self._send_missed(listener, send, reached, until=position)
        await self._send_live(listener, send)

    async def _send_missed(
        self, listener: Listener, send: Send, after: int | None, *, until: int | None = None
    ) -> int | None:
        """Send what lies behind, page by page; return the position reached."""
        while after is not None and (until is None or after < until):
            events = await self._tail.missed(listener, after)
            part = b"".join(frame(event) for event in events if until is None or event.position <= until)
            if part:
                await self._send(send, part)
            if events:
                after = events[-1].position
            if len(events) < CATCHING_UP_ROWS:
                break
        return after

    async def _send_live(self, listener: Listener, send: Send) -> None:
        clock = asyncio.get_running_loop().time
        due = clock() + self._heartbeat_seconds
        while True:
            while (part := listener.take()) is not None:
                await self._send(send, part)
            if listener.is_closed:
                raise _Over("draining")
            try:
                async with asyncio.timeout_at(due):
                    await listener.changed()
            except TimeoutError:
                pass  # nothing happened: that is what the sign of life says
            if clock() >= due:
                due = clock() + self._heartbeat_seconds
                await self._show_life(send)

    async def _send(self, send: Send, part: bytes) -> None:
        """Raise TimeoutError when the reader takes nothing for too long."""
        async with asyncio.timeout(self._patience_seconds):
            await send({"type": "http.response.body", "body": part, "more_body": True})

    async def _show_life(self, send: Send) -> None:
        if not await self._hearing.is_still_allowed():
            raise _Over("token_ended")
        await self._send(send, _SIGN_OF_LIFE)


async def _close_when_left(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close()
