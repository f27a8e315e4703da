"""Bodies of validation rules and of what they would find."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.reporting.adapters.rule_store import KeptRule, Row
from services.reporting.api.schemas_source_systems import Name, SystemName, Text, Title
from services.reporting.domain.data_checks import rule as rules
from shared.wire import WireModel

# A figure as exact text; every bound, tolerance and distance is one.
Figure = Annotated[str, StringConstraints(pattern=r"^\d{1,15}(\.\d{1,6})?$")]
Names = Annotated[list[Name], Field(max_length=rules.FIELDS_MAX)]
RULE_EXAMPLE: Final[dict[str, JsonValue]] = {
    "name": "open-opportunities-are-touched",
    "title": "Open opportunities are touched once a quarter",
    "system": "salesforce",
    "object": "opportunities",
    "check": {"kind": "fresh", "fields": ["modified_on"], "days_max": 90},
    "when": [{"field": "stage", "operator": "not_in", "values": ["Closed Won", "Closed Lost"]}],
    "severity": "warning",
    "zone_owners": {"West": "asha.kulkarni"},
    "due_days": 5,
}


class RuleTargetDraft(WireModel):
    """Where values have to be known, or what rows are held against."""

    kind: Annotated[
        rules.TargetKind, Field(description="Codes of partners or products, or a snapshot's object")
    ]
    system: Annotated[
        str, Field(max_length=40, pattern=r"^[a-z0-9-]*$", description="Of an object: its system")
    ] = ""
    object: Annotated[str, Field(max_length=60, description="Of an object: its name")] = ""
    field: Annotated[str, Field(max_length=60, description="Of an object: its field that is compared")] = ""


class RuleFieldPairDraft(WireModel):
    """A field here, and the one there that should say the same."""

    field: Annotated[Name, Field(description="The field of the rule's object")]
    other: Annotated[Name, Field(description="The field of the target's object")]


class RuleConditionDraft(WireModel):
    """Which rows a rule is about."""

    field: Annotated[Name, Field(description="The field that says it")]
    operator: Annotated[rules.ConditionOperator, Field(description="How it says it")]
    values: Annotated[
        list[Text], Field(max_length=rules.VALUES_MAX, description="For in and not_in; exactly as typed")
    ] = []  # noqa: RUF012 - pydantic copies it


class RuleCheckDraft(WireModel):
    """What is looked for; which parts it has is said by its kind."""

    kind: Annotated[rules.CheckKind, Field(description="What is looked for")]
    fields: Annotated[
        Names,
        Field(min_length=1, description="Fields that are checked; of drift, the key they have in common"),
    ]
    typed: Annotated[rules.TypedKind | None, Field(description="type: how values are written")] = None
    pattern: Annotated[
        str | None,
        Field(min_length=1, max_length=500, description="pattern: a regular expression of RE2 for all of it"),
    ] = None
    values: Annotated[
        list[Text], Field(max_length=rules.VALUES_MAX, description="listed: the allowed values")
    ] = []  # noqa: RUF012 - pydantic copies it
    minimum: Annotated[str | None, Field(max_length=30, description="range: the least number or day")] = None
    maximum: Annotated[str | None, Field(max_length=30, description="range: the greatest number or day")] = (
        None
    )
    target: Annotated[RuleTargetDraft | None, Field(description="reference, drift: what is held against")] = (
        None
    )
    later_field: Annotated[
        Name | None, Field(description="date_order: the field that must not come before")
    ] = None
    comparator: Annotated[
        rules.Comparator | None, Field(description="comparison: how they stand to each other")
    ] = None
    other_fields: Annotated[Names, Field(description="comparison: what the field is compared with")] = []  # noqa: RUF012
    combination: Annotated[
        rules.Combination | None, Field(description="comparison: what is made of several; else their sum")
    ] = None
    pairs: Annotated[
        list[RuleFieldPairDraft],
        Field(max_length=rules.FIELDS_MAX, description="drift: fields that should say the same"),
    ] = []  # noqa: RUF012 - pydantic copies it
    tolerance: Annotated[
        Figure | None, Field(description="comparison, drift: how far figures may differ")
    ] = None
    tolerance_percent: Annotated[
        Figure | None, Field(description="comparison, drift: the same in percent; the larger counts")
    ] = None
    days_max: Annotated[
        int | None,
        Field(ge=0, le=36_500, description="fresh: the greatest age; date_order: the longest time"),
    ] = None
    similarity_min: Annotated[
        int | None, Field(ge=60, le=100, description="near_duplicate: of 100, how alike rows are at least")
    ] = None
    same_fields: Annotated[Names, Field(description="near_duplicate: fields that are equal")] = []  # noqa: RUF012
    method: Annotated[
        rules.OutlierMethod | None,
        Field(description="outlier: deviations from the median, or ranges outside the quartiles"),
    ] = None
    scale: Annotated[
        rules.Scale | None, Field(description="outlier: differences, or ratios of positive figures")
    ] = None
    distance_max: Annotated[
        Figure | None, Field(description="outlier: usual are 3.5 for mad and 3 for tukey", examples=["3.5"])
    ] = None
    group_by: Annotated[Names, Field(description="outlier: rows that are alike")] = []  # noqa: RUF012
    group_rows_min: Annotated[
        int | None, Field(ge=5, le=10_000, description="outlier: smaller groups say nothing; 12 otherwise")
    ] = None
    ignores_case: Annotated[
        bool, Field(description="Whether case and repeated blanks make no difference")
    ] = False

    def check(self) -> rules.Check:
        target = self.target
        return rules.Check(
            kind=self.kind,
            fields=tuple(self.fields),
            typed=self.typed,
            pattern=self.pattern,
            values=tuple(self.values),
            minimum=self.minimum,
            maximum=self.maximum,
            target=rules.Target(target.kind, target.system, target.object, target.field) if target else None,
            later_field=self.later_field,
            comparator=self.comparator,
            other_fields=tuple(self.other_fields),
            combination=self.combination,
            pairs=tuple(rules.FieldPair(pair.field, pair.other) for pair in self.pairs),
            tolerance=_figure(self.tolerance),
            tolerance_percent=_figure(self.tolerance_percent),
            days_max=self.days_max,
            similarity_min=self.similarity_min,
            same_fields=tuple(self.same_fields),
            method=self.method,
            scale=self.scale,
            distance_max=_figure(self.distance_max),
            group_by=tuple(self.group_by),
            group_rows_min=self.group_rows_min,
            ignores_case=self.ignores_case,
        )


class ValidationRuleDraft(WireModel):
    """A rule over the rows of an object."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [RULE_EXAMPLE]})

    name: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9-]{1,59}$", description="By which scripts call it; it stays")
    ]
    title: Annotated[Title, Field(description="What people read")]
    system: Annotated[SystemName, Field(description="Name of the source system")]
    object: Annotated[Name, Field(description="The kind of rows")]
    check: Annotated[RuleCheckDraft, Field(description="What is looked for")]
    when: Annotated[
        list[RuleConditionDraft],
        Field(max_length=rules.CONDITIONS_MAX, description="Rows it is about: all of these hold"),
    ] = []  # noqa: RUF012 - pydantic copies it
    severity: Annotated[rules.Severity, Field(description="How bad it is")] = rules.Severity.ERROR
    owner: Annotated[
        Text | None, Field(description="Who mends what it finds; else the row's owner, else the system's")
    ] = None
    zone_owners: Annotated[
        dict[str, Text], Field(max_length=100, description="Who mends it in a zone, before anybody else")
    ] = {}  # noqa: RUF012 - pydantic copies it
    due_days: Annotated[int, Field(ge=0, le=365, description="Within how many days it is to be mended")] = 7

    def rule(self) -> rules.ValidationRule:
        return rules.ValidationRule(
            name=self.name,
            title=self.title,
            system=self.system,
            object=self.object,
            check=self.check.check(),
            when=tuple(rules.Condition(one.field, one.operator, tuple(one.values)) for one in self.when),
            severity=self.severity,
            owner=self.owner,
            zone_owners=self.zone_owners,
            due_days=self.due_days,
        )


