"""Sets a frozen battlecard as PDF; the same card gives the same bytes."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.documents.pdf import render_pdf

TEMPLATE: Final = Path(__file__).with_name("battlecard.typ")
INDIA: Final = ZoneInfo("Asia/Kolkata")
_HEADINGS: Final = {
    "we_win": "Where we win",
    "they_win": "Where they win",
    "answer": "What they say, what we say",
}


def battlecard_pdf(content: Mapping[str, Any], *, version: int, zone: str | None, made_at: datetime) -> bytes:
    """`content` is what was frozen; version, zone and day stand in the head."""
    made_on = made_at.astimezone(INDIA).date()
    shown = {
        **content,
        "head": [
            {"label": "Version", "value": f"{version}, {_day(made_on)}"},
            {"label": "For", "value": zone or "everybody"},
            {"label": "What is known", "value": f"as of {_day(date.fromisoformat(content['as_of']))}"},
        ],
        "groups": [
            {
                "kind": kind,
                "title": title,
                "points": [one for one in content["points"] if one["kind"] == kind],
            }
            for kind, title in _HEADINGS.items()
        ],
        "recent": [{**one, "day": _day(date.fromisoformat(one["seen_on"]))} for one in content["recent"]],
        "sources": [{**one, "day": _day(date.fromisoformat(one["seen_on"]))} for one in content["sources"]],
    }
    return render_pdf(TEMPLATE, shown)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
