"""Takes in the letters of the local stack and keeps each as a file: `python -m deploy.local.mail_catcher`.

Nothing is passed on: whatever address a letter has, it ends in the folder and nowhere else.
"""

import asyncio
import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import LOOPBACK

LETTER_BYTES_MAX: Final = 40 * 1024 * 1024
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9@.-]+")


class Keeper:
    """The names of the methods are aiosmtpd's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        recipient = _NOT_IN_NAMES.sub("-", ",".join(envelope.rcpt_tos))[:80]
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}_{recipient}.eml"
        await asyncio.to_thread((self._folder / name).write_bytes, content)
        return "250 kept"


async def serve(folder: Path, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=LETTER_BYTES_MAX, loop=loop), host, port
    )
    async with server:
        await stop.wait()


def main() -> None:
    host = os.environ.get("MAIL_HOST", LOOPBACK)  # in a container letters come from others
    asyncio.run(serve(Path(os.environ["MAIL_FOLDER"]), host, int(os.environ["MAIL_PORT"])))


if __name__ == "__main__":
    main()
