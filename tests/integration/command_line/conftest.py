"""The command line in this process, at a server that does what a test wants."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clients.command_line.app import main
from tests.integration.command_line.scripted_server import ScriptedServer


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it wrote."""

    code: int
    output: str
    messages: str


Run = Callable[..., Ended]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().serving() as server:
        yield server


@pytest.fixture
def salesops(
    server: ScriptedServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command as a caller with a token, with a configuration folder of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SALESOPS_URL", server.url)
    monkeypatch.setenv("SALESOPS_TOKEN", "secret-token")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Ended:
        code = main(words)
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    return run
