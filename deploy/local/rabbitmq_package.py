"""Finds the machine's RabbitMQ, installs it where that is allowed, or says what else helps."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.debian_package import install, root_prefix
from deploy.local.errors import StackError

# The package's own server script; /usr/sbin/rabbitmq-server insists on the package's account.
SCRIPT_PATHS: Final = (
    Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),
    Path("/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server"),
    Path("/usr/local/opt/rabbitmq/sbin/rabbitmq-server"),
)
# What Debian's tools ask before they start a service; exit code 101 forbids it.
POLICY_FILE: Final = Path("/usr/sbin/policy-rc.d")

THREE_WAYS: Final = """\
RabbitMQ is not installed and could not be installed from here ({reason}). Any one of these helps:
  1. install it:        {install}
  2. run a container:   docker run -d -p 5672:5672 rabbitmq:4
                        make run AMQP_URL=amqp://guest:guest@127.0.0.1:5672/%2F
  3. use one you have:  make run AMQP_URL=amqp://user:password@host:5672/vhost"""


def server_script() -> Path:
    """Return the server script; StackError with the ways out if there is none."""
    script = installed_script()
    if script is None:
        raise StackError(three_ways("it was not found"))
    return script


def installed_script(paths: Sequence[Path] = SCRIPT_PATHS) -> Path | None:
    return next((path for path in paths if path.exists()), None)


def three_ways(reason: str) -> str:
    by_hand = "brew install rabbitmq" if shutil.which("brew") else "sudo apt-get install rabbitmq-server"
    return THREE_WAYS.format(reason=reason, install=by_hand)


def ensure_installed(
    log: Path, *, script_paths: Sequence[Path] = SCRIPT_PATHS, policy_file: Path = POLICY_FILE
) -> bool:
    """Install the package if it is missing; return whether anything was installed.

    The package would start a node for the whole machine; we need its files only, so that is held back for the
    time of the installation.
    """
    if installed_script(script_paths) is not None:
        return False
    if shutil.which("apt-get") is None:
        raise StackError(three_ways("this machine has no apt-get"))
    as_root = root_prefix()
    if as_root is None:
        raise StackError(three_ways("that needs root, and sudo asks for a password"))
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output, _services_held_back(as_root, policy_file):
        if not install("rabbitmq-server", as_root, output.fileno()):
            raise StackError(three_ways(f"apt-get failed; its words are in {log}"))
    return True


@contextmanager
def _services_held_back(as_root: list[str], policy_file: Path) -> Iterator[None]:
    """Tell the package tools not to start services unless that stands already."""
    if policy_file.exists():
        yield
        return
    write = f"printf '#!/bin/sh\\nexit 101\\n' > '{policy_file}' && chmod 755 '{policy_file}'"
    subprocess.run([*as_root, "sh", "-c", write], check=True)
    try:
        yield
    finally:
        subprocess.run([*as_root, "rm", "-f", str(policy_file)], check=True)
