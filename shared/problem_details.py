"""Every error reply as an RFC 9457 problem document: one shape, stable codes, nothing of the inside."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from asyncpg import PostgresError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.access import PUBLIC_PATHS
from shared.database_errors import is_about_null_characters, meaning_of
from shared.errors import Fault, FieldProblem, Invalid, Malformed, Refusal, SalesOpsError, UnsupportedFormat
from shared.null_characters import null_characters_in
from shared.observability import logger
from shared.trace import Trace

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 2
ERRORS_LISTED_MAX: Final = 100
STANDARD_REPLIES: Final = {
    400: ("Malformed", "The request cannot be read"),
    401: ("Unauthenticated", "No access token, or one that is not valid"),
    403: ("Forbidden", "Your roles do not allow this"),
    404: ("NotFound", "It does not exist, or it is not yours to see"),
    413: ("TooLarge", "The body is larger than this route takes"),
    415: ("UnsupportedFormat", "The body's media type or format is not read here"),
    422: ("Invalid", "Some values are not acceptable; `errors` lists them"),
    429: ("TooManyRequests", "A rate limit is used up; try again after the seconds in Retry-After"),
    500: ("Fault", "Something went wrong on our side"),
    503: ("Busy", "Try again after the seconds in Retry-After"),
}
_TRACE_EXAMPLE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_RESERVED: Final = frozenset({"type", "title", "status", "detail", "instance", "code", "errors", "trace_id"})


class ProblemField(BaseModel):
    """One bad value of the request."""

    pointer: str = Field(
        description="JSON pointer into the body, or the parameter's name", examples=["/amount"]
    )
    location: str = Field("body", description="body, query, path, header or cookie", examples=["body"])
    detail: str = Field(description="What was expected", examples=["Field required"])


class Problem(BaseModel):
    """An error reply (RFC 9457). Branch on `code`, which is stable; the texts may change."""

    type: str = Field(description="Path of the page that explains the code", examples=["/problems/not_found"])
    title: str = Field(description="The same for every problem of this code", examples=["Not found"])
    status: int = Field(description="The HTTP status", examples=[404])
    detail: str = Field(description="What happened this time", examples=["There is no such receipt"])
    instance: str = Field(description="The path that was called", examples=["/v1/receipts"])
    code: str = Field(description="Stable name of the problem", examples=["not_found"])
    errors: list[ProblemField] = Field(default_factory=list, description="The bad values, when there are any")
    trace_id: str = Field(description="Name this when asking for help", examples=[_TRACE_EXAMPLE])


def problem_document(error: Refusal | Fault, scope: Scope) -> dict[str, object]:
    """Return the document of a refusal or fault; facts become members unless they hide a standard one."""
    trace = scope.get("trace")
    facts = {name: fact for name, fact in error.facts.items() if name not in _RESERVED and fact is not None}
    return {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": scope["path"],
        "code": error.code,
        "errors": [_field_member(problem) for problem in error.problems[:ERRORS_LISTED_MAX]],
        "trace_id": trace.trace_id if isinstance(trace, Trace) else "",
        **facts,
    }


def problem_response(error: Refusal | Fault, scope: Scope) -> Response:
    """Return the reply for a refusal or fault, usable in any ASGI application."""
    headers = {"Cache-Control": "no-store"}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="salesops"'
    if error.status in (429, 503):
        headers["Retry-After"] = str(error.facts.get("retry_after_seconds", RETRY_AFTER_SECONDS))
    if error.status == 405 and "allow" in error.facts:
        headers["Allow"] = str(error.facts["allow"])
    content = json.dumps(problem_document(error, scope), ensure_ascii=False, separators=(",", ":"))
    return Response(content.encode(), error.status, headers, MEDIA_TYPE)


class ProblemMiddleware:
    """Answers refusals and faults raised by middleware, which FastAPI's own handlers do not see."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watched_send(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except (Refusal, Fault) as error:
            if has_started or scope["type"] != "http":
                raise
            _log_fault(error)
            await problem_response(error, scope)(scope, receive, send)


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of an application a problem document and say so in its OpenAPI document.

    Call it after the application's other middleware was added and before the observability middleware is.
    """
    app.add_middleware(ProblemMiddleware)
    app.exception_handler(SalesOpsError)(_answer_own)
    app.exception_handler(RequestValidationError)(_answer_invalid)
    app.exception_handler(HTTPException)(_answer_http)
    app.exception_handler(SQLAlchemyError)(_answer_database)
    app.exception_handler(PostgresError)(_answer_database)  # of statements given to the driver itself
    app.exception_handler(ConnectionError)(_answer_database)  # the server refuses connections
    app.exception_handler(Exception)(answer_unexpected)
    _document_problems(app)


async def _answer_own(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, Refusal | Fault) else Fault("Something went wrong on our side")
    _log_fault(known)
    return problem_response(known, request.scope)


async def _answer_database(request: Request, error: Exception) -> Response:
    meaning = meaning_of(error)
    if meaning is None and is_about_null_characters(error):
        problems = list(null_characters_in(await _body_of(request)))
        meaning = Invalid("A text holds the null character U+0000, which cannot be kept", problems=problems)
    if meaning is None:
        raise error  # a bug: answered and logged as one
    return await _answer_own(request, meaning)


async def _body_of(request: Request) -> object:
    """What FastAPI read of the body, None if a route reads its own or it is no JSON."""
    try:
        return await request.json()
    except (RuntimeError, ValueError):
        return None


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(_refusal_of(request, error.errors(), error.body), request.scope)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Refusal | Fault):
        # FastAPI calls whatever ends the reading of a body an error of parsing; a body too large says so itself.
        return await _answer_own(request, error.__cause__)
    allow = (error.headers or {}).get("Allow")
    refusal = refusal_of_status(error.status_code, error.detail, allow=allow)
    return problem_response(refusal, request.scope)


async def answer_unexpected(request: Request, _error: Exception) -> Response:
    """Answer a bug with a problem that shows only the trace id."""
    # Starlette raises the error again after this reply, so the server logs it with its stack exactly once.
    fault = Fault("Something went wrong on our side; the trace id finds it in our log")
    response = problem_response(fault, request.scope)
    response.headers["Connection"] = (
        "close"  # the server closes it over the error; who knows sends nothing into it
    )
    trace = request.scope.get("trace")
    if isinstance(trace, Trace):
        response.headers["X-Request-Id"] = trace.request_id
    return response


def refusal_of_status(status: int, detail: str, *, allow: str | None = None) -> Refusal:
    """Return a refusal with the status' own code: 405 is `method_not_allowed`."""
    known = HTTPStatus(status)
    refusal = Refusal(detail, allow=allow)
    # Instance attributes shadow the class variables: these statuses come from the framework, not from a rule.
    shadows = {"code": known.name.lower(), "status": status, "title": known.phrase.capitalize()}
    refusal.__dict__.update(shadows)
    return refusal


