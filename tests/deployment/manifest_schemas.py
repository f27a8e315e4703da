"""Whether a manifest is one that a cluster would take: Kubernetes' own kinds by their schemas, others by what was looked up.

`custom_resources.json` has every field that our manifests use of operators' resources, with its type, its choices and
what has to be there beside it. It was taken from the definitions that the operators publish (CloudNativePG and its
Barman plugin, RabbitMQ's cluster and topology operators, KEDA, External Secrets; main branches of November 2026).
Who uses another field looks it up there and adds it here.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

VERSION: Final = "1.34"  # of Kubernetes; the oldest of those we say we run on
SCHEMAS: Final = (
    Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{VERSION}.0-local-strict"
)
CUSTOM: Final[dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "custom_resources.json").read_text()
)
_TYPES: Final = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
    "number": float,
}


def complaints(manifest: dict[str, Any]) -> list[str]:
    """What is wrong with it, with the place."""
    kind = f"{manifest['apiVersion']} {manifest['kind']}"
    if kind in CUSTOM:
        return [f"{kind}: {one}" for one in _custom_complaints(CUSTOM[kind], {"spec": manifest["spec"]}, "")]
    validator = _validator(manifest["apiVersion"], manifest["kind"])
    return [
        f"{kind}: {'.'.join(map(str, one.absolute_path))}: {one.message}"
        for one in validator.iter_errors(manifest)
    ]


@cache
def _definitions() -> Registry[Any]:
    text = (SCHEMAS / "_definitions.json").read_text()
    return Resource.from_contents(json.loads(text)) @ Registry()


@cache
def _validator(api_version: str, kind: str) -> Draft202012Validator:
    group, _, version = api_version.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.partition(".")[0], version) if part)
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    return Draft202012Validator(schema, registry=Resource.from_contents(schema) @ _definitions())


def _custom_complaints(known: dict[str, Any], value: Any, place: str) -> list[str]:
    fields: dict[str, Any] = known["fields"]
    if isinstance(value, list):
        return [one for item in value for one in _custom_complaints(known, item, f"{place}[]")]
    if not isinstance(value, dict) or fields.get(place, {}).get("is_free"):
        return _leaf_complaints(fields[place], value, place) if place in fields else []
    found = [
        f"{place} lacks {needed}" for needed in fields.get(place, {}).get("needs", ()) if needed not in value
    ]
    for key, one in value.items():
        inner = f"{place}.{key}".removeprefix(".")
        if inner not in fields:
            found.append(f"{inner} is not known: look it up, then add it to custom_resources.json")
        else:
            found += _custom_complaints(known, one, inner)
    return found


def _leaf_complaints(field: dict[str, Any], value: Any, place: str) -> list[str]:
    expected = _TYPES.get(field.get("type", ""))
    if expected is not None and not isinstance(value, expected):
        return [f"{place} is {value!r}, expected {field['type']}"]
    choices = field.get("choices")
    return [f"{place} is {value!r}, expected one of {choices}"] if choices and value not in choices else []
