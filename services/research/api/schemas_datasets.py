"""Bodies of datasets, of files that are sent for them, and of mapping profiles."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.research.adapters.dataset_rows import Row
from services.research.domain.dataset import NAME_PATTERN, PARTS_MAX, UploadState
from services.research.domain.mapping import ColumnType, MappingProfile
from shared.wire import Day, WireModel

Role = Literal["coordinator", "approver", "zonal_sales", "analyst", "integration", "auditor", "admin"]
Roles = Annotated[list[Role], Field(max_length=8, description="Holders of these roles")]
Subjects = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(max_length=200, description="These persons, by their token's subject"),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the whole file, in lower case")]
KeyColumns = Annotated[
    list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]],
    Field(
        max_length=20,
        description="Columns that name a row; a profile brings its own",
        examples=[["dot_number"]],
    ),
]
Title = Annotated[str, Field(min_length=3, max_length=200, examples=["Carriers of the United States"])]
Licence = Annotated[
    str,
    Field(
        min_length=3, max_length=4000, description="Terms under which we have it",
        examples=["Public domain; source to be named"],
    ),
]  # fmt: skip
LicensedUntil = Annotated[Day | None, Field(description="Last day on which it may be used; null for ever")]
Profile = Annotated[
    str | None, Field(max_length=60, description="How its columns are mapped", examples=["carriers"])
]
RejectPercent = Annotated[
    int, Field(ge=0, le=100, description="A load in which more percent of the rows cannot be taken fails")
]


class ReadersBody(WireModel):
    """Who may do something."""

    roles: Annotated[Roles, Field(default_factory=list)]
    subjects: Annotated[Subjects, Field(default_factory=list)]


def _nobody() -> ReadersBody:
    return ReadersBody(roles=[], subjects=[])


class DatasetDraft(WireModel):
    """A dataset to set up; whoever sets it up owns it."""

    name: Annotated[
        str, Field(pattern=NAME_PATTERN, description="What queries call it", examples=["us_carriers"])
    ]
    title: Title
    description: Annotated[str, Field(max_length=4000, description="What it is and where it comes from")] = ""
    licence: Licence
    licence_ends_on: LicensedUntil = None
    seen_by: Annotated[ReadersBody, Field(default_factory=_nobody, description="Who may see and query it")]
    exported_by: Annotated[
        ReadersBody, Field(default_factory=_nobody, description="Who may also take results away as files")
    ]
    profile: Profile = None
    key_columns: Annotated[KeyColumns, Field(default_factory=list)]
    reject_percent_max: RejectPercent = 10


class DatasetChangeDraft(WireModel):
    """What is to change; what is left out stays."""

    title: Annotated[Title | None, Field(description="Its title")] = None
    description: Annotated[str | None, Field(max_length=4000, description="What it is")] = None
    licence: Annotated[Licence | None, Field(description="Terms under which we have it")] = None
    licence_ends_on: LicensedUntil = None
    seen_by: Annotated[ReadersBody | None, Field(description="Who may see and query it")] = None
    exported_by: Annotated[ReadersBody | None, Field(description="Who may also take results away")] = None
    profile: Profile = None
    key_columns: Annotated[KeyColumns | None, Field(description="Columns that name a row")] = None
    reject_percent_max: Annotated[
        RejectPercent | None, Field(description="What share of bad rows a load bears")
    ] = None


class DatasetBody(WireModel):
    """A dataset; its ETag is its revision."""

    id: Annotated[UUID, Field(description="Its id")]
    name: Annotated[str, Field(description="What queries call it", examples=["us_carriers"])]
    title: Annotated[str, Field(description="Its title")]
    description: Annotated[str, Field(description="What it is and where it comes from")]
    owner: Annotated[str, Field(description="Who answers for it, by the token's subject")]
    licence: Annotated[str, Field(description="Terms under which we have it")]
    licence_ends_on: Annotated[date | None, Field(description="Last day on which it may be used")]
    seen_by: Annotated[ReadersBody, Field(description="Who may see and query it")]
    exported_by: Annotated[ReadersBody, Field(description="Who may also take results away as files")]
    profile: Annotated[str | None, Field(description="How its columns are mapped")]
    key_columns: Annotated[list[str], Field(description="Columns that name a row")]
    reject_percent_max: Annotated[int, Field(description="What share of bad rows a load bears")]
    current_version: Annotated[
        int | None, Field(description="The newest version; null before the first load")
    ]
    created_at: Annotated[datetime, Field(description="UTC")]
    revision: Annotated[int, Field(description="Also the ETag; for callers that see no headers")]


class UploadDraft(WireModel):
    """A file that will be sent in parts."""

    dataset: Annotated[
        str, Field(pattern=NAME_PATTERN, description="Name of the dataset", examples=["us_carriers"])
    ]
    file_name: Annotated[
        str, Field(min_length=1, max_length=200, description="A label", examples=["census-2026-10.csv"])
    ]


class CompletionDraft(WireModel):
    """That all parts were sent."""

    parts: Annotated[int, Field(ge=1, le=PARTS_MAX, description="How many parts the file has", examples=[1])]
    sha256: Sha256 | None = None


class PartBody(WireModel):
    """One part that arrived."""

    number: Annotated[int, Field(description="Its place, from 1")]
    size_bytes: Annotated[int, Field(description="Bytes")]
    sha256: Annotated[str, Field(description="Of its bytes")]
    received_at: Annotated[datetime, Field(description="UTC")]


class UploadBody(WireModel):
    """A file that is sent, and what became of it."""

    id: Annotated[UUID, Field(description="Its id")]
    dataset: Annotated[str, Field(description="Name of the dataset")]
    file_name: Annotated[str, Field(description="A label")]
    state: Annotated[
        UploadState, Field(description="unchanged: the very file that the newest version is made of")
    ]
    size_bytes: Annotated[int | None, Field(description="Bytes of the whole, once it is complete")]
    job_id: Annotated[UUID | None, Field(description="The load, once it is queued")]
    version: Annotated[int | None, Field(description="The version it became, or is")]
    failure_code: Annotated[str | None, Field(description="Stable name of the problem, if it failed")]
    failure_detail: Annotated[str | None, Field(description="The problem in words")]
    opened_by: Annotated[str, Field(description="Who sends it")]
    opened_at: Annotated[datetime, Field(description="UTC")]
    completed_at: Annotated[datetime | None, Field(description="When all parts were there; UTC")]
    ended_at: Annotated[datetime | None, Field(description="When its load ended; UTC")]


class UploadDetailBody(UploadBody):
    """With its parts: what is missing can be sent again."""

    part_bytes_max: Annotated[int, Field(description="What a part has at most")]
    parts: Annotated[list[PartBody], Field(description="Those that are there, by number")]


class ProfileColumnBody(WireModel):
    """A column that a profile knows."""

    name: Annotated[str, Field(description="What it is called here")]
    type: Annotated[ColumnType, Field(description="What its values are")]
    is_required: Annotated[bool, Field(description="Rows without it are rejected")]
    aliases: Annotated[
        list[str], Field(description="What files call it; case, blanks and signs do not count")
    ]
    description: Annotated[str, Field(description="What it means, where the name does not say it")]


class MappingProfileBody(WireModel):
    """How files of a kind become a dataset."""

    name: Annotated[str, Field(description="Its name", examples=["carriers"])]
    title: Annotated[str, Field(description="Its title")]
    description: Annotated[str, Field(description="What a row is")]
    version: Annotated[int, Field(description="Counts when its mapping changes")]
    key_columns: Annotated[list[str], Field(description="What names a row")]
    newest_by: Annotated[
        str | None, Field(description="Of rows with one key the greatest in this column counts")
    ]
    columns: Annotated[list[ProfileColumnBody], Field(description="What it knows")]


def dataset_body(row: Row) -> DatasetBody:
    """A dataset as it is told."""
    names = DatasetBody.model_fields.keys() - {"seen_by", "exported_by"}
    return DatasetBody(
        **{name: getattr(row, name) for name in names},
        seen_by=ReadersBody(roles=row.seen_by_roles, subjects=row.seen_by_subjects),
        exported_by=ReadersBody(roles=row.exported_by_roles, subjects=row.exported_by_subjects),
    )


def settings_of(draft: DatasetDraft | DatasetChangeDraft) -> dict[str, Any]:
    """What a draft sets, by the columns of the table; of a change only what was said."""
    said = draft.model_fields_set if isinstance(draft, DatasetChangeDraft) else set(type(draft).model_fields)
    facts: dict[str, Any] = {}
    for name in said - {"name"}:
        value = getattr(draft, name)
        if isinstance(value, ReadersBody):
            facts |= {f"{name}_roles": value.roles, f"{name}_subjects": value.subjects}
        elif value is not None or name in ("licence_ends_on", "profile"):
            facts[name] = value
    return facts


def upload_facts(row: Row) -> dict[str, Any]:
    """The fields of an upload, with or without its parts."""
    return {name: getattr(row, name) for name in UploadBody.model_fields}


def part_bodies(rows: Sequence[Row]) -> list[PartBody]:
    """Parts as they are told."""
    return [PartBody(**{name: getattr(row, name) for name in PartBody.model_fields}) for row in rows]


def profile_body(profile: MappingProfile) -> MappingProfileBody:
    """A profile as it is told."""
    return MappingProfileBody(
        name=profile.name,
        title=profile.title,
        description=profile.description,
        version=profile.version,
        key_columns=list(profile.key),
        newest_by=profile.newest_by,
        columns=[
            ProfileColumnBody(
                name=one.name,
                type=one.type,
                is_required=one.is_required,
                aliases=list(one.aliases),
                description=one.description,
            )
            for one in profile.columns
        ],
    )
