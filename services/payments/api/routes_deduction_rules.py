"""Rules by which payers keep something back: the law on tax, who deducts it, discounts and freight."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.payments.adapters.queries.deductions import (
    DISCOUNT_TERM_SELECT,
    FREIGHT_TERM_SELECT,
    TAX_DEDUCTOR_SELECT,
    TAX_RULE_SELECT,
)
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_deductions import (
    DiscountTermBody,
    DiscountTermDraft,
    FreightTermBody,
    FreightTermDraft,
    TaxDeductorBody,
    TaxDeductorDraft,
    TaxRuleBody,
    TaxRuleDraft,
    discount_term_body,
    freight_term_body,
    tax_deductor_body,
    tax_rule_body,
)
from services.payments.application.add_deduction_rule import (
    AddTaxRule,
    AgreeDiscount,
    AgreeFreight,
    RegisterDeductor,
    add_law,
    agree_discount,
    agree_freight,
    register_deductor,
)
from services.payments.domain.deduction_terms import TanInvalid
from services.payments.domain.errors import DateImpossible, DeductionUnknown, PartnerUnknown, RuleTaken
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Deductions"])
OfPartner = Annotated[str | None, Query(max_length=40)]


@listed(router, "/tax-rules", TaxRuleBody, summary="List the law on tax deducted at source")
async def list_tax_rules(page: PageWanted, connection: Reading, _caller: CurrentCaller) -> Page[TaxRuleBody]:
    """Of each kind the newest first; the newest that has begun is in force until its last day."""
    listing = Listing(TAX_RULE_SELECT, order=("r.kind", "r.valid_from"), is_descending=True)
    rows = await listing.after(page.after("tax-rules"), ["text", "date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "tax-rules", lambda row: (row.kind, row.valid_from.isoformat()))
    return Page(items=[tax_rule_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/tax-rules",
    status_code=201,
    response_model=TaxRuleBody,
    summary="Add the law from a day on",
    responses=refusals(DeductionUnknown, RuleTaken, DateImpossible, KeyReused, StillRunning),
)
async def add_tax_rule_route(
    draft: TaxRuleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It replaces the rule before it from its first day on; what was decided stays. No release is needed."""

    async def perform() -> Response:
        facts = {name: getattr(draft, name) for name in TaxRuleDraft.model_fields if name != "threshold"}
        command = AddTaxRule(**facts, threshold_minor=draft.threshold.minor())
        await add_law(work, command, posting_of(caller))
        listing = Listing(TAX_RULE_SELECT, order=("r.kind",))
        listing.where("r.kind = :kind AND r.valid_from = :day", kind=draft.kind, day=draft.valid_from)
        (row,) = await listing.rows(work.connection, limit=1)
        return as_reply(tax_rule_body(row), 201)

    return await done_once(work, (caller, key, "/v1/tax-rules"), draft, perform)


