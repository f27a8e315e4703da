"""What one attempt to send a webhook came to."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What one attempt came to."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FORBIDDEN = "forbidden"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the endpoint answered, or why it did not; the excerpt is the beginning of its body."""

    status: int | None
    error: str | None
    excerpt: str
    duration_ms: int
    retry_after_seconds: int | None = None
    is_forbidden: bool = False

    @property
    def outcome(self) -> Outcome:
        """Only 2xx is success: a redirect is a failure, because where it leads was not checked."""
        if self.status is None:
            return Outcome.FORBIDDEN if self.is_forbidden else Outcome.UNREACHABLE
        if 200 <= self.status < 300:
            return Outcome.DELIVERED
        return Outcome.GONE if self.status == 410 else Outcome.REFUSED
