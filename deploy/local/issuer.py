"""The development issuer: OpenID Connect for the local stack, and for nothing else: `python -m deploy.local.issuer`.

Front ends sign in by authorization code with PKCE, machines by client credentials. What it remembers (codes and refresh
tokens) is gone when it ends.
"""

import os
import secrets
import sys
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from joserfc.util import urlsafe_b64encode
from starlette.middleware.cors import CORSMiddleware

from deploy.local.identity import (
    ROLES,
    DevelopmentIdentity,
    Person,
    access_token,
    development_identity,
    signed,
)
from deploy.local.issuer_grants import GrantRefused, Grants, SignIn
from deploy.local.ports import LOOPBACK
from deploy.local.sign_in_page import PAGE_POLICY, sign_in_page

FRONT_END_CLIENT: Final = "salesops-front-end"
MACHINE_CLIENT: Final = "salesops-machine"
ACCESS_SECONDS: Final = 15 * 60
FORM_BYTES_MAX: Final = 16 * 1024
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_SIGN_IN_FIELDS: Final = (
    "response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "scope", "state", "nonce",
)  # fmt: skip

router = APIRouter()


class TokenRefused(Exception):
    """An error reply of the token endpoint (RFC 6749, section 5.2)."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


def create_app(folder: Path, *, origins: list[str], client_secret: str) -> FastAPI:
    """An issuer with the identity of this folder, which is read anew each time: its key may be rotated meanwhile."""
    app = FastAPI(title="Development issuer", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.folder, app.state.client_secret, app.state.grants = folder, client_secret, Grants()
    app.include_router(router)
    app.add_middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"]
    )
    return app


def _identity(request: Request) -> DevelopmentIdentity:
    return development_identity(request.app.state.folder)


@router.get("/.well-known/openid-configuration")
def discovery(request: Request) -> dict[str, Any]:
    issuer = _identity(request).issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "offline_access"],
    }


@router.get("/jwks")
def keys(request: Request) -> Response:
    return Response(_identity(request).key_set(), media_type="application/json")


@router.get("/authorize")
def ask(request: Request) -> Response:
    """Show who can be chosen, once the request could end well."""
    asked = {name: request.query_params[name] for name in _SIGN_IN_FIELDS if name in request.query_params}
    if (wrong := _wrong_in(asked)) is not None:
        return HTMLResponse(f"This sign-in cannot go on: {wrong}.", 400)
    return HTMLResponse(sign_in_page(asked), headers={"Content-Security-Policy": PAGE_POLICY, **_NO_STORE})


@router.post("/authorize")
async def choose(request: Request) -> Response:
    """Go back to the front end with a code."""
    form = await _form(request)
    if (wrong := _wrong_in(form)) is not None or form.get("role") not in ROLES:
        return HTMLResponse(f"This sign-in cannot go on: {wrong or 'nobody was chosen'}.", 400)
    zones = tuple(zone.strip() for zone in form.get("zones", "").split(",") if zone.strip())
    sign_in = SignIn(
        person=Person(form["role"], zones, form.get("partner_code") or None),
        client_id=form["client_id"],
        redirect_uri=form["redirect_uri"],
        challenge=form["code_challenge"],
        nonce=form.get("nonce"),
    )
    answer = {"code": request.app.state.grants.code_for(sign_in), "iss": _identity(request).issuer}
    if "state" in form:
        answer["state"] = form["state"]
    separator = "&" if urlsplit(form["redirect_uri"]).query else "?"
    return RedirectResponse(f"{form['redirect_uri']}{separator}{urlencode(answer)}", 303, _NO_STORE)


@router.post("/token")
async def token(request: Request) -> Response:
    """Give tokens for a code, a refresh token or a machine's secret."""
    form = await _form(request)
    try:
        return JSONResponse(_tokens(request, form), headers=_NO_STORE)
    except GrantRefused:
        return JSONResponse({"error": "invalid_grant"}, 400, _NO_STORE)
    except TokenRefused as refusal:
        return JSONResponse({"error": refusal.error}, refusal.status, _NO_STORE)


