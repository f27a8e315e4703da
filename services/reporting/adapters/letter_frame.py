"""What every letter has: who it is from and to, an id by which a repeat is recognised, its text, and files beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from services.reporting.domain.recipient import Recipient

ATTACHED_BYTES_MAX: Final = 15 * 1024 * 1024  # what most mail systems take


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who letters are from."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFile:
    """Something that a letter carries."""

    name: str
    media_type: str
    content: bytes


def can_be_attached(files: Sequence[LetterFile]) -> bool:
    """Whether mail systems take them together."""
    return sum(len(one.content) for one in files) <= ATTACHED_BYTES_MAX


def framed_letter(
    sender: Sender, to: Recipient, *, key: str, subject: str, paragraphs: Sequence[str]
) -> EmailMessage:
    """From greeting to name. `key` makes the Message-ID: mail systems drop the second of one. The date is left out."""
    message = EmailMessage(policy=SMTP)
    local, _, domain = sender.address.partition("@")
    message["From"] = Address(sender.name, local, domain)
    to_local, _, to_domain = to.address.partition("@")
    message["To"] = Address(to.name, to_local, to_domain)
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = f"<{key}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    parts = [f"Dear {to.name},", *paragraphs, f"With kind regards\n{sender.name}"]
    message.set_content("\n\n".join(parts))
    return message


def attach(message: EmailMessage, files: Sequence[LetterFile]) -> EmailMessage:
    """The letter with them; with none of them where they are too large together."""
    for file in files if can_be_attached(files) else ():
        kind, _, subtype = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return message


def dated(message: EmailMessage, at: datetime) -> EmailMessage:
    """The letter with the day on which it is handed in."""
    message["Date"] = format_datetime(at)
    return message
