"""What a change of a JSON Schema breaks, for who reads such values and for who writes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Schema = Mapping[str, Any]
# A writer's value must still be taken: lower bounds may not rise, upper ones may not fall.
LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


@dataclass(frozen=True)
class SchemaComparison:
    """Compares two documents' schemas; references are looked up in the document each came from."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    values_may_grow: bool = True  # readers of the API are told to expect values they do not know
    _compared: set[tuple[str, str, str]] = field(default_factory=set)

    def broken_for_readers(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        """What somebody who reads values of the schema cannot rely on any more."""
        if self._is_known("read", old, new):
            return
        before, after = _variants(old, self.old), _variants(new, self.new)
        for name in sorted(after.keys() - before.keys()):
            yield f"{where}: may now be {name}"
        for name in sorted(before.keys() & after.keys()):
            yield from self._values_gone(before[name], after[name], where)
            yield from self._fields_for_readers(before[name], after[name], where)
            yield from self._items(before[name], after[name], where, self.broken_for_readers)

    def broken_for_writers(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        """What somebody who writes values of the schema may not send any more, or has to send from now on."""
        if self._is_known("write", old, new):
            return
        before, after = _variants(old, self.old), _variants(new, self.new)
        for name in sorted(before.keys() - after.keys()):
            yield f"{where}: may no longer be {name}"
        for name in sorted(before.keys() & after.keys()):
            yield from self._values_gone(before[name], after[name], where)
            yield from _tightened(before[name], after[name], where)
            yield from self._fields_for_writers(before[name], after[name], where)
            yield from self._items(before[name], after[name], where, self.broken_for_writers)

    def _is_known(self, way: str, old: Schema, new: Schema) -> bool:
        """Models refer to themselves and to each other: each pair is compared once for each way."""
        if "$ref" not in old or "$ref" not in new:
            return False
        pair = (way, old["$ref"], new["$ref"])
        is_known = pair in self._compared
        self._compared.add(pair)
        return is_known

    def _values_gone(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = _values(old), _values(new)
        if before is not None and after is not None:
            for value in sorted(before - after):
                yield f"{where}: the value {value} is gone"
            for value in sorted(after - before) if not self.values_may_grow else ():
                yield f"{where}: the value {value} is new"

    def _fields_for_readers(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(before.keys() - after.keys()):
            yield f"{where}/{name}: the field is gone"
        was_sure, is_sure = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted((was_sure - is_sure) & after.keys()):
            yield f"{where}/{name}: may now be missing"
        for name in sorted(before.keys() & after.keys()):
            yield from self.broken_for_readers(before[name], after[name], f"{where}/{name}")

    def _fields_for_writers(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        if new.get("additionalProperties") is False:
            for name in sorted(before.keys() - after.keys()):
                yield f"{where}/{name}: the field is no longer taken"
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{where}/{name}: has to be sent from now on"
        for name in sorted(before.keys() & after.keys()):
            yield from self.broken_for_writers(before[name], after[name], f"{where}/{name}")

    def _items(self, old: Schema, new: Schema, where: str, compare: Any) -> Iterator[str]:
        for key in ("items", "additionalProperties"):
            before, after = old.get(key), new.get(key)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from compare(before, after, f"{where}/*")


def _variants(schema: Schema, document: Mapping[str, Any]) -> dict[str, Schema]:
    """What a value may be, by kind: objects by their title, so that unions compare like with like."""
    while "$ref" in schema:
        schema = _resolved(str(schema["$ref"]), document)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            parts = [_variants(part, document) for part in schema[key]]
            return {name: variant for part in parts for name, variant in part.items()}
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return {str(one): {**schema, "type": one} for one in kind}
    if kind == "string" and "format" in schema:
        return {f"string of format {schema['format']}": schema}
    return {str(kind): schema}


def _resolved(reference: str, document: Mapping[str, Any]) -> Schema:
    part: Any = document
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return dict(part)


def _values(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"])}
    return {repr(value) for value in schema["enum"]} if "enum" in schema else None


def _tightened(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for bound in LOWER_BOUNDS:
        if bound in new and (bound not in old or new[bound] > old[bound]):
            yield f"{where}: {bound} is now {new[bound]}"
    for bound in UPPER_BOUNDS:
        if bound in new and (bound not in old or new[bound] < old[bound]):
            yield f"{where}: {bound} is now {new[bound]}"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{where}: has to match {new['pattern']}"
    if _values(old) is None and _values(new) is not None:
        yield f"{where}: only some values are taken from now on"
