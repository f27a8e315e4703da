"""What this service's routes ask for: what all services' do, and where files of datasets are."""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from services.research.adapters.dataset_store import DatasetStore
from services.research.adapters.web_client import FetcherAccess
from shared.dependencies import PageWanted as PageWanted
from shared.dependencies import Pool as Pool
from shared.dependencies import Reading as Reading
from shared.dependencies import Work as Work
from shared.document_store import DocumentStore


async def dataset_store(request: Request) -> DatasetStore:
    """The store of this process."""
    store = request.app.state.dataset_store
    assert isinstance(store, DatasetStore)
    return store


async def dataset_copies(request: Request) -> Path:
    """Where copies of files are kept that are read again and again."""
    folder = request.app.state.dataset_copies
    assert isinstance(folder, Path)
    return folder


async def document_store(request: Request) -> DocumentStore:
    """Where files of assignments are."""
    store = request.app.state.evidence_store
    assert isinstance(store, DocumentStore)
    return store


async def fetcher_access(request: Request) -> FetcherAccess:
    """What an operator allows to be fetched."""
    access = request.app.state.fetcher_access
    assert isinstance(access, FetcherAccess)
    return access


Copies = Annotated[Path, Depends(dataset_copies)]
Fetching = Annotated[FetcherAccess, Depends(fetcher_access)]
Files = Annotated[DocumentStore, Depends(document_store)]
Store = Annotated[DatasetStore, Depends(dataset_store)]