def _tokens(request: Request, form: Mapping[str, str]) -> dict[str, object]:
    identity, grants = _identity(request), request.app.state.grants
    kind, client_id = form.get("grant_type"), form.get("client_id", "")
    if kind == "client_credentials":
        _check_machine(request, form)
        return _access(identity, Person("integration"))
    if client_id != FRONT_END_CLIENT:
        raise TokenRefused("invalid_client", 401)
    if kind == "authorization_code":
        sign_in = grants.redeem_code(
            form.get("code", ""),
            client_id=client_id,
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
        refresh_token = grants.refresh_token_for(sign_in)
    elif kind == "refresh_token":
        sign_in, refresh_token = grants.redeem_refresh_token(
            form.get("refresh_token", ""), client_id=client_id
        )
    else:
        raise TokenRefused("unsupported_grant_type")
    tokens = _access(identity, sign_in.person)
    return {**tokens, "refresh_token": refresh_token, "id_token": _id_token(identity, sign_in, tokens)}


def _access(identity: DevelopmentIdentity, person: Person) -> dict[str, object]:
    text = access_token(identity, person, lifetime_seconds=ACCESS_SECONDS)
    return {"access_token": text, "token_type": "Bearer", "expires_in": ACCESS_SECONDS}


def _id_token(identity: DevelopmentIdentity, sign_in: SignIn, tokens: Mapping[str, object]) -> str:
    now = int(time.time())
    half = sha256(str(tokens["access_token"]).encode()).digest()[:16]
    claims: dict[str, object] = {
        "iss": identity.issuer,
        "aud": sign_in.client_id,
        "sub": sign_in.person.subject,
        "name": sign_in.person.role.replace("_", " ").capitalize(),
        "iat": now,
        "exp": now + ACCESS_SECONDS,
        "at_hash": urlsafe_b64encode(half).decode(),
    }
    if sign_in.nonce is not None:
        claims["nonce"] = sign_in.nonce
    return signed(identity, claims, token_type="JWT")  # noqa: S106 - a media type, no secret


def _check_machine(request: Request, form: Mapping[str, str]) -> None:
    """The machine's name and secret, from the Authorization header or the form."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = b64decode(encoded, validate=True).decode().partition(":")
        except (NotBase64, UnicodeDecodeError):
            raise TokenRefused("invalid_client", 401) from None
    if client_id != MACHINE_CLIENT or not secrets.compare_digest(
        secret.encode(), request.app.state.client_secret.encode()
    ):
        raise TokenRefused("invalid_client", 401)


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _wrong_in(asked: Mapping[str, str]) -> str | None:
    """Say what keeps a sign-in from going on; nothing is sent to an address that is not of this machine."""
    address = urlsplit(asked.get("redirect_uri", ""))
    if asked.get("client_id") != FRONT_END_CLIENT:
        return f"client_id is not {FRONT_END_CLIENT}"
    if address.scheme != "http" or address.hostname not in ("localhost", LOOPBACK) or address.fragment:
        return "redirect_uri is not an http address of this machine"
    if asked.get("response_type") != "code":
        return "response_type is not code"
    if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
        return "code_challenge is not one of S256"
    return None


def main() -> int:
    if os.environ.get("ENVIRONMENT") != "local":
        sys.stderr.write(
            "The development issuer asks nobody for a password: it runs where ENVIRONMENT=local only.\n"
        )
        return 1
    folder = Path(os.environ["ISSUER_FOLDER"])
    port = int(os.environ["ISSUER_PORT"]) if "ISSUER_PORT" in os.environ else None
    identity = development_identity(folder, port=port)
    app = create_app(
        folder,
        origins=os.environ.get("ISSUER_ORIGINS", "").split(","),
        client_secret=os.environ["ISSUER_CLIENT_SECRET"],
    )
    uvicorn.run(
        app,
        host=os.environ.get("ISSUER_HOST", LOOPBACK),  # in a container its neighbours ask for the keys
        port=identity.issuer_port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
