"""Settings of the research service, from the environment."""

from pathlib import Path
from tempfile import gettempdir

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.research.adapters.dataset_store import DatasetStore
from shared.document_store import DocumentStore, document_store
from shared.object_store import STORE_PATTERN, object_store_opener
from shared.settings import ServiceSettings


class ResearchSettings(ServiceSettings):
    """RESEARCH_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="RESEARCH_")
    port: int = 8004
    metrics_port: int = 8014
    dataset_store: str = Field(
        "file:///var/lib/salesops/datasets",
        pattern=STORE_PATTERN,
        description="where files of datasets are: a folder, or S3",
        examples=["s3://salesops-datasets"],
    )
    dataset_store_access_key: str = Field("", description="empty: the role of the machine")
    dataset_store_secret_key: SecretStr = SecretStr("")
    dataset_store_region: str = "ap-south-1"

    scratch_folder: str = Field(
        "",
        description="where files of gigabytes are converted and copies are kept; empty: the machine's temporary folder",
        examples=["/var/lib/salesops/scratch"],
    )

    @property
    def scratch(self) -> Path:
        return Path(self.scratch_folder or gettempdir())

    def opened_dataset_store(self) -> DatasetStore:
        """The store of this process."""
        return DatasetStore(
            object_store_opener(
                self.dataset_store,
                access_key=self.dataset_store_access_key,
                secret_key=self.dataset_store_secret_key.get_secret_value(),
                region=self.dataset_store_region,
                timeout="120s",
            )
        )

    def opened_evidence_store(self) -> DocumentStore:
        """Where files of assignments are: beside the datasets, under their own hash."""
        return document_store(
            f"{self.dataset_store.rstrip('/')}/evidence",
            access_key=self.dataset_store_access_key,
            secret_key=self.dataset_store_secret_key.get_secret_value(),
            region=self.dataset_store_region,
        )
