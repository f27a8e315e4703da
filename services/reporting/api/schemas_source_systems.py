"""Bodies of source systems, the files that are sent for them, and snapshots."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.reporting.adapters.snapshot_rows import SnapshotChange, SnapshotDifference
from services.reporting.adapters.snapshot_store import Row
from services.reporting.adapters.source_store import KeptSource
from services.reporting.domain import source_system as systems
from services.reporting.domain.source_connection import (
    PLACE_LENGTH_MAX,
    QUERY_LENGTH_MAX,
    Connection,
    Paging,
    PagingStyle,
    SalesforceMode,
)
from services.reporting.domain.source_schedule import SourceSchedule
from shared.wire import WireModel

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
SystemName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SOURCE_EXAMPLE: Final[dict[str, JsonValue]] = {
    "name": "salesforce",
    "title": "Salesforce, sales cloud",
    "kind": "sent",
    "owner": "asha.kulkarni",
    "objects": [
        {
            "name": "accounts",
            "title": "Accounts",
            "fields": [
                {"name": "code", "column": "Partner Code"},
                {"name": "name", "column": "Account Name"},
                {"name": "zone", "column": "Zone"},
            ],
            "key_fields": ["code"],
            "zone_field": "zone",
        }
    ],
}


class SourceFieldDraft(WireModel):
    """A field by our name."""

    name: Annotated[Name, Field(description="By which rules name it")]
    column: Annotated[Text, Field(description="What it is called where it comes from")]


class SourceObjectDraft(WireModel):
    """A kind of rows that the system holds."""

    name: Annotated[Name, Field(description="By which rules name it", examples=["accounts"])]
    title: Annotated[Title, Field(description="What people read")]
    fields: Annotated[
        list[SourceFieldDraft],
        Field(min_length=1, max_length=systems.FIELDS_MAX, description="What is kept of a row"),
    ]
    key_fields: Annotated[
        list[Name],
        Field(min_length=1, max_length=systems.KEY_FIELDS_MAX, description="Fields by which a row is known"),
    ]
    zone_field: Annotated[
        Name | None, Field(description="Field that names the zone whose people see the row's issues")
    ] = None
    owner_field: Annotated[Name | None, Field(description="Field that names who answers for the row")] = None
    query: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=QUERY_LENGTH_MAX,
            description="How its rows are asked for, by the kind: the name of files with * and ?, of which the newest is"
            " taken, a path behind the place, SOQL, or one SELECT",
            examples=["accounts_*.csv"],
        ),
    ] = None

    def described(self) -> systems.SourceObject:
        return systems.SourceObject(
            name=self.name,
            title=self.title,
            fields=tuple(systems.SourceField(field.name, field.column) for field in self.fields),
            key_fields=tuple(self.key_fields),
            zone_field=self.zone_field,
            owner_field=self.owner_field,
            query=self.query,
        )

    @classmethod
    def of(cls, one: systems.SourceObject) -> Self:
        return cls(
            name=one.name,
            title=one.title,
            fields=[SourceFieldDraft(name=field.name, column=field.column) for field in one.fields],
            key_fields=list(one.key_fields),
            zone_field=one.zone_field,
            owner_field=one.owner_field,
            query=one.query,
        )


Pointer = Annotated[str, StringConstraints(pattern=r"^(/[^/]{1,60}){1,5}$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,59}$")]
Parameter = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.\[\]-]{0,59}$")]


class SourcePagingDraft(WireModel):
    """How the next page of a list is asked for."""

    style: Annotated[
        PagingStyle, Field(description="By its number from 1, or by a cursor of the page before")
    ]
    parameter: Annotated[Parameter, Field(description="Of the query, that takes it", examples=["cursor"])]
    cursor_pointer: Annotated[
        Pointer | None,
        Field(
            description="JSON pointer to the cursor in a reply; the last page has none", examples=["/next"]
        ),
    ] = None


class SourceConnectionDraft(WireModel):
    """Where we read it ourselves. A credential is given apart, for this very place."""

    place: Annotated[
        str,
        Field(
            min_length=1,
            max_length=PLACE_LENGTH_MAX,
            description="By the kind: a folder below the operator's, `sftp://user@host/folder`, `https://host/path`, "
            "`https://company.my.salesforce.com` or `postgresql://user@host:5432/database`",
            examples=["sftp://salesops@files.example.com/out"],
        ),
    ]
    host_key: Annotated[
        str | None,
        Field(
            max_length=2000,
            pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/=]+$",
            description="Of an SFTP host: its public key, which is checked at every connection",
            examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk0o3Sg4o3r7c3vQ0sXh0Yk7l8m0b1c2d3e4f5g6h7i"],
        ),
    ] = None

    rows_pointer: Annotated[
        Pointer | None,
        Field(
            description="Over REST: JSON pointer to the list; without it the reply is one",
            examples=["/items"],
        ),
    ] = None
    paging: Annotated[SourcePagingDraft | None, Field(description="Over REST: of lists with pages")] = None
    header: Annotated[
        HeaderName | None,
        Field(description="Over REST: takes the credential; `Authorization` takes it as a bearer token"),
    ] = None
    client_id: Annotated[
        Text | None,
        Field(description="Of Salesforce: the consumer key of the connected app that we sign in as"),
    ] = None
    mode: Annotated[
        SalesforceMode | None,
        Field(
            description="Of Salesforce: page by page (`query`, also when null), by a job of Bulk API 2.0 (`bulk`), or"
            " counted first, and by a job if there are more than 10,000 rows (`auto`)"
        ),
    ] = None

    def connection(self) -> Connection:
        told = self.model_dump()
        paging = told.pop("paging")
        return Connection(**told, paging=Paging(**paging) if paging else None)

    @classmethod
    def of(cls, connection: Connection) -> Self:
        return cls.model_validate(asdict(connection))


class SourceScheduleDraft(WireModel):
    """When snapshots are taken by themselves."""

    cron: Annotated[
        str,
        Field(
            min_length=9,
            max_length=120,
            description="Minute, hour, day of the month, month, weekday; `L` is a month's last day",
            examples=["30 6 * * 1-6"],
        ),
    ]
    time_zone: Annotated[
        str,
        Field(min_length=1, max_length=60, description="Whose clocks it follows", examples=["Asia/Kolkata"]),
    ] = "Asia/Kolkata"


class SourceSystemDraft(WireModel):
    """A system that people type into, and what it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [SOURCE_EXAMPLE]})

    name: Annotated[SystemName, Field(description="By which rules and scripts call it; it stays")]
    title: Annotated[Title, Field(description="What people read")]
    kind: Annotated[
        systems.SourceKind, Field(description="How rows get here: files that are sent, or what we read")
    ]
    owner: Annotated[Text, Field(description="Who answers for what nobody else does")]
    objects: Annotated[
        list[SourceObjectDraft],
        Field(min_length=1, max_length=systems.OBJECTS_MAX, description="Kinds of rows it holds"),
    ]
    connection: Annotated[
        SourceConnectionDraft | None, Field(description="Where we read it, unless files are sent")
    ] = None
    schedule: Annotated[
        SourceScheduleDraft | None,
        Field(description="When we read it by ourselves; null: when somebody asks"),
    ] = None

    def source(self) -> systems.SourceSystem:
        return systems.SourceSystem(
            name=self.name,
            title=self.title,
            kind=self.kind,
            owner=self.owner,
            objects=tuple(one.described() for one in self.objects),
            connection=self.connection.connection() if self.connection else None,
            schedule=SourceSchedule(**self.schedule.model_dump()) if self.schedule else None,
        )


