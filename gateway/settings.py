"""What the gateway reads from its environment."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.adapters.audit_archive import MonthArchive
from gateway.api.salesforce_guard import SalesforceGuard
from gateway.domain.client_address import TrustedProxies
from gateway.domain.rate_limit import Quota, QuotaName, Quotas
from gateway.domain.routing import SERVICES, TIMEOUT_SECONDS
from gateway.domain.salesforce_access import Organization, Organizations
from shared.object_store import STORE_PATTERN, object_store_opener
from shared.settings import ProcessSettings, WorkerSettings
from shared.webhooks.settings import WebhookSettings

PEPPER_LENGTH_MIN: Final = 32
_ORGANIZATIONS: Final = TypeAdapter(list[Organization])


class SalesforceSettings(BaseSettings):
    """Whether there is a Salesforce to talk to; without an address the gateway only listens."""

    salesforce_instance_url: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.:-]+)?$",
        description="My Domain of the organization; empty: nothing is asked of it or written to it",
        examples=["https://engines.my.salesforce.com"],
    )


class SalesforceAccessSettings(SalesforceSettings):
    """How the worker is known there: by a secret (client credentials) or as a user by a private key (JWT bearer)."""

    salesforce_client_id: str = Field("", description="Consumer key of the connected app")
    salesforce_client_secret: SecretStr = SecretStr("")
    salesforce_username: str = Field("", description="With a private key: the user it signs in as")
    salesforce_private_key: SecretStr = Field(SecretStr(""), description="RSA key in PEM; before the secret")
    salesforce_audience: str = Field(
        "https://login.salesforce.com", description="https://test.salesforce.com for a sandbox"
    )
    salesforce_api_version: str = Field("60.0", pattern=r"^\d{2,3}\.0$")
    salesforce_allowed_hosts: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(), description="further hosts that a sign-in may send us to, comma-separated"
    )
    salesforce_limit_percent: int = Field(
        80, ge=1, le=100, description="of the daily requests, after which we ask for nothing more"
    )
    salesforce_sweep_cron: str = Field(
        "30 20 * * *", description="when to ask what never came: minute hour day month weekday, in UTC"
    )
    salesforce_sweep_overlap_minutes: int = Field(
        15, ge=1, le=1440, description="how far a sweep goes back behind the end of the one before"
    )
    salesforce_dry_run: bool = Field(default=False, description="write nothing, whatever the mappings say")

    @field_validator("salesforce_allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return (
            frozenset(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )


class GatewaySettings(ProcessSettings, SalesforceSettings, WebhookSettings):
    """One of `jwks` and `jwks_url` says with which keys access tokens are checked; keys come from nowhere else."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    port: int = Field(8000, ge=0, le=65535)
    metrics_port: int = Field(8010, ge=0, le=65535, description="0 switches the metrics port off")
    processes: int = Field(
        1, ge=1, le=64, description="worker processes; process N serves metrics on port + N"
    )

    # Each may be several addresses with commas between them; new connections go to each in turn.
    payments_url: str = "http://127.0.0.1:8001"
    partners_url: str = "http://127.0.0.1:8002"
    reporting_url: str = "http://127.0.0.1:8003"
    research_url: str = "http://127.0.0.1:8004"
    upstream_connections_max: int = Field(256, ge=1, description="per service and process")

    timeout_seconds: float = Field(
        TIMEOUT_SECONDS, gt=0, description="until a reply must begin; a few routes have longer"
    )

    heartbeat_seconds: float = Field(
        15.0, gt=0, description="between signs of life on open event streams; less than any proxy's idle time"
    )

    issuer: str = Field(min_length=1, examples=["https://login.example.com/realms/salesops"])
    audience: str = Field(min_length=1, examples=["salesops"])
    jwks: str | None = Field(None, examples=['{"keys":[…]}'])
    jwks_url: str | None = Field(None, examples=["https://login.example.com/realms/salesops/certs"])
    cursor_secret: SecretStr = Field(
        validation_alias="CURSOR_SECRET",
        min_length=16,
        examples=["any 32 random characters, the same in all replicas"],
    )
    api_key_peppers: SecretStr = Field(
        min_length=32,
        description="comma-separated; the first makes the digests of API keys, the others still check older ones",
        examples=["any 32 random characters, the same in all replicas"],
    )
    internal_token_private_key: SecretStr = Field(examples=['{"kty":"OKP","crv":"Ed25519","x":"…","d":"…"}'])

    reads_per_minute: int = Field(12_000, ge=1, description="of one caller, over all its tokens and keys")
    writes_per_minute: int = Field(3_000, ge=1, description="of one caller, over all its tokens and keys")
    imports_per_minute: int = Field(600, ge=1, description="files and batches of one caller")
    requests_per_minute: int = Field(30_000, ge=1, description="of one address, whoever calls from there")
    failures_per_minute: int = Field(
        60, ge=1, description="tokens from one address that are no good; then unknown ones are not looked at"
    )

    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field((), examples=["https://app.example.com"])
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="addresses and networks whose X-Forwarded-For is believed, comma-separated",
        examples=["10.0.0.0/8"],
    )
    salesforce_organizations: SecretStr = Field(
        SecretStr("[]"),
        description="organizations that may tell us something: JSON list with id, message_secrets, event_secrets",
        examples=['[{"id":"00D5g00000ABCDE","message_secrets":["…"],"event_secrets":["…"]}]'],
    )
    salesforce_certificate_header: str | None = Field(
        None,
        description="where a trusted proxy states the client certificate it verified; none is asked for without",
        examples=["x-client-certificate-print"],
    )
    salesforce_certificates: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="what the header may hold, comma-separated"
    )
    drain_seconds: float = Field(
        2.0, ge=0, description="how long a process that is told to end still serves who comes, unready"
    )
    shutdown_seconds: int = Field(30, ge=1, description="how long requests under way may take to finish")

    @field_validator("cors_origins", "trusted_proxies", "salesforce_certificates", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        TrustedProxies(value)
        return value

    @field_validator("salesforce_organizations")
    @classmethod
    def _readable_organizations(cls, value: SecretStr) -> SecretStr:
        _organizations(value)
        return value

    @field_validator("payments_url", "partners_url", "reporting_url", "research_url")
    @classmethod
    def _plain_addresses(cls, value: str) -> str:
        return ",".join(_plain_address(url.strip()) for url in value.split(","))

    @field_validator("api_key_peppers")
    @classmethod
    def _long_peppers(cls, value: SecretStr) -> SecretStr:
        if any(len(pepper.strip()) < PEPPER_LENGTH_MIN for pepper in value.get_secret_value().split(",")):
            raise ValueError(f"each pepper needs {PEPPER_LENGTH_MIN} characters or more")
        return value

    @model_validator(mode="after")
    def _one_key_source(self) -> "GatewaySettings":
        if (self.jwks is None) == (self.jwks_url is None):
            raise ValueError("set one of GATEWAY_JWKS and GATEWAY_JWKS_URL")
        return self

    def quotas(self) -> Quotas:
        """How often one caller, and one address, may call."""
        counts: dict[QuotaName, int] = {
            "reads": self.reads_per_minute,
            "writes": self.writes_per_minute,
            "imports": self.imports_per_minute,
            "address": self.requests_per_minute,
            "failures": self.failures_per_minute,
        }
        return {name: Quota(name, count) for name, count in counts.items()}

    def peppers(self) -> tuple[bytes, ...]:
        """The peppers of API keys, the one for new digests first."""
        return tuple(pepper.strip().encode() for pepper in self.api_key_peppers.get_secret_value().split(","))

    def salesforce_guard(self) -> SalesforceGuard:
        """What proves that a message is one of Salesforce's."""
        return SalesforceGuard(
            Organizations(_organizations(self.salesforce_organizations)),
            certificate_header=self.salesforce_certificate_header,
            certificates=frozenset(self.salesforce_certificates),
        )

    def service_urls(self) -> dict[str, tuple[str, ...]]:
        """The addresses of each service by its name."""
        return {service: tuple(getattr(self, f"{service}_url").split(",")) for service in SERVICES}


def _plain_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError("expected http://host:port, or several with commas between them")
    return f"http://{parts.hostname}:{parts.port or 80}"


def _organizations(value: SecretStr) -> list[Organization]:
    """ValueError that shows no secret."""
    try:
        return _ORGANIZATIONS.validate_json(value.get_secret_value())
    except ValidationError as error:
        places = {"/".join(map(str, one["loc"])) or "it" for one in error.errors(include_input=False)}
        raise ValueError(f"not a list of organizations: {', '.join(sorted(places))} is wrong") from None


class GatewayWorkerSettings(WorkerSettings, SalesforceAccessSettings, WebhookSettings):
    """The worker takes in and tells events; it knows no key of the gateway's HTTP processes."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    port: int = Field(0, ge=0, le=65535, description="unused: the worker answers only for its metrics")
    metrics_port: int = Field(8015, ge=0, le=65535)

    audit_months_kept: int = Field(
        0,
        ge=0,
        le=1200,
        description="whole months of the request audit that stay beside the running one; 0: all, nothing is archived",
    )
    archive_store: str = Field(
        "",
        pattern=f"^$|{STORE_PATTERN}",
        description="where older months go as Parquet: a folder, or S3",
        examples=["s3://salesops-archive"],
    )
    archive_access_key: str = Field("", description="empty: the role of the machine")
    archive_secret_key: SecretStr = SecretStr("")
    archive_region: str = "ap-south-1"

    @model_validator(mode="after")
    def _archived_somewhere(self) -> "GatewayWorkerSettings":
        if self.audit_months_kept and not self.archive_store:
            raise ValueError("set GATEWAY_ARCHIVE_STORE, or leave GATEWAY_AUDIT_MONTHS_KEPT at 0")
        return self

    def audit_archive(self) -> MonthArchive | None:
        """None while all months stay in the database."""
        if not self.audit_months_kept:
            return None
        return MonthArchive(
            object_store_opener(
                self.archive_store,
                access_key=self.archive_access_key,
                secret_key=self.archive_secret_key.get_secret_value(),
                region=self.archive_region,
            )
        )

    @model_validator(mode="after")
    def _known_and_in_secret(self) -> "GatewayWorkerSettings":
        if not self.salesforce_instance_url:
            return self
        if self.environment == "production" and not self.salesforce_instance_url.startswith("https://"):
            raise ValueError("GATEWAY_SALESFORCE_INSTANCE_URL has to begin with https:// in production")
        has_key = self.salesforce_private_key.get_secret_value() and self.salesforce_username
        if not self.salesforce_client_id or not (has_key or self.salesforce_client_secret.get_secret_value()):
            raise ValueError(
                "set GATEWAY_SALESFORCE_CLIENT_ID, and GATEWAY_SALESFORCE_CLIENT_SECRET or"
                " GATEWAY_SALESFORCE_USERNAME with GATEWAY_SALESFORCE_PRIVATE_KEY"
            )
        return self