def _refusal_of(request: Request, errors: Sequence[Mapping[str, Any]], body: object) -> Refusal:
    if any(error["type"] == "json_invalid" for error in errors):
        return Malformed("The body is not well-formed JSON")
    expected = _expected_media_type(request)
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if expected and sent != expected and not (expected == "application/json" and sent.endswith("+json")):
        has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        if has_body:
            return UnsupportedFormat(f"Send the body as {expected}")
    problems = [_field_problem(error, body) for error in errors[:ERRORS_LISTED_MAX]]
    return Invalid("Some values are not acceptable; see errors", problems=problems)


def _expected_media_type(request: Request) -> str | None:
    body_field = getattr(request.scope.get("route"), "body_field", None)
    media_type = getattr(getattr(body_field, "field_info", None), "media_type", None)
    return media_type if isinstance(media_type, str) else None


def _field_problem(error: Mapping[str, Any], body: object) -> FieldProblem:
    """Drop pydantic's `input` and `ctx`: they may hold secrets and may not be serialisable."""
    location, *path = error["loc"]
    if location == "body":
        inside = _place_in(body, path)
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in inside)
    else:
        pointer = f"{location}:{'.'.join(map(str, path))}"
    return FieldProblem(pointer, str(error["msg"]))


def _place_in(body: object, path: Sequence[str | int]) -> list[str]:
    """The path without the names of alternatives, which pydantic puts in between and the body does not have."""
    inside: list[str] = []
    for place, part in enumerate(path, 1):
        if isinstance(body, dict) and part not in body and place < len(path):
            continue
        inside.append(str(part))
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and isinstance(part, int) and part < len(body):
            body = body[part]
    return inside


def _field_member(problem: FieldProblem) -> dict[str, str]:
    location, separator, name = problem.pointer.partition(":")
    if separator and location in ("query", "path", "header", "cookie"):
        return {"pointer": name, "location": location, "detail": problem.detail}
    return {"pointer": problem.pointer, "location": "body", "detail": problem.detail}


def _log_fault(error: Refusal | Fault) -> None:
    if isinstance(error, Fault):
        logger("problem").error("fault", code=error.code, detail=error.detail, exc_info=error)


def refusals(*kinds: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that can refuse for these reasons, with an example of each."""
    documented: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        reply = documented.setdefault(
            kind.status, {"description": "", "content": {MEDIA_TYPE: {"schema": _PROBLEM, "examples": {}}}}
        )
        reply["description"] = "; ".join(
            filter(None, [reply["description"], f"{kind.title} (`{kind.code}`)"])
        )
        example = {
            "type": f"/problems/{kind.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": f"{kind.title}: …",
            "instance": "/v1/…",
            "code": kind.code,
            "errors": [],
            "trace_id": _TRACE_EXAMPLE,
        }
        reply["content"][MEDIA_TYPE]["examples"][kind.code] = {"summary": kind.title, "value": example}
    return documented


def _document_problems(app: FastAPI) -> None:
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = with_problems(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to change the document


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document whose operations answer errors as Problem and ask for a bearer token."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for replaced in ("HTTPValidationError", "ValidationError"):
        schemas.pop(replaced, None)
    _, problem_schemas = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas.update(problem_schemas["$defs"])
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = {
        name: {"description": text, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
        for name, text in STANDARD_REPLIES.values()
    }
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"bearer": []}]
    for path, operations in document.get("paths", {}).items():
        for operation in operations.values():
            _document_replies(operation, is_public=path in PUBLIC_PATHS, is_item="{" in path)
    return document


def _document_replies(operation: dict[str, Any], *, is_public: bool, is_item: bool) -> None:
    has_body = "requestBody" in operation
    statuses = {500, 503}
    if is_public:
        operation["security"] = []
        statuses |= {400}
    else:
        statuses |= {401, 403, 429}
    if is_item:
        statuses |= {404}
    if has_body:
        statuses |= {400, 413, 415, 422}
    if operation.get("parameters"):
        statuses |= {422}
    replies = operation["responses"]
    if "HTTPValidationError" in json.dumps(replies.get("422", "")):
        del replies["422"]
    for status in statuses:
        replies.setdefault(str(status), {"$ref": f"#/components/responses/{STANDARD_REPLIES[status][0]}"})
    operation["responses"] = dict(sorted(replies.items()))
