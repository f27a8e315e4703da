"""Hands letters in at a mail server: encrypted, with word back asked for, and each failure told apart by what helps."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Whom a letter is from and for; `id` leads back to it from notifications about it (RFC 3461)."""

    id: str
    sender_address: str
    address: str


class LetterRefused(Exception):
    """It was not taken. `is_final` when trying again would change nothing, `is_bounce` when its address is the reason."""

    def __init__(self, reason: str, *, is_final: bool = False, is_bounce: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final or is_bounce
        self.is_bounce = is_bounce


async def hand_in(server: MailServer, message: EmailMessage, envelope: Envelope) -> str:
    """What the server said when it took the letter. LetterRefused for a refusal (5xx is final) and a server that is gone.

    One connection per letter: a letter that fails takes no other with it.
    """
    try:
        async with _client(server) as client:
            await client.ehlo()  # what it understands is known only after the encrypted greeting
            options, recipient_options = _wanted_word(client, envelope)
            _, said = await client.sendmail(
                envelope.sender_address,
                [envelope.address],
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
        raise LetterRefused(f"{server.host}: {type(error).__name__}") from error
    return said[:200]


def _client(server: MailServer) -> aiosmtplib.SMTP:
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


def _wanted_word(client: aiosmtplib.SMTP, envelope: Envelope) -> tuple[list[str], list[str]]:
    """Ask for notifications (RFC 3461) where they are understood."""
    if not client.supports_extension("dsn"):
        return [], []
    return [f"RET=HDRS ENVID={envelope.id}"], [
        f"NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{envelope.address}"
    ]


def _refusal(code: int, message: str, *, is_address: bool) -> LetterRefused:
    is_final = 500 <= code < 600
    return LetterRefused(
        f"{code} {' '.join(message.split())[:300]}",
        is_final=is_final,
        is_bounce=is_final and is_address,
    )
