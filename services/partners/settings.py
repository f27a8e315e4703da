"""Settings of the partners service, from the environment."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class PartnersSettings(ServiceSettings):
    """PARTNERS_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="PARTNERS_")
    port: int = 8002
    metrics_port: int = 8012
