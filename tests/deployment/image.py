"""What the image is made of, read from its Dockerfile: which folders, which packages, which user."""

import re
import shutil
from pathlib import Path
from typing import Final

from tests.deployment.compose import CHECKOUT

DOCKERFILE: Final = CHECKOUT / "deploy" / "Dockerfile"
LOCK: Final = CHECKOUT / "deploy" / "requirements.lock"


def copied_folders() -> list[str]:
    """The folders of the checkout that are copied into /app."""
    pairs = re.findall(r"^COPY (\w+) (\w+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert all(source == target for source, target in pairs)
    return [source for source, _ in pairs]


def packages() -> dict[str, str]:
    """The distributions that its lock names, and their versions; one that differs by platform has the last."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", LOCK.read_text(), re.MULTILINE))


def user_id() -> int:
    return int(re.findall(r"^USER (\d+)$", DOCKERFILE.read_text(), re.MULTILINE)[-1])


def environment() -> dict[str, str]:
    """What the image sets for every process, its paths left out."""
    (line,) = re.findall(r"^ENV (.*)$", DOCKERFILE.read_text(), re.MULTILINE)
    pairs = (pair.split("=", 1) for pair in line.split())
    return {name: value for name, value in pairs if name not in ("PATH", "PYTHONPATH")}


def lay_out(target: Path) -> None:
    """Put the folders where /app would be, without what .dockerignore keeps out; compiled modules come along."""
    kept_out = {"kubernetes", "observability", "Dockerfile"}
    for folder in copied_folders():
        shutil.copytree(
            CHECKOUT / folder,
            target / folder,
            ignore=lambda place, names: kept_out & set(names) if Path(place).name == "deploy" else set(),
        )
