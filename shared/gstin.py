"""The Indian registration number for goods and services tax, and the PAN inside it."""

import re
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# State code, PAN, number of the registration in the State, a letter that is nearly always Z, check character.
_SHAPE: Final = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z][A-Z][0-9A-Z]")


def is_gstin(text: str) -> bool:
    """Whether shape and check character are right; 27AAPFU0939F1ZV is, 27AAPFU0939F1ZW is not."""
    return _SHAPE.fullmatch(text) is not None and gstin_check_character(text[:14]) == text[14]


def gstin_check_character(first_fourteen: str) -> str:
    """The 15th character: base 36 digits weighted 1, 2, 1, 2 …, quotient and remainder of each product added.

    Published by the GST Network with its registration form; the sum for 27AAPFU0939F1Z is 221, so the check
    character is the digit of (36 - 221 mod 36) mod 36 = 31, V.
    """
    total = 0
    for position, character in enumerate(first_fourteen):
        quotient, remainder = divmod(_ALPHABET.index(character) * (1 + position % 2), 36)
        total += quotient + remainder
    return _ALPHABET[(36 - total % 36) % 36]


def pan_of_gstin(gstin: str) -> str | None:
    """The income tax number of the registered person: characters 3 to 12; None when the shape is another."""
    return gstin[2:12] if _SHAPE.fullmatch(gstin) else None
