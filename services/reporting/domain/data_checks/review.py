"""Applies a rule to the rows it is about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from services.reporting.domain.data_checks import near_duplicates, outliers, row_checks, table_checks
from services.reporting.domain.data_checks.rule import (
    Check,
    CheckKind,
    Condition,
    ConditionOperator,
    ValidationRule,
)
from services.reporting.domain.data_checks.table import Finding, ReviewedTable, Surroundings

CheckRows = Callable[[Check, ReviewedTable, Surroundings], Iterator[Finding]]
CHECKS: Final[Mapping[CheckKind, CheckRows]] = {
    CheckKind.REQUIRED: row_checks.missing,
    CheckKind.TYPE: row_checks.mistyped,
    CheckKind.PATTERN: row_checks.misshapen,
    CheckKind.LISTED: row_checks.unlisted,
    CheckKind.RANGE: row_checks.out_of_range,
    CheckKind.REFERENCE: table_checks.unknown,
    CheckKind.DATE_ORDER: row_checks.out_of_order,
    CheckKind.UNIQUE: table_checks.repeated,
    CheckKind.COMPARISON: row_checks.disagreeing,
    CheckKind.DRIFT: table_checks.drifted,
    CheckKind.FRESH: row_checks.stale,
    CheckKind.NEAR_DUPLICATE: near_duplicates.nearly_the_same,
    CheckKind.OUTLIER: outliers.outlying,
}


def findings_of(rule: ValidationRule, table: ReviewedTable, around: Surroundings) -> list[Finding]:
    """At most one finding per row, of its first field, with what is wrong with others; in the order of the rows.

    Positions are those of `table`.
    """
    positions = _positions(rule.when, table)
    looked_at = table if positions is None else _only(table, positions)
    found: dict[int, Finding] = {}
    for finding in CHECKS[rule.check.kind](rule.check, looked_at, around):
        before = found.setdefault(finding.position, finding)
        if before is not finding:
            told = {**before.evidence, f"also_{finding.field}": finding.why}
            found[finding.position] = replace(before, evidence=told)
    ordered = [found[position] for position in sorted(found)]
    return (
        ordered if positions is None else [replace(one, position=positions[one.position]) for one in ordered]
    )


def owner_of(rule: ValidationRule, *, zone: str, row_owner: str, system_owner: str) -> str:
    """Who is to mend it."""
    return rule.zone_owners.get(zone) or rule.owner or row_owner or system_owner


def _positions(conditions: Sequence[Condition], table: ReviewedTable) -> list[int] | None:
    """Of the rows that all conditions hold for; None without conditions."""
    if not conditions:
        return None
    holding = [_holding(condition, table) for condition in conditions]
    return [position for position, holds in enumerate(zip(*holding, strict=True)) if all(holds)]


def _holding(condition: Condition, table: ReviewedTable) -> list[bool]:
    values = [value.strip() for value in table.column(condition.field)]
    wanted = frozenset(condition.values)
    match condition.operator:
        case ConditionOperator.IN:
            return [value in wanted for value in values]
        case ConditionOperator.NOT_IN:
            return [value not in wanted for value in values]
        case ConditionOperator.EMPTY:
            return [not value for value in values]
        case ConditionOperator.FILLED:
            return [bool(value) for value in values]


def _only(table: ReviewedTable, positions: Sequence[int]) -> ReviewedTable:
    return ReviewedTable(
        keys=[table.keys[position] for position in positions],
        columns={
            name: [values[position] for position in positions] for name, values in table.columns.items()
        },
        zones=[table.zones[position] for position in positions],
        owners=[table.owners[position] for position in positions],
    )