@listed(router, "/tax-deductors", TaxDeductorBody, summary="List partners known to deduct tax or not to")
async def list_tax_deductors(
    page: PageWanted, connection: Reading, _caller: CurrentCaller, partner_code: OfPartner = None
) -> Page[TaxDeductorBody]:
    """By partner and day; the newest of a partner counts."""
    scope = f"tax-deductors|{partner_code}"
    listing = Listing(TAX_DEDUCTOR_SELECT, order=("d.partner_code", "d.valid_from"))
    listing.where("d.partner_code = :partner_code", partner_code=partner_code)
    rows = await listing.after(page.after(scope), ["text", "date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.partner_code, row.valid_from.isoformat()))
    return Page(items=[tax_deductor_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/tax-deductors",
    status_code=201,
    response_model=TaxDeductorBody,
    summary="Say whether a partner deducts tax",
    responses=refusals(PartnerUnknown, TanInvalid, RuleTaken, KeyReused, StillRunning),
)
async def register_deductor_route(
    draft: TaxDeductorDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """From a day on, with its TAN and whether it has our PAN."""

    async def perform() -> Response:
        await register_deductor(work, RegisterDeductor(**draft.model_dump()), posting_of(caller))
        listing = Listing(TAX_DEDUCTOR_SELECT, order=("d.partner_code",))
        listing.where(
            "d.partner_code = :code AND d.valid_from = :day", code=draft.partner_code, day=draft.valid_from
        )
        (row,) = await listing.rows(work.connection, limit=1)
        return as_reply(tax_deductor_body(row), 201)

    return await done_once(work, (caller, key, "/v1/tax-deductors"), draft, perform)


@listed(router, "/discount-terms", DiscountTermBody, summary="List discounts agreed for early payment")
async def list_discount_terms(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    partner_code: OfPartner = None,
    valid_on: Day | None = None,
) -> Page[DiscountTermBody]:
    """The oldest first."""
    scope = f"discount-terms|{partner_code}|{valid_on}"
    listing = Listing(DISCOUNT_TERM_SELECT, order=("t.valid_from", "t.id"))
    listing.where("t.partner_code = :partner_code", partner_code=partner_code)
    listing.where("t.valid_from <= :day AND coalesce(t.valid_to, :day) >= :day", day=valid_on)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.valid_from.isoformat(), str(row.id)))
    return Page(items=[discount_term_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/discount-terms",
    status_code=201,
    response_model=DiscountTermBody,
    summary="Agree on a discount for early payment",
    responses=refusals(PartnerUnknown, RuleTaken, DateImpossible, KeyReused, StillRunning),
)
async def agree_discount_route(
    draft: DiscountTermDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """A payment that is short by just this and comes in time is booked with the discount on its own account."""

    async def perform() -> Response:
        term = await agree_discount(work, AgreeDiscount(**draft.model_dump()), posting_of(caller))
        listing = Listing(DISCOUNT_TERM_SELECT, order=("t.id",)).where("t.id = :id", id=term)
        (row,) = await listing.rows(work.connection, limit=1)
        return as_reply(discount_term_body(row), 201)

    return await done_once(work, (caller, key, "/v1/discount-terms"), draft, perform)


@listed(router, "/freight-terms", FreightTermBody, summary="List freight that payers may keep back")
async def list_freight_terms(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    partner_code: OfPartner = None,
    valid_on: Day | None = None,
) -> Page[FreightTermBody]:
    """The oldest first."""
    scope = f"freight-terms|{partner_code}|{valid_on}"
    listing = Listing(FREIGHT_TERM_SELECT, order=("t.valid_from", "t.id"))
    listing.where("t.partner_code = :partner_code", partner_code=partner_code)
    listing.where("t.valid_from <= :day AND coalesce(t.valid_to, :day) >= :day", day=valid_on)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.valid_from.isoformat(), str(row.id)))
    return Page(items=[freight_term_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/freight-terms",
    status_code=201,
    response_model=FreightTermBody,
    summary="Agree on freight that a payer may keep back",
    responses=refusals(PartnerUnknown, RuleTaken, DateImpossible, KeyReused, StillRunning),
)
async def agree_freight_route(
    draft: FreightTermDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Up to a cap only with invoices that the payer names; just an amount also without."""

    async def perform() -> Response:
        facts = {
            name: getattr(draft, name)
            for name in FreightTermDraft.model_fields
            if name not in {"amount", "cap"}
        }
        command = AgreeFreight(
            **facts,
            amount_minor=draft.amount.minor() if draft.amount else None,
            cap_minor=draft.cap.minor() if draft.cap else None,
        )
        term = await agree_freight(work, command, posting_of(caller))
        listing = Listing(FREIGHT_TERM_SELECT, order=("t.id",)).where("t.id = :id", id=term)
        (row,) = await listing.rows(work.connection, limit=1)
        return as_reply(freight_term_body(row), 201)

    return await done_once(work, (caller, key, "/v1/freight-terms"), draft, perform)
