"""What callouts and relays send as JSON: records, Platform Events and Change Data Capture events, read as notifications."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from gateway.domain.salesforce_ids import RecordIdInvalid, record_id_18
from gateway.domain.salesforce_record import (
    DELETED_FIELD,
    Completeness,
    Fields,
    RecordChange,
    RecordKey,
    RecordUnreadable,
    Stamp,
    Value,
    instant_of,
    whole_change,
)
from shared.errors import FieldProblem, Malformed, SalesOpsError, TooLarge

EVENTS_MAX: Final = 200
_HEADER: Final = "ChangeEventHeader"
_GAP: Final = "GAP_"
_OVERFLOW: Final = "GAP_OVERFLOW"
_CREATED_BY_PLATFORM: Final = frozenset({"CreatedDate", "CreatedById", "Record_Id__c", "Object_Name__c"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectGap:
    """So much of an object changed that no events were made: all of it since then has to be fetched."""

    object_name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One thing that was told, named for ever by its id: a change, a gap of an object, or what cannot be read and why.

    Without any of them it is kept as it came and means nothing to us.
    """

    id: str
    change: RecordChange | None = None
    gap: ObjectGap | None = None
    problems: tuple[FieldProblem, ...] = ()
    object_name: str | None = None
    replay_id: str | None = None


