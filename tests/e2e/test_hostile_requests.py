"""What costs more than it should, and what would be a command if anybody took it for one, at every operation."""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from gateway.domain.routing import BODY_BYTES_MAX, BOUNDS
from shared.access import RULES
from tests.contract.openapi import Operation, operations
from tests.contract.requests import ANY_ID, PATH_VALUES, PlausibleRequest, plausible_requests
from tests.e2e.desk import Desk
from tests.faults.processes import FragileSystem

LIMITS: Final = ("1000000000", "0", "-1", "1e3", "NaN", "9" * 400)
DEEP: Final = 100_000
HOSTILE_TEXTS: Final = (
    "' OR '1'='1",
    "'; DROP TABLE receipts; --",
    "\\'; SELECT pg_sleep(60); --",
    "%",
    "_" * 12,
    "$1 :partner_code {0} %s",
    "a" * 39 + "!",
)
JSON: Final = {"Content-Type": "application/json"}


@pytest.fixture
def admin(whole_system: FragileSystem) -> Iterator[httpx.Client]:
    with Desk.at(whole_system, role="admin") as desk:
        desk.register_bank_account("HOSTILE-1")
        yield desk.client


def writes() -> list[PlausibleRequest]:
    """Operations of an administrator that read a JSON body of the usual size."""
    requests = [one for one in plausible_requests() if isinstance(one.body, dict | list)]
    return [one for one in requests if is_of_the_usual_size(one.operation) and is_admins(one.operation)]


def is_of_the_usual_size(operation: Operation) -> bool:
    bounds = BOUNDS.get((operation.method.upper(), operation.path))
    return bounds is None or bounds.body_bytes_max == BODY_BYTES_MAX


def is_admins(operation: Operation) -> bool:
    """Not what only a partner may do, who is refused before the body is looked at."""
    rules = [one for one in RULES if one.path_template == operation.path]
    return any(one.method == operation.method.upper() and "admin" in one.roles for one in rules)


def lists() -> list[Operation]:
    return [one for one in operations() if "limit" in one.parameters("query")]


def sent(admin: httpx.Client, request: PlausibleRequest, content: bytes) -> httpx.Response:
    """The request with another body that says it is JSON."""
    return admin.request(
        request.operation.method.upper(),
        request.path,
        params=request.query,
        content=content,
        headers={**request.headers, **JSON},
    )


def address(operation: Operation) -> str:
    path = operation.path
    for name in operation.parameters("path"):
        path = path.replace(f"{{{name}}}", PATH_VALUES.get(name, ANY_ID))
    return path


def refused(reply: httpx.Response, statuses: set[int], what: str) -> None:
    assert reply.status_code in statuses, f"{what}: {reply.status_code} {reply.text[:300]}"
    assert reply.headers["Content-Type"] == "application/problem+json", what


def test_no_list_gives_more_than_its_pages(admin: httpx.Client) -> None:
    for number, operation in enumerate(lists()):
        limit = LIMITS[number % len(LIMITS)]
        refused(admin.get(address(operation), params={"limit": limit}), {422}, f"{operation.name} {limit}")


def test_no_cache_keeps_a_reply_but_that_of_a_reader_who_asks_again(admin: httpx.Client) -> None:
    for request in plausible_requests():
        if request.operation.method == "get":
            with admin.stream(**request.arguments) as reply:  # some never end
                told = reply.headers["Cache-Control"]
            is_asked_again = told == "private, no-cache" and "ETag" in reply.headers
            assert is_asked_again or "no-store" in told, f"{request.operation.name}: {told}"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[" * DEEP, id="deep arrays"),
        pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, id="deep objects"),
        pytest.param(b'{"amount": NaN}', id="not a number"),
        pytest.param(b'{"amount": 1e999, "limit": -1e999}', id="too large a number"),
        pytest.param(b'{"amount": ' + b"9" * 10_000 + b"}", id="a number of ten thousand digits"),
        pytest.param(b'{"note": "\\ud800"}', id="half a character"),
        pytest.param(b'{"note": "\\u0000"}', id="a null character"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
    ],
)
def test_no_body_is_read_that_costs_more_than_it_says(admin: httpx.Client, content: bytes) -> None:
    for request in writes():
        reply = sent(admin, request, content)
        refused(reply, {400, 404, 409, 412, 422}, request.operation.name)


def test_a_body_larger_than_its_route_takes_is_not_read_to_its_end(admin: httpx.Client) -> None:
    content = b'{"note": "' + b"x" * 2 * 1024 * 1024 + b'"}'

    for request in writes():
        reply = sent(admin, request, content)
        refused(reply, {413}, request.operation.name)


def test_a_batch_of_more_items_than_agreed_is_refused(admin: httpx.Client) -> None:
    batches = [one for one in plausible_requests() if one.path.endswith("/batch")]
    content = b"[" + b"{}," * 100_000 + b"{}]"

    assert len(batches) >= 4
    for request in batches:
        reply = sent(admin, request, content)
        refused(reply, {413}, request.operation.name)


def text_filters(operation: Operation) -> list[str]:
    """Query parameters that take any text."""

    def is_text(schema: dict[str, Any]) -> bool:
        variants = schema.get("anyOf", [schema])
        return any(one.get("type") == "string" and not {"enum", "format"} & one.keys() for one in variants)

    parameters = operation.body.get("parameters", [])
    return [
        one["name"]
        for one in parameters
        if one["in"] == "query" and one["name"] != "cursor" and is_text(one["schema"])
    ]


def test_a_filter_is_compared_and_never_run(admin: httpx.Client) -> None:
    """Nothing is found by a text that nobody has, whatever it means in SQL or to LIKE."""
    tried = 0
    for operation in lists():
        for name in text_filters(operation):
            hostile = HOSTILE_TEXTS[tried % len(HOSTILE_TEXTS)]
            reply = admin.get(address(operation), params={name: hostile, "limit": 5})
            tried += 1
            assert reply.status_code in (200, 404, 422), f"{operation.name} {name}: {reply.text[:300]}"
            if reply.status_code == 200:
                assert reply.json()["items"] == [], f"{operation.name} {name}={hostile}"

    assert tried > 60
    assert admin.get("/v1/bank-accounts").json()["items"], "and nothing is gone"


def test_a_hostile_name_in_a_path_names_nothing(admin: httpx.Client) -> None:
    items = [one for one in operations() if one.method == "get" and "{" in one.path]
    for number, operation in enumerate(items):
        hostile = httpx.QueryParams({"x": HOSTILE_TEXTS[number % len(HOSTILE_TEXTS)]})
        path = operation.path
        for name in operation.parameters("path"):
            path = path.replace(f"{{{name}}}", str(hostile).removeprefix("x=").replace("+", "%20"))
        reply = admin.get(path)
        if operation.path.startswith("/v1/payment-traces/"):
            assert reply.json().get("state") in ("not_seen", None), "any reference may be asked for"
        else:
            refused(reply, {400, 404, 422}, operation.name)
