"""Which process is given what."""

from pathlib import Path

import pytest

from deploy.local.folder import Memory, StackFolder
from deploy.local.identity import development_identity
from deploy.local.topology import DATABASE_OWNERS, SERVICES, Backing, ProcessPlan, system_plan


@pytest.fixture
def plans(tmp_path: Path) -> dict[str, ProcessPlan]:
    backing = Backing(
        {owner: f"postgresql://{owner}" for owner in DATABASE_OWNERS},
        {owner: f"amqp://{owner}" for owner in DATABASE_OWNERS},
    )
    plan = system_plan(
        backing, Memory(StackFolder(tmp_path)), development_identity(tmp_path), gateway_port=8000
    )
    return {process.name: process for process in plan}


def test_every_service_has_an_api_and_a_worker_and_the_gateway_stands_before_them(
    plans: dict[str, ProcessPlan],
) -> None:
    expected = {f"{service} {kind}" for service in SERVICES for kind in ("API", "worker")}
    expected |= {"gateway", "gateway worker", "issuer", "mail catcher"}

    assert set(plans) == expected


def test_the_gateway_alone_can_sign_internal_tokens(plans: dict[str, ProcessPlan]) -> None:
    holders = [
        name for name, plan in plans.items() if "GATEWAY_INTERNAL_TOKEN_PRIVATE_KEY" in plan.environment
    ]

    assert holders == ["gateway"]


def test_no_process_is_given_the_database_of_another(plans: dict[str, ProcessPlan]) -> None:
    for name, plan in plans.items():
        urls = [key for key in plan.environment if key.endswith("_DATABASE_URL")]

        assert urls == (
            [] if name in ("issuer", "mail catcher") else [f"{name.split()[0].upper()}_DATABASE_URL"]
        )


def test_the_gateway_is_told_the_port_that_each_service_listens_on(plans: dict[str, ProcessPlan]) -> None:
    for service in SERVICES:
        port = plans[f"{service} API"].environment[f"{service.upper()}_PORT"]

        assert plans["gateway"].environment[f"GATEWAY_{service.upper()}_URL"] == f"http://127.0.0.1:{port}"
