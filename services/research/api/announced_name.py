"""What the sender of a file calls it: a label, never a path, and nothing that says what the file is."""

from urllib.parse import unquote

from fastapi import Request
from python_multipart.multipart import parse_options_header


def announced_file_name(request: Request) -> str:
    """The last segment of the name in `Content-Disposition`; `file` when there is none."""
    _, options = parse_options_header(request.headers.get("content-disposition", ""))
    name = (
        unquote(options.get(b"filename", b"").decode("utf-8", "replace"))
        .replace("\\", "/")
        .rpartition("/")[2]
    )
    return "".join(char for char in name if char.isprintable())[:200] or "file"
