import json
from collections.abc import AsyncIterator
from typing import Annotated, Literal

import httpx
import pytest
from fastapi import FastAPI, Form
from joserfc.jwk import OKPKey
from pydantic import BaseModel, Field, SecretStr

from shared.access import AccessMatrix, AccessMiddleware, Rule
from shared.errors import Busy, Conflict, FieldProblem, Invalid, NotFound, TooLarge, UpstreamUnavailable
from shared.identity import ROLES, Caller, CurrentCaller, InternalTokenIssuer, InternalTokenVerifier
from shared.observability import Metrics, ObservabilityMiddleware, RequestLog
from shared.problem_details import install_problem_handlers, refusals

KEY = OKPKey.generate_key("Ed25519")


class LimitReached(Conflict):
    code, title = "limit_reached", "The limit is reached"


class Body(BaseModel):
    amount: int
    token: SecretStr = SecretStr("")


class Acceptance(BaseModel):
    verdict: Literal["accept"]
    choice: int


class Rejection(BaseModel):
    verdict: Literal["reject"]


def example_app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.get("/v1/whoami")
    async def whoami(caller: CurrentCaller) -> str:
        return caller.subject

    @app.get("/v1/things/{number}", responses=refusals(LimitReached))
    async def thing(number: int) -> int:
        errors = {
            1: LimitReached("Ten is the most", limit=10, status=1),
            2: Busy("Later", retry_after_seconds=7),
            3: UpstreamUnavailable("The store does not answer"),
            4: Invalid("Bad", problems=[FieldProblem("/a/b", "no")]),
        }
        if number in errors:
            raise errors[number]
        raise RuntimeError("password=hunter2")

    @app.post("/v1/things")
    async def create(body: Body) -> int:
        return body.amount

    @app.post("/v1/verdicts")
    async def decide(
        verdicts: list[Annotated[Acceptance | Rejection, Field(discriminator="verdict")]],
    ) -> int:
        return len(verdicts)

    @app.post("/v1/forms")
    async def form(name: str = Form()) -> str:
        return name

    rules = [
        Rule("GET", "/v1/whoami", ROLES),
        Rule("GET", "/v1/things/{number}", ROLES),
        Rule("POST", "/v1/things", ROLES),
        Rule("POST", "/v1/verdicts", ROLES),
        Rule("POST", "/v1/forms", ROLES),
        Rule("GET", "/v1/absent", ROLES),
    ]
    verifier = InternalTokenVerifier(json.dumps(KEY.as_dict(private=False)), service="example")
    app.add_middleware(AccessMiddleware, verifier=verifier, matrix=AccessMatrix(rules))
    install_problem_handlers(app)
    request_log = RequestLog("example", level="error", log_format="json")
    app.add_middleware(ObservabilityMiddleware, metrics=Metrics("example"), request_log=request_log)
    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    issuer = InternalTokenIssuer(json.dumps(KEY.as_dict(private=True)))
    token = issuer.token_for(Caller("u-1", frozenset({"admin"}), frozenset(), None, "t"), "example")
    transport = httpx.ASGITransport(example_app(), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def test_the_caller_of_the_token_reaches_the_route(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/whoami")

    assert reply.json() == "u-1"


async def test_refusal_carries_code_facts_and_trace_id(client: httpx.AsyncClient) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"

    reply = await client.get("/v1/things/1", headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})

    assert reply.status_code == 409
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json() == {
        "type": "/problems/limit_reached",
        "title": "The limit is reached",
        "status": 409,
        "detail": "Ten is the most",
        "instance": "/v1/things/1",
        "code": "limit_reached",
        "errors": [],
        "trace_id": trace_id,
        "limit": 10,
    }


async def test_busy_says_when_to_try_again(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/things/2")

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "7")


async def test_fault_of_a_part_is_answered_with_its_status(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/things/3")

    assert (reply.status_code, reply.json()["code"]) == (503, "upstream_unavailable")


async def test_unexpected_error_shows_nothing_but_the_trace_id(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/things/9", headers={"X-Request-Id": "call-7"})

    assert reply.status_code == 500
    assert "hunter2" not in reply.text
    assert "Traceback" not in reply.text
    assert len(reply.json()["trace_id"]) == 32
    assert reply.headers["x-request-id"] == "call-7"


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b'{"amount": ', "application/json", 400, "malformed"),
        (b'{"amount": 1}', "text/plain", 415, "unsupported_format"),
        (b'{"amount": 1}', "", 415, "unsupported_format"),
        (b'{"amount": "x"}', "application/json", 422, "invalid"),
        (b'{"amount": "x"}', "application/merge+json", 422, "invalid"),
        (b"", "", 422, "invalid"),
    ],
)
async def test_bad_bodies_are_told_apart(
    client: httpx.AsyncClient, body: bytes, media_type: str, status: int, code: str
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}

    reply = await client.post("/v1/things", content=body, headers=headers)

    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_json_sent_to_a_form_is_an_unsupported_format(client: httpx.AsyncClient) -> None:
    reply = await client.post("/v1/forms", json={"name": "x"})

    assert reply.status_code == 415


