"""A workbook of a template as a reply."""

import asyncio
import io
from typing import Any, Final

from fastapi import Response

from services.reporting.adapters.template_workbook import TemplateSheet, write_template_workbook
from shared.bulk_tables import WORKBOOK
from shared.documents.attachment import attachment_headers

WORKBOOK_REPLY: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {WORKBOOK: {"schema": {"type": "string", "format": "binary"}}},
        "description": "The workbook",
    }
}


async def workbook_reply(sheet: TemplateSheet, name: str) -> Response:
    """Whole before the reply begins, so that an error is still told as one."""
    target = io.BytesIO()
    await asyncio.to_thread(write_template_workbook, target, sheet)
    return Response(target.getvalue(), media_type=WORKBOOK, headers=attachment_headers(name))
