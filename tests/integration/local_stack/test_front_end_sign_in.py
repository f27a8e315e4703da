"""The TypeScript client signs in at the issuer of the local stack, and the gateway believes what it gets."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.identity import AUDIENCE, DevelopmentIdentity, development_identity
from tests import node
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.provisions import DatabaseFactory

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def issuing(folder: Path) -> AsyncIterator[DevelopmentIdentity]:
    """The issuer in a process of its own, as the local stack runs it."""
    identity = development_identity(folder)
    variables = {"ENVIRONMENT": "local", "ISSUER_FOLDER": str(folder), "ISSUER_CLIENT_SECRET": "a machine's"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.local.issuer", cwd=ROOT, env={**os.environ, **variables}
    )
    try:
        async with asyncio.timeout(60):
            while not await _listens(identity.issuer_port):  # noqa: ASYNC110 - what we wait for is another process
                await asyncio.sleep(0.05)
        yield identity
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_a_person_signs_in_and_stays_signed_in(tmp_path: Path, fresh_database: DatabaseFactory) -> None:
    """Discovery, the page, the code with its verifier, the gateway's word on the token, and its renewal."""
    client = await asyncio.to_thread(node.with_packages, ROOT / "clients" / "typescript")
    async with issuing(tmp_path) as identity:
        settings = {
            "issuer": identity.issuer,
            "audience": AUDIENCE,
            "jwks": None,
            "jwks_url": f"{identity.issuer}/jwks",
        }
        async with gateway_before(
            recording_app(Seen([])), await fresh_database("gateway"), **settings
        ) as url:
            said = await asyncio.to_thread(
                node.run, client, "node", "examples/sign-in.ts", BASE=url, ISSUER=identity.issuer
            )

    assert said.returncode == 0, said.stdout + said.stderr
    seen = {one["step"]: one["seen"] for one in map(json.loads, said.stdout.splitlines())}
    assert seen == {
        "signed in": ["coordinator"],
        "of another tab": "refused",
        "renewed": {"isAnother": True, "isOne": True},
        "after the renewal": ["coordinator"],
        "a second time": "refused",
    }
