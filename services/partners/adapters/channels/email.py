"""Sends letters over SMTP: encrypted, with word back asked for, and each failure told apart by what helps."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import aiosmtplib

from services.partners.adapters.channels.letter import letter
from services.partners.adapters.channels.outgoing import Accepted, AttemptFailed, Outgoing

TIMEOUT_SECONDS: Final = 60.0
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where letters are handed in. Certificates are checked against the machine's authorities, or against `ca_file`."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    ca_file: str | None = None


class EmailChannel:
    """One connection per letter: a letter that fails takes no other with it."""

    def __init__(
        self, server: MailServer, *, sender: str, sender_address: str, now: Callable[[], datetime]
    ) -> None:
        self._server = server
        self._sender = sender
        self._sender_address = sender_address
        self._now = now

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Hand the letter in. AttemptFailed for a refusal (5xx is final) and for a server that is not there."""
        message = letter(outgoing, sender=self._sender, sender_address=self._sender_address, at=self._now())
        try:
            async with self._client() as client:
                await client.ehlo()  # what it understands is known only after the encrypted greeting
                options, recipient_options = _wanted_word(client, outgoing)
                _, said = await client.sendmail(
                    self._sender_address,
                    [outgoing.address],
                    message.as_bytes(),
                    mail_options=options,
                    rcpt_options=recipient_options,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            raise _refusal(refused.code, refused.message, is_address=True) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error.message, is_address=False) from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise AttemptFailed(f"{self._server.host}: {type(error).__name__}") from error
        return Accepted(said[:200], is_delivered=False)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        encrypts = server.security != "none"
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=ssl.create_default_context(cafile=server.ca_file) if encrypts else None,
            username=server.user or None,
            password=server.password or None,
            timeout=TIMEOUT_SECONDS,
        )


def _wanted_word(client: aiosmtplib.SMTP, outgoing: Outgoing) -> tuple[list[str], list[str]]:
    """Ask for notifications (RFC 3461) where they are understood; the envelope's id leads back to the delivery."""
    if not client.supports_extension("dsn"):
        return [], []
    return [f"RET=HDRS ENVID={outgoing.delivery_id}"], [
        f"NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{outgoing.address}"
    ]


def _refusal(code: int, message: str, *, is_address: bool) -> AttemptFailed:
    is_final = 500 <= code < 600
    return AttemptFailed(
        f"{code} {' '.join(message.split())[:300]}",
        is_final=is_final,
        is_bounce=is_final and is_address,
    )
