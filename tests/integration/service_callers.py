"""Calls a service's API as the gateway does: with an internal token for the caller."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from shared.identity import Caller, InternalTokenIssuer

KEY: Final = OKPKey.generate_key("Ed25519")
PRIVATE_KEY: Final = json.dumps(KEY.as_dict(private=True))
PUBLIC_KEY: Final = json.dumps(KEY.as_dict(private=False))
CURSOR_SECRET: Final = "a secret of tests only"


def a_caller(
    role: str = "coordinator", *, zones: tuple[str, ...] = (), partner_code: str | None = None
) -> Caller:
    """Somebody with one role."""
    return Caller(
        f"test-{role}",
        frozenset({role}),
        frozenset(zones),
        partner_code,
        f"token-{role}-{zones}-{partner_code}",
    )


@asynccontextmanager
async def calling(app: FastAPI, service: str, caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests carry the caller's token."""
    token = InternalTokenIssuer(PRIVATE_KEY).token_for(caller, service)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://service",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client
