"""A stand-in for the invoice registration portal: its paths, its shapes, its moods, on a real socket."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

INDIA = ZoneInfo("Asia/Kolkata")
_NUMBER = re.compile(r"[A-Za-z1-9][A-Za-z0-9/-]{0,15}")


@dataclass
class Portal:
    """What the portal holds, and how it behaves: `moods` are taken one per request, then it is well."""

    registered: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    moods: list[str] = field(default_factory=list)  # outage, silent_success, garbage, endless, expired_token
    tells_duplicates_as: str = "list"  # or text: the other shape seen in the wild
    clock: Any = field(default=lambda: datetime.now(UTC))

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._moody])
        app.router.add_post("/eivital/v1.04/auth", self._sign_in)
        app.router.add_post("/eicore/v1.03/Invoice", self._register)
        app.router.add_get("/eicore/v1.03/Invoice/irnbydocdetails", self._find)
        app.router.add_get("/eicore/v1.03/Invoice/irn/{irn}", self._find_irn)
        app.router.add_post("/eicore/v1.03/Invoice/Cancel", self._cancel)
        return app

    @web.middleware
    async def _moody(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        mood = self.moods.pop(0) if self.moods else ""
        if mood == "outage":
            return web.Response(status=503, text="<html>Service unavailable</html>")
        if mood == "garbage":
            return web.Response(text="<html>Welcome to the portal</html>")
        if mood == "endless":
            return web.Response(text="x" * (2 * 1024 * 1024))
        if mood == "expired_token":
            self.tokens.clear()
        is_open = request.path.startswith("/eivital")
        if not is_open and request.headers.get("AuthToken") not in self.tokens:
            return refused("1005", "Invalid Token")
        reply: web.StreamResponse = await handler(request)
        if mood == "silent_success":
            return web.Response(status=504, text="")
        return reply

    async def _sign_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("Password") == "wrong":
            return refused("3001", "Invalid credentials")
        token = secrets.token_hex(12)
        self.tokens.add(token)
        return granted(
            {"AuthToken": token, "TokenExpiry": f"{self._now() + timedelta(hours=6):%Y-%m-%d %H:%M:%S}"}
        )

    async def _register(self, request: web.Request) -> web.Response:
        document = await request.json()
        if problem := self._problem(document):
            return refused(*problem)
        details, seller = document["DocDtls"], document["SellerDtls"]["Gstin"]
        key = (details["Typ"], details["No"].upper(), details["Dt"])
        if known := self.registered.get(key):
            info = {"AckNo": known["AckNo"], "AckDt": known["AckDt"], "Irn": known["Irn"]}
            if self.tells_duplicates_as == "text":
                errors = json.dumps([{"ErrorCode": "2150", "ErrorMessage": "Duplicate IRN"}])
                told = [{"InfCd": "DUPIRN", "Desc": json.dumps(info)}]
                return web.json_response({"Status": 0, "ErrorDetails": errors, "InfoDtls": told})
            return refused("2150", "Duplicate IRN", [{"InfCd": "DUPIRN", "Desc": info}])
        name = f"{seller}|{details['Typ']}|{details['No'].upper()}|{details['Dt'][-4:]}"
        answer = {
            "AckNo": 112610000000000 + len(self.registered),
            "AckDt": f"{self._now():%Y-%m-%d %H:%M:%S}",
            "Irn": hashlib.sha256(name.encode()).hexdigest(),
            "SignedInvoice": signed(document),
            "SignedQRCode": signed({"Irn": name, "TotInvVal": document["ValDtls"]["TotInvVal"]}),
            "Status": "ACT",
        }
        self.registered[key] = answer
        return granted(answer)

    def _problem(self, document: dict[str, Any]) -> tuple[str, str] | None:
        """What the real one checks first, in its numbers."""
        if document["DocDtls"]["No"][0] in "0/-" or not _NUMBER.fullmatch(document["DocDtls"]["No"]):
            return "2163", "Document number should not start with 0, / or -"
        if not all(item["HsnCd"] for item in document["ItemList"]):
            return "2176", "Invalid HSN code"
        if "Pin" not in document["BuyerDtls"]:
            return "5002", "BuyerDtls.Pin is required"
        total = sum(round(item["TotItemVal"] * 100) for item in document["ItemList"])
        if total != round(document["ValDtls"]["TotInvVal"] * 100):
            return "2189", "Invalid total invoice value"
        day = datetime.strptime(document["DocDtls"]["Dt"], "%d/%m/%Y").replace(tzinfo=INDIA).date()
        if (self._now().date() - day).days > 30:
            return "2290", "Document is older than 30 days"
        return None

    async def _find(self, request: web.Request) -> web.Response:
        asked = request.query
        key = (asked["doctype"], asked["docnum"].upper(), asked["docdate"])
        known = self.registered.get(key)
        return granted(known) if known else refused("2148", "Requested IRN data is not available")

    async def _find_irn(self, request: web.Request) -> web.Response:
        for known in self.registered.values():
            if known["Irn"] == request.match_info["irn"]:
                return granted(known)
        return refused("2148", "Requested IRN data is not available")

    async def _cancel(self, request: web.Request) -> web.Response:
        asked = await request.json()
        for known in self.registered.values():
            if known["Irn"] != asked["Irn"]:
                continue
            made = datetime.strptime(known["AckDt"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=INDIA)
            if self._now() - made > timedelta(hours=24):
                return refused("2270", "The allowed cancellation time limit is crossed")
            known["Status"] = "CNL"
            return granted({"Irn": asked["Irn"], "CancelDate": f"{self._now():%Y-%m-%d %H:%M:%S}"})
        return refused("2148", "Requested IRN data is not available")

    def _now(self) -> datetime:
        now: datetime = self.clock()
        return now.astimezone(INDIA)


def granted(data: dict[str, Any]) -> web.Response:
    return web.json_response({"Status": 1, "ErrorDetails": None, "Data": data, "InfoDtls": None})


def refused(code: str, message: str, info: list[dict[str, Any]] | None = None) -> web.Response:
    errors = [{"ErrorCode": code, "ErrorMessage": message}]
    return web.json_response({"Status": 0, "ErrorDetails": errors, "Data": None, "InfoDtls": info})


def signed(claims: dict[str, Any]) -> str:
    """In the shape of the portal's signatures; signed by nobody."""
    parts = ({"alg": "RS256", "kid": "simulator"}, {"data": json.dumps(claims), "iss": "simulator"})
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*texts, secrets.token_urlsafe(64)])


@asynccontextmanager
async def running(portal: Portal, port: int = 0) -> AsyncIterator[str]:
    """Serve the portal; gives its address."""
    runner = web.AppRunner(portal.application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        host, chosen = runner.addresses[0][:2]
        yield f"http://{host}:{chosen}"
    finally:
        await runner.cleanup()