async def test_invalid_values_are_pointed_at_and_never_echoed(client: httpx.AsyncClient) -> None:
    reply = await client.post("/v1/things", json={"amount": "s3cret", "token": 7})

    assert [error["pointer"] for error in reply.json()["errors"]] == ["/amount", "/token"]
    assert "s3cret" not in reply.text


async def test_a_pointer_leads_through_the_body_and_not_through_the_names_of_alternatives(
    client: httpx.AsyncClient,
) -> None:
    reply = await client.post("/v1/verdicts", json=[{"verdict": "reject"}, {"verdict": "accept"}])

    assert [error["pointer"] for error in reply.json()["errors"]] == ["/1/choice"]


async def test_invalid_parameter_is_named_with_its_place(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/things/abc")

    error = reply.json()["errors"][0]
    assert (error["pointer"], error["location"]) == ("number", "path")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/unlisted", 404, "not_found"),
        ("GET", "/v1/absent", 404, "not_found"),
        ("PUT", "/v1/things", 405, "method_not_allowed"),
    ],
)
async def test_framework_errors_are_problems_too(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    reply = await client.request(method, path)

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers.get("allow") == ("POST" if status == 405 else None)


async def test_call_without_a_token_is_refused_before_its_body_is_read(client: httpx.AsyncClient) -> None:
    reply = await client.post("/v1/things", content=b"{", headers={"Authorization": ""})

    assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_openapi_documents_problems_instead_of_validation_errors() -> None:
    document = example_app().openapi()

    operation = document["paths"]["/v1/things/{number}"]["get"]["responses"]
    assert set(operation) == {"200", "401", "403", "404", "409", "422", "429", "500", "503"}
    assert "limit_reached" in operation["409"]["content"]["application/problem+json"]["examples"]
    assert "HTTPValidationError" not in json.dumps(document)
    assert document["components"]["schemas"]["Problem"]["required"]
    assert document["security"] == [{"bearer": []}]


def test_no_such_thing_is_a_refusal_with_the_status_of_its_kind() -> None:
    assert NotFound("gone").status == 404


async def test_a_refusal_while_the_body_is_read_is_answered_as_what_it_is() -> None:
    """FastAPI would call it an error of parsing."""
    app = FastAPI()

    @app.post("/things")
    async def make(body: Body) -> int:
        return body.amount

    install_problem_handlers(app)

    async def never_ending() -> AsyncIterator[bytes]:
        yield b'{"name": "'
        raise TooLarge("This route takes at most 10 bytes")

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = {"Content-Type": "application/json"}
        reply = await client.post("/things", content=never_ending(), headers=headers)

    assert (reply.status_code, reply.json()["code"]) == (413, "too_large")
