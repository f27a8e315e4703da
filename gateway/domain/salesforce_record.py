"""A Salesforce record as the gateway keeps it, and how what is told of it is merged in whatever order it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from gateway.domain.salesforce_ids import organization_key, record_id_18
from shared.errors import FieldProblem, Invalid

# What stands in a field: JSON values. Decimals are texts, so that no digit is lost to a float.
Value = None | bool | int | str | list["Value"] | dict[str, "Value"]
Fields = Mapping[str, Value]

DELETED_FIELD: Final = "IsDeleted"
STAMP_FIELDS: Final = ("SystemModstamp", "LastModifiedDate")
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class RecordUnreadable(Invalid):
    """What was told of a record lacks something without which it cannot be kept; `problems` say what."""

    code, title = "record_unreadable", "The record cannot be read"


class Completeness(StrEnum):
    """How much of the record is told: all that was selected, some fields, or only that something changed."""

    WHOLE = "whole"
    PARTIAL = "partial"
    GAP = "gap"


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When a value held in Salesforce. Within one second (which is as exact as SystemModstamp is) the commit number
    and the place in the commit decide; a value without them wins over an earlier arrival of the same second."""

    modified_at: datetime = _BEGINNING
    commit_number: int = 0
    sequence_number: int = 0

    def supersedes(self, earlier: "Stamp") -> bool:
        if self.modified_at != earlier.modified_at or 0 in (self.commit_number, earlier.commit_number):
            return self.modified_at >= earlier.modified_at
        return self >= earlier

    def text(self) -> str:
        return f"{self.modified_at.isoformat()}|{self.commit_number}|{self.sequence_number}"

    @classmethod
    def from_text(cls, text: str) -> "Stamp":
        modified_at, commit_number, sequence_number = text.split("|")
        return cls(datetime.fromisoformat(modified_at), int(commit_number), int(sequence_number))


@dataclass(frozen=True, slots=True)
class RecordKey:
    """Which record: the organization by its 15 characters, the record by its 18."""

    organization_id: str
    object_name: str
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """What one message, reply or query row says of one record; a field that is None was cleared."""

    key: RecordKey
    stamp: Stamp
    fields: Fields
    completeness: Completeness = Completeness.WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecord:
    """The latest we know of a record, field by field; `version` grows with every change, 0 before the first.

    `stamps` are those of fields that were not told with `whole_stamp`, the latest telling of the whole record.
    `gap_stamp` is set while something changed of which only the fact was told.
    """

    key: RecordKey
    fields: Fields = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    whole_stamp: Stamp = Stamp()
    gap_stamp: Stamp | None = None
    version: int = 0

    @property
    def is_deleted(self) -> bool:
        return self.fields.get(DELETED_FIELD) is True

    @property
    def stamp(self) -> Stamp:
        """That of the latest value."""
        return max([self.whole_stamp, *self.stamps.values()])


def merged(record: KeptRecord, change: RecordChange) -> KeptRecord:
    """The record with what the change says later than what is known of each field; the same one if it says nothing new.

    Partial changes of different fields therefore end alike in every order, and an old telling of the whole record fills
    in only what nothing later was told of.
    """
    if change.completeness is Completeness.GAP:
        return _with_gap(record, change.stamp)
    fields = dict(record.fields)
    stamps = {name: record.stamps.get(name, record.whole_stamp) for name in fields}
    for name, value in change.fields.items():
        if name not in fields or change.stamp.supersedes(stamps[name]):
            fields[name], stamps[name] = value, change.stamp
    whole_stamp, gap_stamp = record.whole_stamp, record.gap_stamp
    if change.completeness is Completeness.WHOLE and change.stamp.supersedes(whole_stamp):
        whole_stamp = change.stamp
        gap_stamp = None if gap_stamp is None or change.stamp.supersedes(gap_stamp) else gap_stamp
    stamps = {name: stamp for name, stamp in stamps.items() if stamp != whole_stamp}
    version = record.version + (fields != record.fields or record.version == 0)
    return replace(
        record, fields=fields, stamps=stamps, whole_stamp=whole_stamp, gap_stamp=gap_stamp, version=version
    )


def change_of_row(organization_id: str, row: Fields) -> RecordChange:
    """A row of a REST query, with its `attributes`; RecordUnreadable says what it lacks."""
    attributes = row.get("attributes")
    object_name = attributes.get("type") if isinstance(attributes, dict) else None
    fields = {name: value for name, value in row.items() if name != "attributes"}
    return whole_change(organization_id, object_name, fields)


def whole_change(organization_id: str, object_name: Value, fields: Fields) -> RecordChange:
    """All that was selected of a record, its id and the time of its last change among it; it exists unless it says not."""
    if not isinstance(object_name, str) or not object_name:
        raise RecordUnreadable("The record does not say of which object it is")
    record_id = fields.get("Id")
    if not isinstance(record_id, str):
        raise RecordUnreadable("The record has no Id", problems=[FieldProblem("/Id", "expected an id")])
    key = RecordKey(organization_key(organization_id), object_name, record_id_18(record_id))
    told = {DELETED_FIELD: False, **fields, "Id": key.record_id}
    told[DELETED_FIELD] = told[DELETED_FIELD] in (True, "true")
    return RecordChange(key=key, stamp=Stamp(modified_at(fields)), fields=told)


def modified_at(fields: Fields) -> datetime:
    """SystemModstamp, or LastModifiedDate without; RecordUnreadable when neither is there or neither is a time."""
    for name in STAMP_FIELDS:
        value = fields.get(name)
        if value is not None:
            return instant_of(value, f"/{name}")
    raise RecordUnreadable(
        "The record does not say when it changed last; select SystemModstamp among its fields",
        problems=[FieldProblem("/SystemModstamp", "expected a time")],
    )


def instant_of(value: Value, pointer: str) -> datetime:
    """Read 2026-11-25T09:30:00.000Z, …+0000 or milliseconds since 1970; RecordUnreadable for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value // 1000, UTC).replace(microsecond=value % 1000 * 1000)
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise RecordUnreadable(
            "A time cannot be read", problems=[FieldProblem(pointer, "expected a time with its zone")]
        )
    return instant.astimezone(UTC)


def _with_gap(record: KeptRecord, stamp: Stamp) -> KeptRecord:
    is_known = stamp.modified_at < record.whole_stamp.modified_at
    is_older = record.gap_stamp is not None and not stamp.supersedes(record.gap_stamp)
    return record if is_known or is_older else replace(record, gap_stamp=stamp)
