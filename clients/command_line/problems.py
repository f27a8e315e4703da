"""What a reply that is no success means for the person who called: the error, and the next step."""

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx

from clients.command_line.endings import CommandEnded, NotAllowed, NotFound, Refused, Unavailable

TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
# The next step by the problem's stable code, otherwise by status.
_STEPS_BY_CODE: Final[Mapping[str, str]] = {
    "bank_account_unknown": "See the registered ones: salesops list bank-accounts",
    "statement_format_unknown": "Ask the bank's portal for CAMT.053, MT940, BAI2, OFX, XLSX or CSV.",
    "export_too_large": "Narrow it with --filter, or list it with --all --json.",
    "idempotency_key_reused": "The same file was sent with other options; use those, or wait seven days.",
    "request_still_running": "The first attempt is not finished: the same again, in a moment.",
    "job_ended": "Nothing is left to cancel: salesops jobs show ID tells how it ended.",
}
_STEPS_BY_STATUS: Final[Mapping[int, str]] = {
    401: "Sign in again: salesops login",
    403: "See what your roles are: salesops whoami",
    404: "See what there is: salesops list RESOURCE",
    409: "Look at it as it stands now, then decide anew.",
    412: "Somebody changed it meanwhile: get it again, then decide anew.",
    413: "Send it in smaller parts.",
    429: "You call more often than is allowed: wait a moment.",
    500: "It is our fault. Name the trace when you ask for help.",
    502: "Nobody knows whether it was done: the same command again is safe.",
    503: "The system is busy or partly away: try again in a moment.",
    504: "Nobody knows whether it was done: the same command again is safe.",
}


def error_of(reply: httpx.Response) -> CommandEnded:
    """Return the error that the reply stands for. Its body must have been read."""
    problem = _problem(reply)
    detail = str(problem.get("detail") or problem.get("title") or reply.reason_phrase or "No explanation")
    lines = [f"{detail} ({problem.get('code', reply.status_code)})", *_bad_values(problem)]
    if reply.status_code >= 500 and problem.get("trace_id"):
        lines.append(f"  trace {problem['trace_id']}")
    step = _STEPS_BY_CODE.get(str(problem.get("code"))) or _STEPS_BY_STATUS.get(reply.status_code, "")
    return _kind(reply.status_code)("\n".join(lines), step, problem=problem)


def _kind(status: int) -> type[CommandEnded]:
    if status in (401, 403):
        return NotAllowed
    if status == 404:
        return NotFound
    return Unavailable if status in TRY_AGAIN or status >= 500 else Refused


def _problem(reply: httpx.Response) -> Mapping[str, Any]:
    """The problem document; what something on the way answered in its own words is told as such."""
    try:
        document = json.loads(reply.content)
    except ValueError:
        document = None
    if isinstance(document, dict) and "code" in document:
        return document
    return {"status": reply.status_code, "code": f"http_{reply.status_code}", "detail": reply.reason_phrase}


def _bad_values(problem: Mapping[str, Any]) -> list[str]:
    errors = problem.get("errors")
    if not isinstance(errors, list):
        return []
    return [f"  {error.get('pointer')}: {error.get('detail')}" for error in errors if isinstance(error, dict)]