def read_json(body: bytes) -> list[Fields]:
    """The events of a body: one, a list, or an object with `events`; Malformed, TooLarge beyond 200.

    Decimals become texts and whole numbers stay exact: a commit number is larger than a float can tell.
    """
    try:
        content = json.loads(body, parse_float=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON") from error
    if isinstance(content, dict) and isinstance(content.get("events"), list):
        content = content["events"]
    events = content if isinstance(content, list) else [content]
    if len(events) > EVENTS_MAX:
        raise TooLarge(f"At most {EVENTS_MAX} events are taken at once")
    if not events or not all(isinstance(event, dict) for event in events):
        raise Malformed("Expected an event, or a list of events; each is an object")
    return events


def notifications_of(organization_id: str, event: Fields) -> list[Notification]:
    """What one event tells: of each record it names. What cannot be read says why and is never an error."""
    inner = event.get("data")
    told = inner if isinstance(inner, dict) and "payload" in inner else event
    payload = told.get("payload")
    if not isinstance(payload, dict):
        return [_record(organization_id, event)]
    envelope = _Envelope(organization_id, payload, _replay_id(told), _uuid(told))
    header = payload.get(_HEADER)
    if isinstance(header, dict):
        return list(_changes(envelope, header))
    return [_platform_event(envelope, event, told)]


@dataclass(frozen=True, slots=True)
class _Envelope:
    organization_id: str
    payload: Fields
    replay_id: str | None
    uuid: str | None


def _record(organization_id: str, event: Fields) -> Notification:
    """{"id": …, "object": "Account", "fields": {…}} of a Flow's callout or of Apex."""
    given = event.get("id")
    identity = given if isinstance(given, str) and given else "sha256:" + _digest(event)
    fields, object_name = event.get("fields"), event.get("object")
    named = object_name if isinstance(object_name, str) else None
    if not isinstance(fields, dict):
        problem = FieldProblem("/fields", "expected the record's fields, Id and SystemModstamp among them")
        return Notification(id=identity, problems=(problem,), object_name=named)
    try:
        return Notification(id=identity, change=whole_change(organization_id, named, _storable(fields)))
    except SalesOpsError as error:
        return Notification(id=identity, problems=problems_of(error), object_name=named)


def _platform_event(envelope: _Envelope, event: Fields, told: Fields) -> Notification:
    """One that names a record in Record_Id__c and its object in Object_Name__c tells those of its fields it carries."""
    payload = envelope.payload
    identity = envelope.uuid or "sha256:" + _digest(event)
    object_name, record_id = payload.get("Object_Name__c"), payload.get("Record_Id__c")
    if not isinstance(object_name, str) or not isinstance(record_id, str):
        return Notification(id=identity, object_name=_event_name(event, told), replay_id=envelope.replay_id)
    fields = {name: value for name, value in payload.items() if name not in _CREATED_BY_PLATFORM}
    try:
        key = RecordKey(envelope.organization_id, object_name, record_id_18(record_id))
        stamp = Stamp(instant_of(payload.get("CreatedDate"), "/CreatedDate"))
        change = RecordChange(
            key=key,
            stamp=stamp,
            fields=_storable({"Id": key.record_id, **fields}),
            completeness=Completeness.PARTIAL,
        )
    except SalesOpsError as error:
        return Notification(
            id=identity, problems=problems_of(error), object_name=object_name, replay_id=envelope.replay_id
        )
    return Notification(id=identity, change=change, replay_id=envelope.replay_id)


def _changes(envelope: _Envelope, header: Fields) -> Iterator[Notification]:
    """One notification per record of a Change Data Capture event: one commit may change several alike."""
    object_name, change_type = header.get("entityName"), header.get("changeType")
    record_ids = header.get("recordIds")
    identity = f"{header.get('transactionKey')}:{header.get('sequenceNumber')}"
    if header.get("transactionKey") is None:
        identity = envelope.uuid or "sha256:" + _digest(envelope.payload)
    named = object_name if isinstance(object_name, str) else None
    if (
        named is None
        or not isinstance(change_type, str)
        or not isinstance(record_ids, list)
        or not record_ids
    ):
        problem = FieldProblem(f"/{_HEADER}", "expected entityName, changeType and recordIds")
        yield Notification(id=identity, problems=(problem,), object_name=named, replay_id=envelope.replay_id)
        return
    for record_id in record_ids:
        own = f"{identity}:{record_id}"
        try:
            change, gap = _change(envelope, header, (named, change_type, record_id))
        except SalesOpsError as error:
            yield Notification(
                id=own, problems=problems_of(error), object_name=named, replay_id=envelope.replay_id
            )
        else:
            yield Notification(
                id=own, change=change, gap=gap, object_name=named, replay_id=envelope.replay_id
            )


def _change(
    envelope: _Envelope, header: Fields, what: tuple[str, str, Value]
) -> tuple[RecordChange | None, ObjectGap | None]:
    object_name, change_type, record_id = what
    stamp = _stamp(envelope.payload, header)
    if change_type == _OVERFLOW:
        return None, ObjectGap(object_name=object_name, since=stamp.modified_at)
    if not isinstance(record_id, str):
        raise RecordIdInvalid("A record id has to be a text")
    key = RecordKey(envelope.organization_id, object_name, record_id_18(record_id))
    if change_type.startswith(_GAP):
        return RecordChange(key=key, stamp=stamp, fields={}, completeness=Completeness.GAP), None
    fields = _storable({"Id": key.record_id, **_fields(envelope.payload, header, change_type)})
    completeness = Completeness.WHOLE if change_type == "CREATE" else Completeness.PARTIAL
    return RecordChange(key=key, stamp=stamp, fields=fields, completeness=completeness), None


def _fields(payload: Fields, header: Fields, change_type: str) -> Fields:
    """What the event says of fields.

    Decoded from the Pub/Sub API every field is there and null means unchanged, so the lists say which changed; in the
    JSON of the Streaming API only changed fields are there, and null means cleared.
    """
    told = _flattened({name: value for name, value in payload.items() if name != _HEADER})
    if change_type in ("DELETE", "UNDELETE"):
        is_deleted = change_type == "DELETE"
        return {DELETED_FIELD: True} if is_deleted else {**_present(told), DELETED_FIELD: False}
    if change_type == "CREATE":
        return {DELETED_FIELD: False, **told}
    if change_type != "UPDATE":
        raise RecordUnreadable(f"The kind of change '{change_type[:40]}' is not known")
    listed = [
        *_names(header, "changedFields"),
        *_names(header, "nulledFields"),
        *_names(header, "diffFields"),
    ]
    if not listed:
        return told
    nulled = {_flat_name(name) for name in _names(header, "nulledFields")}
    changed = {flat: told.get(flat) for name in listed for flat in _flat_names(name, told)}
    return {**changed, **dict.fromkeys(nulled)}


def _present(told: Fields) -> Fields:
    return {name: value for name, value in told.items() if value is not None}


def _names(header: Fields, list_name: str) -> list[str]:
    names = header.get(list_name)
    found = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    if any(name.startswith("0x") or "-0x" in name for name in found):
        raise RecordUnreadable(
            f"{list_name} has bitmaps; the relay has to expand them by the event's schema",
            problems=[FieldProblem(f"/{_HEADER}/{list_name}", "expected names of fields")],
        )
    return found


def _flat_names(name: str, told: Fields) -> list[str]:
    """A compound field that changed as a whole means each of its parts."""
    flat = _flat_name(name)
    parts = [one for one in told if one.startswith(name.removesuffix("Address")) and name.endswith("Address")]
    return parts or [flat]


def _flattened(payload: Fields) -> dict[str, Value]:
    """Parts of compound fields under the names that queries use: BillingAddress.City is BillingCity."""
    flat: dict[str, Value] = {}
    for name, value in payload.items():
        if isinstance(value, dict):
            flat |= {_flat_name(f"{name}.{part}"): inner for part, inner in value.items()}
        elif not (value is None and (name.endswith("Address") and not name.endswith("__c"))):
            flat[name] = value
    return flat


def _flat_name(name: str) -> str:
    compound, dot, part = name.partition(".")
    if not dot:
        return name
    if compound == "Name":
        return part
    return f"{compound.removesuffix('Address')}{part}" if compound.endswith("Address") else name


def _stamp(payload: Fields, header: Fields) -> Stamp:
    """LastModifiedDate when it is told, else the commit's second: SystemModstamp is no more exact than that."""
    told = payload.get("LastModifiedDate")
    at = instant_of(
        told if told is not None else header.get("commitTimestamp"), f"/{_HEADER}/commitTimestamp"
    )
    return Stamp(at.replace(microsecond=0), _whole(header, "commitNumber"), _whole(header, "sequenceNumber"))


def _whole(header: Fields, name: str) -> int:
    """A number, or a text of one: relays in JavaScript send large numbers as texts."""
    value = header.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value[:20]) < 2**63:
        return int(value)
    if value is None:
        return 0
    raise RecordUnreadable(
        f"{name} cannot be read",
        problems=[FieldProblem(f"/{_HEADER}/{name}", "expected a whole number that lost no digit")],
    )


