"""Turns what a profile keeps into the Authorization header of a request."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import httpx

from clients.command_line.endings import NotAllowed, Unavailable
from clients.command_line.profiles import Kind, Profile

# A token is renewed this long before it ends, so that it does not end on the way.
MARGIN_SECONDS: Final = 30
LIFETIME_SECONDS_UNSAID: Final = 300
TIMEOUT_SECONDS: Final = 20.0


def authorization(profile: Profile, renewed: Callable[[Profile], None]) -> Callable[[], str]:
    """Return what gives the header's value for each request; `renewed` is told of a token that was issued anew."""
    current = profile

    def value() -> str:
        nonlocal current
        if current.kind is Kind.CLIENT_CREDENTIALS and current.expires_at < time.time() + MARGIN_SECONDS:
            current = with_issued_token(current)
            renewed(current)
        return f"Bearer {current.issued_token or current.secret}"

    return value


def with_issued_token(profile: Profile) -> Profile:
    """Exchange client credentials for a token (RFC 6749, section 4.4). NotAllowed if the issuer says no."""
    try:
        reply = httpx.post(
            profile.token_url,
            data={"grant_type": "client_credentials"},
            auth=(profile.client_id, profile.secret),
            timeout=TIMEOUT_SECONDS,
        )
    except httpx.TransportError as error:
        raise Unavailable(f"No reply from the issuer at {profile.token_url}: {error}") from error
    if reply.status_code >= 500:
        raise Unavailable(f"The issuer answers {reply.status_code}.", "Try again in a moment.")
    said = _json(reply)
    if reply.status_code != 200 or not isinstance(said.get("access_token"), str):
        reason = said.get("error_description") or said.get("error") or reply.status_code
        raise NotAllowed(
            f"The issuer gives no token: {reason}", "Check the client's id and secret: salesops login"
        )
    lifetime = said.get("expires_in")
    seconds = lifetime if isinstance(lifetime, int) else LIFETIME_SECONDS_UNSAID
    return replace(profile, issued_token=said["access_token"], expires_at=int(time.time()) + seconds)


def discovered_token_url(issuer: str) -> str:
    """The token endpoint an issuer publishes (OpenID Connect Discovery 1.0, section 4)."""
    where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        reply = httpx.get(where, timeout=TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        raise Unavailable(f"No reply from the issuer at {where}: {error}") from error
    endpoint = _json(reply).get("token_endpoint")
    if reply.status_code != 200 or not isinstance(endpoint, str):
        raise NotAllowed(f"{where} names no token endpoint.", "Give it yourself: --token-url")
    return endpoint


def _json(reply: httpx.Response) -> dict[str, Any]:
    try:
        said = reply.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
