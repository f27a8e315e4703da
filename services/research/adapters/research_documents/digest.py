"""Sets a frozen digest of competitors as PDF; the same digest gives the same bytes."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.research.domain.competitor_digest import ChangeKind, summary_of
from shared.documents.pdf import render_pdf

TEMPLATE: Final = Path(__file__).with_name("digest.typ")
INDIA: Final = ZoneInfo("Asia/Kolkata")
_LABELS: Final[Mapping[str, str]] = {
    ChangeKind.NEW: "New",
    ChangeKind.CHANGED: "Changed",
    ChangeKind.CONTRADICTED: "Contradicted",
    ChangeKind.STALE: "Too old",
    ChangeKind.SETTLED: "Settled",
    ChangeKind.CONFIRMED: "Seen again",
    ChangeKind.WITHDRAWN: "Withdrawn",
    ChangeKind.BATTLECARD: "Battlecard",
}


def digest_pdf(
    content: Mapping[str, Any], *, title: str, number: int, zone: str | None, made_at: datetime
) -> bytes:
    """`content` is what was frozen; title, number, zone and days stand in the head."""
    since = datetime.fromisoformat(content["since"]) if content["since"] else None
    shown = {
        **content,
        "title": title,
        "summary": summary_of(content),
        "head": [
            {"label": "Number", "value": f"{number}, {_day(made_at.astimezone(INDIA).date())}"},
            {"label": "For", "value": zone or "all zones"},
            {
                "label": "Since",
                "value": _day(since.astimezone(INDIA).date()) if since else "the beginning",
            },
        ],
        "competitors": [
            {**one, "changes": [_shown(change) for change in one["changes"]]}
            for one in content["competitors"]
        ],
    }
    return render_pdf(TEMPLATE, shown)


def _shown(change: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **change,
        "label": _LABELS[change["kind"]],
        "day": _day(date.fromisoformat(change["seen_on"])) if change["seen_on"] else "",
        "against": [{**one, "day": _day(date.fromisoformat(one["seen_on"]))} for one in change["against"]],
    }


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
