"""How the simulator behaves: whole outages, single bad replies, slowness, and the count of the day."""

from dataclasses import dataclass, field, fields
from typing import Any

MOODS = ("outage", "refused", "garbage", "endless", "silent_success", "elsewhere", "expired_session", "busy")


@dataclass
class Moods:
    """`next_moods` are taken one per request, then all is well again; the rest holds until it is changed.

    outage: 503 · refused: 403 · garbage: a page of HTML · endless: megabytes of reply · silent_success: done, but
    503 is told · elsewhere: a redirect to another host · expired_session: all sessions end first · busy: a row is
    locked. Query jobs are unfinished for the first `job_polls` times that somebody asks, then end as `job_outcome` says;
    the next `broken_pages` of their results break off in the middle.
    """

    next_moods: list[str] = field(default_factory=list)
    is_away: bool = False
    latency_seconds: float = 0.0
    daily_limit: int = 15_000
    used_today: int = 0
    page_size: int = 2_000
    job_polls: int = 1
    job_outcome: str = "JobComplete"
    job_page_size: int = 50_000
    broken_pages: int = 0

    def change(self, wanted: dict[str, Any]) -> None:
        """Set what is named; ValueError names what is not known."""
        known = {one.name for one in fields(self)}
        unknown = (wanted.keys() - known) | (set(wanted.get("next_moods", ())) - set(MOODS))
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        for name, value in wanted.items():
            setattr(self, name, value)

    def next_mood(self) -> str:
        return "outage" if self.is_away else self.next_moods.pop(0) if self.next_moods else ""
