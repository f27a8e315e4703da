"""The errors this system raises on purpose.

    SalesOpsError
    ├── Refusal                 the caller can do something about it; translated once, at the edge
    │   ├── Malformed           400  the request or file cannot be read at all
    │   ├── Unauthenticated     401
    │   ├── Forbidden           403
    │   ├── NotFound            404  absent, or not yours to see
    │   ├── Conflict            409  a rule is broken or the state does not allow it
    │   ├── Stale               412  somebody changed it first
    │   ├── TooLarge            413
    │   ├── UnsupportedFormat   415
    │   ├── Invalid             422  readable, but values are not acceptable
    │   ├── PreconditionMissing 428
    │   ├── TooManyRequests     429
    │   └── Busy                503  try again after a while
    └── Fault                   our side failed; answered 500 or 502–504 and logged with its cause

Services add leaves in their `domain/errors.py`. `code` is stable: clients branch on it, never on the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad value: where it is (JSON pointer, or 'line 12 column Amount') and what was expected."""

    pointer: str
    detail: str


class SalesOpsError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "error"

    def __init__(
        self, detail: str, *, problems: Sequence[FieldProblem] = (), **facts: str | int | None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)
        self.facts = facts


class Refusal(SalesOpsError):
    """Expected: typed, tested, never a 500."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Refused"


class Malformed(Refusal):
    code, status, title = "malformed", 400, "Malformed request"


class Unauthenticated(Refusal):
    code, status, title = "unauthenticated", 401, "Not authenticated"


class Forbidden(Refusal):
    code, status, title = "forbidden", 403, "Not allowed"


class NotFound(Refusal):
    code, status, title = "not_found", 404, "Not found"


class Conflict(Refusal):
    code, status, title = "conflict", 409, "Conflict"


class Stale(Refusal):
    code, status, title = "stale", 412, "Changed meanwhile"


class TooLarge(Refusal):
    code, status, title = "too_large", 413, "Too large"


class UnsupportedFormat(Refusal):
    code, status, title = "unsupported_format", 415, "Unsupported format"


class Invalid(Refusal):
    code, status, title = "invalid", 422, "Invalid values"


class PreconditionMissing(Refusal):
    code, status, title = "precondition_missing", 428, "Precondition required"


class TooManyRequests(Refusal):
    """The fact `retry_after_seconds` says when the next request is admitted."""

    code, status, title = "too_many_requests", 429, "Too many requests"


class Busy(Refusal):
    code, status, title = "busy", 503, "Try again later"


class Fault(SalesOpsError):
    """Ours: an outage or a bug. The caller may retry; the detail names the part, never its secrets."""

    code = "fault"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Our side failed"


class UpstreamUnavailable(Fault):
    code, status, title = "upstream_unavailable", 503, "A part of the system is not available"
