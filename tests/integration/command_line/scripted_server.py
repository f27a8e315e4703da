"""A small HTTP server that answers what a test tells it to, in order, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply. `promised_bytes` beyond the body breaks it off; `hangs_up` sends no reply at all."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    promised_bytes: int = 0
    hangs_up: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    """Answers by path: each path has its answers, the last of which stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, list[Answer]] = {}
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
                answer = owner.next_answer(self.path.split("?")[0])
                if answer.hangs_up:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Length", str(max(len(answer.body), answer.promised_bytes)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = self.close_connection or answer.promised_bytes > len(answer.body)

            do_GET = do_POST = do_DELETE = respond  # noqa: N815 - their names in the base class

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, *answers: Answer) -> None:
        self._answers[path] = list(answers)

    def answer_json(self, path: str, *documents: Any) -> None:
        self.answer(path, *(json_answer(document) for document in documents))

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.split("?")[0] == path]

    def next_answer(self, path: str) -> Answer:
        answers = self._answers.get(path, [problem_answer(404, "not_found", "There is no such thing")])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    @contextmanager
    def serving(self) -> Iterator["ScriptedServer"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def json_answer(document: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json", **named})


def problem_answer(status: int, code: str, detail: str, **facts: Any) -> Answer:
    problem = {"status": status, "code": code, "detail": detail, "trace_id": "4bf9", "errors": [], **facts}
    return Answer(
        status, json.dumps(problem).encode(), {"Content-Type": "application/problem+json", "Retry-After": "0"}
    )
