"""The whole system, started once for the tests that look at it from outside."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.folder import StackFolder
from tests.e2e.desk import Desk
from tests.faults.processes import FragileSystem, fragile_system

SERVICES = ("payments", "partners", "reporting", "research")
# Hundreds of tests call from one address, and some show bad tokens on purpose.
WIDE_LIMITS = {
    f"GATEWAY_{quota}_PER_MINUTE": "1000000"
    for quota in ("READS", "WRITES", "IMPORTS", "REQUESTS", "FAILURES")
}


@pytest.fixture(scope="session")
def whole_system() -> Iterator[FragileSystem]:
    """Every process of `make run` on servers of its own."""
    folder = Path(tempfile.mkdtemp(prefix="salesops-test-"))
    folder.chmod(0o711)
    with fragile_system(StackFolder(folder)) as system:
        services = (f"{service} {kind}" for service in SERVICES for kind in ("API", "worker"))
        system.start(*services, "gateway worker", "gateway", environment=WIDE_LIMITS)
        yield system
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def desk(whole_system: FragileSystem) -> Iterator[Desk]:
    """A coordinator at the gateway."""
    with Desk.at(whole_system, role="coordinator") as desk:
        yield desk
