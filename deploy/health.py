"""Asks a process beside it whether it is well: `python -m deploy.health http://127.0.0.1:8001/health/ready`.

For containers, whose image has no curl. 0: it answered with 200, or greeted over SMTP; 1: it did not, and says why.
"""

import http.client
import socket
import sys
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

PATIENCE_SECONDS: Final = 4.0


def main() -> int:
    complaint = complaint_of(sys.argv[1])
    if complaint is not None:
        sys.stderr.write(f"{complaint}\n")
    return 0 if complaint is None else 1


def complaint_of(url: str) -> str | None:
    """What is wrong with the process there, None if nothing is."""
    parts = urlsplit(url)
    place = (parts.hostname or "", parts.port or 80)
    try:
        return _http_complaint(place, parts.path) if parts.scheme == "http" else _smtp_complaint(place)
    except (OSError, http.client.HTTPException) as error:
        return f"{url} does not answer: {error!r}"


def _http_complaint(place: tuple[str, int], path: str) -> str | None:
    with closing(http.client.HTTPConnection(*place, timeout=PATIENCE_SECONDS)) as connection:
        connection.request("GET", path)
        reply = connection.getresponse()
        text = reply.read(500).decode(errors="replace")
        reply.close()
    return None if reply.status == http.HTTPStatus.OK else f"{path} answers {reply.status}: {text}"


def _smtp_complaint(place: tuple[str, int]) -> str | None:
    with socket.create_connection(place, timeout=PATIENCE_SECONDS) as connection:
        greeting = connection.recv(200).decode(errors="replace")
        connection.sendall(b"QUIT\r\n")
    return None if greeting.startswith("220") else f"greeted with {greeting!r}"


if __name__ == "__main__":
    sys.exit(main())
