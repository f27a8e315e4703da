"""The guide to Salesforce does what it says: its blocks are run as they stand, and print what they promise."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.guide import GUIDES, follow, needs_curl, steps_of, token_function
from tests.e2e.salesforce_org import ACCESS, EVENT_SECRET, MESSAGE_SECRET, ORGANIZATION_ID
from tests.faults.processes import FragileSystem

GUIDE = GUIDES / "salesforce.md"


@pytest.fixture
def printed(salesforce_port: int) -> Iterator[str]:
    """`make salesforce-simulator PORT=…`, and what it prints once it answers."""
    environment = {**os.environ, "PORT": str(salesforce_port)}
    command = [sys.executable, "-m", "tests.salesforce"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout is not None
        lines = []
        for line in simulator.stdout:
            lines.append(line)
            if "/simulator/state" in line:  # the last one
                break
        yield "".join(lines)
        simulator.terminate()


@needs_curl
@pytest.mark.skipif(shutil.which("openssl") is None, reason="the guide signs with openssl")
def test_the_guide_prints_what_it_promises(
    whole_system: FragileSystem, salesforce_port: int, printed: str, tmp_path: Path
) -> None:
    where = steps_of(GUIDE.read_text(encoding="utf-8"))[0].commands
    settings = dict(word.split("=", 1) for line in where.splitlines()[:3] for word in line.split())
    known = {settings[name] for name in settings.keys() - {"BASE", "SALESFORCE"}}
    assert [word for word in known if word not in printed] == [], "the simulator says how to connect"
    preamble = (
        f"BASE={whole_system.url('gateway')} SALESFORCE=http://127.0.0.1:{salesforce_port}\n"
        f"ORGANIZATION={ORGANIZATION_ID} MESSAGE_SECRET={MESSAGE_SECRET} EVENT_SECRET={EVENT_SECRET}\n"
        f"SALESFORCE_KEY={ACCESS.consumer_key} SALESFORCE_SECRET={ACCESS.consumer_secret}\n"
        + token_function(whole_system)
    )

    follow(GUIDE, preamble, tmp_path)
