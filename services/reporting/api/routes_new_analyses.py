"""Asks for analyses: one route per kind, all of them answered, frozen and shown in the same way."""

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Response

from services.reporting.adapters.analysis_store import analysis_shown
from services.reporting.api.dependencies import Work
from services.reporting.api.schemas_analyses import (
    AnalysisBody,
    AnalysisDraft,
    VarianceDraft,
    analysis_body,
)
from services.reporting.api.schemas_bundling import BundlingDraft
from services.reporting.api.schemas_costing import BillOfMaterialsDraft, LandedCostDraft, MarginWaterfallDraft
from services.reporting.api.schemas_forecasts import ProjectionDraft
from services.reporting.application.run_analysis import WantedAnalysis, run_analysis
from services.reporting.domain.analysis import AnalysisKind
from services.reporting.domain.errors import (
    AnalysisInvalid,
    AnalysisTableUnknown,
    AnalysisUnknown,
    BillOfMaterialsCycle,
    CostUnknown,
    RateUnknown,
)
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.money import MoneyError
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/analyses", tags=["Analyses"])
_ALWAYS: Final = (AnalysisInvalid, AnalysisTableUnknown, MoneyError, KeyReused, StillRunning)


@router.post(
    "/variance",
    status_code=201,
    response_model=AnalysisBody,
    summary="Explain a change of revenue or margin",
    responses=refusals(*_ALWAYS, RateUnknown, CostUnknown),
)
async def analyse_variance(
    draft: VarianceDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """By price, volume, mix, what is new and what is gone, currency and returns: they add up to the change exactly."""
    return await _analysed(work, (caller, key, "variance"), AnalysisKind.VARIANCE, draft)


@router.post(
    "/bill-of-materials",
    status_code=201,
    response_model=AnalysisBody,
    summary="Roll up the cost of what is made of parts",
    responses=refusals(*_ALWAYS, RateUnknown, CostUnknown, BillOfMaterialsCycle),
)
async def analyse_bill_of_materials(
    draft: BillOfMaterialsDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Every part by its quantity in the whole. A part without a cost is an error by its name, a circle by its items."""
    return await _analysed(work, (caller, key, "bill-of-materials"), AnalysisKind.BILL_OF_MATERIALS, draft)


@router.post(
    "/landed-cost",
    status_code=201,
    response_model=AnalysisBody,
    summary="Lay freight, insurance, duty and charges on a shipment's lines",
    responses=refusals(*_ALWAYS, RateUnknown, CostUnknown),
)
async def analyse_landed_cost(
    draft: LandedCostDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Shared by value, weight, volume or quantity to the paisa; duty on CIF or FOB."""
    return await _analysed(work, (caller, key, "landed-cost"), AnalysisKind.LANDED_COST, draft)


@router.post(
    "/margin-waterfall",
    status_code=201,
    response_model=AnalysisBody,
    summary="Show what is left of the list price",
    responses=refusals(*_ALWAYS, CostUnknown),
)
async def analyse_margin_waterfall(
    draft: MarginWaterfallDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """From list over invoice, pocket price and pocket margin to contribution, each step with what it takes."""
    return await _analysed(work, (caller, key, "margin-waterfall"), AnalysisKind.MARGIN_WATERFALL, draft)


@router.post(
    "/projection",
    status_code=201,
    response_model=AnalysisBody,
    summary="Project what will be sold",
    responses=refusals(*_ALWAYS),
)
async def analyse_projection(
    draft: ProjectionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Each series by the combination of methods, or by one that rolling origins prefer; intervals by measured errors.

    Short, constant and intermittent series are projected plainly and say why. Totals are the sums of their series.
    """
    return await _analysed(work, (caller, key, "projection"), AnalysisKind.PROJECTION, draft)


@router.post(
    "/bundling",
    status_code=201,
    response_model=AnalysisBody,
    summary="Find what is bought together and price it as bundles",
    responses=refusals(*_ALWAYS, CostUnknown),
)
async def analyse_bundling(
    draft: BundlingDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Sets of items with counts of orders, rules that are more than chance, and what bundles of them do to profit."""
    return await _analysed(work, (caller, key, "bundling"), AnalysisKind.BUNDLING, draft)


async def _analysed(
    work: Work, asked: tuple[Caller, str | None, str], kind: AnalysisKind, draft: AnalysisDraft
) -> Response:
    """Run it, and show what was frozen; `asked` is who asks, with which key, on which path."""
    caller, key, path = asked

    async def perform() -> Response:
        wanted = WantedAnalysis(
            kind=kind,
            title=draft.title,
            options=draft.options(),
            zone=draft.zone,
            partner_code=draft.partner_code,
            rows=draft.sent_rows(),
            table_id=draft.table_id,
        )
        at, scope = datetime.now(UTC), caller.row_scope()
        analysis_id = await run_analysis(work, wanted, scope, at=at, actor=caller.actor)
        row = await analysis_shown(work.connection, scope, analysis_id)
        if row is None:
            raise AnalysisUnknown(f"There is no analysis {analysis_id}")
        return as_reply(analysis_body(row), 201)

    return await done_once(work, (caller, key, f"/v1/analyses/{path}"), draft, perform)
