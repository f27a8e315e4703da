"""One service as the gateway sees it: its connections, and when and how much it may be asked."""

import asyncio
import time
from random import uniform
from typing import Final

from gateway.adapters.lane import Lane
from gateway.adapters.upstream_pool import UpstreamPool
from gateway.domain.circuit import Circuit
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
        self.circuit = Circuit()
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
        return self.circuit.is_closed and lane.is_free

    def try_enter(self, lane: Lane) -> bool:
        """Take a place at once, or leave it to `enter`."""
        if not self.circuit.is_closed or not lane.try_enter():
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
            now = time.monotonic()
            self.circuit.answered(now)
            lane.limit.observe(reply_seconds, now)
        lane.leave()

    def failed(self) -> None:
        """Count that no reply began."""
        if self.circuit.failed(time.monotonic()):
            self._watch.opened.labels(self.service).inc()
            self._log.warning("circuit_opened", part=self.service)

    async def may_retry(self) -> bool:
        """Tell whether a request that may be repeated is sent once more, after a pause that differs each time."""
        if not (self.circuit.is_closed and self.retries.spend()):
            return False
        await asyncio.sleep(uniform(*RETRY_PAUSE_SECONDS))  # noqa: S311 - spreading, no secret
        self._watch.retried.labels(self.service).inc()
        return True

    def _refuse_while_open(self) -> None:
        now = time.monotonic()
        if not self.circuit.may_ask(now):
            seconds = max(1, round(self.circuit.seconds_until_probe(now)))
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
        self._places = metrics.gauge("gateway_places", "Small requests a service is given at once", labels)
        self._in_flight = metrics.gauge("gateway_in_flight", "Small requests a service works on", labels)

    def show(self, upstream: Upstream) -> None:
        """Let the gauges follow a service."""
        name, lane = upstream.service, upstream.usual
        self._is_open.labels(name).set_function(lambda: float(not upstream.circuit.is_closed))
        self._places.labels(name).set_function(lambda: float(lane.limit.value))
        self._in_flight.labels(name).set_function(lambda: float(lane.in_flight))
