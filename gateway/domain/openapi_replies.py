"""What any operation may answer besides its own replies: what the gateway and its way to the services add."""

from typing import Any, Final

from gateway.domain.routing import GATEWAY, service_of

Document = dict[str, Any]
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
# name of the component, status, when it is answered
BAD_REQUEST: Final = ("Malformed", "400", "The request cannot be read")
NO_SUCH_METHOD: Final = (
    "MethodNotAllowed",
    "405",
    "The path has no such method; the header Allow lists those it has",
)
REQUEST_TIMEOUT: Final = ("RequestTimeout", "408", "The body stopped arriving")
TOO_MANY: Final = ("TooManyRequests", "429", "Too many requests; try again after the seconds in Retry-After")
BROKEN: Final = (
    "BadGateway",
    "502",
    "A part of the system broke off; a POST may be repeated with its Idempotency-Key",
)
SLOW: Final = (
    "GatewayTimeout",
    "504",
    "A part of the system took too long; a POST may be repeated with its key",
)
NOT_MODIFIED: Final = "Nothing changed since the reply whose `ETag` you sent"
_ETAG: Final = {
    "description": "Names this reply; send it as `If-None-Match`, or with a change as `If-Match`",
    "schema": {"type": "string"},
}
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "`ETag` you have; 304 if it still holds",
    "schema": {"type": "string"},
}
_RETRY_AFTER: Final = {
    "Retry-After": {
        "description": "Seconds to wait",
        "schema": {"type": "integer", "minimum": 0},
        "example": 2,
    }
}
_ALLOW: Final = {
    "Allow": {
        "description": "The methods that the path has",
        "schema": {"type": "string"},
        "example": "GET, HEAD, POST",
    }
}
_EXAMPLES: Final = {
    "400": ("malformed", "Malformed request", "The body is not well-formed JSON"),
    "401": ("unauthenticated", "Not authenticated", "Send an access token: Authorization: Bearer …"),
    "403": ("forbidden", "Not allowed", "Your roles do not allow this"),
    "404": ("not_found", "Not found", "There is no such resource"),
    "405": ("method_not_allowed", "Method not allowed", "The resource does not answer this method"),
    "408": ("request_timeout", "The request took too long to arrive", "The rest of the body did not arrive"),
    "413": ("too_large", "Too large", "This route takes at most 1,048,576 bytes"),
    "415": ("unsupported_format", "Unsupported format", "Send the body as application/json"),
    "422": ("invalid", "Invalid values", "Some values are not acceptable; see errors"),
    "429": ("too_many_requests", "Too many requests", "Try again in a moment"),
    "500": ("fault", "Our side failed", "Something went wrong on our side; the trace id finds it in our log"),
    "502": ("upstream_broken", "A part of the system broke off", "payments broke off before it answered"),
    "503": ("busy", "Try again later", "Try again in a moment"),
    "504": ("upstream_slow", "A part of the system took too long", "payments did not answer in 30 seconds"),
}
_STATUS_OF: Final = {
    "Malformed": "400",
    "Unauthenticated": "401",
    "Forbidden": "403",
    "NotFound": "404",
    "MethodNotAllowed": "405",
    "RequestTimeout": "408",
    "TooLarge": "413",
    "UnsupportedFormat": "415",
    "Invalid": "422",
    "TooManyRequests": "429",
    "Fault": "500",
    "BadGateway": "502",
    "Busy": "503",
    "GatewayTimeout": "504",
}


def add_common_replies(document: Document) -> None:
    """Name in every operation the refusals and faults that are not its own; they are kept once as components."""
    responses = document["components"].setdefault("responses", {})
    for name, status, text in (BAD_REQUEST, NO_SUCH_METHOD, REQUEST_TIMEOUT, TOO_MANY, BROKEN, SLOW):
        responses.setdefault(name, _reply(status, text))
    for name, response in responses.items():
        _complete(response, _STATUS_OF.get(name, ""))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _add(operation, is_passed_on=service_of(path) != GATEWAY)
            if method == "get" and path.startswith("/v1/"):
                _add_conditional(operation)
    document["components"]["responses"] = dict(sorted(responses.items()))


def _add(operation: Document, *, is_passed_on: bool) -> None:
    common = [BAD_REQUEST, NO_SUCH_METHOD, TOO_MANY]
    if is_passed_on:
        common += [BROKEN, SLOW]
    if "requestBody" in operation:
        common.append(REQUEST_TIMEOUT)
    replies = operation["responses"]
    for name, status, _ in common:
        replies.setdefault(status, {"$ref": f"#/components/responses/{name}"})
    operation["responses"] = dict(sorted(replies.items()))


def _add_conditional(operation: Document) -> None:
    """Every JSON reply to a GET has an ETag (`shared/conditional.py`)."""
    found = operation["responses"].get("200", {})
    if "application/json" not in found.get("content", {}):
        return
    found.setdefault("headers", {}).setdefault("ETag", dict(_ETAG))
    operation["responses"].setdefault("304", {"description": NOT_MODIFIED})
    operation["responses"] = dict(sorted(operation["responses"].items()))
    parameters = operation.setdefault("parameters", [])
    if all(parameter["name"] != "If-None-Match" for parameter in parameters):
        parameters.append(dict(_IF_NONE_MATCH))


def _reply(status: str, text: str) -> Document:
    return {"description": text, "content": {PROBLEM_MEDIA_TYPE: {"schema": dict(PROBLEM)}}}


def _complete(response: Document, status: str) -> None:
    """Give the shared problem replies their example, and those that have a header of their own that header."""
    if status == "405":
        response.setdefault("headers", {}).update(_ALLOW)
    if status in ("429", "503"):
        response.setdefault("headers", {}).update(_RETRY_AFTER)
    media = response.get("content", {}).get(PROBLEM_MEDIA_TYPE)
    if media is None or status not in _EXAMPLES:
        return
    code, title, detail = _EXAMPLES[status]
    media["example"] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "instance": "/v1/receipts",
        "code": code,
        "errors": [],
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
