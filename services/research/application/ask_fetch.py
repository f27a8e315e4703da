"""Asks for a page or file of the web as evidence of an assignment; a job of the worker takes it in."""

from datetime import datetime
from typing import Final
from urllib.parse import urldefrag
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.fetches import add_fetch
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.adapters.web_client import FetcherAccess
from services.research.adapters.web_urls import origin_of
from services.research.application.record_finding import open_for_findings
from services.research.domain.errors import FetcherOff, FetchUrlInvalid
from services.research.domain.web_page import FetchState
from shared.errors import FieldProblem
from shared.identity import Caller
from shared.jobs import enqueue
from shared.webhooks.target import TargetInvalid, TargetRules, target_host

FETCH_TASK: Final = "fetch_research_page"


async def ask_fetch(
    work: UnitOfWork, wanted: tuple[UUID, str], access: FetcherAccess, caller: Caller, *, at: datetime
) -> UUID:  # fmt: skip
    """`wanted` is for which assignment, and the URL.

    FetcherOff; FetchUrlInvalid; AssignmentUnknown; AssignmentState when it is over.
    """
    assignment_id, url = wanted
    row = await open_for_findings(work, assignment_id, caller)
    if not access.hosts:
        raise FetcherOff(
            "Nothing is fetched here. An operator turns it on with RESEARCH_FETCHER_ALLOWED_HOSTS; see docs/runbook.md"
        )
    plain = _checked(url)
    fetch_id = uuid7()
    job_id = await enqueue(
        work.connection,
        FETCH_TASK,
        {"fetch_id": str(fetch_id)},
        created_by=caller.actor,
        lock=f"fetch:{origin_of(plain)}",
        result_url=f"/v1/research-assignments/{row.id}/fetches/{fetch_id}",
    )
    facts = {"id": fetch_id, "assignment_id": row.id, "url": plain, "state": FetchState.QUEUED.value}
    asked = {"job_id": job_id, "asked_by": caller.actor, "asked_at": at}
    await add_fetch(work.connection, {**facts, **asked})
    return fetch_id


def _checked(url: str) -> str:
    """Without its fragment, which no server hears of. Where it leads is checked when it is fetched."""
    plain = urldefrag(url.strip()).url
    try:
        origin_of(plain)
        target_host(plain, TargetRules(networks=(), is_http_allowed=True))
    except TargetInvalid as invalid:
        detail = invalid.problems[0].detail
        # Whether an address is allowed is the operator's to say, and told with the fetch.
        if "address is not public" not in detail:
            raise _invalid(detail) from invalid
    except ValueError as error:
        raise _invalid(str(error)) from error
    return plain


def _invalid(detail: str) -> FetchUrlInvalid:
    return FetchUrlInvalid(f"It cannot be fetched: {detail}", problems=[FieldProblem("/url", detail)])
