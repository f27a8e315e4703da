from gateway.domain.routing import GATEWAY, SERVICES, routes_of
from shared.access import RULES


def test_every_listed_route_has_a_service() -> None:
    routes = routes_of(RULES, timeout_seconds=30)

    assert {route.service for route in routes.values()} <= {GATEWAY, *SERVICES}
    assert len(routes) == len(RULES)


def test_statement_files_may_be_large_and_slow() -> None:
    route = routes_of(RULES, timeout_seconds=30)[("POST", "/v1/bank-statements")]

    assert (route.service, route.timeout_seconds, route.body_bytes_max) == (
        "payments",
        300,
        512 * 1024 * 1024,
    )
