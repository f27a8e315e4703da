"""A live event, and who hears it: one rule for open streams and for webhooks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.identity import RowScope

# An id from further back than this is answered with a reset, so that a resumed stream ends its catching up.
RESUMABLE_HOURS: Final = 24
# Webhooks try for three days and may be resent by hand after that.
KEPT_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvent:
    """One thing that happened, as it is told outside.

    `position` is the order of the telling: who has seen one position has seen all before it. `recipient`, when set,
    is the subject of the only person who hears it.
    """

    position: int
    id: UUID
    type: str
    occurred_at: datetime
    partner_code: str | None
    zone: str | None
    recipient: str | None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What a listener may hear (types its roles open, rows its scope opens) and wants to (`partner_code`, `zone`)."""

    types: frozenset[str]
    scope: RowScope
    partner_code: str | None = None
    zone: str | None = None

    def hears(self, event: LiveEvent, *, subject: str | None = None) -> bool:
        """Tell whether the event reaches a listener; one with a recipient reaches nobody else."""
        if event.type not in self.types:
            return False
        if event.recipient is not None:
            return event.recipient == subject
        return (
            self.partner_code in (None, event.partner_code)
            and self.zone in (None, event.zone)
            and self.scope.admits(partner_code=event.partner_code, zone=event.zone)
        )
