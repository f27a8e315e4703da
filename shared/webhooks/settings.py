"""What every process that sends webhooks, or checks where they may go, reads from its environment."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from shared.secret_box import SecretBox
from shared.webhooks.target import Network, TargetRules, networks_from


class WebhookSettings(BaseSettings):
    """What the API, which checks targets, and the worker, which sends, have to agree on."""

    webhook_secret: SecretStr = Field(
        validation_alias="WEBHOOK_SECRET",
        min_length=24,
        examples=["any 32 random characters; the secrets of webhooks are sealed with it"],
    )
    webhook_secret_before: SecretStr | None = Field(
        None,
        validation_alias="WEBHOOK_SECRET_BEFORE",
        description="opens what was sealed before the secret was changed",
    )
    webhook_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        validation_alias="WEBHOOK_NETWORKS",
        description="private networks of receivers, those of SFTP too, beside public addresses; comma-separated",
        examples=["10.20.0.0/16"],
    )
    webhook_http_allowed: bool = Field(
        default=False, validation_alias="WEBHOOK_HTTP_ALLOWED", description="also http; never in production"
    )

    @field_validator("webhook_networks", mode="before")
    @classmethod
    def _webhook_networks(cls, value: object) -> object:
        return networks_from(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _https_in_production(self) -> Self:
        if self.webhook_http_allowed and getattr(self, "environment", "") == "production":
            raise ValueError("WEBHOOK_HTTP_ALLOWED is not for production")
        return self

    def target_rules(self) -> TargetRules:
        """Where webhooks may go."""
        return TargetRules(self.webhook_networks, self.webhook_http_allowed)

    def secret_box(self) -> SecretBox:
        """Seals with the secret of today, opens with that before as well."""
        secrets = [self.webhook_secret, self.webhook_secret_before]
        return SecretBox([secret.get_secret_value() for secret in secrets if secret is not None])
