"""Signed keyset cursors: a page starts after a (sort key, id), never at an offset."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec
from pydantic import BaseModel, Field

from shared.errors import FieldProblem, Invalid

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
_SIGNATURE_BYTES: Final = 16

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = tuple[str | int, ...]


class CursorInvalid(Invalid):
    """A cursor that this system did not make, or made for another list."""

    code, title = "cursor_invalid", "The cursor is not valid here"


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(
        default=None, description="Pass it as `cursor` for the next page; null on the last one."
    )


@dataclass(frozen=True, slots=True)
class CursorSigner:
    """Makes cursors opaque and tamper-evident; `scope` binds a cursor to one list and its filters."""

    secret: bytes

    def encode(self, scope: str, key: Key) -> str:
        body = msgspec.json.encode(key)
        return base64.urlsafe_b64encode(self._signature(scope, body) + body).decode().rstrip("=")

    def decode(self, scope: str, cursor: str) -> Key:
        """Return the key; CursorInvalid when the cursor is damaged, forged or of another list."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
            if hmac.compare_digest(signature, self._signature(scope, body)):
                return tuple(msgspec.json.decode(body, type=list[str | int]))
        except ValueError:
            pass  # not base64 or not JSON: answered like a forged one
        detail = "expected the next_cursor of the same list with the same filters"
        raise CursorInvalid(
            "The cursor does not belong to this list", problems=[FieldProblem("?cursor", detail)]
        )

    def _signature(self, scope: str, body: bytes) -> bytes:
        return hmac.digest(self.secret, scope.encode() + b"\0" + body, hashlib.sha256)[:_SIGNATURE_BYTES]


def page_of(
    rows: Sequence[Row], *, limit: int, key: Callable[[Row], Key], signer: CursorSigner, scope: str
) -> tuple[Sequence[Row], str | None]:
    """Cut the one row too many that the query fetched (LIMIT limit + 1) and make the cursor from the last one."""
    if len(rows) <= limit:
        return rows, None
    kept = rows[:limit]
    return kept, signer.encode(scope, key(kept[-1]))
