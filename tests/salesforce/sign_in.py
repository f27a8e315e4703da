"""Tokens of the simulated organisation: client credentials and JWT bearer, sessions that end, and no refresh token."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
ASSERTION_MAX = timedelta(minutes=5)


class SignInRefused(Exception):
    """Told as an object, unlike the errors of the other interfaces."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass
class ConnectedApp:
    """Who may sign in; `public_key` (PEM) is the uploaded certificate, `usernames` are pre-authorised."""

    consumer_key: str = "3MVG9simulator"
    consumer_secret: str = "simulator-secret"
    public_key: str | None = None
    usernames: frozenset[str] = frozenset({"integration@engines.example"})


@dataclass
class SignIn:
    """Sessions by their token, each with its end."""

    clock: Callable[[], datetime]
    organization_id: str
    app: ConnectedApp = field(default_factory=ConnectedApp)
    session_length: timedelta = timedelta(hours=2)
    sessions: dict[str, datetime] = field(default_factory=dict)
    given: int = 0

    def token(self, form: Mapping[str, str], authorization: str | None, instance_url: str) -> dict[str, Any]:
        """The reply to a request for a token; there is no expires_in, as in the real one."""
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            self._check_secret(form, authorization)
        elif grant == JWT_BEARER:
            self._check_assertion(form.get("assertion", ""), instance_url)
        else:
            raise SignInRefused("unsupported_grant_type", "grant type not supported")
        token = f"{self.organization_id[:15]}!{secrets.token_urlsafe(48)}"
        self.sessions[token] = self.clock() + self.session_length
        self.given += 1
        return {
            "access_token": token,
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
            "scope": "api",
            "instance_url": instance_url,
            "id": f"{instance_url}/id/{self.organization_id}/005",
            "token_type": "Bearer",
            "issued_at": str(int(self.clock().timestamp() * 1000)),
        }

    def is_open(self, authorization: str | None) -> bool:
        scheme, _, token = (authorization or "").partition(" ")
        return scheme in ("Bearer", "OAuth") and self.sessions.get(token, self.clock()) > self.clock()

    def revoke_all(self) -> None:
        self.sessions.clear()

    def _check_secret(self, form: Mapping[str, str], authorization: str | None) -> None:
        key, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization and authorization.startswith("Basic "):
            key, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
        if key != self.app.consumer_key:
            raise SignInRefused("invalid_client_id", "client identifier invalid")
        if secret != self.app.consumer_secret:
            raise SignInRefused("invalid_client", "invalid client credentials")

    def _check_assertion(self, assertion: str, instance_url: str) -> None:
        if self.app.public_key is None:
            raise SignInRefused("invalid_grant", "no certificate was uploaded")
        try:
            claims = jwt.decode(
                assertion, RSAKey.import_key(self.app.public_key), algorithms=["RS256"]
            ).claims
            ends = float(claims.get("exp", 0))
        except (JoseError, ValueError) as error:
            raise SignInRefused("invalid_grant", "invalid assertion") from error
        now = self.clock().timestamp()
        if not now < ends <= now + ASSERTION_MAX.total_seconds():
            raise SignInRefused("invalid_grant", "expired authorization code")
        if claims.get("aud") not in (*AUDIENCES, instance_url):
            raise SignInRefused("invalid_grant", "audience is invalid")
        if claims.get("iss") != self.app.consumer_key:
            raise SignInRefused("invalid_client_id", "client identifier invalid")
        if claims.get("sub") not in self.app.usernames:
            raise SignInRefused("invalid_grant", "user hasn't approved this consumer")
