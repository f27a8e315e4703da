"""A stand-in for a Salesforce organisation: its paths, its shapes, its moods, on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.salesforce.bulk import Bulk
from tests.salesforce.control import control_router
from tests.salesforce.event_sender import EventSender
from tests.salesforce.message_sender import MessageSender
from tests.salesforce.moods import Moods
from tests.salesforce.organization import Organization
from tests.salesforce.refusals import Refused
from tests.salesforce.rest import Rest
from tests.salesforce.sign_in import SignIn, SignInRefused

MOODY = ("/services/",)
Answer = Callable[[Request], Awaitable[Response]]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Salesforce:
    """The organisation, and all that stands around it."""

    clock: Callable[[], datetime] = now
    moods: Moods = field(default_factory=Moods)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tells_instance_url: str = ""  # where it says it lives, instead of the truth

    def __post_init__(self) -> None:
        self.organization = Organization(clock=self.clock)
        self.sign_in = SignIn(self.clock, self.organization.id)
        self.messages = MessageSender(self.organization)
        self.events = EventSender(self.organization)
        self.rest = Rest(self.organization, self.moods)
        self.bulk = Bulk(self.organization, self.moods, self.rest.selected)

    def application(self) -> FastAPI:
        app = FastAPI(title="Salesforce simulator", redirect_slashes=False)
        app.add_api_route("/services/oauth2/token", self.token, methods=["POST"])
        app.include_router(self.rest.router())
        app.include_router(self.bulk.router())
        app.include_router(control_router(self))
        app.middleware("http")(self._behave)
        app.add_exception_handler(Refused, self._refuse)  # type: ignore[arg-type]
        app.add_exception_handler(404, self._unknown)
        return app

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        address = self.tells_instance_url or f"http://{request.headers['host']}"
        try:
            body = self.sign_in.token(form, request.headers.get("authorization"), address)
        except SignInRefused as refused:
            return JSONResponse(refused.body, refused.status)
        return JSONResponse(body)

    async def _behave(self, request: Request, answer: Answer) -> Response:
        if not request.url.path.startswith(MOODY):
            return await answer(request)
        self.requests.append((request.method, request.url.path))
        if self.moods.latency_seconds:
            await asyncio.sleep(self.moods.latency_seconds)
        mood = self.moods.next_mood()
        if mood == "expired_session":
            self.sign_in.revoke_all()
        spoilt = self._spoilt(mood)
        if spoilt is not None:
            return spoilt
        reply = await self._answered(request, answer)
        if mood == "silent_success":
            return JSONResponse([{"message": "Service Unavailable", "errorCode": "SERVER_UNAVAILABLE"}], 503)
        return reply

    @staticmethod
    def _spoilt(mood: str) -> Response | None:
        """A reply that has nothing to do with the request."""
        spoilt = {
            "outage": lambda: Response("<html>Maintenance</html>", 503, media_type="text/html"),
            "refused": lambda: listed(Refused(403, "INSUFFICIENT_ACCESS", "insufficient access rights")),
            "busy": lambda: listed(Refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")),
            "garbage": lambda: Response("<html>Welcome</html>", media_type="text/html"),
            "endless": lambda: Response("x" * (40 * 1024 * 1024), media_type="application/json"),
            "elsewhere": lambda: Response(
                status_code=302, headers={"Location": "http://169.254.169.254/latest"}
            ),
        }
        return spoilt[mood]() if mood in spoilt else None

    async def _answered(self, request: Request, answer: Answer) -> Response:
        if request.url.path.startswith("/services/data/"):
            if not self.sign_in.is_open(request.headers.get("authorization")):
                return listed(Refused(401, "INVALID_SESSION_ID", "Session expired or invalid"))
            if self.moods.used_today >= self.moods.daily_limit:
                return listed(Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
            self.moods.used_today += 1
        request.scope["path"] = request.scope["path"].rstrip("/") or "/"
        reply = await answer(request)
        reply.headers["Sforce-Limit-Info"] = f"api-usage={self.moods.used_today}/{self.moods.daily_limit}"
        return reply

    @staticmethod
    async def _refuse(_request: Request, refused: Refused) -> Response:
        return listed(refused)

    @staticmethod
    async def _unknown(_request: Request, _error: Exception) -> Response:
        return listed(Refused(404, "NOT_FOUND", "The requested resource does not exist"))


@dataclass
class Org:
    """An organisation and where it answers."""

    salesforce: Salesforce
    address: str


@dataclass
class Line:
    """One address at which one organisation after another can be reached."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


def listed(refused: Refused) -> Response:
    return JSONResponse(refused.body if refused.body is not None else refused.as_list(), refused.status)


@asynccontextmanager
async def running(salesforce: Salesforce, port: int = 0) -> AsyncIterator[str]:
    """Serve the organisation and send its messages; gives its address."""
    async with serving(salesforce.application(), port) as address, sending(salesforce):
        yield address


@asynccontextmanager
async def sending(salesforce: Salesforce) -> AsyncIterator[None]:
    """Send messages as they become due."""
    task = asyncio.create_task(salesforce.messages.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve an application; gives its address."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws="none", lifespan="off", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
        assert not task.done(), task.exception()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
