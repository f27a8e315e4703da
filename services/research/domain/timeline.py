"""What happened with a company, an opportunity or a competitor, in the words of a timeline."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from services.research.domain.observation import Value


class TimelineKind(StrEnum):
    """What can have happened."""

    PROFILE_WRITTEN = "profile_written"
    OBSERVATION = "observation"
    OBSERVATION_WITHDRAWN = "observation_withdrawn"
    BATTLECARD_MADE = "battlecard_made"
    OPPORTUNITY_TOLD = "opportunity_told"
    ASSIGNMENT_OPENED = "assignment_opened"
    ASSIGNMENT_CHANGED = "assignment_changed"
    EVIDENCE_RECORDED = "evidence_recorded"
    FINDING_RECORDED = "finding_recorded"
    BRIEF_MADE = "brief_made"
    BRIEF_REVIEWED = "brief_reviewed"
    BRIEF_SHARED = "brief_shared"
    NAME_TOLD = "name_told"
    NAMES_DECIDED = "names_decided"


_SHOWN_OF_OPPORTUNITY: Final = (
    "name",
    "stage",
    "close_on",
    "probability_percent",
    "owner",
    "partner_code",
    "zone",
)


def told(kind: TimelineKind, facts: Mapping[str, Any]) -> str:
    """One line about it; empty when its title says all."""
    return _WORDS.get(kind, _text)(facts)


def _text(facts: Mapping[str, Any]) -> str:
    return str(facts.get("text") or "")


def _observed(facts: Mapping[str, Any]) -> str:
    number = None if facts["number"] is None else Decimal(facts["number"])
    value = Value(
        text=facts["text"], number=number, amount_minor=facts["amount_minor"], currency=facts["currency"]
    )
    return f"{value.shown(facts['unit'] or '')} ({facts['grade']}, {facts['source']})"


def _profile(facts: Mapping[str, Any]) -> str:
    """The parts that another version has otherwise."""
    return _differences(facts["after"], facts["before"], tuple(facts["after"]), with_values=False)


def _opportunity(facts: Mapping[str, Any]) -> str:
    after, before = _with_amount(facts["after"]), _with_amount(facts["before"])
    return _differences(after, before, (*_SHOWN_OF_OPPORTUNITY, "amount"), with_values=True)


def _with_amount(facts: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if facts is None:
        return None
    value = Value(amount_minor=facts.get("amount_minor"), currency=facts.get("currency"))
    return {**facts, "amount": value.shown("") or None}


def _differences(
    after: Mapping[str, Any] | None,
    before: Mapping[str, Any] | None,
    names: tuple[str, ...],
    *,
    with_values: bool,
) -> str:
    if after is None or before is None:
        return "first told"
    changed = [name for name in names if after.get(name) != before.get(name)]
    if not with_values:
        return ", ".join(sorted(changed))
    return "; ".join(f"{name}: {_shown(before.get(name))} → {_shown(after.get(name))}" for name in changed)


def _changed(facts: Mapping[str, Any]) -> str:
    step = f"{facts['field']}: {_shown(facts['before'])} → {_shown(facts['after'])}"
    return f"{step}. {facts['note']}" if facts["note"] else step


def _shown(value: object) -> str:
    return "–" if value is None or value == "" else str(value)


_WORDS: Final[Mapping[TimelineKind, Callable[[Mapping[str, Any]], str]]] = {
    TimelineKind.PROFILE_WRITTEN: _profile,
    TimelineKind.OBSERVATION: _observed,
    TimelineKind.OPPORTUNITY_TOLD: _opportunity,
    TimelineKind.ASSIGNMENT_CHANGED: _changed,
}
