"""Pages and files of the web that are taken in as evidence: which hosts, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REDIRECTS_MAX: Final = 5


class FetchState(StrEnum):
    """What became of one that was asked for. Refused is for good; failed may be asked again."""

    QUEUED = "queued"
    KEPT = "kept"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    FAILED = "failed"


class FetchProblem(StrEnum):
    """Why nothing was taken in."""

    FETCHER_OFF = "fetcher_off"
    HOST_NOT_ALLOWED = "host_not_allowed"
    ADDRESS_FORBIDDEN = "address_forbidden"
    ROBOTS_DISALLOW = "robots_disallow"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    REDIRECTED_TOO_OFTEN = "redirected_too_often"
    TYPE_REFUSED = "type_refused"
    TOO_LARGE = "too_large"
    ASSIGNMENT_CLOSED = "assignment_closed"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    STATUS = "status"
    BROKEN_OFF = "broken_off"
    HOST_BUSY = "host_busy"


FAILURES: Final = frozenset(
    {
        FetchProblem.UNREACHABLE,
        FetchProblem.TIMED_OUT,
        FetchProblem.STATUS,
        FetchProblem.BROKEN_OFF,
        FetchProblem.HOST_BUSY,
        FetchProblem.ROBOTS_UNREACHABLE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedHost:
    """An entry of the operator's list: a host or everything below it, by one scheme and port."""

    scheme: str
    host: str
    is_domain: bool
    port: int

    def admits(self, origin: "Origin") -> bool:
        if (origin.scheme, origin.port) != (self.scheme, self.port):
            return False
        return origin.host.endswith(f".{self.host}") if self.is_domain else origin.host == self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Scheme, host and port of a URL; what robots.txt and the pause between two requests are about."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def is_allowed(origin: Origin, hosts: Sequence[AllowedHost]) -> bool:
    return any(one.admits(origin) for one in hosts)
