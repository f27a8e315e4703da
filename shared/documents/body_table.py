"""Columns taken from the body of a reply, so that a list is exported as it is described."""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial, reduce
from operator import attrgetter
from typing import Annotated, Final, Union, get_args, get_origin

from pydantic import BaseModel

from shared.documents.table import Amount, Cell, Column, Kind, Row
from shared.wire import MoneyBody

_KINDS: Final = {
    bool: Kind.TRUTH,
    int: Kind.INTEGER,
    Decimal: Kind.DECIMAL,
    datetime: Kind.INSTANT,
    date: Kind.DATE,
}
_UNLABELLED_MAX: Final = 3  # so many values of a nested item are understood without their names


@dataclass(frozen=True, slots=True)
class _Field:
    column: Column
    value: Callable[[object], object]
    cell: Callable[[object], Cell]


class BodyTable:
    """Money becomes an amount and a currency, a nested body the columns of its fields, a list one readable text."""

    def __init__(self, body: type[BaseModel]) -> None:
        self._fields = tuple(_fields(body, ()))
        self.columns: Sequence[Column] = tuple(field.column for field in self._fields)

    def row(self, body: BaseModel) -> Row:
        return [field.cell(field.value(body)) for field in self._fields]


def _fields(body: type[BaseModel], path: tuple[str, ...]) -> list[_Field]:
    found: list[_Field] = []
    for name, declared in body.model_fields.items():
        here = (*path, name)
        kind = _type_of(declared.annotation)
        if kind is MoneyBody:
            found.append(_field(here, Kind.MONEY, _amount))
            found.append(_field((*here, "currency"), Kind.TEXT, _plain))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            found += _fields(kind, here)
        elif kind in _KINDS:
            found.append(_field(here, _KINDS[kind], _plain))
        else:
            found.append(_field(here, Kind.TEXT, _text_or_nothing))
    return found


def _field(path: tuple[str, ...], kind: Kind, cell: Callable[[object], Cell]) -> _Field:
    return _Field(Column.named("_".join(path), kind), _reach(path), cell)


def _type_of(annotation: object) -> object:
    """The type itself, without Annotated and `| None`; a real choice of types stays what it is."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            others = [one for one in get_args(annotation) if one is not types.NoneType]
            if len(others) != 1:
                return annotation
            annotation = others[0]
        else:
            return annotation


def _reach(path: Sequence[str]) -> Callable[[object], object]:
    """Follow the fields; nothing is behind a field that is empty."""
    if len(path) == 1:
        return attrgetter(path[0])
    return partial(reduce, lambda found, name: None if found is None else getattr(found, name), path)


def _plain(value: object) -> Cell:
    assert value is None or isinstance(value, str | bool | int | Decimal | date)
    return value


def _amount(value: object) -> Cell:
    return Amount(value.amount, value.currency) if isinstance(value, MoneyBody) else None


def _text_or_nothing(value: object) -> Cell:
    return None if value is None else _text(value)


def _text(value: object) -> str:
    match value:
        case MoneyBody():
            return f"{value.amount} {value.currency}"
        case BaseModel():
            return _listed([(name, getattr(value, name)) for name in type(value).model_fields])
        case Mapping():
            return ", ".join(f"{name}: {_text(one)}" for name, one in value.items())
        case list() | tuple():
            return "; ".join(_text(one) for one in value)
        case bool():
            return "true" if value else "false"
    return str(value.value if isinstance(value, Enum) else value)


def _listed(values: Sequence[tuple[str, object]]) -> str:
    told = [(name, _text(value)) for name, value in values if value is not None]
    if len(values) <= _UNLABELLED_MAX:
        return " ".join(text for _, text in told)
    return ", ".join(f"{name}: {text}" for name, text in told)
