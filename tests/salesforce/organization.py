"""One simulated organisation: its records, their ids and stamps, and who is told when one of them changes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.salesforce.object_types import OBJECT_TYPES, SYSTEM_FIELDS, ObjectType, instant
from tests.salesforce.refusals import Refused, not_found

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
Record = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One change of one record, as it is after it."""

    kind: str  # CREATE, UPDATE, DELETE, UNDELETE
    object_type: ObjectType
    record: Record
    changed: tuple[str, ...] = ()


Listener = Callable[[Change], None]


def long_id(short: str) -> str:
    """The 18 characters of a 15-character id: one suffix letter for each five, from which letters are capitals."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(
            1 << place for place, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z"
        )
        suffix += LETTERS[bits]
    return short + suffix


@dataclass
class Organization:
    """Field names are taken exactly as written; the real one does not mind their case."""

    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    records: dict[str, Record] = field(default_factory=dict)
    types_by_id: dict[str, ObjectType] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    locked: dict[str, int] = field(default_factory=dict)  # id or external id → how often it is still locked
    made: int = 0

    def __post_init__(self) -> None:
        self.id = self.new_id("00D")
        self.user_id = self.new_id("005")

    def new_id(self, prefix: str) -> str:
        self.made += 1
        digits, rest = "", self.made
        for _ in range(6):
            rest, place = divmod(rest, 62)
            digits = BASE62[place] + digits
        return long_id(f"{prefix}gK0000{digits}"[:15].ljust(15, "0"))

    def object_type(self, name: str) -> ObjectType:
        if name not in OBJECT_TYPES:
            raise not_found()
        return OBJECT_TYPES[name]

    def all_of(self, kind: ObjectType, *, with_deleted: bool = False) -> Iterator[Record]:
        for record in self.records.values():
            if self.types_by_id[record["Id"]] is kind and (with_deleted or not record["IsDeleted"]):
                yield record

    def get(self, kind: ObjectType, record_id: str) -> Record:
        record = self.records.get(long_id(record_id) if len(record_id) == 15 else record_id)
        if record is None or self.types_by_id[record["Id"]] is not kind:
            raise not_found("Provided external ID field does not exist or is not accessible: " + record_id)
        if record["IsDeleted"]:
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted")
        return record

    def matching(self, kind: ObjectType, external_field: str, value: str) -> list[Record]:
        """Records with the external id, which need not be unique."""
        found = kind.field(external_field)
        if found is None or not found.is_external_id:
            raise not_found(
                "Provided external ID field does not exist or is not accessible: " + external_field
            )
        return [one for one in self.all_of(kind) if str(one[external_field] or "").lower() == value.lower()]

    def by_external_id(self, kind: ObjectType, external_field: str, value: str) -> Record | None:
        found = self.matching(kind, external_field, value)
        if len(found) > 1:
            urls = [f"/services/data/v60.0/sobjects/{kind.name}/{one['Id']}" for one in found]
            message = f"{external_field}: more than one record found for external id field: {[o['Id'] for o in found]}"
            raise Refused(300, "DUPLICATE_EXTERNAL_ID", message, [external_field], body=urls)
        return found[0] if found else None

    def create(self, kind: ObjectType, values: Record) -> Record:
        now = instant(self.clock())
        checked = self._checked(kind, values)
        missing = [one.name for one in kind.fields if one.is_required and checked.get(one.name) is None]
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise Refused(400, "REQUIRED_FIELD_MISSING", message, missing)
        record: Record = {"Id": self.new_id(kind.prefix), "IsDeleted": False, "CreatedDate": now}
        record |= {one.name: checked.get(one.name) for one in kind.fields}
        self._refuse_twins(kind, record)
        record |= {"LastModifiedDate": now, "SystemModstamp": now}
        self.records[record["Id"]], self.types_by_id[record["Id"]] = record, kind
        self._tell(Change("CREATE", kind, dict(record)))
        return record

    def update(self, kind: ObjectType, record: Record, values: Record) -> Record:
        self._refuse_locked(record["Id"])
        checked = self._checked(kind, values)
        changed = tuple(name for name, value in checked.items() if record[name] != value)
        self._refuse_twins(kind, {**record, **checked})
        record |= checked
        record["LastModifiedDate"] = record["SystemModstamp"] = instant(self.clock())
        self._tell(Change("UPDATE", kind, dict(record), changed))
        return record

    def delete(self, kind: ObjectType, record: Record) -> None:
        """Into the recycle bin: queryAll still shows it."""
        record |= {"IsDeleted": True, "SystemModstamp": instant(self.clock())}
        self._tell(Change("DELETE", kind, dict(record)))

    def upsert(
        self, kind: ObjectType, external: tuple[str, str], values: Record, *, update_only: bool = False
    ) -> tuple[Record, bool]:
        """The record, and whether it was created."""
        external_field, value = external
        self._refuse_locked(value)
        found = self.by_external_id(kind, external_field, value)
        if found is not None:
            return self.update(kind, found, values), False
        if update_only:
            raise not_found("The requested resource does not exist")
        return self.create(kind, {**values, external_field: value}), True

    def _refuse_locked(self, name: str) -> None:
        if self.locked.get(name, 0) > 0:
            self.locked[name] -= 1
            raise Refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")

    def _refuse_twins(self, kind: ObjectType, record: Record) -> None:
        for one in kind.fields:
            if one.is_unique and record[one.name] is not None:
                twins = [
                    r
                    for r in self.all_of(kind)
                    if r[one.name] == record[one.name] and r["Id"] != record["Id"]
                ]
                if twins:
                    message = f"duplicate value found: {one.name} duplicates value on record with id: {twins[0]['Id']}"
                    raise Refused(400, "DUPLICATE_VALUE", message, [one.name])

    def _checked(self, kind: ObjectType, values: Record) -> Record:
        checked: Record = {}
        for name, value in values.items():
            if name == "attributes":
                continue
            if name in SYSTEM_FIELDS:
                message = f"Unable to create/update fields: {name}. Please check the security settings of this field"
                raise Refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, [name])
            found = kind.field(name)
            if found is None:
                raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
            checked[name] = found.checked(value)
        return checked

    def _tell(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)
