"""Bodies of Salesforce's records as we keep them, and of the mappings that read them."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, JsonValue

from gateway.adapters.salesforce_mappings import rule_of
from gateway.adapters.salesforce_records import RecordState
from gateway.domain.salesforce_facts import FactKind
from gateway.domain.salesforce_mapping import ObjectMapping
from gateway.domain.salesforce_record import Fields
from shared.errors import FieldProblem
from shared.wire import WireModel

Path = Annotated[str, Field(min_length=1, max_length=200, examples=["Account.AccountNumber"])]
Text = Annotated[str, Field(max_length=200)]
ObjectName = Annotated[
    str, Field(min_length=1, max_length=80, examples=["Account"], description="API name of the object")
]


class FieldProblemBody(WireModel):
    """One value that is missing or cannot be read."""

    pointer: Annotated[str, Field(description="The value of the fact, or the field of the record")]
    detail: Annotated[str, Field(description="What was expected")]


class SalesforceRecordBody(WireModel):
    """A record as Salesforce told it last, field by field, and what became of it here."""

    id: Annotated[UUID, Field(description="Its id here")]
    organization_id: Annotated[str, Field(description="15 characters; case counts")]
    object_name: ObjectName
    record_id: Annotated[str, Field(description="18 characters")]
    state: Annotated[RecordState, Field(description="What became of its latest state")]
    problems: Annotated[list[FieldProblemBody], Field(description="Why it is quarantined")]
    waits_for: Annotated[
        list[str], Field(description="Records that its mapping leads through and that never came")
    ]
    modified_at: Annotated[datetime, Field(description="SystemModstamp of its latest value")]
    is_deleted: Annotated[bool, Field(description="It was deleted in Salesforce")]
    needs_refetch: Annotated[bool, Field(description="Something changed of which only the fact was told")]
    version: Annotated[int, Field(description="Grows with every change; the sequence of its events")]
    told_version: Annotated[int, Field(description="The latest version that was told, 0 for none")]
    mapping_version: Annotated[int | None, Field(description="0 is the mapping the product comes with")]
    fields: Annotated[dict[str, JsonValue], Field(description="As they came, unmapped ones included")]
    taken_in_at: Annotated[datetime, Field(description="When it was read last; UTC")]


class ReplayOrder(WireModel):
    """Which records are read again; without any of the two, all that nobody was told of."""

    record_ids: Annotated[
        list[UUID], Field(max_length=500, default_factory=list, description="`id` of the records")
    ]
    object_name: Annotated[ObjectName | None, Field(description="All of an object")] = None


class ReplayBody(WireModel):
    """What became of them; at most 500 are read at once."""

    read: Annotated[int, Field(description="How many were read again")]
    told: Annotated[int, Field(description="How many of them were told now")]
    still_quarantined: Annotated[int, Field(description="How many still wait for a person")]


class FieldRuleBody(WireModel):
    """Where a value comes from: the first of the paths that holds something, or a constant."""

    paths: Annotated[
        list[Path], Field(max_length=10, default_factory=list, description="Fields, dotted through lookups")
    ]
    constant: Annotated[Text | None, Field(description="The value itself, in place of paths")] = None
    values: Annotated[
        dict[str, Text] | None, Field(max_length=500, description="Translates what stands there")
    ] = None
    otherwise: Annotated[
        Text | None, Field(description="When nothing stands there, or nothing the table lists")
    ] = None
    format: Annotated[Text | None, Field(description="How a date is written, e.g. DD/MM/YYYY")] = None


class ItemRuleBody(FieldRuleBody):
    """As a rule, and for a list of items where each of their values stands."""

    each: Annotated[
        dict[str, FieldRuleBody] | None, Field(max_length=10, description="Rules for the rows of a list")
    ] = None


class MappingDraft(WireModel):
    """A mapping to be tried. Values of the fact that have no rule are not known to the CRM."""

    organization_id: Annotated[
        str,
        Field(
            pattern=r"^([A-Za-z0-9]{15})?$",
            description="15 characters; empty for every organization",
            examples=["00D5g00000ABCDE"],
        ),
    ] = ""
    object_name: ObjectName
    fact: Annotated[FactKind, Field(description="What its records are to us")]
    rules: Annotated[
        dict[str, ItemRuleBody],
        Field(
            min_length=1,
            max_length=40,
            description="Where each value of the fact stands",
            examples=[{"name": {"paths": ["Name"]}, "zone": {"constant": "west"}}],
        ),
    ]
    note: Annotated[str, Field(max_length=500, description="Why it is so")] = ""

    def stored_rules(self) -> dict[str, Any]:
        """The rules as they are stored: what was left out is left out."""
        return {name: rule.model_dump(exclude_none=True) for name, rule in self.rules.items()}

    def mapping(self) -> ObjectMapping:
        rules = {name: rule_of(rule) for name, rule in self.stored_rules().items()}
        return ObjectMapping(object_name=self.object_name, fact=self.fact, rules=rules)


class MappingBody(WireModel):
    """A version of a mapping and who did what with it."""

    id: Annotated[UUID, Field(description="Its id")]
    organization_id: Annotated[str, Field(description="15 characters; empty for every organization")]
    object_name: ObjectName
    version: Annotated[int, Field(description="Grows with every draft of the organization and object")]
    fact: Annotated[FactKind, Field(description="What its records are to us")]
    state: Annotated[str, Field(description="draft or active", examples=["draft"])]
    rules: Annotated[dict[str, ItemRuleBody], Field(description="Where each value of the fact stands")]
    note: Annotated[str, Field(description="Why it is so")]
    made_by: Annotated[str, Field(description="Who drafted it, by the token's subject")]
    made_at: Annotated[datetime, Field(description="When it was drafted; UTC")]
    activated_by: Annotated[str | None, Field(description="Who put it in force, by the token's subject")]
    activated_at: Annotated[datetime | None, Field(description="When it was put in force; UTC")]
    effective_from_at: Annotated[datetime | None, Field(description="From when on it reads records; UTC")]


class MappingTrial(WireModel):
    """A sample record, as a query or an outbound message would tell it."""

    fields: Annotated[
        dict[str, JsonValue],
        Field(
            max_length=1000,
            description="As they would be told",
            examples=[{"Id": "0015g00000000001", "SystemModstamp": "2026-11-25T03:30:00.000Z"}],
        ),
    ]

    def plain_fields(self) -> Fields:
        """As webhooks read them: decimals are texts."""
        fields: Fields = json.loads(json.dumps(self.fields), parse_float=str)
        return fields


class MappingTrialBody(WireModel):
    """The fact the record would be told as; null when something is wrong."""

    fact: Annotated[dict[str, JsonValue] | None, Field(description="The fact, or null")]
    problems: Annotated[list[FieldProblemBody], Field(description="Each value that is missing or wrong")]


class MappingActivation(WireModel):
    """From when on records are read by it; left out, from now."""

    effective_from_at: Annotated[datetime | None, Field(description="From when on it reads records; UTC")] = (
        None
    )


def record_body(row: sa.Row[Any]) -> SalesforceRecordBody:
    """The reply for one record."""
    return SalesforceRecordBody(
        id=row.id,
        organization_id=row.organization_id,
        object_name=row.object_name,
        record_id=row.record_id,
        state=row.state,
        problems=[FieldProblemBody(**one) for one in row.problems],
        waits_for=row.waits_for,
        modified_at=row.modified_at,
        is_deleted=row.is_deleted,
        needs_refetch=row.gap_stamp is not None,
        version=row.version,
        told_version=row.told_version,
        mapping_version=row.mapping_version,
        fields=row.fields,
        taken_in_at=row.taken_in_at,
    )


def mapping_body(row: sa.Row[Any]) -> MappingBody:
    """The reply for one mapping."""
    named = {name: getattr(row, name) for name in MappingBody.model_fields if name != "effective_from_at"}
    return MappingBody(**named, effective_from_at=row.effective_from)


def problem_bodies(problems: list[FieldProblem]) -> list[FieldProblemBody]:
    """Problems as they are told."""
    return [FieldProblemBody(pointer=one.pointer, detail=one.detail) for one in problems]
