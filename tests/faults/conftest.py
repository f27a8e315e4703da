"""A system of its own for every module that breaks one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.folder import StackFolder
from tests.faults.processes import FragileSystem, fragile_system


@pytest.fixture(scope="module")
def system() -> Iterator[FragileSystem]:
    """Nothing runs in it yet: `system.start("payments API", "payments worker")` does."""
    folder = Path(tempfile.mkdtemp(prefix="salesops-test-"))
    folder.chmod(0o711)
    with fragile_system(StackFolder(folder)) as system:
        yield system
    shutil.rmtree(folder, ignore_errors=True)
