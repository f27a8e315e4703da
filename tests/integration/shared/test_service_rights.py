"""Every service keeps the access matrix itself: whoever passed by the gateway meets the same rules again."""

from typing import Any, Final

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.documents import SERVICES
from gateway.domain.routing import service_of
from shared.access import RULES
from shared.identity import ROLES, InternalTokenIssuer
from tests.integration.service_callers import PRIVATE_KEY, a_caller
from tests.integration.shared.test_forced_faults import application

OF_ANOTHER: Final = "another service's token"


def guarded(service: str) -> FastAPI:
    """The application as it runs, with an answer of 204 where its routes would begin."""

    async def let_in(_request: Request) -> Response:
        return Response(status_code=204)

    app = application(service, "postgresql://nobody@127.0.0.1/nothing")
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app.router.routes[:] = [Route("/{path:path}", let_in, methods=methods)]
    return app


async def status_of(app: FastAPI, method: str, path: str, token: str | None) -> int:
    """Asked without a client between: there are thousands of questions."""
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [] if token is None else [(b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("service", 80),
        "scheme": "http",
    }
    await app(scope, receive, send)
    return statuses[0]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_lets_in_exactly_the_roles_of_the_matrix(service: str) -> None:
    issuer, app = InternalTokenIssuer(PRIVATE_KEY), guarded(service)
    tokens = {role: issuer.token_for(a_caller(role), service) for role in sorted(ROLES)}
    tokens[OF_ANOTHER] = issuer.token_for(
        a_caller("admin"), next(name for name in SERVICES if name != service)
    )
    wrong: list[str] = []
    for rule in (one for one in RULES if service_of(one.path_template) == service):
        path = rule.path_template.replace("{", "").replace("}", "")
        expected = {role: 204 if role in rule.roles else 403 for role in ROLES}
        for holder, status in {**expected, OF_ANOTHER: 401, "nobody": 401}.items():
            answered = await status_of(app, rule.method, path, tokens.get(holder))
            if answered != status:
                wrong.append(f"{rule.method} {rule.path_template} as {holder}: {answered}")

    assert wrong == []
