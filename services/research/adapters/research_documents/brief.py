"""Sets a frozen brief as PDF; the same brief gives the same bytes."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.documents.pdf import render_pdf

TEMPLATE: Final = Path(__file__).with_name("brief.typ")
INDIA: Final = ZoneInfo("Asia/Kolkata")
_STANDINGS: Final = {None: "not reviewed yet", "approved": "approved", "returned": "returned by its reviewer"}


def brief_pdf(
    content: Mapping[str, Any],
    *,
    version: int,
    decision: str | None,
    reviewed_by: str | None,
    made_at: datetime,
) -> bytes:
    """`content` is what was frozen; version, day and review stand in the head."""
    opportunity = content["opportunity"] or {}
    facts = [
        ("Opportunity", opportunity.get("name")),
        ("Partner", opportunity.get("partner")),
        ("Stage", opportunity.get("stage")),
        ("Worth", opportunity.get("amount")),
        ("Expected", _day(opportunity.get("close_on"))),
        ("Zone", content["zone"]),
        ("Version", f"{version}, {_day(made_at.astimezone(INDIA).date().isoformat())}"),
        (
            "Review",
            _STANDINGS[decision] + (f" by {reviewed_by}" if decision == "approved" and reviewed_by else ""),
        ),
    ]
    shown = {
        **content,
        "facts": [{"label": label, "value": value} for label, value in facts if value],
        "open": [one["question"] for one in content["answers"] if not one["findings"]],
        "sources": [{**one, "day": _day(one["seen_on"])} for one in content["sources"]],
    }
    return render_pdf(TEMPLATE, shown)


def _day(text: str | None) -> str | None:
    if text is None:
        return None
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b %Y}"
