"""Settings of the partners service, from the environment."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.partners.adapters.document_source import DocumentSource
from services.partners.adapters.document_store import document_store
from services.partners.application.obtain_file import DocumentFiles
from shared.database import Database
from shared.settings import ServiceSettings


class PartnersSettings(ServiceSettings):
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
