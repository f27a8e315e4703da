"""The whole system, started once for the tests that look at it from outside."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from deploy.local.folder import StackFolder
from deploy.local.ports import free_ports
from deploy.local.topology import SERVICES
from tests.browser import headless_chromium
from tests.e2e.desk import Desk
from tests.e2e.salesforce_org import (
    ACCESS,
    EVENT_SECRET,
    MESSAGE_SECRET,
    ORGANIZATION_ID,
    SimulatedOrg,
    simulated_org,
)
from tests.faults.processes import EVERY_PROCESS, FragileSystem, fragile_system

# Hundreds of tests call from one address, and some show bad tokens on purpose.
WIDE_LIMITS = {
    f"GATEWAY_{quota}_PER_MINUTE": "1000000"
    for quota in ("READS", "WRITES", "IMPORTS", "REQUESTS", "FAILURES")
}


@pytest.fixture(scope="session")
def salesforce_port() -> int:
    """Where Salesforce is for the whole system; nobody answers there unless a test wants it."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def salesforce(salesforce_port: int) -> Iterator[SimulatedOrg]:
    """The Salesforce organization of the whole system, empty."""
    with simulated_org(salesforce_port) as org:
        yield org


def salesforce_settings(port: int) -> dict[str, str]:
    """How the whole system knows it, and it the whole system."""
    organization = {
        "id": ORGANIZATION_ID, "message_secrets": [MESSAGE_SECRET], "event_secrets": [EVENT_SECRET]
    }  # fmt: skip
    return {
        "GATEWAY_SALESFORCE_ORGANIZATIONS": json.dumps([organization]),
        "GATEWAY_SALESFORCE_INSTANCE_URL": f"http://127.0.0.1:{port}",
        "GATEWAY_SALESFORCE_CLIENT_ID": ACCESS.consumer_key,
        "GATEWAY_SALESFORCE_CLIENT_SECRET": ACCESS.consumer_secret,
    }


@contextmanager
def started(*processes: str, environment: dict[str, str]) -> Iterator[FragileSystem]:
    """Processes of `make run` on servers of their own."""
    folder = Path(tempfile.mkdtemp(prefix="salesops-test-"))
    folder.chmod(0o711)
    with fragile_system(StackFolder(folder)) as system:
        system.start(*processes, environment=environment)
        yield system
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def whole_system(salesforce_port: int) -> Iterator[FragileSystem]:
    """Every process of `make run`, until the last of these tests: at rest it takes a fifth of a core from the others."""
    environment = WIDE_LIMITS | salesforce_settings(salesforce_port)
    with started(*EVERY_PROCESS, environment=environment) as system:
        yield system


@pytest.fixture(scope="module")
def examined_system() -> Iterator[FragileSystem]:
    """What answers requests, with nothing in it: others leave it full of business, and it would be left full of nonsense."""
    services = [f"{service} API" for service in SERVICES]
    with started(*services, "gateway", environment=WIDE_LIMITS) as system:
        yield system


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture
def desk(whole_system: FragileSystem) -> Iterator[Desk]:
    """A coordinator at the gateway."""
    with Desk.at(whole_system, role="coordinator") as desk:
        yield desk
