"""Installs a package of Debian where that is allowed: as root, or by sudo that asks for no password."""

import os
import shutil
import subprocess
from typing import Final

INSTALL_TIMEOUT_SECONDS: Final = 300.0
# Another process may be installing something else; apt-get itself would give up at once.
WAIT_FOR_OTHERS: Final = ("-o", "DPkg::Lock::Timeout=240")


def root_prefix() -> list[str] | None:
    """Return what to put before a command so that root runs it; None if that is not allowed."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    return ["sudo", "-n"] if allowed else None


def install(package: str, as_root: list[str], output: int) -> bool:
    """Run apt-get, its words into the open file; refresh its lists only if the package is not known, which on a new
    machine it is not."""
    apt_get = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", *WAIT_FOR_OTHERS]
    install_it = [*apt_get, "install", "--no-install-recommends", package]
    for command in (install_it, [*apt_get, "update"], install_it):
        ended = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=INSTALL_TIMEOUT_SECONDS,
        )
        if command is install_it and ended.returncode == 0:
            return True
    return False
