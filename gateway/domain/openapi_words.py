"""Descriptions of fields and parameters: a name means one thing everywhere, so its words stand once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Document = dict[str, Any]
BOUNDS: Final = {"_gte": "at least", "_lte": "at most"}


@dataclass(frozen=True, slots=True)
class Words:
    """Descriptions by field name, or by 'Model.field' where a model means something else, and example values."""

    fields: Mapping[str, str]
    parameters: Mapping[str, str]
    examples: Mapping[str, Any]

    def of_field(self, model: str, name: str) -> str | None:
        """The words of a field, None for one that nobody described."""
        plain = model.removeprefix("Payments").removeprefix("Partners")
        for key in (f"{model}.{name}", f"{plain}.{name}", name):
            if key in self.fields:
                return self.fields[key]
        return self._of_bound(name)

    def of_parameter(self, name: str) -> str | None:
        """The words of a parameter: its own, else those of the field it compares with."""
        return self.parameters.get(name) or self.fields.get(name) or self._of_bound(name)

    def _of_bound(self, name: str) -> str | None:
        base, bound = name[:-4], BOUNDS.get(name[-4:])
        text = self.fields.get(base) if bound else None
        return f"{text}: {bound} this" if text else None


def describe_fields(document: Document, words: Words) -> None:
    """Fill in the descriptions that models and routes left out; what they say themselves stays."""
    for model, schema in document["components"].get("schemas", {}).items():
        for name, field in schema.get("properties", {}).items():
            if not field.get("description") and (text := words.of_field(model, name)):
                field["description"] = text
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if not parameter.get("description") and (text := words.of_parameter(parameter["name"])):
                    parameter["description"] = text


def leave_out_empty_words(document: Document) -> None:
    """Take away what pydantic adds and says nothing: titles made of fields' names, descriptions that stand twice."""
    for schema in document["components"].get("schemas", {}).values():
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                parameter["schema"].pop("title", None)
                if parameter["schema"].get("description") == parameter.get("description"):
                    parameter["schema"].pop("description", None)


def undescribed(document: Document) -> list[str]:
    """Fields and parameters without a description, as 'Model.field' and 'operation?parameter'."""
    fields = [
        f"{model}.{name}"
        for model, schema in document["components"].get("schemas", {}).items()
        for name, field in schema.get("properties", {}).items()
        if not field.get("description")
    ]
    parameters = [
        f"{operation['operationId']}?{parameter['name']}"
        for item in document["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    return sorted(fields + parameters)
