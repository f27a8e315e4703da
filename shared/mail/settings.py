"""What every process that sends letters reads from its environment, each under the prefix of its service."""

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.mail.server import MailServer, Security


class MailSettings(BaseSettings):
    """PARTNERS_MAIL_HOST, REPORTING_MAIL_HOST and so on."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, validate_by_name=True, validate_by_alias=True
    )
    mail_host: str = Field(
        "", description="the mail server; empty: letters wait", examples=["smtp.example.com"]
    )
    mail_port: int = Field(587, ge=1, le=65535)
    mail_security: Security = Field("starttls", description="none is for local installations only")
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_ca_file: str | None = Field(
        None, description="authorities that the server's certificate is checked with"
    )
    mail_address: str = Field(
        "documents@salesops.invalid",
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="whom letters are from, and where reports about them go",
        examples=["documents@example.com"],
    )

    @model_validator(mode="after")
    def _encrypted_in_production(self) -> Self:
        is_production = getattr(self, "environment", "") == "production"
        if is_production and self.mail_host and self.mail_security == "none":
            prefix = self.model_config.get("env_prefix", "")
            raise ValueError(f"{prefix}MAIL_SECURITY=none is not for production")
        return self

    def mail_server(self) -> MailServer | None:
        """None when letters wait."""
        if not self.mail_host:
            return None
        return MailServer(
            host=self.mail_host,
            port=self.mail_port,
            security=self.mail_security,
            user=self.mail_user,
            password=self.mail_password.get_secret_value(),
            ca_file=self.mail_ca_file,
        )
