"""Who wrote what and who was denied, for auditors."""

from datetime import datetime
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.adapters.orm import request_audit
from shared.dependencies import PageWanted, Reading
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.wire import WireModel

DENIED: Final = (401, 403, 404)
router = APIRouter(prefix="/v1/request-audit", tags=["Audit"])


class AuditEntryBody(WireModel):
    """One write, or one call that was denied; bodies and queries are never kept."""

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


class AuditFilters:
    """What narrows the audit."""

    def __init__(
        self,
        subject: Annotated[str | None, Query(max_length=255, description="Who, or whose key")] = None,
        method: Annotated[str | None, Query(pattern="^[A-Z]{1,20}$", description="Of this method")] = None,
        route: Annotated[str | None, Query(max_length=300, description="The route's template")] = None,
        status: Annotated[int | None, Query(ge=100, le=599, description="Answered with this status")] = None,
        trace_id: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="Of this call")] = None,
        is_denied: Annotated[bool | None, Query(description="401, 403 and 404, or all others")] = None,
        at_gte: Annotated[datetime | None, Query(description="From this instant")] = None,
        at_lt: Annotated[datetime | None, Query(description="Before this instant")] = None,
    ) -> None:
        self.equal = {
            "method": method,
            "route": route,
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
