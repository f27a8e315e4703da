"""Every route is in the access matrix, every rule has its route, and the gateway knows the way."""

import importlib
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from gateway.domain.routing import GATEWAY, JOB, routes_of
from gateway.main import create_own_app
from shared.access import RULES, AccessMatrix, unlisted_routes
from shared.jobs.home import HOMES, JOBS
from shared.settings import ServiceSettings
from tests.architecture.source_files import SERVICES
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY

API: Final = "/v1/"


@cache
def application_of(owner: str) -> FastAPI:
    """The application, without a database: nothing connects before it is used."""
    if owner == GATEWAY:
        return create_own_app()
    settings_class = getattr(
        importlib.import_module(f"services.{owner}.settings"), f"{owner.title()}Settings"
    )
    settings = settings_class(
        database_url="postgresql://nobody@127.0.0.1/nothing",
        amqp_url="amqp://nobody@127.0.0.1",
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=CURSOR_SECRET,
        webhook_secret="a webhook secret of tests only",
    )
    assert isinstance(settings, ServiceSettings)
    application = importlib.import_module(f"services.{owner}.main").create_app(settings)
    assert isinstance(application, FastAPI)
    return application


def served(owner: str) -> Iterator[tuple[str, str]]:
    """Method and shape of every route of the API; parameters may be named as one likes."""
    for context in iter_route_contexts(application_of(owner).routes):
        if isinstance(context.original_route, APIRoute) and (context.path or "").startswith(API):
            assert context.path is not None
            for method in sorted((context.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, shape(context.path)


def shape(path: str) -> str:
    return "/".join("{}" if segment.startswith("{") else segment for segment in path.split("/"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_a_service_is_in_the_matrix(service: str) -> None:
    assert unlisted_routes(application_of(service), AccessMatrix(RULES)) == []


def test_every_rule_is_served_by_the_one_application_the_gateway_sends_it_to() -> None:
    serving: dict[tuple[str, str], list[str]] = {}
    for owner in (*SERVICES, GATEWAY):
        for route in served(owner):
            serving.setdefault(route, []).append(owner)
    sent = {
        # Each has jobs, and the gateway makes one list of all.
        (method, shape(path)): [*HOMES] if path in (JOB, JOBS) else [route.service]
        for (method, path), route in routes_of(RULES, timeout_seconds=1).items()
    }

    assert serving == sent
