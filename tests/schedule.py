"""Which worker of a run gets which tests, so that all end at about the same time: files stay together, the long first."""

from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

# All of these look at one running system, which takes longer to start than most of them to run.
WHOLE_SYSTEM: Final = "tests/e2e"
# Has a system of its own, and takes as long as all others together.
EXAMINATION: Final = f"{WHOLE_SYSTEM}/test_api_examination.py"
# Started last, one of these would keep a single worker busy while the others have nothing left.
LONG: Final = (WHOLE_SYSTEM, "tests/faults", "tests/conformance", "tests/deployment", "tests/integration")


class FilesTogether(LoadFileScheduling):
    """A file is one worker's, and so is the whole system with every test that looks at it."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(EXAMINATION):
            return EXAMINATION
        return WHOLE_SYSTEM if nodeid.startswith(f"{WHOLE_SYSTEM}/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = (
        False  # it would begin with the files of the most tests, which are quick ones
    )
    return FilesTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> tuple[int, bool]:
    rank = next((rank for rank, folder in enumerate(LONG) if nodeid.startswith(f"{folder}/")), len(LONG))
    return rank, nodeid.startswith(EXAMINATION)
