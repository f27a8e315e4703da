"""Companies we know, and the words by which a name is found however it was written."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from services.research.domain.errors import SearchTooWide
from services.research.domain.indian_script import in_latin
from shared.errors import FieldProblem

# Legal forms say what a company is, not which; sources write them in many ways or leave them out.
LEGAL_FORMS: Final = frozenset(
    {
        "private",
        "pvt",
        "limited",
        "ltd",
        "llp",
        "lp",
        "opc",
        "public",
        "plc",
        "inc",
        "corp",
        "gmbh",
        "ag",
        "ms",
    }
)
WORDS_MAX: Final = 8
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A company as a source names it; `version` grows with every change at the source."""

    source_key: str
    name: str
    city: str | None
    zone: str | None
    gstin: str | None
    status: str
    version: int
    street: str | None = None
    region: str | None = None
    postcode: str | None = None
    identifiers: tuple[str, ...] = ()

    @property
    def name_key(self) -> str:
        """The words of the name, so that 'M/s Om Sai Agencies Pvt. Ltd.' has the key 'om sai agencies'."""
        return " ".join(name_words(self.name)) or self.source_key.casefold()


def name_words(text: str) -> list[str]:
    """Lower-case words without accents, legal forms and signs; dots inside abbreviations vanish."""
    return [word for word in plain_words(text) if word not in LEGAL_FORMS]


def plain_words(text: str) -> list[str]:
    """All words in lower case, without accents and signs, those of Indian scripts by their sound."""
    plain = unicodedata.normalize("NFKD", in_latin(text).casefold().replace("&", " and ").replace("m/s", " "))
    letters = "".join(char for char in plain if not unicodedata.combining(char) and char not in ".'’")
    return [word for word in _SEPARATORS.split(letters) if word]


def search_words(text: str) -> list[str]:
    """The beginnings of words a name must have. SearchTooWide when nothing is left, or too much."""
    words = name_words(text)
    if not 0 < len(words) <= WORDS_MAX:
        expected = f"expected 1 to {WORDS_MAX} words besides legal forms"
        raise SearchTooWide("The search names nobody", problems=[FieldProblem("query:q", expected)])
    return words
