"""Writes the letter a document travels in: text, attachments, and the headers that mail systems act on."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from services.partners.adapters.channels.letter_words import LETTER_WORDS
from services.partners.adapters.channels.outgoing import Outgoing
from services.partners.domain.delivery import Channel

ATTACHED_BYTES_MAX: Final = 15 * 1024 * 1024  # what most mail systems take; beyond it there is the link


def letter(outgoing: Outgoing, *, sender: str, sender_address: str, at: datetime) -> EmailMessage:
    """The same `message_id` however often it is tried: whoever got it twice sees it once."""
    words = LETTER_WORDS[outgoing.language]
    title, day = words[outgoing.kind], f"{outgoing.to_on:%d-%m-%Y}"
    subject = words["subject"].format(title=title.capitalize(), day=day, partner=outgoing.partner_name)
    message = EmailMessage(policy=SMTP)
    local, _, domain = sender_address.partition("@")
    message["From"] = Address(sender, local, domain)
    to_local, _, to_domain = outgoing.address.partition("@")
    message["To"] = Address(outgoing.name, to_local, to_domain)
    message["Subject"] = words["reminder"].format(subject=subject) if outgoing.is_reminder else subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = outgoing.message_id
    message["Auto-Submitted"] = "auto-generated"
    if outgoing.is_optional and outgoing.link:
        message["List-Unsubscribe"] = f"<{outgoing.link}/unsubscription>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    is_attached = outgoing.channel is Channel.EMAIL and _size(outgoing) <= ATTACHED_BYTES_MAX
    message.set_content("\n\n".join(_parts(outgoing, words, sender=sender, is_attached=is_attached)))
    for file, content in outgoing.files if is_attached else ():
        kind, _, subtype = file.media_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=file.file_name)
    return message


def _parts(outgoing: Outgoing, words: object, *, sender: str, is_attached: bool) -> list[str]:
    assert isinstance(words, dict)
    day = f"{outgoing.to_on:%d-%m-%Y}"
    body = words["attached" if is_attached else "linked"].format(title=words[outgoing.kind], day=day)
    parts = [words["greeting"].format(name=outgoing.name), body]
    if outgoing.link:
        parts.append(f"{words['link']}\n{outgoing.link}/content")
    if outgoing.acknowledge_by_on:
        parts.append(words["answer"].format(by=f"{outgoing.acknowledge_by_on:%d-%m-%Y}"))
    parts.append(f"{words['closing']}\n{sender}")
    return parts


def _size(outgoing: Outgoing) -> int:
    return sum(len(content) for _, content in outgoing.files)
