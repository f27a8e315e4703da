"""What this service's routes ask for: what all services' do, and where documents are."""

from typing import Annotated

from fastapi import Depends, Request

from services.partners.application.obtain_file import DocumentFiles
from shared.dependencies import PageWanted as PageWanted
from shared.dependencies import Pool as Pool
from shared.dependencies import Reading as Reading
from shared.dependencies import Work as Work


async def document_files(request: Request) -> DocumentFiles:
    """The documents of this process."""
    files = request.app.state.document_files
    assert isinstance(files, DocumentFiles)
    return files


Files = Annotated[DocumentFiles, Depends(document_files)]
