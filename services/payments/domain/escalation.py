"""Who is told when the time of a credit runs out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

EVERY_ZONE: Final = "*"
DEFAULT_ROLE: Final = "zone_head"


@dataclass(frozen=True, slots=True)
class Escalation:
    """A rule: from a day on, this role at this address hears of credits of the zone at this part of their time.

    The zone `*` stands for every zone without a rule of its own, the empty zone for credits of nobody known.
    """

    zone: str
    percent: int
    valid_from: date
    role: str
    address: str


def escalation_for(rules: Sequence[Escalation], zone: str, percent: int, day: date) -> Escalation:
    """The newest rule of the zone, else of every zone, else the head of the zone. Of two from one day the later counts."""
    known = [rule for rule in rules if rule.percent == percent and rule.valid_from <= day]
    for wanted in (zone, EVERY_ZONE):
        of_zone = [rule for rule in known if rule.zone == wanted]
        if of_zone:
            newest = max(rule.valid_from for rule in of_zone)
            return next(rule for rule in reversed(of_zone) if rule.valid_from == newest)
    return Escalation(EVERY_ZONE, percent, day, DEFAULT_ROLE, "")
