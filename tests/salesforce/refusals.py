"""What the simulator refuses, in the words of the real one: a JSON array of message, errorCode and fields."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Refused(Exception):
    """One refusal; `body` replaces the usual array, e.g. for several records with one external id."""

    status: int
    code: str
    message: str
    fields: list[str] = field(default_factory=list)
    body: Any = None

    def as_list(self) -> list[dict[str, Any]]:
        return [{"message": self.message, "errorCode": self.code, "fields": self.fields}]

    def as_item(self) -> dict[str, Any]:
        """How it stands among the results of a collection."""
        error = {"statusCode": self.code, "message": self.message, "fields": self.fields}
        return {"success": False, "errors": [error]}


def not_found(message: str = "The requested resource does not exist") -> Refused:
    return Refused(404, "NOT_FOUND", message)


def malformed(message: str) -> Refused:
    return Refused(400, "MALFORMED_QUERY", message)
