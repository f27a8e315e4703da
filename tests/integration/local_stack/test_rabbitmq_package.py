"""RabbitMQ is installed where that is allowed, and otherwise the person is told what else helps."""

import os
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.rabbitmq_package import ensure_installed

# Stands in for apt-get: "installs" the script and notes whether services were held back meanwhile.
APT_GET = """#!/bin/sh
"{policy}" > /dev/null
echo "$? $*" >> "{notes}"
touch "{script}"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs without being asked")
def test_the_package_is_installed_without_letting_it_start_a_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, policy, notes = tmp_path / "rabbitmq-server", tmp_path / "policy-rc.d", tmp_path / "notes"
    apt_get = tmp_path / "apt-get"
    apt_get.write_text(APT_GET.format(policy=policy, notes=notes, script=script))
    apt_get.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    was_installed = ensure_installed(tmp_path / "log", script_paths=[script], policy_file=policy)

    assert was_installed
    assert notes.read_text() == (
        "101 -q -y -o DPkg::Lock::Timeout=240 install --no-install-recommends rabbitmq-server\n"
    )
    assert not policy.exists()


def test_a_machine_that_has_the_package_is_left_alone(tmp_path: Path) -> None:
    script = tmp_path / "rabbitmq-server"
    script.touch()

    assert not ensure_installed(tmp_path / "log", script_paths=[script])


def test_without_a_way_to_install_it_the_three_ways_out_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StackError) as caught:
        ensure_installed(tmp_path / "log", script_paths=[])

    words = str(caught.value)
    assert all(way in words for way in ("apt-get install rabbitmq-server", "docker run", "AMQP_URL="))
