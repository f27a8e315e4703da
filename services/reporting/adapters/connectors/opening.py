"""Opens the connector of a source system's kind with the credential that was given for its place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from services.reporting.adapters.connectors.database import database_connector
from services.reporting.adapters.connectors.folder import FolderConnector
from services.reporting.adapters.connectors.port import Connector, SourceAccess
from services.reporting.adapters.connectors.rest import RestConnector
from services.reporting.adapters.connectors.salesforce import signed_in
from services.reporting.adapters.connectors.sent import SentFiles
from services.reporting.adapters.connectors.sftp import sftp_connector
from services.reporting.adapters.connectors.web import opened_web
from services.reporting.adapters.credential_store import newest_credential, opened_secret
from services.reporting.domain.data_checks.errors import SourceNotOpened
from services.reporting.domain.source_connection import SHAPES, Connection, SourceKind
from services.reporting.domain.source_system import SourceSystem
from shared.database import Database


@asynccontextmanager
async def opened_connector(
    database: Database, access: SourceAccess, system_id: UUID, source: SourceSystem
) -> AsyncIterator[Connector]:
    """SourceNotOpened for what the operator did not open, SourceCredentialMissing without one for this place."""
    connection = source.connection
    if source.kind is SourceKind.SENT or connection is None:
        yield SentFiles(database, system_id, source.name)
        return
    secret = ""
    if SHAPES[source.kind].has_credential:
        async with database.reading() as reading:
            sealed = await newest_credential(reading, system_id)
        secret = opened_secret(access.box, sealed, system_id, connection.holder(source.kind))
    match source.kind:
        case SourceKind.FOLDER:
            if access.folder is None:
                raise SourceNotOpened("REPORTING_SOURCE_FOLDER is not set: no folder is read here")
            yield FolderConnector(access.folder, connection.place)
        case SourceKind.SFTP:
            async with sftp_connector(connection, secret, access.rules) as files:
                yield files
        case SourceKind.DATABASE:
            async with database_connector(connection, secret, access.rules, access.ca_file) as tables:
                yield tables
        case _:
            async with _over_http(source.kind, connection, secret, access) as lists:
                yield lists


@asynccontextmanager
async def _over_http(
    kind: SourceKind, connection: Connection, secret: str, access: SourceAccess
) -> AsyncIterator[Connector]:
    async with opened_web(access.rules, access.ca_file) as web:
        if kind is SourceKind.SALESFORCE:
            yield await signed_in(web, connection, secret)
        else:
            yield RestConnector(web, connection, secret)
