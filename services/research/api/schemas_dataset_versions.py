"""Bodies of a dataset's versions: what they hold, what was rejected, what changed."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from services.research.adapters.dataset_rows import Row
from services.research.domain.mapping import ColumnType, MappedBy
from shared.wire import WireModel

RejectKind = Literal["invalid", "repeated", "unreadable"]
ChangeKind = Literal["added", "removed", "changed"]


class DriftBody(WireModel):
    """How its columns differ from those of the version before."""

    added: Annotated[list[str], Field(description="Columns that were not there")]
    gone: Annotated[list[str], Field(description="Columns that are there no more")]
    retyped: Annotated[list[str], Field(description="Columns whose values are of another type")]
    is_reordered: Annotated[bool, Field(description="The same columns in another order")]


class DatasetVersionBody(WireModel):
    """What one file was made into. Read rows = kept + rejected + repeated."""

    number: Annotated[int, Field(description="From 1")]
    source_name: Annotated[str, Field(description="What the file was called")]
    source_format: Annotated[Literal["csv", "xlsx", "parquet"], Field(description="By its content")]
    source_bytes: Annotated[int, Field(description="Bytes that were sent")]
    source_sha256: Annotated[str, Field(description="Of the bytes that were sent")]
    encoding: Annotated[str | None, Field(description="Of a text, as found", examples=["cp1252"])]
    delimiter: Annotated[str | None, Field(description="Between the cells of a text", examples=[";"])]
    profile: Annotated[str | None, Field(description="The mapping that was used")]
    profile_version: Annotated[int | None, Field(description="Its version then")]
    suggested_profile: Annotated[str | None, Field(description="The profile that knows most of its headings")]
    suggested_share: Annotated[float | None, Field(description="What share of them it knows, 0 to 1")]
    key_columns: Annotated[list[str], Field(description="What names a row here")]
    rows_read: Annotated[int, Field(description="Rows of the file")]
    rows_kept: Annotated[int, Field(description="Rows of the version")]
    rows_rejected: Annotated[int, Field(description="Rows that cannot be taken; see /rejects")]
    rows_repeated: Annotated[int, Field(description="Rows of whose key another one counts; see /rejects")]
    added: Annotated[int | None, Field(description="Keys that are new; null without comparison")]
    removed: Annotated[int | None, Field(description="Keys that are gone")]
    changed: Annotated[int | None, Field(description="Keys with other values; see /changes")]
    drift: Annotated[
        DriftBody | None, Field(description="Null when its columns are those of the version before")
    ]
    data_bytes: Annotated[int, Field(description="Bytes as Parquet")]
    data_sha256: Annotated[str, Field(description="Of the Parquet file")]
    loaded_by: Annotated[str, Field(description="Who sent it")]
    loaded_at: Annotated[datetime, Field(description="UTC")]


class TopValueBody(WireModel):
    """A frequent value."""

    value: Annotated[str, Field(description="Cut after 200 characters")]
    rows: Annotated[int, Field(description="Rows that have it")]


class DatasetColumnBody(WireModel):
    """A column, and what stands in it."""

    name: Annotated[str, Field(description="What queries call it")]
    type: Annotated[ColumnType, Field(description="What its values are")]
    heading: Annotated[str, Field(description="What the file calls it")]
    mapped_by: Annotated[MappedBy, Field(description="alias: a profile knows the heading")]
    nulls: Annotated[int, Field(description="Rows without a value")]
    distincts: Annotated[int, Field(description="Different values")]
    is_exact: Annotated[bool, Field(description="False: the number of different values is an estimate")]
    least: Annotated[str | None, Field(description="Least value, cut after 200 characters")]
    greatest: Annotated[str | None, Field(description="Greatest value, cut after 200 characters")]
    top: Annotated[
        list[TopValueBody], Field(description="The ten most frequent; none where nearly all differ")
    ]


class DatasetRejectBody(WireModel):
    """A row that is not in the version, and why."""

    number: Annotated[int, Field(description="Place in this list")]
    kind: Annotated[
        RejectKind, Field(description="A value is wrong, another row has the key, or the line is no row")
    ]
    row: Annotated[int | None, Field(description="Which row of the file, from 1 below the header")]
    line: Annotated[int | None, Field(description="Which line of the file, of what is no row")]
    reasons: Annotated[list[str], Field(description="What is wrong and what was expected")]
    record: Annotated[
        dict[str, JsonValue], Field(description="The row as it came", examples=[{"DOT_NUMBER": "x"}])
    ]


class DatasetRowChangeBody(WireModel):
    """What became of a key since the version before."""

    number: Annotated[int, Field(description="Place in this list")]
    kind: Annotated[ChangeKind, Field(description="What became of it")]
    key: Annotated[dict[str, JsonValue], Field(description="The key", examples=[{"dot_number": "12"}])]
    before: Annotated[
        dict[str, JsonValue] | None,
        Field(description="Values that were others", examples=[{"power_units": "3"}]),
    ]
    after: Annotated[
        dict[str, JsonValue] | None, Field(description="What they are now", examples=[{"power_units": "4"}])
    ]


def version_body(row: Row) -> DatasetVersionBody:
    """A version as it is told."""
    names = DatasetVersionBody.model_fields.keys() - {"drift"}
    drift = None if row.drift is None else DriftBody(**row.drift)
    return DatasetVersionBody(**{name: getattr(row, name) for name in names}, drift=drift)


def column_body(row: Row) -> DatasetColumnBody:
    """A column as it is told."""
    return DatasetColumnBody(**{name: getattr(row, name) for name in DatasetColumnBody.model_fields})


def reject_body(row: Mapping[str, Any]) -> DatasetRejectBody:
    """A rejected row as it is told."""
    return DatasetRejectBody(**{**row, "record": json.loads(row["record"])})


def change_body(row: Mapping[str, Any]) -> DatasetRowChangeBody:
    """A change as it is told."""
    read = {name: None if row[name] is None else json.loads(row[name]) for name in ("key", "before", "after")}
    return DatasetRowChangeBody(number=row["number"], kind=row["kind"], **read)
