"""LibreOffice without a screen for tests: the machine's own, or Debian's package where that is asked for and allowed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from deploy.local.debian_package import install, root_prefix

PACKAGE: Final = "libreoffice-calc"  # 96 MB to fetch, 300 MB on disk: not fetched unless somebody asks
ASKED: Final = "SALESOPS_OFFICE"
TIMEOUT_SECONDS: Final = 180.0


def office() -> str:
    """The program; the test is skipped where it is neither there nor asked for."""
    found = shutil.which("soffice")
    if found is None and not os.environ.get(ASKED):
        pytest.skip(f"no LibreOffice here; `make test-office` fetches it, as {ASKED}=1 does")
    if found is None:
        as_root = root_prefix() if shutil.which("apt-get") else None
        assert as_root is not None, f"no LibreOffice here; install it: sudo apt-get install {PACKAGE}"
        log = Path(tempfile.gettempdir()) / "salesops-office-install.log"
        with log.open("ab") as output:
            assert install(PACKAGE, as_root, output.fileno()), f"apt-get failed; its words are in {log}"
        found = shutil.which("soffice")
    assert found is not None
    return found


def converted(program: str, files: Sequence[Path], kind: str, folder: Path) -> list[Path]:
    """Each file as the program saves it, under a profile of its own so that no other run is in the way."""
    target = folder / kind
    subprocess.run(
        [program, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", kind,
         "--outdir", str(target), *map(str, files)],
        check=True, capture_output=True, timeout=TIMEOUT_SECONDS,
    )  # fmt: skip
    return [target / file.with_suffix(f".{kind}").name for file in files]
