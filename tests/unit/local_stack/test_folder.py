"""What a stack remembers, and that only one runs in a folder."""

import socket
import stat
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.folder import Memory, StackFolder


def test_secrets_and_ports_are_the_same_at_the_next_start(tmp_path: Path) -> None:
    first = Memory(StackFolder(tmp_path))
    secret, port = first.secret("payments"), first.port("PostgreSQL")

    second = Memory(StackFolder(tmp_path))

    assert (second.secret("payments"), second.port("PostgreSQL")) == (secret, port)
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


def test_names_never_share_a_port(tmp_path: Path) -> None:
    memory = Memory(StackFolder(tmp_path))

    ports = [memory.port(name) for name in "abcdefgh"]

    assert len(set(ports)) == len(ports)


def test_a_port_that_somebody_took_meanwhile_is_replaced(tmp_path: Path) -> None:
    memory = Memory(StackFolder(tmp_path))
    port = memory.port("PostgreSQL")

    with socket.create_server(("127.0.0.1", port)):
        replacement = memory.port("PostgreSQL")

    assert replacement != port


def test_a_port_that_is_in_use_is_still_remembered(tmp_path: Path) -> None:
    memory = Memory(StackFolder(tmp_path))
    assert memory.remembered_port("PostgreSQL") is None
    port = memory.port("PostgreSQL")

    with socket.create_server(("127.0.0.1", port)):
        assert Memory(StackFolder(tmp_path)).remembered_port("PostgreSQL") == port


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = StackFolder(tmp_path)

    with folder.locked(), pytest.raises(StackError, match="NAME=second"), folder.locked():
        pass


def test_a_folder_can_be_used_again_after_its_run(tmp_path: Path) -> None:
    folder = StackFolder(tmp_path)

    with folder.locked():
        assert folder.is_locked()

    assert not folder.is_locked()
