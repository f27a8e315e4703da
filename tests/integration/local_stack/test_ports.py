"""Ports of this machine are given to one asker only, however long the asker's server takes to listen."""

import subprocess
import sys

import pytest

from deploy.local import ports
from deploy.local.errors import StackError

ASK_FOR_ONE = """
import sys
from deploy.local import ports
ports.RANGE_START, ports.RANGE_SIZE = int(sys.argv[1]), 2
print(ports.free_ports(1)[0], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> int:
    """The first of two ports that are all there is."""
    start = 31_000
    monkeypatch.setattr(ports, "RANGE_START", start)
    monkeypatch.setattr(ports, "RANGE_SIZE", 2)
    return start


def test_a_port_is_not_given_twice_while_its_asker_lives(narrow: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ASK_FOR_ONE, str(narrow)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        (ours,) = ports.free_ports(1)

        assert {theirs, ours} == {narrow, narrow + 1}
        with pytest.raises(StackError, match="fewer than 1 free ports"):
            ports.free_ports(1)
        other.communicate("")

    assert ports.free_ports(1) == [theirs]
