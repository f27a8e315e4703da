"""What a coordinator does over the API, in the words of the job."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.faults.processes import FragileSystem

PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Desk:
    """A caller with one role at the gateway of a running system."""

    client: httpx.Client

    @classmethod
    @contextmanager
    def at(
        cls,
        system: FragileSystem,
        *,
        role: str,
        zones: Sequence[str] = (),
        partner_code: str | None = None,
        part: str = "gateway",
    ) -> Iterator[Self]:
        token = system.token(role, zones=zones, partner_code=partner_code)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=system.url(part), headers=headers, timeout=120) as client:
            yield cls(client)

    def get(self, path: str, **parameters: str | int) -> Any:
        reply = self.client.get(path, params=parameters)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def register_partners(self, csv: bytes) -> Any:
        reply = self.client.post("/v1/partners/batch", content=csv, headers={"Content-Type": "text/csv"})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def register_bank_account(self, number: str, *, currency: str = "INR") -> Any:
        draft = {"number": number, "name": f"Account {number}", "currency": currency}
        reply = self.client.post("/v1/bank-accounts", json=draft)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def register_invoices(self, csv: bytes) -> Any:
        reply = self.client.post("/v1/invoices/batch", content=csv, headers={"Content-Type": "text/csv"})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def send_statement(
        self,
        content: bytes,
        bank_account: str,
        *,
        prefer: str = "wait=90",
        media_type: str = "application/octet-stream",
    ) -> httpx.Response:
        return self.client.post(
            "/v1/bank-statements",
            params={"bank_account": bank_account},
            content=content,
            headers={"Content-Type": media_type, "Prefer": prefer},
        )

    def import_statement(self, content: bytes, bank_account: str) -> Any:
        """Send the file and wait for its import; the reply must be final."""
        reply = self.send_statement(content, bank_account)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def every(self, path: str, **parameters: str | int) -> list[Any]:
        """All items of a list, page by page."""
        items: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, limit=200, **parameters, **cursor)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}

    def lines(self, statement: Any) -> list[Any]:
        return self.every(statement["lines_url"])


def eventually(read: Callable[[], Any], is_there: Callable[[Any], bool]) -> Any:
    """Read until it is there: facts reach other services by event. Fails with what was read last."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = read()
        if is_there(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
