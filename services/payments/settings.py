"""Settings of the payments service, from the environment."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class PaymentsSettings(ServiceSettings):
    """PAYMENTS_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")
    port: int = 8001
    metrics_port: int = 8011
    import_lines_per_chunk: int = Field(
        250,
        ge=10,
        le=10_000,
        description="lines of a statement that are decided and booked together: fewer take less memory and more time",
    )
    einvoice_base_url: str = Field(
        "",
        pattern=r"^(https?://[^\s]+)?$",
        description="The invoice registration portal or a suvidha provider; empty: notes are not registered from here",
        examples=["https://einvoice.example.com"],
    )
    einvoice_client_id: str = ""
    einvoice_client_secret: SecretStr = SecretStr("")
    einvoice_user_name: str = ""
    einvoice_password: SecretStr = SecretStr("")
