"""What is safe to repeat is repeated, what is not is not, and nothing is left half done."""

from pathlib import Path

import pytest

from tests.integration.command_line.conftest import Run
from tests.integration.command_line.scripted_server import (
    Answer,
    ScriptedServer,
    json_answer,
    problem_answer,
)

JOB = {"id": "j", "state": "succeeded", "percent": 100, "counts": {}, "message": "", "errors": []}
COUNTS = {"lines": 1, "new": 1, "duplicate": 0, "booked": 1, "suggested": 0, "exceptions": 0}
STATEMENT = {
    "id": "s",
    "state": "imported",
    "is_repeated": False,
    "counts": COUNTS,
    "parts": [],
    "failure": None,
    "job_url": "/v1/jobs/j",
}
DOCUMENT = {"paths": {"/v1/things": {"get": {"parameters": [{"name": "cursor", "in": "query"}]}}}}
BUSY = problem_answer(503, "busy", "Try again")
HUNG_UP = Answer(hangs_up=True)


@pytest.fixture
def statement_file(tmp_path: Path, server: ScriptedServer) -> Path:
    server.answer_json("/v1/jobs/j", JOB)
    server.answer_json("/v1/bank-statements/s", STATEMENT)
    file = tmp_path / "statement.csv"
    file.write_bytes(b"Date,Narration\n" * 100_000)
    return file


def test_a_busy_system_is_asked_again(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/me", BUSY, BUSY, json_answer({"subject": "u-1"}))

    assert salesops("whoami").code == 0
    assert len(server.asked) == 3


def test_patience_has_an_end(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/me", BUSY)

    assert salesops("whoami").code == 5
    assert len(server.asked) == 4


def test_an_upload_that_got_lost_is_sent_whole_again_with_the_same_key(
    server: ScriptedServer, salesops: Run, statement_file: Path
) -> None:
    server.answer("/v1/bank-statements", HUNG_UP, BUSY, json_answer(STATEMENT, 202))

    ended = salesops("statements", "import", str(statement_file), "--bank-account", "A-1")

    assert ended.code == 0, ended.messages
    sent = server.asked_for("/v1/bank-statements")
    assert [one.body for one in sent] == [statement_file.read_bytes()] * 3
    assert len({one.headers["Idempotency-Key"] for one in sent}) == 1


def test_the_key_belongs_to_the_content_and_the_account(
    server: ScriptedServer, salesops: Run, statement_file: Path
) -> None:
    server.answer("/v1/bank-statements", json_answer(STATEMENT, 202))
    renamed = statement_file.rename(statement_file.with_name("october ₹.csv"))

    for account in ("A-1", "A-1", "A-2"):
        assert salesops("statements", "import", str(renamed), "--bank-account", account).code == 0

    keys = [one.headers["Idempotency-Key"] for one in server.asked_for("/v1/bank-statements")]
    assert (keys[0] == keys[1], keys[1] == keys[2]) == (True, False)


def test_a_request_without_a_key_is_not_repeated(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/jobs/j", BUSY)

    assert salesops("jobs", "cancel", "j").code == 5
    assert len(server.asked) == 1


def test_an_import_that_fails_says_what_stands_and_ends_with_one(
    server: ScriptedServer, salesops: Run, statement_file: Path
) -> None:
    failure = {"code": "statement_unreadable", "detail": "Line 7 is cut off"}
    server.answer("/v1/bank-statements", json_answer(STATEMENT, 202))
    server.answer_json("/v1/bank-statements/s", {**STATEMENT, "state": "failed", "failure": failure})

    ended = salesops("statements", "import", str(statement_file), "--bank-account", "A-1")

    assert ended.code == 1
    assert "Line 7 is cut off (statement_unreadable)" in ended.messages
    assert "salesops list bank-statements/s/lines" in ended.messages


def test_an_import_that_takes_too_long_goes_on_and_says_how_to_follow_it(
    server: ScriptedServer, salesops: Run, statement_file: Path
) -> None:
    server.answer("/v1/bank-statements", json_answer(STATEMENT, 202))
    server.answer_json("/v1/jobs/j", {**JOB, "state": "running"})

    ended = salesops("statements", "import", str(statement_file), "--bank-account", "A-1", "--timeout", "0")

    assert ended.code == 5
    assert "salesops jobs follow j" in ended.messages


def test_an_export_that_breaks_off_leaves_what_was_there(
    server: ScriptedServer, salesops: Run, tmp_path: Path
) -> None:
    server.answer_json("/openapi.json", DOCUMENT)
    server.answer("/v1/things", Answer(200, b"id\n1\n", {"Content-Type": "text/csv"}, promised_bytes=900))
    target = tmp_path / "things.csv"
    target.write_text("yesterday's")

    ended = salesops("export", "things", "-o", str(target))

    assert (ended.code, "broke off" in ended.messages) == (5, True)
    assert target.read_text() == "yesterday's"
    assert [path.name for path in tmp_path.glob("things*")] == ["things.csv"]


def test_the_document_travels_once(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/openapi.json", json_answer(DOCUMENT, ETag='"7"'), Answer(304, b""))
    server.answer_json("/v1/things", {"items": [{"id": 1}], "next_cursor": None})

    first, second = salesops("list", "things", "--json"), salesops("list", "things", "--json")

    assert first.output == second.output == '{"id":1}\n'
    assert server.asked_for("/openapi.json")[1].headers["If-None-Match"] == '"7"'


def test_pages_are_asked_for_as_far_as_they_are_wanted(server: ScriptedServer, salesops: Run) -> None:
    server.answer_json("/openapi.json", DOCUMENT)
    server.answer_json("/v1/things", {"items": [{"id": 1}] * 200, "next_cursor": "c"})

    ended = salesops("list", "things", "--limit", "250", "--json")

    asked = [one.path for one in server.asked_for("/v1/things")]
    assert asked == ["/v1/things?limit=200", "/v1/things?limit=50&cursor=c"]
    assert "there are more" in ended.messages
