"""The addresses of one service, a circuit each: one that fails is left alone while the others are asked.

As long as one circuit is closed, requests go there, and what is left alone is tried by probes of the gateway's own: no
caller waits for them. When all are open, the service is left alone.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from gateway.domain.circuit import Circuit
from shared.observability import logger

REST_SECONDS: Final = 1.0


class Address:
    """Where one process of the service listens; it rests after it refused a connection or said that it ends."""

    __slots__ = ("circuit", "host", "name", "port", "rests_until")

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.name = parts.netloc
        self.circuit = Circuit()
        self.rests_until = 0.0


class Addresses:
    """In turn, past those that rest or are left alone as long as others are not."""

    def __init__(self, service: str, urls: Sequence[str]) -> None:
        self._service = service
        self._turn = deque(Address(url) for url in urls)
        self._log = logger("upstream")
        # Kept as they are asked for with each request: whether all circuits are open, and whether any is.
        self.is_left_alone = False
        self.is_any_left_alone = False

    def __iter__(self) -> Iterator[Address]:
        return iter(self._turn)

    def __len__(self) -> int:
        return len(self._turn)

    def by_turn(self) -> list[Address]:
        """Whom to connect to, in this order: who refuses is asked last, and still rather than nobody."""
        self._turn.rotate(-1)
        now = time.monotonic()
        return sorted(
            self._turn, key=lambda one: (not one.circuit.is_closed, max(0.0, one.rests_until - now))
        )

    def answered(self, address: Address, now: float) -> None:
        """A reply to a caller began. Of a process that is left alone it says nothing: it may have been asked before."""
        if address.circuit.is_closed:
            address.circuit.answered(now)

    def failed(self, address: Address | None, now: float) -> bool:
        """No reply began from `address`, or no connection was to be had from any. Tell whether a circuit opened."""
        asked = [address] if address is not None else list(self._turn)
        opened = [one for one in asked if one.circuit.is_closed and one.circuit.failed(now)]
        self._noted(opened)
        return bool(opened)

    def refused(self, address: Address, now: float) -> bool:
        """It took no connection. Tell whether it is left alone from now on: at once, while there is another to ask."""
        address.rests_until = now + REST_SECONDS
        if not address.circuit.is_closed or not any(
            one.circuit.is_closed for one in self._turn if one is not address
        ):
            return False
        address.circuit.open(now)
        self._noted([address])
        return True

    def to_probe(self, now: float) -> list[Address]:
        """Those left alone that have rested; asking takes their turn."""
        return [one for one in self._turn if not one.circuit.is_closed and one.circuit.may_ask(now)]

    def probed(self, address: Address, now: float, *, is_answered: bool) -> None:
        if address.circuit.is_closed:
            return
        if is_answered:
            address.circuit.answered(now)
        else:
            address.circuit.failed(now)
        if address.circuit.is_closed:
            address.rests_until = 0.0
            self._log.info("address_asked_again", part=self._service, address=address.name)
            self._noted([])

    def seconds_until_probe(self, now: float) -> float:
        return min(one.circuit.seconds_until_probe(now) for one in self._turn)

    def _noted(self, opened: Sequence[Address]) -> None:
        for address in opened:
            self._log.warning("address_left_alone", part=self._service, address=address.name)
        are_open = [not one.circuit.is_closed for one in self._turn]
        self.is_left_alone, self.is_any_left_alone = all(are_open), any(are_open)
