"""One event of any class, made from its own annotations: for tests that hold for every event there is."""

import dataclasses
from datetime import UTC, date, datetime
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from uuid_utils.compat import uuid7

from shared.events.envelope import Event

_PLAIN: dict[object, Any] = {
    bool: True,
    int: 123_456,
    date: date(2026, 10, 14),
    datetime: datetime(2026, 10, 14, 6, 30, tzinfo=UTC),
}


def an_event(event_class: type[Event]) -> Event:
    """An event whose every field holds something its class accepts."""
    return event_class.model_validate(_fields(event_class))


def _fields(owner: type) -> dict[str, Any]:
    hints = get_type_hints(owner, include_extras=False)
    names = (
        owner.model_fields
        if issubclass(owner, Event)
        else [field.name for field in dataclasses.fields(owner)]
    )
    return {name: _value(name, hints[name]) for name in names}


def _value(name: str, kind: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(name, arguments[0])
    if origin in (Union, UnionType):
        return _value(name, next(one for one in arguments if one is not type(None)))
    if origin is tuple:
        return (_value(name, arguments[0]),)
    return _plain_value(name, kind)


def _plain_value(name: str, kind: type) -> Any:
    if kind is str:
        return {"currency": "INR"}.get(name, f"some {name}")
    if issubclass(kind, StrEnum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind):
        return _fields(kind)
    return uuid7() if kind is UUID else _PLAIN[kind]
