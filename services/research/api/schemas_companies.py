"""Bodies of companies, of pairs that wait for people, of decisions and of resolutions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from services.research.adapters.dataset_rows import Row
from services.research.domain.entity_source import ROLES_MAX, NameColumns
from services.research.domain.record_weights import Weights, reasons
from shared.wire import WireModel

ColumnName = Annotated[str, Field(min_length=1, max_length=60)]
Verdict = Literal["same", "different", "undecided"]


class CompanyFoundBody(WireModel):
    """A company that a search found."""

    id: Annotated[UUID, Field(description="Its id; it stays as long as one of its names does")]
    name: Annotated[str, Field(description="The name our own sources have, or the first of others")]
    entities: Annotated[int, Field(description="How many of its names you see fit the search")]
    sources: Annotated[list[str], Field(description="Who names it so", examples=[["partners"]])]
    zones: Annotated[list[str], Field(description="Where its names are, as far as you see them")]


class CompanyEntityBody(WireModel):
    """A company as one source names it."""

    id: Annotated[UUID, Field(description="Id of the entity")]
    source: Annotated[str, Field(description="partners, accounts, or dataset:<name>")]
    source_key: Annotated[str, Field(description="Its key there")]
    name: str
    city: str | None
    region: Annotated[str | None, Field(description="State or province, as the source writes it")]
    zone: str | None
    identifiers: Annotated[
        list[str], Field(description="Kind and value", examples=[["gstin:27AAPFU0939F1ZV"]])
    ]
    company_id: Annotated[UUID | None, Field(description="Its company; null until it was resolved")]


class ReasonBody(WireModel):
    """What one comparison of two entities says."""

    comparison: Annotated[str, Field(description="Of what", examples=["name"])]
    says: Annotated[str, Field(description="In words", examples=["same postal code"])]
    bits: Annotated[float, Field(description="Evidence: 1 bit doubles the odds, a negative one halves them")]


class CompanyLinkBody(WireModel):
    """Two entities of a company that were found alike."""

    left_id: Annotated[UUID, Field(description="Id of one entity")]
    right_id: Annotated[UUID, Field(description="Id of the other")]
    probability: Annotated[float, Field(ge=0, le=1, description="Of being one company")]
    reasons: Annotated[list[ReasonBody], Field(description="The weightiest first")]


class CompanyBody(WireModel):
    """A company, with the names you see of it and why they are one."""

    id: Annotated[UUID, Field(description="Its id")]
    name: Annotated[str, Field(description="The name our own sources have, or the first of others")]
    entities: Annotated[list[CompanyEntityBody], Field(description="As its sources name it")]
    links: Annotated[list[CompanyLinkBody], Field(description="What was found alike among them")]


class EntityMatchBody(WireModel):
    """Two entities that may be one company; a person decides."""

    id: Annotated[UUID, Field(description="Id of the pair")]
    left: Annotated[CompanyEntityBody, Field(description="One of the two")]
    right: Annotated[CompanyEntityBody, Field(description="The other")]
    probability: Annotated[float, Field(ge=0, le=1, description="Of being one company")]
    band: Annotated[Literal["same", "review"], Field(description="What the odds alone say")]
    held_by: Annotated[
        Literal["decision", "identifiers", "one_source", "size"] | None,
        Field(description="What stands against joining them although the odds are good"),
    ]
    reasons: Annotated[list[ReasonBody], Field(description="The weightiest first")]


class EntityDecisionDraft(WireModel):
    """What you say of an entity and others."""

    entity_id: Annotated[UUID, Field(description="Id of the entity that it is about")]
    other_entity_ids: Annotated[
        list[UUID],
        Field(
            min_length=1,
            max_length=100,
            description="Each of them beside it",
            examples=[["0199c2a4-6f3e-7b1d-8c55-2e9f40a7d318"]],
        ),
    ]
    verdict: Annotated[
        Verdict,
        Field(description="`same` merges, `different` splits for ever, `undecided` takes your word back"),
    ]
    note: Annotated[str, Field(max_length=500, description="Why")] = ""


class EntityDecisionBody(WireModel):
    """What somebody decided about two entities; of several the last counts."""

    id: Annotated[UUID, Field(description="Its id")]
    left_id: Annotated[UUID, Field(description="Id of one entity")]
    right_id: Annotated[UUID, Field(description="Id of the other")]
    verdict: Verdict
    note: str
    decided_by: Annotated[str, Field(description="By the token's subject")]
    decided_at: Annotated[datetime, Field(description="UTC")]


class DecidedEntitiesBody(WireModel):
    """How the entities are grouped now."""

    items: Annotated[list[CompanyEntityBody], Field(description="With their companies")]


class ResolutionDraft(WireModel):
    """What is compared anew."""

    scope: Annotated[
        Literal["changed", "all"], Field(description="What changed since the last, or everything")
    ] = "changed"


class ResolutionBody(WireModel):
    """One comparison of entities, and what it learnt."""

    id: Annotated[UUID, Field(description="Its id")]
    scope: Annotated[Literal["changed", "all"], Field(description="What was compared anew")]
    state: Literal["queued", "succeeded", "failed"]
    job_id: Annotated[UUID, Field(description="The job that does it")]
    asked_by: Annotated[str, Field(description="By the token's subject")]
    asked_at: Annotated[datetime, Field(description="UTC")]
    ended_at: Annotated[datetime | None, Field(description="UTC")]
    records: Annotated[int | None, Field(description="Entities there were")]
    new_records: Annotated[int | None, Field(description="Of them compared anew")]
    pairs_compared: Annotated[int | None, Field(description="Pairs that met")]
    matches_same: Annotated[int | None, Field(description="Pairs that are one company by their odds")]
    matches_review: Annotated[int | None, Field(description="Pairs for people to look at")]
    held: Annotated[int | None, Field(description="Pairs left apart although their odds are good")]


class NameColumnsBody(WireModel):
    """Where one name of a row stands, and what else is known of the company that has it."""

    name: ColumnName
    street: Annotated[ColumnName | None, Field(description="Column of street and number")] = None
    city: ColumnName | None = None
    region: Annotated[ColumnName | None, Field(description="Column of the state or province")] = None
    postcode: Annotated[ColumnName | None, Field(description="Column of the postal code")] = None
    telephone: Annotated[ColumnName | None, Field(description="Column of the telephone number")] = None
    identifier: Annotated[
        ColumnName | None, Field(description="Column of a number that names the company")
    ] = None
    identifier_kind: Annotated[
        str | None,
        Field(
            pattern="^[a-z]{2,20}$", description="What number it is: only numbers of one kind are compared"
        ),
    ] = None


class EntitySourceDraft(WireModel):
    """Which columns of a dataset name companies."""

    dataset: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,59}$", description="Name of the dataset")]
    names: Annotated[
        list[NameColumnsBody] | None,
        Field(min_length=1, max_length=ROLES_MAX, description="Null: as its profile says"),
    ] = None
    is_unique: Annotated[
        bool | None, Field(description="True: two rows are never one company; null: as its profile says")
    ] = None

    def columns(self) -> list[NameColumns] | None:
        return None if self.names is None else [NameColumns(**one.model_dump()) for one in self.names]


class EntitySourceBody(WireModel):
    """Which columns of a dataset name companies, as it is set now."""

    dataset: Annotated[str, Field(description="Name of the dataset")]
    revision: int
    names: Annotated[list[NameColumnsBody], Field(description="One for each company that a row names")]
    is_unique: Annotated[bool, Field(description="True: two rows are never one company")]
    read_version: Annotated[int | None, Field(description="The version that was read last")]
    set_by: Annotated[str, Field(description="By the token's subject")]
    set_at: Annotated[datetime, Field(description="UTC")]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


def company_entity_body(row: Row) -> CompanyEntityBody:
    return CompanyEntityBody(**{name: getattr(row, name) for name in CompanyEntityBody.model_fields})


def company_body(company_id: UUID, entities: Sequence[Row], links: Sequence[Row]) -> CompanyBody:
    return CompanyBody(
        id=company_id,
        name=entities[0].name,
        entities=[company_entity_body(row) for row in entities],
        links=[
            CompanyLinkBody(
                left_id=row.left_id,
                right_id=row.right_id,
                probability=row.probability,
                reasons=_reasons(row.weights, row.levels),
            )
            for row in links
        ],
    )


def match_body(row: Mapping[str, Any]) -> EntityMatchBody:
    left, right = (
        CompanyEntityBody(**{name: row[f"{side}_{name}"] for name in CompanyEntityBody.model_fields})
        for side in ("left", "right")
    )
    same = {name: row[name] for name in ("id", "probability", "band", "held_by")}
    return EntityMatchBody(left=left, right=right, reasons=_reasons(row["weights"], row["levels"]), **same)


def decision_body(row: Row) -> EntityDecisionBody:
    return EntityDecisionBody(**{name: getattr(row, name) for name in EntityDecisionBody.model_fields})


def resolution_body(row: Row) -> ResolutionBody:
    told = {name: getattr(row, name) for name in ResolutionBody.model_fields}
    return ResolutionBody(**{**told, "state": row.shown_state})


def _reasons(weights: Mapping[str, Any], levels: Sequence[int]) -> list[ReasonBody]:
    learnt = Weights(
        weights["share"], tuple(tuple(one) for one in weights["m"]), tuple(tuple(one) for one in weights["u"])
    )
    return [
        ReasonBody(comparison=name, says=says, bits=round(bits, 2))
        for name, says, bits in reasons(learnt, tuple(levels))
    ]
