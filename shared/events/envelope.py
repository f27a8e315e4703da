"""The envelope every event travels in: CloudEvents 1.0, structured JSON."""

from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError
from uuid_utils.compat import uuid7

from shared.errors import FieldProblem, Malformed

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
ITEMS_PER_EVENT_MAX = 500
# A message stays under 128 KiB; what is left of it holds the envelope and the fields beside the items.
ITEMS_BYTES_MAX = 120 * 1024


class Event(BaseModel):
    """A fact in the past tense. Within a version only optional fields are added.

    Items of a batch are frozen dataclasses rather than models: ten thousand receipts are built in 28 ms
    instead of 100 ms and read in half the time, and they are still checked when a message is read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type_name: ClassVar[str]
    source: ClassVar[str]
    # Services that hold a durable queue for this fact. Without one an unroutable message is not an alarm.
    consumers: ClassVar[tuple[str, ...]] = ()


E_co = TypeVar("E_co", bound=Event, covariant=True)
E = TypeVar("E", bound=Event)
Item = TypeVar("Item")


class UnreadableEvent(Malformed):
    code, title = "event_unreadable", "The message is not an event we can read"


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to the work at hand; events published meanwhile name it."""

    trace_parent: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None


current_cause: ContextVar[Cause | None] = ContextVar("current_cause", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(Generic[E_co]):
    """One event and its telling. `sequence` grows per aggregate; gaps and repeats happen."""

    id: UUID
    time: datetime
    subject: str
    partition_key: str
    data: E_co
    sequence: int | None = None
    cause: Cause = Cause()

    @property
    def type(self) -> str:
        return self.data.type_name


class _Wire(msgspec.Struct, kw_only=True):
    """Field names are those of CloudEvents 1.0 and its extensions (lower case, no separators)."""

    specversion: str
    id: UUID
    source: str
    type: str
    time: datetime
    data: msgspec.Raw
    subject: str | msgspec.UnsetType = msgspec.UNSET
    datacontenttype: str | msgspec.UnsetType = msgspec.UNSET
    dataschema: str | msgspec.UnsetType = msgspec.UNSET
    partitionkey: str | msgspec.UnsetType = msgspec.UNSET
    sequence: str | msgspec.UnsetType = msgspec.UNSET
    traceparent: str | msgspec.UnsetType = msgspec.UNSET
    correlationid: str | msgspec.UnsetType = msgspec.UNSET
    causationid: str | msgspec.UnsetType = msgspec.UNSET


def envelope_of(
    event: E, *, subject: str, partition_key: str, sequence: int | None = None, cause: Cause | None = None
) -> Envelope[E]:
    """A new telling of `event`, now; by default its cause is that of the work at hand."""
    return Envelope(
        id=uuid7(),
        time=datetime.now(UTC),
        subject=subject,
        partition_key=partition_key,
        sequence=sequence,
        data=event,
        cause=cause or current_cause.get() or Cause(),
    )


def encode(envelope: Envelope[Event]) -> bytes:
    event, cause = envelope.data, envelope.cause
    return msgspec.json.encode(
        _Wire(
            specversion="1.0",
            id=envelope.id,
            source=event.source,
            type=event.type_name,
            subject=envelope.subject,
            time=envelope.time,
            datacontenttype="application/json",
            dataschema=schema_urn(event.type_name),
            partitionkey=envelope.partition_key,
            # The sequence extension asks for text that sorts as the numbers do.
            sequence=msgspec.UNSET if envelope.sequence is None else f"{envelope.sequence:020d}",
            traceparent=cause.trace_parent or msgspec.UNSET,
            correlationid=cause.correlation_id or str(envelope.id),
            causationid=cause.causation_id or msgspec.UNSET,
            data=msgspec.Raw(event.__pydantic_serializer__.to_json(event)),
        )
    )


def decode(body: bytes, types: Mapping[str, type[E]]) -> Envelope[E] | None:
    """The event in `body`, or None if its type (or that version of it) is none of ours to read."""
    try:
        wire = msgspec.json.decode(body, type=_Wire)
    except msgspec.DecodeError as error:
        raise UnreadableEvent(f"not a CloudEvent: {error}") from error
    event_class = types.get(wire.type)
    if event_class is None:
        return None
    try:
        event = event_class.model_validate_json(bytes(wire.data))
    except ValidationError as error:
        problems = [FieldProblem("/".join(map(str, one["loc"])), one["msg"]) for one in error.errors()[:10]]
        raise UnreadableEvent(f"{wire.type} {wire.id} breaks its schema", problems=problems) from error
    return Envelope(
        id=wire.id,
        time=wire.time,
        subject=wire.subject or "",
        partition_key=wire.partitionkey or wire.subject or str(wire.id),
        sequence=_sequence(wire),
        data=event,
        cause=Cause(wire.traceparent or None, wire.correlationid or None, wire.causationid or None),
    )


def in_events(items: Sequence[Item], *, bytes_max: int = ITEMS_BYTES_MAX) -> Iterator[tuple[Item, ...]]:
    """`items` in their order, cut so that each part fits into one message (count and encoded size)."""
    part: list[Item] = []
    part_bytes = 0
    for item in items:
        item_bytes = len(msgspec.json.encode(item)) + 1
        if part and (len(part) == ITEMS_PER_EVENT_MAX or part_bytes + item_bytes > bytes_max):
            yield tuple(part)
            part, part_bytes = [], 0
        part.append(item)
        part_bytes += item_bytes
    if part:
        yield tuple(part)


def schema_urn(type_name: str) -> str:
    return f"urn:salesops:event:{type_name}"


def _sequence(wire: _Wire) -> int | None:
    text = wire.sequence
    return int(text) if isinstance(text, str) and text.isdecimal() else None
