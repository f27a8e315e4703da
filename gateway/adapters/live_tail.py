"""Reads new live events once per process and hands them to everybody who listens there.

However many listen, the database sees one short query every tenth of a second and holds no connection for them.
Listeners with the same rights are asked once what they hear, and share the bytes they are sent.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from gateway.adapters.live_events import (
    PAGE_MAX,
    audible_after,
    is_resumable,
    live_events_after,
    newest_position,
)
from gateway.domain.live_event import Audience, LiveEvent
from shared.database import Database
from shared.observability import logger

POLL_SECONDS: Final = 0.1
QUIET_POLL_SECONDS: Final = 1.0
OUTAGE_SECONDS: Final = 1.0
STOP_SECONDS: Final = 3.0
# What was missed is read by few at a time, so that a thousand who come back at once leave connections to others.
CATCHING_UP_AT_ONCE: Final = 2
CATCHING_UP_ROWS: Final = 500
PENDING_BYTES_MAX: Final = 4 * 1024 * 1024
PENDING_PARTS_MAX: Final = 256


def frame(event: LiveEvent) -> bytes:
    """Return the event as server-sent events are written; a body is JSON on one line."""
    return f"id: {event.position}\nevent: {event.type}\ndata: {event.body}\n\n".encode()


class Listener:
    """What waits to be sent to one open stream. One that reads too slowly is cut off and may resume."""

    def __init__(self, audience: Audience, subject: str) -> None:
        self.audience = audience
        self.subject = subject
        self.is_closed = False
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._changed = asyncio.Event()

    def put(self, part: bytes) -> None:
        """Add what is to be sent, or close when more waits than one stream may hold."""
        is_too_much = self._pending_bytes + len(part) > PENDING_BYTES_MAX
        if self._pending and (is_too_much or len(self._pending) == PENDING_PARTS_MAX):
            self.close()
        if not self.is_closed:
            self._pending.append(part)
            self._pending_bytes += len(part)
        self._changed.set()

    def close(self) -> None:
        """Send nothing more; what waits is forgotten."""
        self.is_closed = True
        self._pending.clear()
        self._pending_bytes = 0
        self._changed.set()

    def take(self) -> bytes | None:
        """Return what has waited longest, or None."""
        if not self._pending:
            self._changed.clear()
            return None
        part = self._pending.popleft()
        self._pending_bytes -= len(part)
        return part

    async def changed(self) -> None:
        """Return when something waits or the listener is closed."""
        if not self._pending and not self.is_closed:
            self._changed.clear()
            await self._changed.wait()


class LiveTail:
    """The end of the table of live events, in one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[Audience, set[Listener]] = {}
        self._position: int | None = None
        self._is_ending = False
        self._stopping = asyncio.Event()
        self._catching_up = asyncio.Semaphore(CATCHING_UP_AT_ONCE)
        self._advanced = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._log = logger("live_tail")

    @property
    def listener_count(self) -> int:
        return sum(len(group) for group in self._listeners.values())

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        self.close_all()
        if self._task is None:
            return
        # Asked first, because a query that is cancelled leaves its connection behind.
        self._stopping.set()
        await asyncio.wait({self._task}, timeout=STOP_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def close_all(self) -> None:
        """End every open stream; their clients connect again, to another process, and resume."""
        self._is_ending = True
        for group in self._listeners.values():
            for listener in group:
                listener.close()

    async def may_resume(self, position: int) -> bool:
        """Tell whether everything after the position can still be had."""
        async with self._catching_up, self._database.engine.connect() as connection:
            return await is_resumable(connection, position)

    async def missed(self, listener: Listener, after: int) -> Sequence[LiveEvent]:
        """Return the next events after the position that the listener hears; fewer than a page at the end."""
        async with self._catching_up, self._database.engine.connect() as connection:
            return await audible_after(
                connection, after, listener.audience, listener.subject, limit=CATCHING_UP_ROWS
            )

    async def join(self, listener: Listener, after: int | None) -> int:
        """Hand the listener what comes from now on; return the position up to which it has to read by itself.

        Waits until this process has come as far as `after`, which another one may have told already.
        """
        while self._position is None or (after is not None and self._position < after):
            self._advanced.clear()
            await self._advanced.wait()
        self._listeners.setdefault(listener.audience, set()).add(listener)
        if self._is_ending:
            listener.close()
        return self._position

    def leave(self, listener: Listener) -> None:
        group = self._listeners.get(listener.audience)
        if group is not None:
            group.discard(listener)
            if not group:
                del self._listeners[listener.audience]

    async def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                is_full = await self._advance()
            except (SQLAlchemyError, OSError) as error:
                self._log.warning("live_events_not_read", reason=type(error).__name__)
                await self._pause(OUTAGE_SECONDS)
                continue
            if not is_full:
                await self._pause(POLL_SECONDS if self._listeners else QUIET_POLL_SECONDS)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _advance(self) -> bool:
        """Read what is new; tell whether there may be more at once."""
        async with self._database.engine.connect() as connection:
            if self._position is None:
                self._position = await newest_position(connection)
                events: Sequence[LiveEvent] = ()
            else:
                events = await live_events_after(connection, self._position)
        if events:
            self._position = events[-1].position
            self._tell(events)
        self._advanced.set()
        return len(events) == PAGE_MAX

    def _tell(self, events: Sequence[LiveEvent]) -> None:
        for recipient, run in itertools.groupby(events, key=lambda event: event.recipient):
            together = list(run)
            for audience, group in self._listeners.items():
                part = b"".join(frame(one) for one in together if audience.hears(one, subject=recipient))
                for listener in group if part else ():
                    if recipient in (None, listener.subject):
                        listener.put(part)
