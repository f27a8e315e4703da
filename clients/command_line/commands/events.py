"""Live events, followed as they happen and resumed after a break."""

import json
import time
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Final

import typer
from httpx_sse import EventSource, ServerSentEvent, SSEError

from clients.command_line.connection import Call, Connection
from clients.command_line.desk import Desk, desk_of
from clients.command_line.endings import Unavailable

# The server is heard at least every 15 seconds; three times that is silence.
SILENCE_SECONDS_MAX: Final = 45.0
FAILURES_MAX: Final = 10
PAUSE_SECONDS: Final = 2.0
events = typer.Typer(help="Live events.", no_args_is_help=True)


@events.command()
def follow(
    context: typer.Context,
    types: Annotated[
        str, typer.Option(help="Only these or families, such as receipt.*; with commas between.")
    ] = "",
    since: Annotated[
        str, typer.Option(metavar="ID", help="Go on after this event, up to 24 hours back.")
    ] = "",
    count: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
) -> None:
    """Print events as they happen. A connection that is lost is opened again and goes on where it was."""
    desk = desk_of(context)
    with desk.connection() as connection:
        for event in islice(Stream(desk, connection, types, since), count):
            desk.screen.event(event.id, event.event, json.loads(event.data))


class Stream:
    """All events from one on, across connections; Unavailable after ten failures in a row without an event."""

    def __init__(self, desk: Desk, connection: Connection, types: str, since: str) -> None:
        self._desk = desk
        self._connection = connection
        self._parameters = {"types": types} if types else {}
        self._last_id = since
        self._pause_seconds = PAUSE_SECONDS

    def __iter__(self) -> Iterator[ServerSentEvent]:
        failures = 0
        while True:
            try:
                for event in self._connected():
                    failures = 0
                    yield event
                reason = "The connection ended."
            except Unavailable as error:
                reason = error.message
            failures += 1
            if failures == FAILURES_MAX:
                raise Unavailable(
                    reason, f"Go on later: salesops events follow --since {self._last_id or 'ID'}"
                )
            self._desk.screen.say(f"{reason} Connecting again.")
            time.sleep(self._pause_seconds)

    def _connected(self) -> Iterator[ServerSentEvent]:
        resume = {"Last-Event-ID": self._last_id} if self._last_id else {}
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", **resume}
        call = Call("GET", "/v1/events", self._parameters, headers, silence_seconds_max=SILENCE_SECONDS_MAX)
        with self._connection.streaming(call) as reply:
            try:
                for event in EventSource(reply).iter_sse():
                    self._last_id = event.id or self._last_id
                    self._pause_seconds = self._pause_seconds if event.retry is None else event.retry / 1000
                    if (
                        event.event == "end"
                    ):  # the token ended or the process drains: go on at another connection
                        return
                    if event.data:
                        yield event
            except SSEError as error:
                raise Unavailable(f"{reply.url} sends no events: {error}") from error