class SourceSystemBody(SourceSystemDraft):
    """A source system as it is described now."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    **SOURCE_EXAMPLE,
                    "id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
                    "revision": 1,
                    "created_at": "2026-10-01T04:30:00Z",
                    "set_by": "asha.kulkarni",
                    "set_at": "2026-10-01T04:30:00Z",
                }
            ]
        },
    )

    id: UUID
    revision: Annotated[int, Field(description="Number of this description, from 1")]
    created_at: datetime
    set_by: Annotated[str, Field(description="Who described it so, by the token's subject")]
    set_at: Annotated[datetime, Field(description="Since when; UTC")]

    @classmethod
    def of(cls, kept: KeptSource) -> Self:
        source = kept.source
        return cls(
            id=kept.id,
            revision=kept.revision,
            created_at=kept.created_at,
            set_by=kept.set_by,
            set_at=kept.set_at,
            name=source.name,
            title=source.title,
            kind=source.kind,
            owner=source.owner,
            objects=[SourceObjectDraft.of(one) for one in source.objects],
            connection=SourceConnectionDraft.of(source.connection) if source.connection else None,
            schedule=SourceScheduleDraft(**asdict(source.schedule)) if source.schedule else None,
        )


class SourceFileBody(WireModel):
    """A file that was sent; the newest of an object is what the next snapshot takes."""

    id: UUID
    object: Annotated[str, Field(description="The kind of rows in it")]
    media_type: Annotated[str, Field(description="Its Content-Type")]
    size_bytes: Annotated[int, Field(description="Its length in bytes")]
    content_sha256: Annotated[str, Field(description="SHA-256 of its bytes, in hexadecimal digits")]
    sent_by: Annotated[str, Field(description="Who sent it, by the token's subject")]
    sent_at: Annotated[datetime, Field(description="When it was sent; UTC")]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class RejectedRowBody(WireModel):
    """A row that has no place in a snapshot."""

    number: Annotated[int, Field(description="Of the row, from 1 behind the header")]
    reason: Annotated[str, Field(description="Why it was left out")]


class SnapshotObjectBody(WireModel):
    """The rows of one object, frozen."""

    object: Annotated[str, Field(description="The kind of rows")]
    taken_at: Annotated[datetime, Field(description="When they were taken; UTC")]
    origin: Annotated[str, Field(description="Where they were taken from")]
    rows_count: Annotated[int, Field(description="How many rows there are")]
    rejected_count: Annotated[int, Field(description="How many have no key, or that of another row")]
    rejected: Annotated[list[RejectedRowBody], Field(description="The first of those")]
    content_sha256: Annotated[str, Field(description="SHA-256 of the rows as Parquet")]


class SourceSnapshotBody(WireModel):
    """What a source system held at a time."""

    id: UUID
    system: Annotated[str, Field(description="Name of the source system")]
    revision: Annotated[int, Field(description="Of the description by which it was taken")]
    job_id: UUID
    state: Annotated[str, Field(description="Of its job: queued, running, succeeded, failed, cancelled")]
    failure_code: Annotated[str | None, Field(description="Why it failed, as a stable code")]
    message: Annotated[str | None, Field(description="Where the job stands, in words")]
    asked_by: Annotated[str, Field(description="Who asked for it, by the token's subject")]
    asked_at: Annotated[datetime, Field(description="When it was asked for; UTC")]
    objects: Annotated[list[SnapshotObjectBody], Field(description="What was taken; empty until it is")]

    @classmethod
    def of(cls, row: Row) -> Self:
        told: dict[str, Any] = {name: getattr(row, name) for name in cls.model_fields}
        return cls.model_validate(told)


class SnapshotRowBody(WireModel):
    """A row as it was typed."""

    position: Annotated[int, Field(description="Its place in the snapshot, from 0")]
    natural_key: Annotated[str, Field(description="Its key fields, with / between them")]
    values: Annotated[dict[str, str], Field(description="Its fields, as they were typed")]


class SnapshotDifferenceBody(WireModel):
    """A row that is not as it was in the snapshot before."""

    natural_key: Annotated[str, Field(description="Its key fields, with / between them")]
    change: Annotated[SnapshotChange, Field(description="Whether it came, went or changed")]
    before: Annotated[dict[str, str], Field(description="Fields that differ, as they were")]
    now: Annotated[dict[str, str], Field(description="The same fields as they are")]

    @classmethod
    def of(cls, one: SnapshotDifference) -> Self:
        return cls(natural_key=one.key, change=one.change, before=one.before, now=one.now)
