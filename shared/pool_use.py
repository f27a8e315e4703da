"""How much of a process's connections to its database is used, and how long work waits for one."""

import time
from collections.abc import Iterator
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import AsyncAdaptedQueuePool, PoolProxiedConnection
from sqlalchemy.exc import TimeoutError as PoolTimeout

# What taking a free connection never needs, and opening one rarely does.
NOTICEABLE_SECONDS: Final = 0.01


class PoolUse(Collector):
    """Kept in plain numbers, which cost a request nothing that can be measured."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._in_use = 0
        self._waits = 0
        self._waited_seconds = 0.0
        self._timeouts = 0

    def taken(self, waited_seconds: float) -> None:
        """Note a connection that work got after waiting so long."""
        if waited_seconds >= NOTICEABLE_SECONDS:
            self._waits += 1
            self._waited_seconds += waited_seconds

    def refused(self) -> None:
        """Note work that got none in time."""
        self._timeouts += 1

    def counted(self, change: int) -> None:
        """Note that one more, or one less, is in use."""
        self._in_use += change

    def collect(self) -> Iterator[Metric]:
        """Yield the families; called from the thread that answers scrapes."""
        yield GaugeMetricFamily("database_pool_size", "Connections that may be open", value=self._size)
        yield GaugeMetricFamily("database_pool_in_use", "Connections that work holds", value=self._in_use)
        yield CounterMetricFamily(
            "database_pool_waits", "Waits of over 10 ms for a connection", value=self._waits
        )
        yield CounterMetricFamily(
            "database_pool_wait_seconds", "Time spent in such waits", value=self._waited_seconds
        )
        yield CounterMetricFamily(
            "database_pool_timeouts", "Work that got no connection in time", value=self._timeouts
        )


def watched_pool(use: PoolUse) -> type[AsyncAdaptedQueuePool]:
    """The pool of an engine, which tells `use` of each connection. A class, for the engine makes its pools itself."""

    class WatchedPool(AsyncAdaptedQueuePool):
        def connect(self) -> PoolProxiedConnection:
            asked = time.perf_counter()
            try:
                connection = super().connect()
            except PoolTimeout:
                use.refused()
                raise
            use.taken(time.perf_counter() - asked)
            return connection

    return WatchedPool
