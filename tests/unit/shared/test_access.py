import pytest
from fastapi import APIRouter, FastAPI

from shared.access import PUBLIC_PATHS, RULES, AccessMatrix, MethodNotAllowed, Rule, unlisted_routes
from shared.errors import Forbidden, NotFound
from shared.identity import ROLES, Caller

MATRIX = AccessMatrix(RULES)


def caller_with(*roles: str) -> Caller:
    return Caller("u", frozenset(roles), frozenset(), None, "t")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path_template}")
def test_exactly_the_listed_roles_pass(rule: Rule) -> None:
    path = rule.path_template.replace("{", "").replace("}", "")
    refused = set()
    for role in ROLES:
        try:
            MATRIX.authorized_rule(caller_with(role), rule.method, path)
        except Forbidden:
            refused.add(role)

    assert refused == ROLES - rule.roles


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/receipts/",
        "/v1/receipts/..",
        "/v1//receipts",
        "/v2/receipts",
        "/v1/receipts/a/b",
    ],
)
def test_paths_that_are_not_listed_do_not_exist(path: str) -> None:
    with pytest.raises(NotFound):
        MATRIX.rule_for("GET", path)


def test_unlisted_method_names_the_allowed_ones() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        MATRIX.rule_for("PATCH", "/v1/jobs/1")

    assert refused.value.facts["allow"] == "DELETE, GET, HEAD"


def test_literal_segment_wins_over_a_parameter() -> None:
    matrix = AccessMatrix(
        [Rule("GET", "/v1/a/{id}", ROLES), Rule("GET", "/v1/a/newest", frozenset({"admin"}))]
    )

    assert matrix.rule_for("GET", "/v1/a/newest").path_template == "/v1/a/newest"
    assert matrix.rule_for("HEAD", "/v1/a/7").path_template == "/v1/a/{id}"


def test_a_rule_listed_twice_stops_the_start() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        AccessMatrix([Rule("GET", "/v1/a/{x}", ROLES), Rule("GET", "/v1/a/{y}", ROLES)])


def test_routes_of_nested_routers_are_reported_when_unlisted() -> None:
    inner, outer = APIRouter(), APIRouter(prefix="/v1")

    @inner.get("/receipts/{receipt_number}")
    @inner.post("/surprises")
    async def answer() -> None: ...

    outer.include_router(inner)
    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(outer)
    app.mount("/files", FastAPI(openapi_url=None, docs_url=None, redoc_url=None))

    assert unlisted_routes(app, MATRIX) == ["POST /v1/surprises", "* /files"]


def test_nothing_below_v1_is_public() -> None:
    assert not [path for path in PUBLIC_PATHS if path.startswith("/v1")]
