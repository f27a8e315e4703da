"""Runs the stand-in for the invoice registration portal until Ctrl-C: `make irp-simulator PORT=8099`."""

import asyncio
import os

from tests.irp.simulator import Portal, running


async def serve() -> None:
    async with running(Portal(), int(os.environ.get("PORT") or 8099)) as address:
        print(f"The portal answers at {address}; start the system with PAYMENTS_EINVOICE_BASE_URL={address}")
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        print("The portal is closed")
