"""What Salesforce answers, in our words: written, not written and whether trying again helps, refused, used up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.errors import Busy, Conflict, UpstreamUnavailable

# The record or the organization was busy: the same request may succeed later, unchanged.
TRANSIENT_CODES: Final = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "SERVER_UNAVAILABLE",
        "REQUEST_RUNNING_TOO_LONG",
        "QUERY_TIMEOUT",
        "UNKNOWN_EXCEPTION",
        "PROCESSING_HALTED",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    }
)
LIMIT_CODES: Final = frozenset({"REQUEST_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"})
SESSION_ENDED: Final = "INVALID_SESSION_ID"
_USAGE: Final = re.compile(r"(?:^|[\s;,])api-usage=(\d{1,12})/(\d{1,12})")


@dataclass(frozen=True, slots=True)
class ChildRelation:
    """Records of another object that name this one in a field: Order has OrderItem, by `OrderId`, as OrderItems."""

    object_name: str
    field_name: str


@dataclass(frozen=True, slots=True)
class ObjectDescription:
    """What we may see of an object: its fields, where lookups lead, and what is below it, both by relationship name."""

    fields: frozenset[str]
    lookups: Mapping[str, str] = field(default_factory=dict)
    children: Mapping[str, ChildRelation] = field(default_factory=dict)


class SalesforceUnavailable(UpstreamUnavailable):
    """Nobody answered, or not sensibly: try again later."""

    code, title = "salesforce_unavailable", "Salesforce is not available"


class SalesforceRefused(Conflict):
    """Salesforce lets us in or answers only after somebody has changed something; `error_code` is its own word."""

    code, title = "salesforce_refused", "Salesforce refuses"


class SalesforceLimitReached(Busy):
    """Our share of the requests that Salesforce grants in 24 hours is used up."""

    code, title = "salesforce_limit_reached", "The daily requests to Salesforce are used up"


class SalesforceNotConfigured(Conflict):
    """This installation has no Salesforce to talk to."""

    code, title = "salesforce_not_configured", "Salesforce is not configured"


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests of the last 24 hours, of everybody who calls the organization, and how many are granted."""

    used: int
    granted: int

    def exceeds(self, share_percent: int) -> bool:
        """Whether more than this part is used: 80 percent of 15,000 are 12,000."""
        return self.used * 100 >= self.granted * share_percent


@dataclass(frozen=True, slots=True)
class Written:
    """One record was created or changed."""

    record_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class NotWritten:
    """One record was not; `code` is Salesforce's own, e.g. REQUIRED_FIELD_MISSING or DUPLICATE_EXTERNAL_ID."""

    code: str
    message: str

    @property
    def is_transient(self) -> bool:
        return self.code in TRANSIENT_CODES


def usage_of(header: str | None) -> Usage | None:
    """Read Sforce-Limit-Info, e.g. `api-usage=18/5000; per-app-api-usage=17/250(appName=x)`; None if it says nothing."""
    found = _USAGE.search(header or "")
    if found is None or int(found[2]) == 0:
        return None
    return Usage(used=int(found[1]), granted=int(found[2]))
