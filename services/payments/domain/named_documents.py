"""What people's words name: whole invoice numbers, bank references and cheque numbers, to be looked up exactly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.payments.domain.invoice_number import normalised_number
from services.payments.domain.transaction_reference import RRN_SHAPE, cleaned_reference, is_transfer_reference

NAMES_MAX: Final = 200
_WORD: Final = re.compile(r"[^\s,;:()\[\]\"']+")
_CHEQUE: Final = re.compile(r"\b(?:CHEQUE|CHQ|CHECK)\b\D{0,12}(\d{6})\b", re.IGNORECASE)
_DIGIT: Final = re.compile(r"\d")
_NUMBER_LENGTH_MIN: Final = 4


@dataclass(frozen=True, slots=True)
class NamedDocuments:
    """`invoice_keys` are normalised numbers, most of which are no invoice at all; only what exists is linked."""

    invoice_keys: frozenset[str]
    references: frozenset[str]
    cheque_numbers: frozenset[str]


def named_documents(text: str) -> NamedDocuments:
    """Of a very long text the first names count. A number may be written in two words: INV 004000."""
    words = [word.strip(".!?") for word in _WORD.findall(text)]
    cleaned = (cleaned_reference(word) for word in words)
    references = {one for one in cleaned if is_transfer_reference(one) or RRN_SHAPE.fullmatch(one)}
    return NamedDocuments(
        invoice_keys=frozenset(list(dict.fromkeys(_number_keys(words)))[:NAMES_MAX]),
        references=frozenset(sorted(references)[:NAMES_MAX]),
        cheque_numbers=frozenset(_CHEQUE.findall(text)[:NAMES_MAX]),
    )


def _number_keys(words: list[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        for written in (word, before + word):
            key = normalised_number(written)
            if len(key) >= _NUMBER_LENGTH_MIN and _DIGIT.search(word):
                yield key
