"""One service as the gateway sees it: its connections, and when and how much it may be asked."""

import asyncio
import time
from functools import partial
from random import uniform
from typing import Final

from gateway.adapters.lane import Lane
from gateway.adapters.upstream_addresses import Address
from gateway.adapters.upstream_pool import UpstreamPool
from gateway.domain.concurrency import ConcurrencyLimit
from gateway.domain.errors import CircuitOpen, Overloaded
from gateway.domain.retry_budget import RetryBudget
from gateway.domain.routing import Route
from shared.observability import Metrics, logger

PLACES_MIN: Final = 16
LONG_PLACES: Final = 64
RETRY_PAUSE_SECONDS: Final = (0.02, 0.1)


class Upstream:
    """A request enters, is counted as answered or failed, and leaves.

    Imports, batches and what is waited for have places of their own: they may take minutes, and small reads and
    writes never wait behind them.
    """

    def __init__(self, pool: UpstreamPool, watch: "UpstreamWatch") -> None:
        most = max(pool.connections_max // 2, pool.connections_max - LONG_PLACES)
        self.pool = pool
        self.service = pool.service
        self._addresses = pool.addresses
        self.retries = RetryBudget()
        self.usual = Lane(self.service, ConcurrencyLimit(least=min(PLACES_MIN, most), most=most))
        self.long = Lane(self.service, ConcurrencyLimit(least=LONG_PLACES, most=LONG_PLACES))
        self._watch = watch
        self._log = logger("upstream")
        watch.show(self)

    def lane(self, route: Route, *, is_waited_for: bool) -> Lane:
        return self.long if route.is_long or is_waited_for else self.usual

    def has_place(self, lane: Lane) -> bool:
        """Tell whether `try_enter` would take a place."""
        return not self._addresses.is_left_alone and lane.is_free

    def try_enter(self, lane: Lane) -> bool:
        """Take a place at once, or leave it to `enter`."""
        if self._addresses.is_left_alone or not lane.try_enter():
            return False
        self.retries.save()
        return True

    async def enter(self, lane: Lane) -> None:
        """Take a place; CircuitOpen while the service is left alone, Overloaded when it is asked too much."""
        self._refuse_while_open()
        try:
            await lane.enter()
        except Overloaded:
            self._watch.shed.labels(self.service).inc()
            raise
        self.retries.save()

    def leave(self, lane: Lane, *, reply_seconds: float | None) -> None:
        """Give the place back; `reply_seconds` is how long an answer took to begin, None when none began."""
        if reply_seconds is not None:
            lane.limit.observe(reply_seconds, time.monotonic(), inside=lane.in_flight)
        lane.leave()

    def failed(self, address: Address | None) -> None:
        """Count that no reply began from `address`; None: that it could be had from none."""
        was_left_alone = self._addresses.is_left_alone
        self.pool.failed(address)
        if self._addresses.is_left_alone and not was_left_alone:
            self._watch.opened.labels(self.service).inc()
            self._log.warning("circuit_opened", part=self.service)

    async def may_retry(self) -> bool:
        """Tell whether a request that may be repeated is sent once more, after a pause that differs each time."""
        if self._addresses.is_left_alone or not self.retries.spend():
            return False
        await asyncio.sleep(uniform(*RETRY_PAUSE_SECONDS))  # noqa: S311 - spreading, no secret
        self._watch.retried.labels(self.service).inc()
        return True

    def _refuse_while_open(self) -> None:
        if self._addresses.is_left_alone:
            seconds = max(1, round(self._addresses.seconds_until_probe(time.monotonic())))
            raise CircuitOpen(
                "A part of the system fails and is left alone for a moment",
                part=self.service,
                retry_after_seconds=seconds,
            )


class UpstreamWatch:
    """What operators see of the services from here."""

    def __init__(self, metrics: Metrics) -> None:
        labels = ("upstream",)
        self.shed = metrics.counter(
            "gateway_shed_total", "Requests refused because a service had enough", labels
        )
        self.opened = metrics.counter("gateway_circuit_opened_total", "Times a circuit opened", labels)
        self.retried = metrics.counter("gateway_retries_total", "Requests sent a second time", labels)
        self._is_open = metrics.gauge("gateway_circuit_open", "1 while a service is left alone", labels)
        self._is_alone = metrics.gauge(
            "gateway_address_left_alone",
            "1 while an address of a service is left alone",
            ("upstream", "address"),
        )
        self._places = metrics.gauge("gateway_places", "Small requests a service is given at once", labels)
        self._in_flight = metrics.gauge("gateway_in_flight", "Small requests a service works on", labels)

    def show(self, upstream: Upstream) -> None:
        """Let the gauges follow a service."""
        name, lane = upstream.service, upstream.usual
        self._is_open.labels(name).set_function(lambda: float(upstream.pool.addresses.is_left_alone))
        for address in upstream.pool.addresses:
            self._is_alone.labels(name, address.name).set_function(partial(_is_left_alone, address))
        self._places.labels(name).set_function(lambda: float(lane.limit.value))
        self._in_flight.labels(name).set_function(lambda: float(lane.in_flight))


def _is_left_alone(address: Address) -> float:
    return float(not address.circuit.is_closed)
