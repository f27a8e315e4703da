"""A plausible request for every operation, made from its own document: for tests that walk the whole API."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.contract.openapi import Operation, operations

PATH_VALUES = {
    "analysis": "growth",
    "code": "IN",
    "currency": "USD",
    "dashboard": "ageing",
    "day": "2026-10-14",
    "month": "2026-10",
    "number": "1",
    "partner": "CP0001",
    "position": "1",
    "reference": "HDFCR52026101400000001",
    "version": "standard-2026",
}
QUERY_VALUES = {
    "partner_code": "CP0001",
    "bank_account": "50200012345678",
    "day": "2026-10-14",
    "from": "2026-10-01",
    "kind": "account",
    "month": "2026-10",
    "to": "2026-10-31",
}
ANY_ID = "0199e3a4-7c1b-7d52-9a31-2f6b8c0d4e5f"


@dataclass(frozen=True)
class PlausibleRequest:
    """Ready for `client.request(**request.arguments)`."""

    operation: Operation
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def arguments(self) -> dict[str, Any]:
        body = {"json": self.body} if not isinstance(self.body, bytes) else {"content": self.body}
        return {
            "method": self.operation.method.upper(),
            "url": self.path,
            "params": self.query,
            "headers": self.headers,
            **(body if self.body is not None else {}),
        }


def plausible_requests() -> Iterator[PlausibleRequest]:
    """One for each operation: required parameters, the example of its body, a revision where one is asked for."""
    for operation in operations():
        path = operation.path
        for name in operation.parameters("path"):
            path = path.replace(f"{{{name}}}", PATH_VALUES.get(name, ANY_ID))
        needed = [one for one in operation.body.get("parameters", []) if one.get("required")]
        query = {one["name"]: _value_of(one) for one in needed if one["in"] == "query"}
        headers = {"If-Match": '"1"'} if "If-Match" in operation.parameters("header") else {}
        content = operation.body.get("requestBody", {}).get("content", {})
        body = content["application/json"]["example"] if "application/json" in content else None
        if content and body is None:
            headers["Content-Type"] = next(iter(content))
            body = b"Date,Narration\n"
        yield PlausibleRequest(operation, path, query, headers, body)


def _value_of(parameter: dict[str, Any]) -> str:
    """A value of ours, else the first that the document names."""
    schema = parameter["schema"]
    named = [parameter.get("example"), *schema.get("examples", ()), *schema.get("enum", ()), "something"]
    return str(QUERY_VALUES.get(parameter["name"]) or next(value for value in named if value is not None))
