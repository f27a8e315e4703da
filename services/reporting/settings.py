"""Settings of the reporting service, from the environment."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from services.reporting.adapters.connectors.port import SourceAccess
from services.reporting.adapters.letter_frame import Sender
from services.reporting.application.post_letters import Post
from shared.mail.settings import MailSettings
from shared.secret_box import SecretBox
from shared.settings import ServiceSettings
from shared.webhooks.target import Network, TargetRules, networks_from


class ReportingSettings(ServiceSettings, MailSettings):
    """REPORTING_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="REPORTING_")
    port: int = 8003
    metrics_port: int = 8013
    sender_name: str = Field(
        "Sales operations", min_length=1, max_length=80, description="who letters are from"
    )
    inside_mail_domains: str = Field(
        "",
        pattern=r"^([A-Za-z0-9.-]+(,[A-Za-z0-9.-]+)*)?$",
        description="domains that reports may be sent to, beside that of REPORTING_MAIL_ADDRESS; comma-separated",
        examples=["example.com,sales.example.com"],
    )

    source_folder: str = Field(
        "",
        pattern=r"^(/.*)?$",
        description="below it lie the folders that other systems drop files into; empty: none is read",
        examples=["/srv/drop"],
    )
    source_secret: SecretStr | None = Field(
        None,
        min_length=24,
        description="credentials of source systems are sealed with it; without it none is kept",
        examples=["any 32 random characters, the same in all replicas"],
    )
    source_secret_before: SecretStr | None = Field(
        None, description="opens what was sealed before the secret was changed"
    )
    source_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="private networks of source systems, beside public addresses; comma-separated",
        examples=["10.30.0.0/16"],
    )
    source_ca_file: str = Field(
        "", description="certificates, as PEM, of who vouches for source systems, beside the known ones"
    )
    source_plain_allowed: bool = Field(
        default=False, description="also connections without TLS; never in production"
    )

    @field_validator("source_networks", mode="before")
    @classmethod
    def _source_networks(cls, value: object) -> object:
        return networks_from(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _encrypted_in_production(self) -> Self:
        if self.source_plain_allowed and self.environment == "production":
            raise ValueError("REPORTING_SOURCE_PLAIN_ALLOWED is not for production")
        return self

    def source_access(self) -> SourceAccess:
        """What connectors may read."""
        secrets = [one.get_secret_value() for one in (self.source_secret, self.source_secret_before) if one]
        return SourceAccess(
            folder=Path(self.source_folder) if self.source_folder else None,
            box=SecretBox(secrets, purpose="credentials of sources") if self.source_secret else None,
            rules=TargetRules(self.source_networks, self.source_plain_allowed),
            ca_file=self.source_ca_file,
        )

    def house_domains(self) -> frozenset[str]:
        """Where the people of the house have their addresses."""
        own = self.mail_address.rpartition("@")[2]
        return frozenset(name.lower() for name in (own, *self.inside_mail_domains.split(",")) if name)

    def post(self) -> Post | None:
        """What letters are sent with; None when they wait."""
        server = self.mail_server()
        return (
            None if server is None else Post(server, Sender(name=self.sender_name, address=self.mail_address))
        )
