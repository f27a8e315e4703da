"""PDF documents set by typst from a template and its data, with the fonts shipped here and nothing of the machine's."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    import typst

FONTS: Final = Path(__file__).with_name("fonts")
_EPOCH: Final = datetime(
    2020, 1, 1, tzinfo=UTC
)  # same data, same bytes: the date of a document is in its data

_OF_THREAD: Final = threading.local()


def render_pdf(template: Path, content: Mapping[str, object], *, is_tagged: bool = True) -> bytes:
    """Set the template; in it `#let content = json(bytes(sys.inputs.content))` gives the data.

    Fonts: "Noto Sans", then "Noto Sans Devanagari". The template may import others of its own folder, nothing else.
    Tags, which programs read a document aloud by, make one of ten thousand rows sixteen times as large.
    The same template and data give the same bytes. typst.TypstError for a template that is wrong: a fault.
    """
    document = _compiler(template).compile(
        sys_inputs={"content": msgspec.json.encode(content).decode()}, timestamp=_EPOCH, pdf_tags=is_tagged
    )
    assert isinstance(document, bytes)  # of a PDF; the pages of pictures would be a list
    return document


def _compiler(template: Path) -> "typst.Compiler":
    """One per template and thread: it keeps the fonts and the parsed template, and serves one call at a time."""
    import typst  # noqa: PLC0415 - seven megabytes that most processes never need

    kept: dict[Path, typst.Compiler] | None = getattr(_OF_THREAD, "compilers", None)
    if kept is None:
        kept = _OF_THREAD.compilers = {}
    if template not in kept:
        kept[template] = typst.Compiler(
            str(template), root=str(template.parent), font_paths=[str(FONTS)], ignore_system_fonts=True
        )
    return kept[template]
