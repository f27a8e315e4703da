"""Events are printed as they come and go on where a broken connection stopped."""

import json

from tests.integration.command_line.conftest import Run
from tests.integration.command_line.scripted_server import Answer, ScriptedServer, problem_answer

STREAM = {"Content-Type": "text/event-stream"}


def events(*ids: str, **reply: int) -> Answer:
    sent = "".join(f'id: {one}\nevent: receipt.booked\ndata: {{"n": "{one}"}}\n\n' for one in ids)
    return Answer(200, f"retry: 1\ndata\n\n{sent}: heartbeat\n\n".encode(), STREAM, **reply)


def test_events_go_on_after_the_last_one_seen_when_the_connection_breaks(
    server: ScriptedServer, salesops: Run
) -> None:
    server.answer("/v1/events", events("1", "2", promised_bytes=9_000), events("3"), events("4"))

    ended = salesops("events", "follow", "--since", "0", "--count", "4", "--json")

    assert ended.code == 0
    assert [json.loads(line)["id"] for line in ended.output.splitlines()] == ["1", "2", "3", "4"]
    assert json.loads(ended.output.splitlines()[0]) == {
        "id": "1",
        "type": "receipt.booked",
        "data": {"n": "1"},
    }
    assert [asked.headers["Last-Event-ID"] for asked in server.asked] == ["0", "2", "3"]


def test_a_stream_that_the_server_ends_is_opened_again_and_its_word_is_no_event(
    server: ScriptedServer, salesops: Run
) -> None:
    end = b'event: end\ndata: {"reason": "draining"}\n\n'
    first = events("1")
    server.answer("/v1/events", Answer(200, first.body + end, STREAM), events("2"))

    ended = salesops("events", "follow", "--count", "2", "--json")

    assert [json.loads(line)["id"] for line in ended.output.splitlines()] == ["1", "2"]


def test_only_the_types_asked_for_are_asked_for(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/events", events("1"))

    salesops("events", "follow", "--types", "receipt.booked,booking.overdue", "--count", "1")

    assert server.asked[0].path == "/v1/events?types=receipt.booked%2Cbooking.overdue"
    assert "Last-Event-ID" not in server.asked[0].headers


def test_a_refusal_is_not_asked_again(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/events", problem_answer(403, "forbidden", "Not yours"))

    assert salesops("events", "follow").code == 3
    assert len(server.asked) == 1


def test_a_server_that_only_hangs_up_is_given_up(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/events", events())

    ended = salesops("events", "follow", "--since", "7")

    assert (ended.code, "salesops events follow --since 7" in ended.messages) == (5, True)
    assert len(server.asked) == 10


def test_an_answer_that_is_no_stream_is_told_so(server: ScriptedServer, salesops: Run) -> None:
    server.answer("/v1/events", events(), Answer(200, b"<html>", {"Content-Type": "text/html"}), events("1"))

    ended = salesops("events", "follow", "--count", "1")

    assert (ended.code, "sends no events" in ended.messages) == (0, True)
