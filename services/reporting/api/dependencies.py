"""What this service's routes ask for: what all services' do, and which sources the operator opened."""

from typing import Annotated

from fastapi import Depends, Request

from services.reporting.adapters.connectors.port import SourceAccess
from shared.dependencies import PageWanted as PageWanted
from shared.dependencies import Pool as Pool
from shared.dependencies import Reading as Reading
from shared.dependencies import Work as Work


async def source_access(request: Request) -> SourceAccess:
    """What is opened in this process."""
    access = request.app.state.source_access
    assert isinstance(access, SourceAccess)
    return access


SourceAccessWanted = Annotated[SourceAccess, Depends(source_access)]
