"""Bank lines that wait for a person, and the evidence of each."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.bank_lines import (
    BANK_LINE_SELECT,
    IS_WAITING,
    SUGGESTION_SELECT,
    aliases_of_line,
    decisions_of_line,
    exceptions_of_line,
    receipts_of_line,
    sightings_of_line,
)
from services.payments.adapters.queries.listing import Listing, one_row
from services.payments.api.dependencies import PageWanted, Reading
from services.payments.api.schemas_bank_lines import (
    BankLineBody,
    LineEvidence,
    SuggestionBody,
    bank_line_body,
    suggestion_body,
)
from shared.conditional import revision_etag
from shared.errors import NotFound
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.money import minor_from_text
from shared.pagination import Page
from shared.replies import as_reply

router = APIRouter(prefix="/v1", tags=["Suggestions"])
_RUPEES: Final = r"^\d{1,15}(\.\d{1,2})?$"


@dataclass(frozen=True, slots=True)
class SuggestionFilters:
    """What narrows the work list down; each is a query parameter."""

    partner_code: Annotated[
        str | None, Query(max_length=40, description="A partner that may be the payer, whatever its share")
    ] = None
    bank_account: Annotated[str | None, Query(max_length=35)] = None
    amount_gte: Annotated[str | None, Query(pattern=_RUPEES, description="In rupees")] = None
    amount_lte: Annotated[str | None, Query(pattern=_RUPEES, description="In rupees")] = None
    age_hours_gte: Annotated[int | None, Query(ge=0, le=100_000, description="Since the credit")] = None
    decision: Literal["suggested", "exception"] | None = None
    kind: Literal["receipt", "not_a_receipt"] | None = None
    zone: Annotated[str | None, Query(max_length=40, description="Of the likeliest partner")] = None

    def narrow(self, listing: Listing, at: datetime) -> Listing:
        """The listing with the conditions that were given."""
        listing.where(
            "(d.partner_code = :partner_code OR d.alternatives @> jsonb_build_array(jsonb_build_object("
            "'partner', CAST(:partner_code AS text))))",
            partner_code=self.partner_code,
        )
        listing.where("b.number = :bank_account", bank_account=self.bank_account)
        listing.where("l.amount_minor >= :amount_gte", amount_gte=_minor(self.amount_gte))
        listing.where("l.amount_minor <= :amount_lte", amount_lte=_minor(self.amount_lte))
        credited = None if self.age_hours_gte is None else at - timedelta(hours=self.age_hours_gte)
        listing.where("c.credited_at <= :credited", credited=credited)
        listing.where("d.decision = :decision", decision=self.decision)
        return listing.where("d.kind = :kind", kind=self.kind).where("c.zone = :zone", zone=self.zone)


def _minor(amount: str | None) -> int | None:
    return None if amount is None else minor_from_text(amount, "INR")


@listed(router, "/suggestions", SuggestionBody, summary="The work list: credits that wait for a person")
async def list_suggestions(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    filters: Annotated[SuggestionFilters, Depends()],
) -> Page[SuggestionBody]:
    """Those whose 24 hours end first come first."""
    at = datetime.now(UTC)
    scope = f"suggestions|{filters}"
    listing = Listing(SUGGESTION_SELECT, order=("c.due_at", "l.id"), conditions=[IS_WAITING])
    filters.narrow(listing, at)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_at.isoformat(), str(row.id)))
    return Page(items=[suggestion_body(row, at) for row in kept], next_cursor=cursor)


@router.get(
    "/bank-lines/{bank_line_id}",
    response_model=BankLineBody,
    summary="Show all the evidence of one bank line",
)
async def show_bank_line(bank_line_id: UUID, connection: Reading, _caller: CurrentCaller) -> Response:
    """From the file's own words over every decision to the receipt. Its ETag is what a review sends as If-Match."""
    body = await evidence_of(connection, bank_line_id)
    return as_reply(body, headers=revision_etag(body.revision))


async def evidence_of(connection: AsyncConnection, bank_line_id: UUID) -> BankLineBody:
    """NotFound when there is no such line."""
    row = await one_row(connection, BANK_LINE_SELECT, "l.id = :id", id=bank_line_id)
    if row is None:
        raise NotFound(f"There is no bank line {bank_line_id}")
    evidence = LineEvidence(
        decisions=await decisions_of_line(connection, bank_line_id),
        exceptions=await exceptions_of_line(connection, bank_line_id),
        receipts=await receipts_of_line(connection, bank_line_id),
        sightings=await sightings_of_line(connection, bank_line_id),
        aliases=await aliases_of_line(connection, bank_line_id),
    )
    return bank_line_body(row, evidence)
