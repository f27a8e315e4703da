"""A small honest part of SOQL: one object, conditions, order, limit. All else is MALFORMED_QUERY, as in the real one."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.salesforce.object_types import OBJECT_TYPES, ObjectType, instant
from tests.salesforce.refusals import Refused, malformed

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<instant>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
KEYWORDS = {
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "ORDER",
    "BY",
    "LIMIT",
    "IN",
    "LIKE",
    "ASC",
    "DESC",
    "NULLS",
}
Test = Callable[[dict[str, Any]], bool]


@dataclass
class Query:
    """What a query asks; `fields` is empty for COUNT()."""

    object_type: ObjectType
    fields: list[str]
    test: Test
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None

    def answer(self, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        found = [one for one in records if self.test(one)]
        for name, is_descending in reversed(self.order):
            found.sort(key=lambda one, by=name: (one[by] is not None, one[by] or ""), reverse=is_descending)
        return found[: self.limit]


class Reader:
    """Reads a query token by token."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise malformed(f"unexpected token: '{text[at : at + 20]}'")
            self.tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            at = match.end()
        self.at = 0
        self.kind: ObjectType | None = None

    def query(self) -> Query:
        self.expect("SELECT")
        fields = self._fields()
        self.expect("FROM")
        name = self.next("word")
        if name not in OBJECT_TYPES:
            raise Refused(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        self.kind = OBJECT_TYPES[name]
        for one in fields:
            self._known(one)
        test = self._conditions() if self.take("WHERE") else (lambda _record: True)
        order = self._order() if self.take("ORDER") else []
        limit = int(self.next("number")) if self.take("LIMIT") else None
        if self.at < len(self.tokens):
            raise malformed(f"unexpected token: '{self.tokens[self.at][1]}'")
        return Query(self.kind, fields, test, order, limit)

    def _fields(self) -> list[str]:
        if self.take("COUNT"):
            self.expect("(")
            self.expect(")")
            return []
        fields = [self.next("word")]
        while self.take(","):
            fields.append(self.next("word"))
        return fields

    def _conditions(self) -> Test:
        """As in the real one, AND and OR are not mixed without brackets."""
        tests = [self._condition()]
        joiner = ""
        while (word := self.peek().upper()) in ("AND", "OR"):
            if joiner and word != joiner:
                raise malformed(f"unexpected token: {word}")
            joiner = word
            self.at += 1
            tests.append(self._condition())
        every = all if joiner != "OR" else any
        return lambda record: every(test(record) for test in tests)

    def _condition(self) -> Test:
        if self.take("NOT"):
            inner = self._condition()
            return lambda record: not inner(record)
        if self.take("("):
            inner = self._conditions()
            self.expect(")")
            return inner
        name = self._known(self.next("word"))
        is_negated = self.take("NOT")
        if self.take("IN"):
            values = self._values()
            return lambda record: (record[name] in values) != is_negated
        if is_negated:
            raise malformed("unexpected token: NOT")
        if self.take("LIKE"):
            pattern = re.escape(str(self._value())).replace("%", ".*").replace("_", ".")
            return lambda record: re.fullmatch(pattern, record[name] or "", re.IGNORECASE) is not None
        return _comparison(name, self.next("sign"), self._value())

    def _values(self) -> list[Any]:
        self.expect("(")
        values = [self._value()]
        while self.take(","):
            values.append(self._value())
        self.expect(")")
        return values

    def _value(self) -> Any:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "<EOF>")
        self.at += 1
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "instant":
            return instant_text(text)
        if kind == "date":
            return text
        if kind == "number":
            return float(text)
        if text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text.lower()]
        raise malformed(f"unexpected token: '{text}'")

    def _order(self) -> list[tuple[str, bool]]:
        self.expect("BY")
        order = []
        while True:
            name = self._known(self.next("word"))
            is_descending = self.take("DESC") or (self.take("ASC") and False)
            order.append((name, is_descending))
            if not self.take(","):
                return order

    def _known(self, name: str) -> str:
        assert self.kind is not None
        if name.upper() in KEYWORDS:
            raise malformed(f"unexpected token: '{name}'")
        if not self.kind.knows(name):
            message = f"No such column '{name}' on entity '{self.kind.name}'."
            raise Refused(400, "INVALID_FIELD", message)
        return name

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, word: str) -> bool:
        if (
            self.at < len(self.tokens)
            and self.tokens[self.at][0] in ("word", "sign")
            and self.peek().upper() == word
        ):
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise malformed(f"expecting {word}, found '{self.peek() or '<EOF>'}'")

    def next(self, kind: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != kind:
            raise malformed(f"unexpected token: '{self.peek() or '<EOF>'}'")
        self.at += 1
        return self.tokens[self.at - 1][1]


def _comparison(name: str, sign: str, value: Any) -> Test:
    if sign in ("=", "!=", "<>"):
        return lambda record: _equal(record[name], value) == (sign == "=")
    if sign not in ("<", ">", "<=", ">="):
        raise malformed(f"unexpected token: '{sign}'")

    def test(record: dict[str, Any]) -> bool:
        held = record[name]
        if held is None or value is None:
            return False
        return {"<": held < value, ">": held > value, "<=": held <= value, ">=": held >= value}[sign]

    return test


def _equal(held: Any, value: Any) -> bool:
    if isinstance(held, str) and isinstance(value, str):
        return held.lower() == value.lower()  # text is compared without regard to case
    return bool(held == value)


def instant_text(text: str) -> str:
    """A literal in the shape that records hold, so that both compare as text."""
    return instant(datetime.fromisoformat(text))


def read_query(text: str) -> Query:
    return Reader(text).query()
