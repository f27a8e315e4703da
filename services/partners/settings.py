"""What the partners processes read from their environment: PARTNERS_… and the variables all services share."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Ports by default: 8002 for the API, 8012 for the worker's metrics."""

    model_config = SettingsConfigDict(env_prefix="PARTNERS_")

    port: int = 8002
    metrics_port: int = 8012
