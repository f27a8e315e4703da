"""The headers of a reply that is kept as a file."""

from urllib.parse import quote


def attachment_headers(file_name: str) -> dict[str, str]:
    """Its name by RFC 6266: plain ASCII for all, and exactly for those who read UTF-8."""
    plain = "".join(
        char if char.isascii() and char.isprintable() and char not in '"\\/' else "_" for char in file_name
    )
    disposition = f'attachment; filename="{plain}"'
    if plain != file_name:
        disposition += f"; filename*=UTF-8''{quote(file_name, safe='')}"
    return {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
