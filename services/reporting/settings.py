"""Settings of the reporting service, from the environment."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ReportingSettings(ServiceSettings):
    """REPORTING_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="REPORTING_")
    port: int = 8003
    metrics_port: int = 8013
