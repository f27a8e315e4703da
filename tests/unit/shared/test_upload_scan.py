"""Files that people hand in: what is taken, and what is not whatever it claims to be."""

import io
import struct
import zipfile
import zlib

import pytest

from shared.upload_scan import FileRefused, scan_upload
from shared.upload_scan.office_archive import ENTRIES_MAX

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WORKBOOK = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}


def a_png(width: int = 2, height: int = 2, *, behind: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IEND", b"") + behind


def an_archive(**more: str | bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**WORKBOOK, **more}.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("media_type", "content", "file_format"),
    [
        ("application/pdf", PDF, "pdf"),
        ("image/png", a_png(), "png"),
        ("text/csv; charset=utf-8", "code,नाम\nCP1,गोदावरी\n".encode(), "csv"),
        (XLSX, an_archive(), "xlsx"),
    ],
)
def test_a_file_that_is_what_it_claims_is_taken(media_type: str, content: bytes, file_format: str) -> None:
    assert scan_upload(io.BytesIO(content), media_type) == file_format


REFUSED = {
    "a program called a PDF": ("application/pdf", b"MZ\x90\x00" + bytes(100)),
    "a page called a text": ("text/plain", b"<!DOCTYPE html><script>alert(1)</script>"),
    "an archive called a text": ("text/csv", an_archive()),
    "a type nobody needs": ("image/svg+xml", b"<svg/>"),
    "nothing at all": ("text/plain", b""),
    "a text that is none": ("text/plain", b"\xff\xfe\x00"),
    "a PDF that runs code": ("application/pdf", PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript>>")),
    "a PDF that hides that": ("application/pdf", PDF.replace(b"/Catalog", b"/Catalog/AA<</S/J#61vaScript>>")),
    "a PDF that is locked": ("application/pdf", PDF.replace(b"/Root", b"/Encrypt 2 0 R/Root")),
    "a PDF cut off": ("application/pdf", PDF[:-8]),
    "the test virus": ("text/plain", EICAR.encode()),
    "the test virus, packed": (XLSX, an_archive(**{"xl/media/a.bin": EICAR})),
    "macros": (XLSX, an_archive(**{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})),
    "old macros": (XLSX, an_archive(**{"xl/macrosheets/sheet1.xml": "<m/>"})),
    "links to other files": (XLSX, an_archive(**{"xl/externalLinks/externalLink1.xml": "<l/>"})),
    "an embedded file": (XLSX, an_archive(**{"xl/embeddings/oleObject1.bin": "x"})),
    "an archive inside": (XLSX, an_archive(**{"xl/media/more.zip": "x"})),
    "a path that leads out": (XLSX, an_archive(**{"../../etc/cron.d/x": "x"})),
    "entities": (XLSX, an_archive(**{"xl/styles.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'})),
    "a bomb": (XLSX, an_archive(**{"xl/worksheets/sheet1.xml": bytes(8 * 1024 * 1024)})),
    "too many parts": (XLSX, an_archive(**{f"xl/media/{n}": "" for n in range(ENTRIES_MAX)})),
    "a letter called a workbook": (XLSX, an_archive().replace(b"xl/workbook.xml", b"wd/documnt.xml.")),
    "a flood of pixels": ("image/png", a_png(100_000, 100_000)),
    "an archive behind a picture": ("image/png", a_png(behind=an_archive())),
    "half a photo": ("image/jpeg", b"\xff\xd8\xff\xe0" + bytes(20)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_something_else_or_carries_more_is_refused(name: str) -> None:
    media_type, content = REFUSED[name]

    with pytest.raises(FileRefused):
        scan_upload(io.BytesIO(content), media_type)
