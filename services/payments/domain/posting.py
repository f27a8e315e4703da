"""Who posts something, when, and for which day it counts."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """`at` is the instant of posting; `effective_on` is the day in India that the books show it on."""

    actor: str
    at: datetime
    effective_on: date
