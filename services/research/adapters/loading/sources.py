"""What kind of file it is, by its content, and how it becomes a table of texts: unpacked, as UTF-8, its header found."""

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from services.research.adapters.loading.workbook_table import table_of_workbook
from services.research.domain.errors import FileUnreadable

CHUNK_BYTES: Final = 1 << 20
ENTRIES_MAX: Final = 1_000
RATIO_MAX: Final = 200
RATIO_MATTERS_FROM: Final = 1 << 20
UNPACKED_BYTES_MAX: Final = 20 << 30
SAMPLE_CHARS: Final = 256 * 1024
DELIMITERS: Final = (",", ";", "\t", "|")
HEADER_SEARCH_RECORDS: Final = 20
_ENCRYPTED: Final = 0x1
_DATA_SUFFIXES: Final = (".csv", ".txt", ".tsv", ".xlsx", ".parquet")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A readable table: delimited text in UTF-8 with its dialect, or Parquet. `skipped_lines` come before the data."""

    path: Path
    source_format: str
    headings: tuple[str, ...]
    encoding: str | None = None
    delimiter: str | None = None
    skipped_lines: int = 0


def opened_source(path: Path, scratch: Path, told: Told) -> Source:
    """FileUnreadable for what is no table, or must not be unpacked. Scratch files are the caller's to remove."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PAR1"):
        return _parquet(path)
    if head.startswith(b"PK\x03\x04"):
        return _archive(path, scratch, told)
    if head.startswith(
        (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"MZ", b"\x7fELF")
    ):
        raise FileUnreadable(
            "Expected CSV, XLSX, Parquet, or one of these in a zip archive; this is another kind"
        )
    return _text(path, scratch, told)


def _parquet(path: Path) -> Source:
    return Source(path=path, source_format="parquet", headings=())


