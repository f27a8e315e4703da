"""A headless Chromium for tests: the machine's own, or Debian's package, installed where that is allowed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from deploy.local.debian_package import install, root_prefix

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# Nothing but the pages that a test opens is asked for; the sandbox needs rights that containers do not give.
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def headless_chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_executable(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _executable() -> str:
    found = _installed()
    if found is None:
        as_root = root_prefix() if shutil.which("apt-get") else None
        assert as_root is not None, "no Chromium here; install it: sudo apt-get install chromium"
        log = Path(tempfile.gettempdir()) / "salesops-chromium-install.log"
        with log.open("ab") as output:
            assert install("chromium", as_root, output.fileno()), f"apt-get failed; its words are in {log}"
        found = _installed()
    assert found is not None
    return found


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
