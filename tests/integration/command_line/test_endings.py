"""Each way a command can end has its exit code, a sentence, the next step, and never a traceback."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.command_line.conftest import Run
from tests.integration.command_line.scripted_server import Answer, ScriptedServer, problem_answer

ROOT = Path(__file__).parents[3]
# A process that was started in the background ignores SIGINT from its start; the command line is to hear it.
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from clients.command_line.app import main
sys.exit(main())
"""
Start = Callable[..., subprocess.Popen[str]]
ME = {"subject": "u-1", "roles": ["coordinator"], "zones": [], "partner_code": None, "sees_all_rows": True}


@pytest.fixture
def started(server: ScriptedServer, tmp_path: Path) -> Iterator[Start]:
    """Start a command as a process of its own; it does not outlive the test."""
    with ExitStack() as stack:

        def start(*words: str) -> subprocess.Popen[str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", COMMAND, *words],
                    cwd=ROOT,
                    env={
                        **os.environ,
                        "SALESOPS_URL": server.url,
                        "SALESOPS_TOKEN": "t",
                        "XDG_CONFIG_HOME": str(tmp_path),
                    },
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            return process

        yield start


def test_success_ends_with_zero_and_sends_the_token(server: ScriptedServer, salesops: Run) -> None:
    server.answer_json("/v1/me", ME)

    ended = salesops("whoami", "--json")

    assert ended.code == 0
    assert json.loads(ended.output) == {**ME, "url": server.url}
    assert ended.messages == ""
    assert server.asked[0].headers["Authorization"] == "Bearer secret-token"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "malformed", 1),
        (409, "item_settled", 1),
        (412, "stale", 1),
        (422, "invalid", 1),
        (401, "unauthenticated", 3),
        (403, "forbidden", 3),
        (404, "not_found", 4),
        (429, "too_many_requests", 5),
        (500, "fault", 5),
        (503, "busy", 5),
    ],
)
def test_each_kind_of_problem_has_its_exit_code(
    server: ScriptedServer, salesops: Run, status: int, code: str, expected: int
) -> None:
    server.answer("/v1/me", problem_answer(status, code, "What happened"))

    ended = salesops("whoami")

    assert ended.code == expected
    assert ended.output == ""
    assert f"What happened ({code})" in ended.messages
    assert "Traceback" not in ended.messages


def test_a_person_is_told_which_values_are_wrong_and_what_to_do_next(
    server: ScriptedServer, salesops: Run
) -> None:
    wrong = [{"pointer": "/amount", "location": "body", "detail": "Field required"}]
    server.answer("/v1/me", problem_answer(401, "unauthenticated", "The token is [not] valid", errors=wrong))

    ended = salesops("whoami")

    assert "The token is [not] valid" in ended.messages
    assert "/amount: Field required" in ended.messages
    assert "→ Sign in again: salesops login" in ended.messages


def test_a_script_gets_the_problem_document_on_standard_error(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/me", problem_answer(403, "forbidden", "Not yours"))

    ended = salesops("whoami", "--json")

    assert ended.output == ""
    problem = json.loads(ended.messages)
    assert (problem["code"], problem["trace_id"]) == ("forbidden", "4bf9")
    assert problem["next_step"]


def test_an_answer_that_is_no_problem_document_is_still_an_error_of_ours(
    server: ScriptedServer, salesops: Run
) -> None:
    server.answer("/v1/me", Answer(404, b"<html>nginx</html>", {"Content-Type": "text/html"}))

    ended = salesops("whoami")

    assert (ended.code, "http_404" in ended.messages) == (4, True)


def test_a_system_that_is_not_there_is_unavailable(salesops: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESOPS_URL", "http://127.0.0.1:9")

    ended = salesops("whoami")

    assert ended.code == 5
    assert "No reply from http://127.0.0.1:9" in ended.messages
    assert "Is the address right" in ended.messages


@pytest.mark.parametrize("words", [["nonsense"], ["list"], ["whoami", "--nonsense"], ["jobs"], []])
def test_a_command_called_wrongly_ends_with_two(salesops: Run, words: list[str]) -> None:
    assert salesops(*words).code == 2


def test_help_is_no_error(salesops: Run) -> None:
    ended = salesops("--help")

    assert (ended.code, "Ends with 0" in ended.output) == (0, True)


def test_an_interrupted_command_ends_with_130(server: ScriptedServer, started: Start) -> None:
    running = {"id": "j", "state": "running", "percent": None, "counts": {}, "message": "", "errors": []}
    server.answer_json("/v1/jobs/j", running)
    process = started("jobs", "follow", "j")
    while not server.asked_for("/v1/jobs/j"):
        assert process.poll() is None, process.communicate()

    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=120)

    assert process.returncode == 130
    assert "Traceback" not in messages


def test_a_reader_that_has_seen_enough_is_no_error(server: ScriptedServer, started: Start) -> None:
    item = {"id": "x" * 4096}
    server.answer_json("/v1/things", {"items": [item] * 200, "next_cursor": "again"})
    document = {"paths": {"/v1/things": {"get": {"parameters": [{"name": "cursor", "in": "query"}]}}}}
    server.answer_json("/openapi.json", document)
    process = started("list", "things", "--all", "--json")
    assert process.stdout is not None
    assert process.stderr is not None

    process.stdout.readline()
    process.stdout.close()
    messages = process.stderr.read()
    process.stderr.close()

    assert (process.wait(timeout=120), messages) == (0, "")
