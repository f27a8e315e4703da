"""An account statement in each format it is given out in, from one content."""

from datetime import datetime
from typing import Final

import msgspec

from services.payments.adapters.account_documents.content import Content, plain_content
from services.payments.adapters.account_documents.letterhead import Letterhead
from services.payments.adapters.account_documents.statement_csv import statement_csv
from services.payments.adapters.account_documents.statement_pdf import statement_pdf
from services.payments.adapters.account_documents.statement_xlsx import statement_xlsx

MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def statement_file(
    content: Content, look: tuple[str, str], letterhead: Letterhead, made_at: datetime
) -> bytes:
    """`look` is format and language. It takes seconds for ten thousand movements: call it in a thread."""
    file_format, language = look
    if file_format == "json":
        return msgspec.json.encode(content)
    plain = plain_content(content)
    match file_format:
        case "csv":
            return statement_csv(plain)
        case "xlsx":
            return statement_xlsx(plain, letterhead, language=language, made_at=made_at)
    return statement_pdf(plain, letterhead, language=language)
