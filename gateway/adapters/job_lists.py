"""Asks every service for its jobs at once, and says whose are missing because it did not answer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp
from pydantic import TypeAdapter

from gateway.adapters.bounded_body import bounded_body
from shared.identity import Caller, InternalTokenIssuer
from shared.jobs.home import JOBS
from shared.jobs.listing import ListedJobBody, WantedJobs
from shared.observability import logger
from shared.trace import Trace

ASK_SECONDS: Final = 3.0
REPLY_BYTES_MAX: Final = 16 * 1024 * 1024
_JOBS: Final = TypeAdapter(list[ListedJobBody])


@dataclass(frozen=True, slots=True)
class JobLists:
    """The services' addresses, and what lets the gateway ask them in a caller's name."""

    urls: Mapping[str, Sequence[str]]
    issuer: InternalTokenIssuer

    async def of_services(
        self, caller: Caller, wanted: WantedJobs, *, limit: int, trace: Trace
    ) -> tuple[list[ListedJobBody], list[str]]:
        """Up to `limit` jobs of each service, in no order, and the names of the services that did not answer."""
        asked = {"limit": str(limit)}
        narrowed = {"kind": wanted.kind, "state": wanted.state, "before": wanted.before}
        asked |= {name: str(value) for name, value in narrowed.items() if value is not None}
        headers = {"traceparent": trace.traceparent, "X-Request-Id": trace.request_id}
        async with aiohttp.ClientSession(headers=headers) as session:
            answers = await asyncio.gather(
                *(self._of_service(session, service, caller, asked) for service in self.urls)
            )
        found = [job for jobs in answers for job in jobs or ()]
        silent = [service for service, jobs in zip(self.urls, answers, strict=True) if jobs is None]
        return found, silent

    async def _of_service(
        self, session: aiohttp.ClientSession, service: str, caller: Caller, asked: dict[str, str]
    ) -> list[ListedJobBody] | None:
        headers = {"Authorization": f"Bearer {self.issuer.token_for(caller, service)}"}
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._first_answer(session, self.urls[service], headers, asked)
        except TimeoutError:
            return None

    async def _first_answer(
        self,
        session: aiohttp.ClientSession,
        urls: Sequence[str],
        headers: Mapping[str, str],
        asked: dict[str, str],
    ) -> list[ListedJobBody] | None:
        for url in urls:
            try:
                async with session.get(
                    url + JOBS, params=asked, headers=headers, allow_redirects=False
                ) as reply:
                    return _JOBS.validate_json(await bounded_body(reply, bytes_max=REPLY_BYTES_MAX))
            except (aiohttp.ClientError, ValueError) as error:
                logger("jobs").warning("jobs_not_read", url=url, reason=repr(error)[:200])
        return None
