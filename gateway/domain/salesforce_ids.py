"""Salesforce ids: 15 characters that differ by case, or the same with a suffix of three that makes case matter not."""

import re
from typing import Final

from shared.errors import Malformed

PLAIN_LENGTH: Final = 15
_CHUNK: Final = 5
_SUFFIX_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-5]{3})?", re.ASCII)


class RecordIdInvalid(Malformed):
    """The text has not the shape of a Salesforce id, or its suffix belongs to another one."""

    code, title = "record_id_invalid", "Not a Salesforce id"


def record_id_18(text: str) -> str:
    """Return the id with its suffix: a01M00000062mPg → a01M00000062mPgIAI.

    RecordIdInvalid for what is no id, and for 18 characters whose suffix does not fit. An id of 18 whose case was lost on
    the way gets it back, because the suffix says which letters are capitals.
    """
    if not _ID.fullmatch(text):
        raise RecordIdInvalid("Expected the 15 or 18 letters and digits of a Salesforce id")
    plain, suffix = text[:PLAIN_LENGTH], text[PLAIN_LENGTH:].upper()
    if suffix in ("", _suffix(plain)):
        return plain + _suffix(plain)
    restored = _in_case(plain, suffix)
    if _suffix(restored) != suffix:
        raise RecordIdInvalid("The last three characters do not belong to this Salesforce id")
    return restored + suffix


def organization_key(text: str) -> str:
    """Return the 15 characters by which organizations are compared, case and all; RecordIdInvalid for what is no id."""
    if not _ID.fullmatch(text):
        raise RecordIdInvalid("Expected the 15 or 18 letters and digits of an organization id")
    return text[:PLAIN_LENGTH]


def _suffix(plain: str) -> str:
    """One character per five: bit i is set when the i-th of them is a capital letter."""
    chunks = (plain[start : start + _CHUNK] for start in range(0, PLAIN_LENGTH, _CHUNK))
    return "".join(
        _SUFFIX_ALPHABET[sum(1 << place for place, letter in enumerate(chunk) if letter.isupper())]
        for chunk in chunks
    )


def _in_case(plain: str, suffix: str) -> str:
    letters = []
    for place, letter in enumerate(plain):
        bits = _SUFFIX_ALPHABET.index(suffix[place // _CHUNK])
        letters.append(letter.upper() if bits >> place % _CHUNK & 1 else letter.lower())
    return "".join(letters)
