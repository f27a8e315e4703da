"""Opens connections to the broker, and names what goes wrong with them."""

import asyncio
import random

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from shared.errors import UpstreamUnavailable
from shared.server_addresses import CONNECT_SECONDS_EACH, each_address

CONNECT_TIMEOUT_SECONDS = 5.0
# For all that follows the connection: a broker that is starting may accept us and then not answer.
SETUP_TIMEOUT_SECONDS = 15.0
HEARTBEAT_SECONDS = 10

# What the client library raises when the broker, the way to it or the channel is gone.
BROKER_ERRORS = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)

log = structlog.get_logger()


def is_loss(error: BaseException) -> bool:
    """Tell whether the broker, the way to it or the channel is gone.

    What waits for the client library (aiormq 7.2) while its connection is closed from this side is cancelled, or gets a bare
    Exception: it rejects its futures with that when nobody names a cause.
    """
    return isinstance(error, (*BROKER_ERRORS, asyncio.CancelledError)) or type(error) is Exception


class BrokerUnavailable(UpstreamUnavailable):
    code = "broker_unavailable"


async def connect(url: str, *, name: str) -> AbstractConnection:
    """A plain connection: who uses it notices its loss and opens another, with their own state in order.

    To any of the nodes that the URL names, so that processes spread over them, and to the next where one does not answer.
    """
    nodes = each_address(url)
    random.shuffle(nodes)
    *others, last = nodes
    for node in others:
        try:
            return await _connect_to(node, name, CONNECT_SECONDS_EACH)
        except (*BROKER_ERRORS, asyncio.CancelledError) as error:
            if is_cancelled_by_us():
                raise
            log.warning("broker_node_unreachable", name=name, error=repr(error))
    return await _connect_to(last, name, CONNECT_SECONDS_EACH if others else CONNECT_TIMEOUT_SECONDS)


async def _connect_to(node: str, name: str, seconds: float) -> AbstractConnection:
    """As `aio_pika.connect`, which leaves what could not be opened to the collector, to be closed whenever that comes."""
    connection = aio_pika.Connection(
        aio_pika.connection.make_url(node, heartbeat=HEARTBEAT_SECONDS),
        client_properties={"connection_name": name},
    )
    try:
        await connection.connect(timeout=seconds)
    except BaseException:
        await connection.close()
        raise
    return connection


def is_cancelled_by_us() -> bool:
    """Tell a cancellation of the running task from one the client library spreads when a connection breaks.

    It cancels the futures its callers wait for; left alone, that would end a relay or a consumer without a word.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def disconnect(connection: AbstractConnection) -> None:
    """Close within a bound, whatever state the other side is in."""
    try:
        await asyncio.wait_for(connection.close(), CONNECT_TIMEOUT_SECONDS)
    except (*BROKER_ERRORS, asyncio.CancelledError) as error:
        if is_cancelled_by_us():
            raise
        log.info("broker_connection_closed_badly", error=repr(error))
