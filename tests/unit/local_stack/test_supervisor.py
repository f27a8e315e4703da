"""In which order parts of a stack start, who waits for whom, and what ends when one cannot start."""

import threading
from collections.abc import Callable, Iterator

import pytest

from deploy.local.child import Child
from deploy.local.errors import StackError
from deploy.local.supervisor import Supervisor

PATIENCE_SECONDS = 60


class Stand:
    """A part without a process: it is starting until it is let go, and fails if it is stopped before."""

    child: Child | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_starting = threading.Event()
        self.may_be_ready = threading.Event()
        self.is_stopped = threading.Event()

    def start(self) -> None:
        self.is_starting.set()
        assert self.may_be_ready.wait(PATIENCE_SECONDS)
        if self.is_stopped.is_set():
            raise StackError(f"{self.name} ended")

    def stop(self) -> None:
        self.is_stopped.set()
        self.may_be_ready.set()


class Unstartable(Stand):
    def start(self) -> None:
        raise StackError(f"{self.name} cannot start")


@pytest.fixture
def supervised() -> Iterator[Callable[[int], tuple[Supervisor, list[str]]]]:
    """A supervisor that starts so many parts at once, and the names of those that became ready."""
    supervisors: list[Supervisor] = []

    def make(starts_at_once: int) -> tuple[Supervisor, list[str]]:
        ready: list[str] = []
        supervisor = Supervisor(
            on_crash=lambda _crash: None,
            on_start=lambda part, _seconds: ready.append(part.name),
            starts_at_once=starts_at_once,
            backoff_seconds=(PATIENCE_SECONDS,),
        )
        supervisors.append(supervisor)
        return supervisor, ready

    yield make
    for supervisor in supervisors:
        supervisor.stop()


Make = Callable[[int], tuple[Supervisor, list[str]]]


def test_who_waits_for_one_part_does_not_wait_for_another(supervised: Make) -> None:
    supervisor, ready = supervised(2)
    slow, quick = Stand("slow"), Stand("quick")
    quick.may_be_ready.set()

    supervisor.begin([slow])
    supervisor.start([quick])

    assert ready == ["quick"]


def test_parts_start_one_after_another_when_no_more_may_start_at_once(supervised: Make) -> None:
    supervisor, ready = supervised(1)
    first, second = Stand("first"), Stand("second")

    supervisor.begin([first, second])
    assert first.is_starting.wait(PATIENCE_SECONDS)
    is_second_held_up = not second.is_starting.is_set()
    first.may_be_ready.set()
    second.may_be_ready.set()
    supervisor.wait_for([second])

    assert is_second_held_up
    assert ready == ["first", "second"]


def test_a_part_that_cannot_start_is_told_to_who_waits_for_another(supervised: Make) -> None:
    supervisor, _ = supervised(2)
    slow = Stand("slow")

    supervisor.begin([slow], [Unstartable("broken")])

    with pytest.raises(StackError, match="broken cannot start"):
        supervisor.wait_for([slow])


def test_a_stop_ends_what_is_starting_and_starts_nothing_more(supervised: Make) -> None:
    supervisor, ready = supervised(1)
    first, second = Stand("first"), Stand("second")
    supervisor.begin([first], [second])
    assert first.is_starting.wait(PATIENCE_SECONDS)

    supervisor.stop()

    assert ready == []
    assert not second.is_starting.is_set()


def test_groups_are_stopped_latest_first(supervised: Make) -> None:
    supervisor, _ = supervised(2)
    order: list[str] = []

    class Noting(Stand):
        def stop(self) -> None:
            super().stop()
            order.append(self.name)

    parts = [Noting(name) for name in ("server", "service", "gateway")]
    for part in parts:
        part.may_be_ready.set()
    supervisor.start(*([part] for part in parts))

    supervisor.stop()

    assert order == ["gateway", "service", "server"]
