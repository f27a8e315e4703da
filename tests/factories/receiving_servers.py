"""Servers that documents are sent to: real ones, in the process of the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

import asyncssh
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Mailbox:
    """What a mail server took in, and how it is to behave."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[str] = field(default_factory=list)
    refusal: str | None = None
    refusals: dict[str, str] = field(default_factory=dict)  # of single addresses
    has_mail: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_EHLO(  # noqa: N802 - the library calls it so
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - the library calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refusal := self.refusal or self.refusals.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library calls it so
        assert session.ssl is not None
        letter = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.has_mail.set()
        return "250 2.0.0 kept"


class _NotifyingServer(SMTP):
    """Understands the parameters of RFC 3461, which the library does not."""

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - the library calls it so
        await super().smtp_MAIL(self._noted(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - the library calls it so
        await super().smtp_RCPT(self._noted(arg))

    def _noted(self, arg: str | None) -> str | None:
        assert isinstance(self.event_handler, Mailbox)
        address, _, options = (arg or "").partition("> ")
        self.event_handler.envelopes.append(options)
        return f"{address}>" if options else arg


def certificate(folder: Path, *, address: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's certificate for this machine, or for another address, and the file that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    both = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    both.write_bytes(private + public)
    trusted = folder / "trusted.pem"
    trusted.write_bytes(public)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    return context, trusted


@asynccontextmanager
async def mail_server(context: ssl.SSLContext, mailbox: Mailbox) -> AsyncIterator[Mailbox]:
    """Takes letters over STARTTLS only, at the port of the mailbox; a free one if it has none."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _NotifyingServer(mailbox, tls_context=context, require_starttls=True, loop=loop),
        "127.0.0.1",
        mailbox.port,
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        await server.wait_closed()


@dataclass(frozen=True)
class DropBox:
    """An SFTP server of a partner: where it is, its key, and the folder behind it."""

    port: int
    host_key: str
    folder: Path
    lets_in: asyncio.Event = field(
        default_factory=asyncio.Event
    )  # while it is not set, every login is refused

    @property
    def address(self) -> str:
        return f"sftp://dealer@127.0.0.1:{self.port}/in"


class _Door(asyncssh.SSHServer):
    """Knows one key."""

    def __init__(self, client_key: asyncssh.SSHKey, lets_in: asyncio.Event) -> None:
        self._key, self._lets_in = client_key.convert_to_public(), lets_in

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._lets_in.is_set() and username == "dealer" and key == self._key


@asynccontextmanager
async def sftp_server(folder: Path, client_key: asyncssh.SSHKey) -> AsyncIterator[DropBox]:
    """Lets the dealer, known by the client's key, put files into the folder, and nobody else."""
    (folder / "in").mkdir(parents=True, exist_ok=True)
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    lets_in = asyncio.Event()
    lets_in.set()
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Door(client_key, lets_in),
        server_host_keys=[host_key],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)),
    )
    public = " ".join(host_key.export_public_key().decode().split()[:2])
    try:
        yield DropBox(server.get_port(), public, folder / "in", lets_in)
    finally:
        server.close()
        await server.wait_closed()
