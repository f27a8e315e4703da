"""Signing in to Salesforce: client credentials or JWT bearer, and where the organization says it lives."""

import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from gateway.adapters.bounded_reply import bounded_reply
from gateway.domain.salesforce_replies import SalesforceRefused, SalesforceUnavailable

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_SECONDS: Final = 180
_REPLY_BYTES_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceAccess:
    """How we are known. With a private key we sign in as `username` by JWT bearer, else by client credentials.

    `instance_url` is the organization's My Domain. Only hosts in `allowed_hosts` are ever talked to, whatever a reply
    says; its own host is one of them.
    """

    instance_url: str
    client_id: str
    client_secret: str = ""
    username: str = ""
    private_key: str = ""
    audience: str = "https://login.salesforce.com"
    api_version: str = "60.0"
    allowed_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. Salesforce does not say when it ends: it is used until it is refused."""

    token: str
    instance_url: str
    organization_id: str


class _Token(msgspec.Struct):
    access_token: str
    instance_url: str
    id: str


class _Refusal(msgspec.Struct):
    error: str
    error_description: str = ""


async def sign_in(client: httpx.AsyncClient, access: SalesforceAccess) -> Session:
    """A new session. SalesforceRefused when the credentials are not taken, or the reply names a strange host;
    SalesforceUnavailable when nobody answers."""
    url = f"{access.instance_url}/services/oauth2/token"
    try:
        async with client.stream("POST", url, data=_form(access)) as reply:
            content = await bounded_reply(reply, bytes_max=_REPLY_BYTES_MAX)
    except httpx.HTTPError as error:
        raise SalesforceUnavailable(f"Salesforce does not answer: {type(error).__name__}") from error
    if reply.status_code != 200:
        raise _refusal(reply.status_code, content)
    try:
        token = msgspec.json.decode(content, type=_Token)
    except msgspec.DecodeError as error:
        raise SalesforceUnavailable("Salesforce's answer to the sign-in is no token") from error
    return Session(token.access_token, _checked(token.instance_url, access), _organization_id(token.id))


def _form(access: SalesforceAccess) -> dict[str, str]:
    if not access.private_key:
        return {
            "grant_type": "client_credentials",
            "client_id": access.client_id,
            "client_secret": access.client_secret,
        }
    claims = {
        "iss": access.client_id,
        "sub": access.username,
        "aud": access.audience,
        "exp": int(time.time()) + ASSERTION_SECONDS,
    }
    try:
        assertion = jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(access.private_key))
    except (JoseError, ValueError) as error:
        raise SalesforceRefused("The private key for Salesforce is not an RSA key in PEM") from error
    return {"grant_type": JWT_BEARER, "assertion": assertion}


def _refusal(status: int, content: bytes) -> SalesforceRefused | SalesforceUnavailable:
    """Unlike its other interfaces this one tells an object, not a list."""
    try:
        refused = msgspec.json.decode(content, type=_Refusal)
    except msgspec.DecodeError:
        return SalesforceUnavailable(f"Salesforce answers {status} to the sign-in")
    if status >= 500 or status == 429:
        return SalesforceUnavailable(f"Salesforce answers {status} to the sign-in: {refused.error[:60]}")
    return SalesforceRefused(
        f"Salesforce does not let us in: {refused.error_description[:200]}", error_code=refused.error[:60]
    )


def _checked(instance_url: str, access: SalesforceAccess) -> str:
    """The address for all further requests. It comes from outside, so it must be one that we expect."""
    try:
        told, own = urlsplit(instance_url), urlsplit(access.instance_url)
        is_bare = not (told.username or told.password or told.path.strip("/") or told.query or told.fragment)
        is_own = (told.hostname, told.port) == (own.hostname, own.port)
        is_allowed = told.hostname in access.allowed_hosts and told.port is None
    except ValueError:
        is_bare = is_own = is_allowed = False
    if not (is_bare and told.scheme == own.scheme and (is_own or is_allowed)):
        raise SalesforceRefused(
            "Salesforce names an address that is not in GATEWAY_SALESFORCE_ALLOWED_HOSTS",
            error_code="instance_not_allowed",
        )
    return f"{told.scheme}://{told.netloc}"


def _organization_id(identity_url: str) -> str:
    """…/id/<organization>/<user>."""
    parts = urlsplit(identity_url).path.strip("/").split("/")
    return parts[1] if len(parts) == 3 and parts[0] == "id" else ""
