"""A credential is given for the place that a source system is read at, and sealed before it is kept."""

from datetime import datetime
from uuid import UUID

from services.reporting.adapters.credential_store import add_credential, sealed_secret
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.describe_source import source_named
from services.reporting.domain.data_checks.errors import SourceNeedsNone
from services.reporting.domain.source_connection import SHAPES
from shared.secret_box import SecretBox


async def give_credential(
    work: UnitOfWork, box: SecretBox | None, named: str, secret: str, *, who: tuple[str, datetime]
) -> UUID:
    """SourceNeedsNone for a system whose files are sent or dropped; SourceNotOpened when nothing seals."""
    kept = await source_named(work.connection, named, is_locked=True)
    shape, connection = SHAPES.get(kept.source.kind), kept.source.connection
    if shape is None or connection is None or not shape.has_credential:
        raise SourceNeedsNone(f"{kept.source.name} is read without a credential")
    sealed = sealed_secret(box, secret, kept.id, connection.holder(kept.source.kind))
    return await add_credential(work.connection, kept.id, sealed, by=who[0], at=who[1])


def remembered_as(box: SecretBox | None, named: str, secret: str) -> bytes:
    """What an Idempotency-Key stands for: nobody can try passwords on what is kept of it."""
    fingerprint = box.fingerprint(secret) if box else b""
    return f"POST /v1/source-systems/{named}/credentials\n".encode() + fingerprint
