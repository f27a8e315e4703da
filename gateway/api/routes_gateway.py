"""What the gateway answers itself: who am I, health, the API's document and the pages that explain it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from gateway.adapters.credentials import Credentials
from gateway.adapters.key_source import KeySource
from gateway.adapters.part_states import PartStates
from gateway.adapters.service_documents import PublishedDocuments, PublishedText, ServiceDocuments
from gateway.api.rate_limits import CALLER_QUOTAS, RateLimits
from gateway.domain.problem_pages import problem_page
from shared.actors import person_behind
from shared.errors import NotFound
from shared.identity import CurrentCaller
from shared.version import VERSION

REFERENCE_FOLDER: Final = Path(__file__).parent / "reference"
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
KnownETag = Annotated[str | None, Header(alias="If-None-Match")]
_PAGE_HEADERS: Final = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
_MEDIA_TYPES: Final = {
    "reference.css": "text/css; charset=utf-8",
    **dict.fromkeys(
        ("elements.js", "reference.js", "reply.js", "schema.js", "trial.js"), "text/javascript; charset=utf-8"
    ),
}


class Me(BaseModel):
    """The caller as the access token describes it."""

    subject: str = Field(description="The token's subject", examples=["0c6b3f1e"])
    roles: list[str] = Field(description="Roles this system knows, sorted", examples=[["coordinator"]])
    zones: list[str] = Field(description="Sales zones whose rows a zonal_sales sees", examples=[["north"]])
    partner_code: str | None = Field(
        description="The partner whose rows a partner sees", examples=["CP-0042"]
    )
    sees_all_rows: bool = Field(
        description="True when neither zone nor partner limits the rows", examples=[True]
    )
    credential: Literal["access_token", "api_key"] = Field(description="How you came in")
    credential_id: str | None = Field(
        description="The token's `jti` claim or the key's id: what a revocation names", examples=["8f14e45f"]
    )
    owner: str | None = Field(description="Who answers for the key; null of a token", examples=["0c6b3f1e"])
    scopes: list[str] | None = Field(
        description="What narrows the key's roles, sorted; null narrows nothing", examples=[["receipts:read"]]
    )
    expires_at: datetime = Field(description="When the token or key stops counting")


class LimitState(BaseModel):
    """One quota of the caller, as the headers RateLimit-Policy and RateLimit tell it too."""

    name: str = Field(description="What it counts: reads, writes or imports", examples=["reads"])
    requests: int = Field(description="Requests per window", examples=[12000])
    window_seconds: int = Field(description="Length of the window", examples=[60])
    remaining: int = Field(description="Requests left at this moment", examples=[11998])
    resets_in_seconds: int = Field(description="When the whole quota is there again", examples=[1])


class Limits(BaseModel):
    """What a client that cannot see reply headers needs to pace itself."""

    subject: str = Field(
        description="Whose requests are counted, over all their tokens and keys", examples=["0c6b3f1e"]
    )
    items: list[LimitState] = Field(description="One state per quota")


class Health(BaseModel):
    """State of the gateway and of what stands behind it."""

    status: str = Field(
        description="ready, degraded (some services are away), draining (about to end) or not ready",
        examples=["ready"],
    )
    parts: dict[str, str] = Field(
        description="State of each part", examples=[{"database": "ready", "payments": "ready"}]
    )
    version: str = Field(VERSION, description="Version of the system", examples=["0.1.0"])


me_router = APIRouter(tags=["Identity"])
health_router = APIRouter(tags=["Health"])
reference_router = APIRouter(include_in_schema=False)


@me_router.get("/v1/me", summary="Show who I am", operation_id="show_me")
async def show_me(request: Request, caller: CurrentCaller) -> Me:
    """What the access token or API key opens, and until when."""
    credentials: Credentials = request.app.state.credentials
    credential = await credentials.credential_of(request.headers["authorization"].encode("latin-1"))
    return Me(
        subject=caller.subject,
        roles=sorted(caller.roles),
        zones=sorted(caller.zones),
        partner_code=caller.partner_code,
        sees_all_rows=caller.row_scope().sees_all,
        credential=credential.kind,
        credential_id=credential.id,
        owner=caller.owner,
        scopes=None if caller.scopes is None else sorted(caller.scopes),
        expires_at=datetime.fromtimestamp(credential.expires_at, UTC),
    )


@me_router.get("/v1/limits", summary="Show how often I may still call", operation_id="show_limits")
async def show_limits(caller: CurrentCaller, request: Request) -> Limits:
    """Counted over all processes of the gateway; in the body, for clients that see no headers."""
    limits: RateLimits = request.app.state.rate_limits
    counted = person_behind(caller.actor)
    cells = [limits.limiter.cell(limits.quotas[name], counted) for name in CALLER_QUOTAS]
    await limits.limiter.learn(cells)
    now = limits.limiter.now()
    return Limits(
        subject=counted,
        items=[
            LimitState(
                name=cell.quota.name,
                requests=cell.quota.requests,
                window_seconds=cell.quota.window_seconds,
                remaining=cell.remaining(now),
                resets_in_seconds=cell.seconds_until_full(now),
            )
            for cell in cells
        ],
    )


@health_router.get("/health/live", summary="Tell that the gateway runs", operation_id="health_live")
async def live() -> Health:
    """Says nothing about what stands behind it."""
    return Health(status="live", parts={})


@health_router.get(
    "/health/ready",
    summary="Tell whether requests can be served",
    operation_id="health_ready",
    response_model=Health,
    responses={503: {"model": Health, "description": "Requests cannot be served"}},
)
async def ready(request: Request) -> Response:
    """Services that are away make the gateway degraded, not unready: the others still answer."""
    if request.app.state.draining.is_set():
        health = Health(status="draining", parts={})
        return JSONResponse(health.model_dump(), 503, {"Cache-Control": "no-store"})
    parts: PartStates = request.app.state.part_states
    keys: KeySource = request.app.state.keys
    services = await parts.services()
    database, has_keys = await parts.database(), await keys.has_keys()
    can_serve = database == "ready" and has_keys and "ready" in services.values()
    is_whole = can_serve and set(services.values()) == {"ready"}
    status = "ready" if is_whole else "degraded" if can_serve else "not ready"
    states = {"database": database, "keys": "ready" if has_keys else "not read", **services}
    health = Health(status=status, parts=states)
    return JSONResponse(health.model_dump(), 200 if can_serve else 503, {"Cache-Control": "no-store"})


@reference_router.get("/openapi.json")
async def openapi(request: Request, if_none_match: KnownETag = None) -> Response:
    """The one document of all services."""
    return _document((await _published(request)).openapi, if_none_match)


@reference_router.get("/openapi-salesforce.json")
async def salesforce_openapi(request: Request, if_none_match: KnownETag = None) -> Response:
    """The part of it that Salesforce External Services imports."""
    return _document((await _published(request)).salesforce, if_none_match)


@reference_router.get("/asyncapi.json")
async def asyncapi(request: Request, if_none_match: KnownETag = None) -> Response:
    """The events of all services."""
    return _document(request.app.state.asyncapi, if_none_match)


@reference_router.get("/")
async def reference() -> Response:
    """A page that reads /openapi.json in the browser."""
    return _page("index.html", "text/html; charset=utf-8")


@reference_router.get("/reference/{name}")
async def reference_file(name: str) -> Response:
    """What the page is made of."""
    if name not in _MEDIA_TYPES:
        raise NotFound("There is no such file")
    return _page(name, _MEDIA_TYPES[name])


@reference_router.get("/problems/{code}")
async def problem(code: str, request: Request) -> Response:
    """Where a problem's `type` leads."""
    text = problem_page(code, (await _published(request)).merged)
    if text is None:
        raise NotFound("There is no such problem")
    return HTMLResponse(text, headers=_PAGE_HEADERS)


async def _published(request: Request) -> PublishedDocuments:
    documents: ServiceDocuments = request.app.state.documents
    return await documents.published()


def _document(published: PublishedText, if_none_match: str | None) -> Response:
    headers = {"ETag": published.etag, "Cache-Control": "no-cache"}
    if if_none_match is not None and published.etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(published.content, headers=headers, media_type="application/json")


def _page(name: str, media_type: str) -> Response:
    return Response((REFERENCE_FOLDER / name).read_bytes(), headers=_PAGE_HEADERS, media_type=media_type)
