"""The invoice registration portal over HTTP, as suvidha providers offer it: the portal's paths and plain JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

import httpx
import msgspec

from services.payments.domain.business_day import BUSINESS_TIME_ZONE
from services.payments.domain.einvoice import Refused, Registered
from shared.errors import UpstreamUnavailable

DUPLICATE: Final = "2150"
_TOKEN_INVALID: Final = frozenset({"1005", "105", "106"})
_REPLY_BYTES_MAX: Final = 1024 * 1024
_TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
_IRN: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """How we are known to the portal; empty ones are sent as they are, e.g. to a simulator."""

    client_id: str
    client_secret: str
    user_name: str
    password: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer as they went over the wire, to be kept."""

    operation: str
    request: str
    status: int | None
    response: str


class PortalUnavailable(UpstreamUnavailable):
    """Nobody answered, or not sensibly: try again later."""

    code, title = "portal_unavailable", "The invoice registration portal is not available"


class EInvoiceRegistry:
    """One conversation; `exchanges` holds what was said. Use it outside of transactions: it may take a minute."""

    def __init__(self, base_url: str, credentials: Credentials) -> None:
        self._credentials = credentials
        self._client = httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT, follow_redirects=False)
        self._token = ""
        self.exchanges: list[Exchange] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def register(
        self, gstin: str, payload: bytes, document: tuple[str, str, str]
    ) -> Registered | Refused:
        """Register a document, given also as (type, number, dd/mm/yyyy). A duplicate is looked up: it is registered.

        PortalUnavailable when nothing is known afterwards.
        """
        reply = await self._say("register", gstin, ("POST", "/eicore/v1.03/Invoice"), payload)
        refused = _refusal(reply)
        if refused is not None and refused.code == DUPLICATE:
            return await self._known(gstin, reply, document)
        return refused or _registered(_content(reply))

    async def cancel(self, gstin: str, irn: str, remark: str) -> datetime | Refused:
        """Cancel a registration as a data entry mistake; returns when the portal did."""
        body = msgspec.json.encode({"Irn": irn, "CnlRsn": "2", "CnlRem": remark[:100]})
        reply = await self._say("cancel", gstin, ("POST", "/eicore/v1.03/Invoice/Cancel"), body)
        return _refusal(reply) or _instant(_content(reply).get("CancelDate"))

    async def _known(
        self, gstin: str, duplicate: Mapping[str, Any], document: tuple[str, str, str]
    ) -> Registered | Refused:
        """By its number, or by the IRN that the refusal itself may tell: portals differ in both."""
        kind, number, day = document
        parameters = {"doctype": kind, "docnum": number, "docdate": day}
        path = f"/eicore/v1.03/Invoice/irnbydocdetails?{httpx.QueryParams(parameters)}"
        reply = await self._say("lookup", gstin, ("GET", path))
        refused = _refusal(reply)
        if refused is not None and (irn := _irn_of_duplicate(duplicate)):
            reply = await self._say("lookup", gstin, ("GET", f"/eicore/v1.03/Invoice/irn/{irn}"))
            refused = _refusal(reply)
        return refused or _registered(_content(reply))

    async def _say(
        self, operation: str, gstin: str, target: tuple[str, str], body: bytes | None = None
    ) -> Mapping[str, Any]:
        """One request, with a new token when the portal no longer takes the old one."""
        for _ in range(2):
            if not self._token:
                self._token = await self._new_token(gstin)
            reply = await self._exchange(operation, target, self._headers(gstin), body)
            refused = _refusal(reply)
            if refused is None or refused.code not in _TOKEN_INVALID:
                return reply
            self._token = ""
        raise PortalUnavailable("The portal takes none of our tokens")

    async def _new_token(self, gstin: str) -> str:
        known = self._credentials
        body = msgspec.json.encode({"UserName": known.user_name, "Password": known.password})
        reply = await self._exchange(
            "sign_in", ("POST", "/eivital/v1.04/auth"), self._headers(gstin), body, is_secret=True
        )
        refused = _refusal(reply)
        token = "" if refused else str(_content(reply).get("AuthToken", ""))
        if not token:
            raise PortalUnavailable(
                f"The portal does not let us in: {refused.message if refused else 'no token'}"
            )
        return token

    def _headers(self, gstin: str) -> dict[str, str]:
        known = self._credentials
        return {
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "user_name": known.user_name,
            "gstin": gstin,
            "AuthToken": self._token,
            "Content-Type": "application/json",
        }

    async def _exchange(
        self,
        operation: str,
        target: tuple[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        is_secret: bool = False,
    ) -> Mapping[str, Any]:
        method, path = target
        asked = "" if is_secret else (body or path.encode()).decode()
        try:
            async with self._client.stream(method, path, content=body, headers=dict(headers)) as reply:
                content = await _limited(reply)
        except httpx.HTTPError as error:
            self.exchanges.append(Exchange(operation, asked, None, type(error).__name__))
            raise PortalUnavailable(f"The portal does not answer: {type(error).__name__}") from error
        text = content.decode("utf-8", "replace").replace("\0", "")
        self.exchanges.append(Exchange(operation, asked, reply.status_code, "" if is_secret else text))
        if reply.status_code >= 500 or reply.status_code == 429:
            raise PortalUnavailable(f"The portal answers {reply.status_code}")
        return _document(content)


async def _limited(reply: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in reply.aiter_bytes():
        content += chunk
        if len(content) > _REPLY_BYTES_MAX:
            raise PortalUnavailable("The portal's answer is longer than any answer should be")
    return bytes(content)


def _document(content: bytes | str) -> Mapping[str, Any]:
    """A JSON object; portals sometimes put one into a string."""
    try:
        found = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise PortalUnavailable("The portal's answer is not JSON") from error
    if isinstance(found, str):
        return _document(found)
    if not isinstance(found, dict):
        raise PortalUnavailable("The portal's answer is no object")
    return found


def _refusal(reply: Mapping[str, Any]) -> Refused | None:
    """What is wrong, whatever shape the errors come in; None for an answer of success."""
    if str(reply.get("Status", "")) == "1":
        return None
    errors = reply.get("ErrorDetails") or reply.get("error") or []
    if isinstance(errors, str):
        try:
            errors = msgspec.json.decode(errors)
        except msgspec.DecodeError:
            errors = [{"ErrorCode": "", "ErrorMessage": errors}]
    listed = [one for one in (errors if isinstance(errors, list) else [errors]) if isinstance(one, dict)]
    codes = [str(one.get("ErrorCode", "")) for one in listed]
    messages = [str(one.get("ErrorMessage", "")) for one in listed]
    code = DUPLICATE if DUPLICATE in codes else next(filter(None, codes), "unknown")
    return Refused(code, "; ".join(filter(None, messages))[:500] or "The portal gives no reason")


def _content(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    data = reply.get("Data")
    if isinstance(data, dict):
        return data
    if isinstance(data, str) and data:
        return _document(data)
    raise PortalUnavailable("The portal says yes and nothing else")


def _registered(data: Mapping[str, Any]) -> Registered:
    irn = str(data.get("Irn", "")).lower()
    if not _IRN.fullmatch(irn) or not data.get("SignedQRCode"):
        raise PortalUnavailable("The portal's answer lacks the reference number or the signed code")
    return Registered(
        irn=irn,
        ack_no=str(data.get("AckNo", "")),
        ack_at=_instant(data.get("AckDt")),
        signed_invoice=str(data.get("SignedInvoice", "")),
        signed_qr=str(data["SignedQRCode"]),
    )


def _irn_of_duplicate(reply: Mapping[str, Any]) -> str:
    """The number that a refusal as duplicate may tell on the side, as an object or as a text of one."""
    for one in reply.get("InfoDtls") or []:
        told = one.get("Desc") if isinstance(one, dict) else None
        if isinstance(told, str):
            told = _document(told)
        irn = str(told.get("Irn", "")).lower() if isinstance(told, dict) else ""
        if _IRN.fullmatch(irn):
            return irn
    return ""


def _instant(text: object) -> datetime:
    """The portal's clock shows Indian time without saying so."""
    for shape in ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        try:
            local = datetime.strptime(str(text)[:19], shape)  # noqa: DTZ007 - the zone is set below
        except ValueError:
            continue
        return local.replace(tzinfo=BUSINESS_TIME_ZONE).astimezone(UTC)
    raise PortalUnavailable(f"The portal's answer has no readable time: {str(text)[:40]}")
