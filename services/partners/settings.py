"""Settings of the partners service, from the environment."""

from datetime import UTC, datetime

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.partners.adapters.channels.email import EmailChannel
from services.partners.adapters.channels.sftp import SftpChannel
from services.partners.adapters.channels.webhook import WebhookChannel
from services.partners.adapters.document_links import DocumentLinks
from services.partners.adapters.document_source import DocumentSource
from services.partners.application.obtain_file import DocumentFiles
from services.partners.application.send_deliveries import SenderParts, SendsDocuments
from services.partners.domain.delivery import Channel
from shared.database import Database
from shared.document_store import document_store
from shared.mail.settings import MailSettings
from shared.settings import ServiceSettings
from shared.webhooks.client import WebhookClient
from shared.webhooks.settings import WebhookSettings


class PartnersSettings(ServiceSettings, WebhookSettings, MailSettings):
    """PARTNERS_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="PARTNERS_")
    port: int = 8002
    metrics_port: int = 8012
    sender_name: str = Field(
        "Sales operations", min_length=1, max_length=80, description="who documents and letters are from"
    )
    document_store: str = Field(
        "file:///var/lib/salesops/documents",
        pattern=r"^(file:///|s3://|s3\+https?://)\S+$",
        description="where the bytes of documents are: a folder, or S3",
        examples=["s3://salesops-documents"],
    )
    document_store_access_key: str = Field("", description="empty: the role of the machine")
    document_store_secret_key: SecretStr = SecretStr("")
    document_store_region: str = "ap-south-1"
    api_url: str = Field(
        "",
        pattern=r"^(https?://[^\s]+)?$",
        description="the gateway, from which documents of other services are fetched; empty: they are not",
        examples=["http://gateway:8000"],
    )
    api_key: SecretStr = Field(
        SecretStr(""),
        description="an API key that may read account-statements, credit-notes and balance-confirmations",
    )

    portal_url: str = Field(
        "",
        pattern=r"^(https?://[^\s]+)?$",
        description="where the gateway is seen from outside; empty: letters carry no links",
        examples=["https://api.example.com"],
    )
    sftp_private_key: SecretStr = Field(
        SecretStr(""),
        description="OpenSSH private key that partners' SFTP servers know us by; empty: files wait",
    )

    def document_links(self) -> DocumentLinks:
        """Links are signed with a key of their own, which comes from the secret that all replicas share."""
        return DocumentLinks(self.cursor_secret.get_secret_value().encode(), self.portal_url)

    def channels(self, client: WebhookClient) -> dict[Channel, SendsDocuments]:
        """Those that are set up; what goes by another one waits, and is seen to."""
        channels: dict[Channel, SendsDocuments] = {Channel.WEBHOOK: WebhookChannel(client, now=_now)}
        if server := self.mail_server():
            email = EmailChannel(server, sender=self.sender_name, sender_address=self.mail_address, now=_now)
            channels |= {Channel.EMAIL: email, Channel.PORTAL: email}
        if key := self.sftp_private_key.get_secret_value():
            channels[Channel.SFTP] = SftpChannel(key, self.target_rules())
        return channels

    def sender_parts(self, database: Database, client: WebhookClient) -> SenderParts:
        """What the worker sends with."""
        return SenderParts(
            files=self.document_files(database),
            channels=self.channels(client),
            links=self.document_links(),
            box=self.secret_box(),
            mail_domain=self.mail_address.partition("@")[2],
            now=_now,
        )

    def document_files(self, database: Database) -> DocumentFiles:
        """Where documents come from in this process."""
        store = document_store(
            self.document_store,
            access_key=self.document_store_access_key,
            secret_key=self.document_store_secret_key.get_secret_value(),
            region=self.document_store_region,
        )
        source = DocumentSource(self.api_url, self.api_key.get_secret_value()) if self.api_url else None
        return DocumentFiles(database, store, source, self.sender_name)


def _now() -> datetime:
    return datetime.now(UTC)
