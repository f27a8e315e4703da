"""Field mappings as data: where each value of a fact stands in a record. Paths, tables and constants; nothing is run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.domain.salesforce_facts import TARGETS, FactKind, Shape, Target
from gateway.domain.salesforce_ids import RecordIdInvalid, record_id_18
from gateway.domain.salesforce_record import Fields, Value
from gateway.domain.salesforce_values import DATE_FORMATS, ValueProblem, value_of
from shared.errors import FieldProblem

ROWS_MAX: Final = 500
_RELATION_SUFFIX: Final = "__r"

Related = Mapping[str, Fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """Where one value comes from: the first of `paths` that holds something, else `otherwise`; or a constant.

    `values` translates what stands there, e.g. a picklist; what it does not list is a problem unless there is an
    `otherwise`. `format` says how a date is written. `each` reads the rows of a list.
    """

    paths: tuple[str, ...] = ()
    constant: str | None = None
    values: Mapping[str, str] | None = None
    otherwise: str | None = None
    format: str | None = None
    each: Mapping[str, "FieldRule"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectMapping:
    """How records of one object become facts of one kind; version 0 is the one the product comes with."""

    object_name: str
    fact: FactKind
    rules: Mapping[str, FieldRule]
    version: int = 0


@dataclass(slots=True)
class MappedFact:
    """The values found and what is wrong; without problems it may be told.

    `waits_for` are the records of Salesforce that a path leads through and that we do not know yet.
    """

    kind: FactKind
    values: dict[str, object] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)
    waits_for: set[str] = field(default_factory=set)


def fact_of(mapping: ObjectMapping, fields: Fields, related: Related) -> MappedFact:
    """Read a record by its mapping; `related` holds the fields of records that lookups lead to, by 18-character id."""
    reading = _Reading(fields, related, MappedFact(mapping.fact))
    targets = TARGETS[mapping.fact]
    # The currency first: it says how many decimal digits an amount may have.
    for name in sorted(targets, key=lambda one: one != "currency"):
        rule, target = mapping.rules.get(name), targets[name]
        value = reading.read(name, rule or FieldRule(), target)
        reading.fact.values[name] = value
        if value is None and target.is_required and not reading.has_problem(name):
            reading.add_problem(name, _missing(rule))
        if name == "currency" and isinstance(value, str):
            reading.currency = value
    return reading.fact


def relations(mapping: ObjectMapping) -> set[str]:
    """The id fields that paths lead through: Account.AccountNumber → AccountId, Partner__r.Code__c → Partner__c."""
    rules = mapping.rules.values()
    return {_id_field(path.partition(".")[0]) for rule in rules for path in rule.paths if "." in path}


def lookup_id(fields: Fields, name: str) -> str | None:
    """The 18 characters of the record that a lookup field names, or None."""
    value = fields.get(name)
    try:
        return record_id_18(value) if isinstance(value, str) else None
    except RecordIdInvalid:
        return None


def mapping_problems(mapping: ObjectMapping) -> list[FieldProblem]:
    """What is wrong with the mapping itself, whatever the record."""
    return list(_rule_problems(mapping.rules, TARGETS[mapping.fact], "/rules"))


def _rule_problems(
    rules: Mapping[str, FieldRule], targets: Mapping[str, Target], pointer: str
) -> Iterator[FieldProblem]:
    for name, rule in rules.items():
        target, place = targets.get(name), f"{pointer}/{name}"
        if target is None:
            yield FieldProblem(
                place, f"not a value of this fact; expected one of {', '.join(sorted(targets))}"
            )
            continue
        if bool(rule.paths) == (rule.constant is not None):
            yield FieldProblem(place, "expected either paths or a constant")
        if rule.format is not None and (target.shape is not Shape.DATE or rule.format not in DATE_FORMATS):
            yield FieldProblem(f"{place}/format", f"only a date has one: {', '.join(DATE_FORMATS)}")
        if (rule.each is not None) and target.shape is not Shape.LIST:
            yield FieldProblem(f"{place}/each", "this value is no list")
        elif rule.each is not None:
            yield from _rule_problems(rule.each, target.parts, f"{place}/each")
    for name, target in targets.items():
        if target.is_required and name not in rules:
            yield FieldProblem(f"{pointer}/{name}", "this value is required")


@dataclass(slots=True)
class _Reading:
    fields: Fields
    related: Related
    fact: MappedFact
    currency: str = ""

    def read(self, name: str, rule: FieldRule, target: Target) -> object:
        """The value, or None when there is none or it is a problem, which is noted."""
        found = self._found(rule)
        if found is None:
            return None
        try:
            if target.shape is Shape.LIST:
                return self._rows(found, rule, target)
            return value_of(found, target, currency=self.currency, date_format=rule.format)
        except ValueProblem as problem:
            self.add_problem(name, f"{problem} ({', '.join(rule.paths) or 'constant'})")
            return None

    def add_problem(self, name: str, detail: str) -> None:
        self.fact.problems.append(FieldProblem(f"/{name}", detail))

    def has_problem(self, name: str) -> bool:
        return any(problem.pointer == f"/{name}" for problem in self.fact.problems)

    def _found(self, rule: FieldRule) -> Value:
        if rule.constant is not None:
            return rule.constant
        for path in rule.paths:
            found = self._at(path)
            if found in (None, ""):
                continue
            if rule.values is None:
                return found
            translated = rule.values.get(str(found))
            if translated is not None:
                return translated
            if rule.otherwise is None:
                self.fact.problems.append(
                    FieldProblem(f"/{path}", f"'{str(found)[:40]}' is not in the table of values")
                )
        return rule.otherwise

    def _at(self, path: str) -> Value:
        if path in self.fields:
            return self.fields[path]
        head, _, rest = path.partition(".")
        if not rest:
            return None
        nested = self.fields.get(head)
        if isinstance(nested, dict):
            return _inside(nested, rest)
        record_id = lookup_id(self.fields, _id_field(head))
        if record_id is None:
            return None
        if record_id not in self.related:
            self.fact.waits_for.add(record_id)
            return None
        return _inside(self.related[record_id], rest)

    def _rows(self, found: Value, rule: FieldRule, target: Target) -> tuple[Mapping[str, object], ...]:
        """A list of rows, a query's `records` of them, or where that may be a text: 'INV-1=5000.00; INV-2=300'."""
        rows, rules = _list_in(found), dict(rule.each or {})
        if isinstance(found, str) and target.written_as is not None:
            name, amount = target.written_as
            rows = [_pair(part) for part in found.replace("\n", ";").split(";") if part.strip()]
            rules = {name: FieldRule(paths=("name",)), amount: FieldRule(paths=("amount",))}
        if rows is None:
            raise ValueProblem("expected a list")
        if len(rows) > ROWS_MAX:
            raise ValueProblem(f"more than {ROWS_MAX} rows")
        return tuple(self._row(number, row, rules, target) for number, row in enumerate(rows, 1))

    def _row(
        self, number: int, row: object, rules: Mapping[str, FieldRule], target: Target
    ) -> Mapping[str, object]:
        """What stands in the row; without what is empty and need not be there."""
        fact = MappedFact(self.fact.kind)
        inner = _Reading(row if isinstance(row, dict) else {}, {}, fact, self.currency)
        values = {
            name: inner.read(name, rules.get(name, FieldRule()), part) for name, part in target.parts.items()
        }
        missing = [name for name, part in target.parts.items() if part.is_required and values[name] is None]
        if fact.problems or missing:
            details = [f"{problem.pointer[1:]}: {problem.detail}" for problem in fact.problems]
            raise ValueProblem(f"row {number}: {'; '.join(details) or ', '.join(missing) + ' is missing'}")
        return {name: value for name, value in values.items() if value is not None}


def _list_in(found: Value) -> Sequence[object] | None:
    inner = found.get("records") if isinstance(found, dict) else found
    return inner if isinstance(inner, list) else None


def _pair(part: str) -> dict[str, Value]:
    name, _, amount = part.partition("=")
    return {"name": name.strip(), "amount": amount.strip()}


def _inside(nested: Fields, path: str) -> Value:
    head, _, rest = path.partition(".")
    value = nested.get(path, nested.get(head))
    if path in nested or not rest:
        return value
    return _inside(value, rest) if isinstance(value, dict) else None


def _id_field(relation: str) -> str:
    return f"{relation[:-3]}__c" if relation.endswith(_RELATION_SUFFIX) else f"{relation}Id"


def _missing(rule: FieldRule | None) -> str:
    if rule is None or not rule.paths:
        return "required, and the mapping says nothing of it"
    return f"required, and empty in {', '.join(rule.paths)}"