def _replay_id(told: Fields) -> str | None:
    event = told.get("event")
    found = event.get("replayId") if isinstance(event, dict) else told.get("replayId")
    return str(found)[:100] if isinstance(found, int | str) else None


def _uuid(told: Fields) -> str | None:
    event = told.get("event")
    found = event.get("EventUuid") if isinstance(event, dict) else told.get("EventUuid")
    return found[:100] if isinstance(found, str) and found else None


def _event_name(event: Fields, told: Fields) -> str | None:
    inner = told.get("event")
    named = inner.get("EventApiName") if isinstance(inner, dict) else None
    channel = event.get("channel")
    found = named or (channel.rpartition("/")[2] if isinstance(channel, str) else None)
    return found[:80] if isinstance(found, str) else None


def problems_of(error: SalesOpsError) -> tuple[FieldProblem, ...]:
    """Its problems, or its detail as one."""
    return error.problems or (FieldProblem("", error.detail),)


def _storable(fields: Fields) -> Fields:
    """RecordUnreadable for texts that the database cannot hold: null characters and half characters."""
    text = json.dumps(fields, ensure_ascii=False)
    if "\\u0000" in text or "\0" in text or not _is_unicode(text):
        raise RecordUnreadable("A text holds a character that cannot be stored")
    return fields


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(event: Mapping[str, Any]) -> str:
    return sha256(json.dumps(event, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
