"""Who wrote what and who was denied, for auditors."""

from datetime import datetime
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import Field, field_validator

from gateway.adapters.orm import request_audit
from shared.dependencies import PageWanted, Reading
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.wire import WireModel

DENIED: Final = (401, 403, 404)
router = APIRouter(prefix="/v1/request-audit", tags=["Audit"])


class AuditEntryBody(WireModel):
    """One write, or one call that was denied; of bodies the hashes are kept, of queries nothing."""

    id: int
    at: datetime
    subject: str | None = Field(description="Who; null without a credential that counts; `key:<id>` of a key")
    owner: str | None = Field(description="Who answers for the key")
    roles: list[str] = Field(description="The caller's roles", examples=[["coordinator"]])
    method: str = Field(description="The request's method", examples=["POST"])
    route: str = Field(description="The route's template", examples=["/v1/receipts/{receipt_id}/reversal"])
    path: str = Field(description="As called, percent-encoded")
    status: int = Field(description="What was answered; 499 when the caller had gone")
    trace_id: str = Field(description="Finds the call in the logs of all parts")
    client_address: str = Field(description="Where the call came from", examples=["10.0.3.7"])
    request_sha256: str | None = Field(
        description="SHA-256 of the request's body as it came; null of a read, and when it was not read whole",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    reply_sha256: str | None = Field(
        description="SHA-256 of the reply's body before compression; null of a read, and when the reply broke off",
        examples=["44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
    )
    version_before: str | None = Field(description="The `If-Match` that was sent", examples=['"3"'])
    version_after: str | None = Field(description="The `ETag` that was answered", examples=['"4"'])

    @field_validator("request_sha256", "reply_sha256", mode="before")
    @classmethod
    def _in_hexadecimal(cls, digest: bytes | None) -> str | None:
        return digest.hex() if digest is not None else None


class AuditFilters:
    """What narrows the audit."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a query may name
        self,
        subject: Annotated[str | None, Query(max_length=255, description="Who, or whose key")] = None,
        method: Annotated[str | None, Query(pattern="^[A-Z]{1,20}$", description="Of this method")] = None,
        route: Annotated[str | None, Query(max_length=300, description="The route's template")] = None,
        path: Annotated[
            str | None,
            Query(
                max_length=300, description="As called: what was done to one resource; narrow it by time too"
            ),
        ] = None,
        status: Annotated[int | None, Query(ge=100, le=599, description="Answered with this status")] = None,
        trace_id: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="Of this call")] = None,
        is_denied: Annotated[bool | None, Query(description="401, 403 and 404, or all others")] = None,
        at_gte: Annotated[datetime | None, Query(description="From this instant")] = None,
        at_lt: Annotated[datetime | None, Query(description="Before this instant")] = None,
    ) -> None:
        self.equal = {
            "method": method,
            "route": route,
            "path": path,
            "status": status,
            "trace_id": trace_id,
        }
        self.subject, self.is_denied, self.at_gte, self.at_lt = subject, is_denied, at_gte, at_lt

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        columns = request_audit.c
        found = [columns[name] == value for name, value in self.equal.items() if value is not None]
        if self.subject is not None:
            found.append(sa.or_(columns.subject == self.subject, columns.owner == self.subject))
        if self.is_denied is not None:
            is_in = columns.status.in_(DENIED)
            found.append(is_in if self.is_denied else sa.not_(is_in))
        if self.at_gte is not None:
            found.append(columns.at >= self.at_gte)
        if self.at_lt is not None:
            found.append(columns.at < self.at_lt)
        return found

    def scope(self) -> str:
        parts = (*self.equal.values(), self.subject, self.is_denied, self.at_gte, self.at_lt)
        return "|".join(("request-audit", *(str(part) for part in parts)))


@listed(
    router,
    "",
    AuditEntryBody,
    summary="List writes and denied calls",
    operation_id="list_request_audit",
)
async def list_request_audit(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    filters: Annotated[AuditFilters, Depends()],
) -> Page[AuditEntryBody]:
    """The newest first; a call is listed within a second of its reply."""
    scope = filters.scope()
    statement = sa.select(request_audit).where(*filters.conditions()).order_by(request_audit.c.id.desc())
    if (after := page.after(scope)) is not None:
        statement = statement.where(request_audit.c.id < int(after[0]))
    rows = (await connection.execute(statement.limit(page.limit + 1))).all()
    kept, cursor = page.cut(rows, scope, lambda row: (row.id,))
    return Page(items=[AuditEntryBody.model_validate(dict(row._mapping)) for row in kept], next_cursor=cursor)
