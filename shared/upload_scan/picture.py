"""Pictures: whole, of a size that can be opened, and nothing behind their end."""

import struct
from typing import Final

from shared.upload_scan.refusals import FileRefused

# A small file may unfold to gigabytes of pixels.
PIXELS_MAX: Final = 40_000_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SIZE_MARKERS: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def check_png(content: bytes) -> None:
    """FileRefused unless its chunks lead from the head to the end, and to nothing after it."""
    if not content.startswith(_PNG) or content[12:16] != b"IHDR":
        raise FileRefused("The file is not a PNG")
    _check_pixels(*struct.unpack(">II", content[16:24]))
    place = len(_PNG)
    while place + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        place += 12 + length
        if kind == b"IEND":
            break
    else:
        raise FileRefused("The PNG is cut off")
    if place != len(content):
        raise FileRefused("Something is hidden behind the end of the PNG")


def check_jpeg(content: bytes) -> None:
    """FileRefused unless it says its size and ends where a JPEG ends."""
    if not content.startswith(b"\xff\xd8\xff") or not content.endswith(b"\xff\xd9"):
        raise FileRefused("The file is not a whole JPEG")
    place = 2
    while place + 9 < len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _SIZE_MARKERS:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            _check_pixels(width, height)
            return
        length = 0 if marker in _STANDALONE else struct.unpack(">H", content[place + 2 : place + 4])[0]
        place += 2 + length
    raise FileRefused("The JPEG does not say its size")


def _check_pixels(width: int, height: int) -> None:
    if not 0 < width * height <= PIXELS_MAX:
        raise FileRefused(f"A picture has at most {PIXELS_MAX} pixels")
