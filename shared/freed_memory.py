"""Gives memory back that was freed: for processes whose work takes much for a moment and little between.

The C library keeps what was freed for itself, in one heap for each thread: at the import of a large statement 105 of 254 MB
after its first part, as measured. glibc documents the parameters in mallopt(3).
"""

import ctypes
from typing import Final

_ARENA_MAX: Final = -8
_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 128 * 1024


def keep_one_heap() -> None:
    """Let all threads share one heap, and large pieces leave as soon as they are freed; call it before there are threads."""
    set_parameter = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_parameter is not None:  # other C libraries keep less
        set_parameter(_ARENA_MAX, 1)
        set_parameter(_MMAP_THRESHOLD, _LARGE_BYTES)


def give_back_freed() -> None:
    """Takes milliseconds; call it after work that took much."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
