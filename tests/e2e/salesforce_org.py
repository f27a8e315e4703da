"""A simulated Salesforce organization beside the whole system, in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tests.salesforce.message_sender import OutboundMessage, Waiting
from tests.salesforce.object_types import OBJECT_TYPES
from tests.salesforce.organization import Organization, Record
from tests.salesforce.sign_in import ConnectedApp
from tests.salesforce.simulator import Salesforce, running

# The same for every simulated organization, because ids are counted.
ORGANIZATION_ID: Final = Organization().id
MESSAGE_SECRET: Final = "messages-of-the-whole-system"
EVENT_SECRET: Final = "events-of-the-whole-system"
ACCESS: Final = ConnectedApp()
# Ids are counted: these are others than those of `make salesforce-simulator`, which the same system may meet.
IDS_BEGIN: Final = 500_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SimulatedOrg:
    """The organization is only touched in its own thread: `here` runs something there and gives its result."""

    salesforce: Salesforce
    address: str
    loop: asyncio.AbstractEventLoop

    def here(self, work: Callable[[], T]) -> T:
        done: Future[T] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(work()))
        return done.result(timeout=120)

    def create(self, object_name: str, **fields: Any) -> Record:
        return self.here(lambda: self.salesforce.organization.create(OBJECT_TYPES[object_name], fields))

    def update(self, object_name: str, record: Record, **fields: Any) -> Record:
        kind = OBJECT_TYPES[object_name]
        return self.here(lambda: self.salesforce.organization.update(kind, record, fields))

    def sends(self, object_name: str, fields: str, endpoint: str) -> OutboundMessage:
        """Have changes of the object sent from now on."""
        return self.here(lambda: self.salesforce.messages.configure(object_name, fields.split(), endpoint))

    def envelope(self, message: OutboundMessage, record: Record) -> bytes:
        """The message as it would be sent at this moment."""

        def written() -> bytes:
            organization = self.salesforce.organization
            now = organization.clock()
            notification = Waiting(organization.new_id("04l"), message, record["Id"], now, now)
            return self.salesforce.messages.envelope(message, [notification])

        return self.here(written)

    def waiting(self) -> int:
        return self.here(lambda: len(self.salesforce.messages.waiting))


@contextmanager
def simulated_org(port: int) -> Iterator[SimulatedOrg]:
    """Serve an empty organization at the port and send its messages."""
    salesforce, started, stop = Salesforce(), Future[str](), asyncio.Event()
    salesforce.organization.made = IDS_BEGIN
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with running(salesforce, port) as address:
            started.set_result(address)
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield SimulatedOrg(salesforce, started.result(timeout=120), loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=120)
        loop.close()
