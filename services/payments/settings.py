"""Settings of the payments service, from the environment."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class PaymentsSettings(ServiceSettings):
    """PAYMENTS_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")
    port: int = 8001
    metrics_port: int = 8011
