"""Whatever breaks inside, the caller learns that it was our side and how to name it, and nothing else."""

import re
from typing import Final

import httpx
import pytest
from fastapi import FastAPI

from deploy.documents import SERVICES
from gateway.domain.routing import service_of
from shared.identity import LINK_HOLDER, ROLES, Caller, InternalTokenIssuer
from tests.contract.requests import PlausibleRequest, plausible_requests
from tests.integration.service_callers import CURSOR_SECRET, PRIVATE_KEY, PUBLIC_KEY
from tests.provisions import DatabaseFactory

# What a stack, a statement, a table or a path of ours would look like.
INSIDE: Final = re.compile(
    r"Traceback|sqlalchemy|asyncpg|psycopg|UndefinedTable|relation \"|SELECT |INSERT |\.py\b|/site-packages",
    re.I,
)
# Answered before anything is looked up: from a table in the code, or refused by a rule that examples do not keep.
NEVER_ASK_THE_DATABASE: Final = frozenset(
    {
        "GET /v1/dashboards",
        "GET /v1/document-links/{token}",
        "GET /v1/document-links/{token}/content",
        "GET /v1/ledger-accounts",
        "GET /v1/mapping-profiles",
        "GET /v1/mapping-profiles/{profile}",
        "GET /v1/market-analyses",
        "GET /v1/market-analyses/{analysis}",
        "GET /v1/report-sources",
        "POST /v1/bank-lines/{bank_line_id}/link",
        "POST /v1/bank-statements",
        "POST /v1/delivery-bounces",
        "POST /v1/document-links/{token}/acknowledgement",
        "POST /v1/document-links/{token}/content",
        "POST /v1/document-links/{token}/objection",
        "POST /v1/document-links/{token}/reply",
        "POST /v1/document-links/{token}/unsubscription",
        "POST /v1/documents",
        "POST /v1/freight-terms",
        "POST /v1/payment-queries",
        "POST /v1/refunds",
        "POST /v1/research-assignments",
        "POST /v1/tax-deductors",
    }
)
ANYBODY: Final = Caller("test", ROLES | {LINK_HOLDER}, frozenset(), None, "token-all")


def requests_to(service: str) -> list[PlausibleRequest]:
    return [one for one in plausible_requests() if service_of(one.operation.path) == service]


def application(service: str, database_url: str) -> FastAPI:
    settings, create = SERVICES[service]
    return create(
        settings.model_validate(
            {
                "database_url": database_url,
                "amqp_url": "amqp://unused",
                "internal_token_public_key": PUBLIC_KEY,
                "cursor_secret": CURSOR_SECRET,
                "webhook_secret": "a webhook secret of tests only",
                "log_level": "error",
            }
        )
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_over_a_broken_database_answers_a_generic_problem(
    service: str, empty_database: DatabaseFactory
) -> None:
    """The database is there and has no table: every statement fails in a way that nobody foresaw."""
    app = application(service, await empty_database(service))
    token = InternalTokenIssuer(PRIVATE_KEY).token_for(ANYBODY, service)
    broken: set[str] = set()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://service",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        for request in requests_to(service):
            reply = await client.request(**request.arguments)
            name = request.operation.name
            assert not INSIDE.search(reply.text), f"{name}: {reply.text}"
            assert str(reply.status_code) in request.operation.replies, f"{name}: {reply.text}"
            if reply.status_code == 500:
                broken.add(name)
                assert reply.headers["Content-Type"] == "application/problem+json", name
                problem = reply.json()
                assert problem["code"] == "fault", name
                assert re.fullmatch(r"[0-9a-f]{32}", problem["trace_id"]), name
                assert problem["errors"] == [], name
                assert reply.headers["Connection"] == "close", name
    await app.state.database.close()

    expected = {one.operation.name for one in requests_to(service)} - NEVER_ASK_THE_DATABASE
    assert expected - broken == set(), "these were refused before they came to the database"