def _archive(path: Path, scratch: Path, told: Told) -> Source:
    try:
        with ZipFile(path) as archive:
            entries = _checked(archive.infolist())
            if any(entry.filename == "[Content_Types].xml" for entry in entries):
                return _workbook(path, scratch, told)
            entry = _only_table(entries)
            unpacked = scratch / "unpacked"
            told("unpacking")
            with archive.open(entry) as packed, unpacked.open("wb") as target:
                _copy(packed, target, entry.file_size)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise FileUnreadable(f"The archive cannot be unpacked: {str(error)[:200]}") from error
    with unpacked.open("rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04" and not entry.filename.lower().endswith(".xlsx"):
        raise FileUnreadable(f"{entry.filename[:80]} is an archive in an archive; send it alone")
    if head == b"PK\x03\x04":
        inner = scratch / "workbook"
        inner.mkdir()
        return _archive(unpacked, inner, told)
    return opened_source(unpacked, scratch, told)


def _checked(entries: list[ZipInfo]) -> list[ZipInfo]:
    """The sizes are those the directory states; unpacking never gives more."""
    if len(entries) > ENTRIES_MAX:
        raise FileUnreadable(f"The archive has more than {ENTRIES_MAX} entries")
    for entry in entries:
        name = entry.filename[:80]
        if entry.flag_bits & _ENCRYPTED:
            raise FileUnreadable("The archive is protected by a password; send it without one")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise FileUnreadable(f"{name} is packed in an unusual way; use the usual compression")
        if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/"):
            raise FileUnreadable(f"{name} points outside of the archive")
        if entry.file_size > RATIO_MATTERS_FROM and entry.file_size > RATIO_MAX * max(entry.compress_size, 1):
            raise FileUnreadable(f"{name} would unpack to more than {RATIO_MAX} times its size")
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
        raise FileUnreadable(f"The archive would unpack to more than {UNPACKED_BYTES_MAX >> 30} GiB")
    return entries


def _only_table(entries: list[ZipInfo]) -> ZipInfo:
    tables = [
        entry
        for entry in entries
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and entry.filename.lower().endswith(_DATA_SUFFIXES)
    ]
    if len(tables) != 1:
        names = ", ".join(entry.filename[:60] for entry in (tables or entries)[:5]) or "nothing"
        raise FileUnreadable(f"Expected one CSV, XLSX or Parquet file in the archive; it holds {names}")
    return tables[0]


def _copy(packed: IO[bytes], target: IO[bytes], size: int) -> None:
    left = size
    while chunk := packed.read(min(CHUNK_BYTES, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise FileUnreadable("The archive holds more than its directory says")
        target.write(chunk)


def _workbook(path: Path, scratch: Path, told: Told) -> Source:
    told("reading the workbook")
    table = table_of_workbook(path, scratch)
    source = _delimited(table, "utf-8", (",",))
    return Source(
        path=table, source_format="xlsx", headings=source.headings, delimiter=",", skipped_lines=source.skipped_lines
    )  # fmt: skip


def _text(path: Path, scratch: Path, told: Told) -> Source:
    told("checking the text")
    encoding = _encoding(path)
    if encoding != "utf-8":
        path = _rewritten(path, scratch / "plain.csv", encoding)
    return _delimited(path, encoding, DELIMITERS)


def _rewritten(path: Path, plain: Path, encoding: str) -> Path:
    try:
        with (
            path.open(encoding=encoding, newline="") as file,
            plain.open("w", encoding="utf-8", newline="") as to,
        ):
            while text := file.read(CHUNK_BYTES):
                to.write(text)
    except UnicodeError as error:
        raise FileUnreadable(f"The text is neither UTF-8 nor {encoding}: save it as UTF-8") from error
    return plain


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is; a mark at its start tells UTF-16; else Windows-1252, which programs of offices write."""
    with path.open("rb") as file:
        head = file.read(4)
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return encoding
        file.seek(0)
        decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
        while chunk := file.read(CHUNK_BYTES):
            if b"\0" in chunk:
                raise FileUnreadable(
                    "The file holds null bytes: it is no text; expected CSV, XLSX or Parquet"
                )
            if is_utf8:
                is_utf8 = _decodes(decoder, chunk)
        if is_utf8 and _decodes(decoder, b"", final=True):
            return "utf-8"
    return "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _delimited(path: Path, encoding: str, delimiters: tuple[str, ...]) -> Source:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        sample = file.read(SAMPLE_CHARS)
    delimiter = max(delimiters, key=lambda one: _fitness(sample, one))
    skipped, headings = _header(sample, delimiter)
    if not headings:
        raise FileUnreadable("The file is empty; expected a row of headings and rows below it")
    return Source(
        path=path, source_format="csv", headings=headings, encoding=encoding, delimiter=delimiter, skipped_lines=skipped
    )  # fmt: skip


def _records(sample: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The first records with the number of lines up to their end."""
    reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    try:
        for record in reader:
            yield reader.line_num, record
    except csv.Error as error:
        raise FileUnreadable(f"line {reader.line_num} of the file cannot be read: {error}") from error


def _fitness(sample: str, delimiter: str) -> tuple[int, int]:
    """How many of the first records have the most frequent width above one, and that width."""
    widths = [
        len(record) for (_, record), _ in zip(_records(sample, delimiter), range(100), strict=False) if record
    ]
    several = [width for width in widths if width > 1]
    if not several:
        return 0, 1
    usual = max(set(several), key=several.count)
    return several.count(usual), usual


def _header(sample: str, delimiter: str) -> tuple[int, tuple[str, ...]]:
    """The first record as wide as most are: titles may stand above it."""
    _, width = _fitness(sample, delimiter)
    for (lines, record), _ in zip(_records(sample, delimiter), range(HEADER_SEARCH_RECORDS), strict=False):
        if len(record) == width and any(cell.strip() for cell in record):
            return lines, tuple(cell.strip() for cell in record)
    return 0, ()
