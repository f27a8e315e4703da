"""Settings of the research service, from the environment."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ResearchSettings(ServiceSettings):
    """RESEARCH_DATABASE_URL and so on; see shared/settings.py for what is common."""

    model_config = SettingsConfigDict(env_prefix="RESEARCH_")
    port: int = 8004
    metrics_port: int = 8014