class ValidationRuleBody(ValidationRuleDraft):
    """A rule as its newest version says; `active_revision` is the one that counts."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    **RULE_EXAMPLE,
                    "id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
                    "revision": 2,
                    "active_revision": 1,
                    "created_at": "2026-10-01T04:30:00Z",
                    "set_by": "asha.kulkarni",
                    "set_at": "2026-10-02T04:30:00Z",
                }
            ]
        },
    )

    id: UUID
    revision: Annotated[int, Field(description="Number of this version, from 1")]
    active_revision: Annotated[
        int | None, Field(description="The version that counts; null for a rule that does not")
    ]
    created_at: datetime
    set_by: Annotated[str, Field(description="Who wrote this version, by the token's subject")]
    set_at: Annotated[datetime, Field(description="When it was written; UTC")]

    @classmethod
    def of(cls, kept: KeptRule) -> Self:
        told = asdict(kept.rule)
        check = told["check"]
        told["check"] = {
            name: format(value, "f") if isinstance(value, Decimal) else value for name, value in check.items()
        }
        return cls.model_validate(
            {
                **told,
                "id": kept.id,
                "revision": kept.revision,
                "active_revision": kept.active_revision,
                "created_at": kept.created_at,
                "set_by": kept.set_by,
                "set_at": kept.set_at,
            }
        )


class RuleSimulationDraft(WireModel):
    """On which snapshot a rule is tried."""

    snapshot_id: Annotated[
        UUID | None, Field(description="A past snapshot of its system; the newest otherwise")
    ] = None


class SimulatedFindingBody(WireModel):
    """A row that the rule would find."""

    natural_key: Annotated[str, Field(description="Its key fields, with / between them")]
    field: Annotated[str, Field(description="The field that is wrong")]
    value: Annotated[str, Field(description="What stands there")]
    why: Annotated[str, Field(description="Why that is wrong")]
    suggestion: Annotated[str | None, Field(description="What was probably meant")]


class RuleSimulationBody(WireModel):
    """What a version of a rule would have found in a snapshot; no issue was raised."""

    id: UUID
    revision: Annotated[int, Field(description="The version that was tried")]
    snapshot_id: Annotated[UUID, Field(description="The snapshot it was tried on")]
    rows_count: Annotated[int, Field(description="How many rows the snapshot has")]
    findings_count: Annotated[int, Field(description="In how many of them it would find something")]
    findings: Annotated[list[SimulatedFindingBody], Field(description="The first of those")]
    simulated_by: Annotated[str, Field(description="Who tried it, by the token's subject")]
    simulated_at: Annotated[datetime, Field(description="When it was tried; UTC")]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
