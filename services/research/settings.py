"""Settings of the research service, from the environment."""

from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from services.research.adapters.dataset_store import DatasetStore
from services.research.adapters.web_client import FetcherAccess
from services.research.adapters.web_urls import allowed_hosts
from shared.document_store import DocumentStore, document_store
from shared.object_store import STORE_PATTERN, object_store_opener
from shared.settings import ServiceSettings
from shared.webhooks.target import Network, TargetRules, networks_from


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

    fetcher_allowed_hosts: str = Field(
        "",
        description="hosts that pages may be fetched from, *. and a domain for all below it; empty: nothing is fetched",
        examples=["www.example.com, *.example.org"],
    )
    fetcher_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="private networks of those hosts, beside public addresses; comma-separated",
        examples=["10.40.0.0/16"],
    )
    fetcher_contact: str = Field(
        "",
        max_length=200,
        pattern="^[!-~]*$",
        description="URL or address that owners of hosts find us by, in each request; needed where hosts are allowed",
        examples=["https://example.com/research"],
    )
    fetcher_pause_seconds: float = Field(
        2, ge=0, le=30, description="between two requests to one host, at least"
    )

    @field_validator("fetcher_networks", mode="before")
    @classmethod
    def _fetcher_networks(cls, value: object) -> object:
        return networks_from(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_who_fetches(self) -> Self:
        if allowed_hosts(self.fetcher_allowed_hosts) and not self.fetcher_contact:
            raise ValueError("RESEARCH_FETCHER_CONTACT has to say whom owners of hosts may write to")
        return self

    def fetcher_access(self) -> FetcherAccess:
        """What may be fetched; http only of hosts that are entered so."""
        return FetcherAccess(
            hosts=allowed_hosts(self.fetcher_allowed_hosts),
            rules=TargetRules(self.fetcher_networks, is_http_allowed=True),
            contact=self.fetcher_contact,
            pause_seconds=self.fetcher_pause_seconds,
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
