"""Settings of the reporting service, from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.reporting.adapters.report_letter import Sender
from services.reporting.application.post_letters import Post
from shared.mail.settings import MailSettings
from shared.settings import ServiceSettings


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
