"""What this service's routes ask for: what all services' do, and where documents are."""

from typing import Annotated

from fastapi import Depends, Request

from services.partners.adapters.document_links import DocumentLinks
from services.partners.application.obtain_file import DocumentFiles
from shared.dependencies import PageWanted as PageWanted
from shared.dependencies import Pool as Pool
from shared.dependencies import Reading as Reading
from shared.dependencies import Work as Work
from shared.secret_box import SecretBox
from shared.webhooks.target import TargetRules


async def document_files(request: Request) -> DocumentFiles:
    """The documents of this process."""
    files = request.app.state.document_files
    assert isinstance(files, DocumentFiles)
    return files


async def document_links(request: Request) -> DocumentLinks:
    """What makes and reads the links of letters."""
    links = request.app.state.document_links
    assert isinstance(links, DocumentLinks)
    return links


async def secret_box(request: Request) -> SecretBox:
    """What seals the secrets of partners' webhooks."""
    box = request.app.state.secret_box
    assert isinstance(box, SecretBox)
    return box


async def target_rules(request: Request) -> TargetRules:
    """Where webhooks and files may go."""
    rules = request.app.state.target_rules
    assert isinstance(rules, TargetRules)
    return rules


Files = Annotated[DocumentFiles, Depends(document_files)]
Links = Annotated[DocumentLinks, Depends(document_links)]
Box = Annotated[SecretBox, Depends(secret_box)]
TargetRulesWanted = Annotated[TargetRules, Depends(target_rules)]
