"""Whether a rule can be applied to the object it is about; every problem is told at once."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from typing import Final

from services.reporting.domain.data_checks.errors import RuleInvalid
from services.reporting.domain.data_checks.rule import (
    PARTS,
    Check,
    CheckKind,
    ConditionOperator,
    TargetKind,
    ValidationRule,
)
from services.reporting.domain.data_checks.typed_values import day_of, number_of
from shared.errors import FieldProblem

# Kinds that hold one field against something.
_OF_ONE_FIELD: Final = frozenset(
    {CheckKind.DATE_ORDER, CheckKind.COMPARISON, CheckKind.DRIFT, CheckKind.FRESH, CheckKind.OUTLIER}
)
_ALWAYS: Final = frozenset({"kind", "fields"})


def check_rule(rule: ValidationRule, known: Collection[str], other_known: Collection[str] | None) -> None:
    """RuleInvalid for what the object has no field for, or the kind no use.

    `known` are the fields of its object, `other_known` those of the object its target names, None when there is none.
    """
    problems = [*_unknown_fields(rule, known), *_parts(rule.check), *_conditions(rule)]
    problems += [*_bounds(rule.check), *_target(rule.check, other_known)]
    if problems:
        raise RuleInvalid(f"The rule {rule.name} cannot be applied", problems=problems)


def _unknown_fields(rule: ValidationRule, known: Collection[str]) -> Iterator[FieldProblem]:
    unknown = sorted(rule.fields - set(known))
    if unknown:
        named = ", ".join(sorted(known))[:300]
        yield FieldProblem(
            "/check/fields", f"{rule.object} has no {', '.join(unknown)}; expected some of {named}"
        )


def _parts(check: Check) -> Iterator[FieldProblem]:
    needed, possible = PARTS[check.kind]
    told = {
        field.name
        for field in fields(check)
        if getattr(check, field.name) not in (None, (), False) and field.name not in _ALWAYS
    }
    for name in sorted(needed - told):
        yield FieldProblem(f"/check/{name}", f"expected for {check.kind}")
    for name in sorted(told - needed - possible):
        yield FieldProblem(f"/check/{name}", f"has no meaning for {check.kind}")
    if not check.fields:
        yield FieldProblem("/check/fields", "expected at least one")
    if check.kind in _OF_ONE_FIELD and len(check.fields) > 1:
        yield FieldProblem("/check/fields", f"expected one field for {check.kind}")


def _bounds(check: Check) -> Iterator[FieldProblem]:
    if check.kind is not CheckKind.RANGE:
        return
    told = {
        name: bound
        for name, bound in (("minimum", check.minimum), ("maximum", check.maximum))
        if bound is not None
    }
    if not told:
        yield FieldProblem("/check/minimum", "expected a minimum, a maximum, or both")
    numbers = [number_of(bound) for bound in told.values()]
    days = [day_of(bound) for bound in told.values()]
    if None in numbers and None in days:
        yield FieldProblem(f"/check/{next(iter(told))}", "expected numbers, or days as 2026-10-31")
    elif len(told) == 2 and _is_reversed(numbers if None not in numbers else days):
        yield FieldProblem("/check/maximum", "expected a maximum that is not below the minimum")


def _is_reversed(bounds: Sequence[object]) -> bool:
    least, most = bounds
    return bool(least > most)  # type: ignore[operator] # both are numbers, or both are days


def _conditions(rule: ValidationRule) -> Iterator[FieldProblem]:
    for index, condition in enumerate(rule.when):
        needs_values = condition.operator in (ConditionOperator.IN, ConditionOperator.NOT_IN)
        if needs_values != bool(condition.values):
            expected = "expected values" if needs_values else "expected none"
            yield FieldProblem(f"/when/{index}/values", f"{expected} for {condition.operator}")


def _target(check: Check, other_known: Collection[str] | None) -> Iterator[FieldProblem]:
    target = check.target
    if target is None:
        return
    if target.kind is not TargetKind.OBJECT:
        if check.kind is CheckKind.DRIFT:
            yield FieldProblem("/check/target/kind", "expected object: values are held against its rows")
        if target.system or target.object or target.field:
            yield FieldProblem("/check/target/object", f"has no meaning for {target.kind}")
        return
    if other_known is None:
        yield FieldProblem("/check/target/object", "expected a system and an object that are there")
        return
    for where, name in [
        ("target/field", target.field),
        *((f"pairs/{i}/other", pair.other) for i, pair in enumerate(check.pairs)),
    ]:
        if name not in other_known:
            named = ", ".join(sorted(other_known))[:300]
            yield FieldProblem(f"/check/{where}", f"{target.object} has no {name}; expected one of {named}")
