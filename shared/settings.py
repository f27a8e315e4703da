"""What every process reads from its environment, and a readable refusal to start without it."""

from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Environment = Literal["local", "test", "production"]


class ProcessSettings(BaseSettings):
    """Common to the gateway and the services; a subclass names its prefix: `env_prefix="PAYMENTS_"`.

    Fields with an alias are shared by all processes of one installation and carry no prefix.
    """

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, validate_by_name=True, validate_by_alias=True
    )

    environment: Environment = Field("local", validation_alias="ENVIRONMENT")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias="LOG_LEVEL")
    log_format: Literal["json", "text"] = Field("json", validation_alias="LOG_FORMAT")
    otlp_endpoint: str = Field(
        "", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", examples=["http://collector:4318"],
        description="where traces are told to, by OTLP over HTTP; nowhere without it",
    )  # fmt: skip
    trace_share: float = Field(
        1.0, ge=0, le=1, validation_alias="OTEL_TRACES_SAMPLER_ARG",
        description="share of the traces beginning here that are told",
    )  # fmt: skip
    database_url: SecretStr = Field(
        examples=["postgresql://payments:password@127.0.0.1:5432/payments"],
        description="several servers as one:5432,two:5432; whichever takes writes is connected to, a standby never",
    )
    database_pool_size: int = Field(8, ge=1, le=200, description="connections one process may hold")
    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535, examples=["8001"])
    metrics_port: int = Field(ge=0, le=65535, examples=["8011"])


class WorkerSettings(ProcessSettings):
    """What a process that relays and consumes events needs beyond the common part."""

    amqp_url: SecretStr = Field(
        validation_alias="AMQP_URL",
        examples=["amqp://salesops:password@127.0.0.1:5672/salesops"],
        description="several nodes as one:5672,two:5672; any is connected to",
    )


class ServiceSettings(WorkerSettings):
    """What the four services need beyond that."""

    internal_token_public_key: str = Field(
        validation_alias="INTERNAL_TOKEN_PUBLIC_KEY",
        description="Ed25519 JWK the gateway's internal tokens are checked with",
        examples=['{"kty":"OKP","crv":"Ed25519","x":"…"}'],
    )
    cursor_secret: SecretStr = Field(
        validation_alias="CURSOR_SECRET",
        min_length=16,
        examples=["any 32 random characters, the same in all replicas"],
    )
    drain_seconds: float = Field(
        2.0, ge=0, description="how long a process that is told to end still serves who comes, unready"
    )


class SettingsIncomplete(SystemExit):
    """Ends the process before it opens anything; the message names each variable and how it looks."""


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Return the settings of this process or raise SettingsIncomplete, which never shows values."""
    try:
        return kind()
    except ValidationError as error:
        lines = [
            _explained(
                kind, str(problem["loc"][0]) if problem["loc"] else "", problem["type"], problem["msg"]
            )
            for problem in error.errors(include_input=False, include_url=False)
        ]
    raise SettingsIncomplete("This process cannot start:\n  " + "\n  ".join(lines))


def _explained(kind: type[BaseSettings], location: str, error_type: str, message: str) -> str:
    fields = kind.model_fields
    by_variable = {str(field.validation_alias or name).lower(): name for name, field in fields.items()}
    name = by_variable.get(location.lower(), location)
    field = fields.get(name)
    if field is None:
        return message
    variable = str(field.validation_alias or f"{kind.model_config.get('env_prefix', '')}{name}").upper()
    reason = "is not set" if error_type == "missing" else f"is not valid: {message}"
    example = f" Example: {variable}={field.examples[0]}" if field.examples else ""
    return f"{variable} {reason}.{example}"
