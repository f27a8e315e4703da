import pytest

from gateway.domain.routing import GATEWAY, JOB, SERVICES, at_home, routes_of
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


@pytest.mark.parametrize(
    ("last_digit", "service"),
    [("0", "payments"), ("1", "partners"), ("2", "reporting"), ("3", "research"), ("4", "gateway")],
)
def test_a_job_is_answered_by_the_service_that_its_id_names(last_digit: str, service: str) -> None:
    route = routes_of(RULES)[("GET", JOB)]

    assert at_home(route, f"/v1/jobs/01a2160b-32d1-76d9-b782-b1128f1c92d{last_digit}").service == service


@pytest.mark.parametrize("name", ["01a2160b-32d1-76d9-b782-b1128f1c92df", "7", ""])
def test_what_names_no_service_goes_where_it_is_refused(name: str) -> None:
    assert at_home(routes_of(RULES)[("DELETE", JOB)], f"/v1/jobs/{name}").service == "payments"
