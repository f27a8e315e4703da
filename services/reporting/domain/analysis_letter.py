"""Letters about saved analyses that the clock made: to whom they may go, and when there is something to write."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from services.reporting.domain.analysis import AnalysisResult, Cell
from services.reporting.domain.recipient import Recipient
from services.reporting.domain.what_if import SINCE_BEFORE, since_before
from shared.errors import FieldProblem

RECIPIENTS_MAX: Final = 50


class LetterCondition(StrEnum):
    """When an analysis that was made by the clock is sent at all."""

    ALWAYS = "always"
    WHEN_CHANGED = "when_changed"


def is_to_be_sent(condition: LetterCondition, before: AnalysisResult | None, now: AnalysisResult) -> bool:
    """`before` is that of the due instant before. Without one everything is a change."""
    return condition is LetterCondition.ALWAYS or before is None or _bare(before) != _bare(now)


def moved_figures(before: AnalysisResult, now: AnalysisResult) -> list[tuple[Cell, ...]]:
    """Figures that are not what they were: title, unit, before, after, difference; None where one is not defined."""
    rows = since_before(before.figures, now).tables[0].rows
    return [row for row in rows if row[2] != row[3]]


def malformed(recipients: Sequence[Recipient], *, has_times: bool) -> list[FieldProblem]:
    """Addresses that no mail system takes, and recipients of what no clock makes."""
    problems = [
        FieldProblem(f"/recipients/{place}/address", "expected name@example.com")
        for place, one in enumerate(recipients)
        if not one.has_address
    ]
    if recipients and not has_times:
        problems.append(FieldProblem("/cron", "needed by recipients: letters go when the clock made it"))
    return problems


def outside_of(recipients: Sequence[Recipient], domains: frozenset[str]) -> list[FieldProblem]:
    """Recipients whose addresses are not of the house."""
    expected = f"expected an address at {', '.join(sorted(domains))}"
    return [
        FieldProblem(f"/recipients/{place}/address", expected)
        for place, one in enumerate(recipients)
        if not one.is_of(domains)
    ]


def _bare(result: AnalysisResult) -> AnalysisResult:
    """Without what compares it with an earlier run, which differs by that run."""
    return replace(result, tables=tuple(one for one in result.tables if one.code != SINCE_BEFORE))
