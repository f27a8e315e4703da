"""Writes the documents that are generated from the code: `python -m deploy.documents docs`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from joserfc.jwk import OKPKey

from gateway.adapters.field_words import field_words
from gateway.domain.merged_openapi import canonical_json, published_document
from gateway.domain.openapi_sharing import shared
from gateway.domain.salesforce_openapi import salesforce_document
from gateway.main import own_document
from services.partners.main import create_app as create_partners
from services.partners.settings import PartnersSettings
from services.payments.main import create_app as create_payments
from services.payments.settings import PaymentsSettings
from services.reporting.main import create_app as create_reporting
from services.reporting.settings import ReportingSettings
from services.research.main import create_app as create_research
from services.research.settings import ResearchSettings
from shared.events.catalogue import bundled_document
from shared.settings import ServiceSettings

Create = Callable[[Any], FastAPI]
SERVICES: dict[str, tuple[type[ServiceSettings], Create]] = {
    "payments": (PaymentsSettings, create_payments),
    "partners": (PartnersSettings, create_partners),
    "reporting": (ReportingSettings, create_reporting),
    "research": (ResearchSettings, create_research),
}


def api_documents() -> dict[str, str]:
    """The documents of docs/api by file name, as the gateway serves them; nothing is started or connected."""
    documents = {name: _document(kind, create) for name, (kind, create) in SERVICES.items()}
    published = published_document({"gateway": own_document(), **documents}, field_words())
    return {
        "openapi.json": canonical_json(shared(published)),
        "salesforce-openapi.json": canonical_json(salesforce_document(published)),
        "asyncapi.json": bundled_document(),
    }


def _document(kind: type[ServiceSettings], create: Create) -> dict[str, Any]:
    key = OKPKey.generate_key("Ed25519", private=False)
    settings = kind.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1/none",
            "amqp_url": "amqp://nobody@127.0.0.1/none",
            "internal_token_public_key": json.dumps(key.as_dict(private=False)),
            "cursor_secret": "only for a document",
            "webhook_secret": "only for a document as well",
            "metrics_port": 0,
        }
    )
    return create(settings).openapi()


def main() -> int:
    folder = Path(sys.argv[1]) / "api"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in api_documents().items():
        (folder / name).write_text(text)
    sys.stdout.write(f"wrote {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
