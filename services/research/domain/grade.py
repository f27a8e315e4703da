"""How far a source and what it says are believed: the six letters and six figures of the Admiralty system.

The words are those of NATO STANAG 2511 (edition 1, 2003) and AJP-2.1 (2016), table of source reliability and credibility of
information. A letter speaks of who says it, a figure of what is said; neither follows from the other.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reliability(StrEnum):
    """Of the source."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


RELIABILITY_WORDS: Final = {
    Reliability.A: "completely reliable",
    Reliability.B: "usually reliable",
    Reliability.C: "fairly reliable",
    Reliability.D: "not usually reliable",
    Reliability.E: "unreliable",
    Reliability.F: "reliability cannot be judged",
}
CREDIBILITY_WORDS: Final = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "truth cannot be judged",
}
# F and 6 say that nobody knows: that is worse than a fair source, and better than one known to be bad.
_LETTERS: Final = "ABCFDE"
_FIGURES: Final = (1, 2, 3, 6, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """`B2`: a usually reliable source, probably true."""

    reliability: Reliability
    credibility: int

    def __str__(self) -> str:
        return f"{self.reliability}{self.credibility}"

    @property
    def rank(self) -> int:
        """Less is better: what is said counts before who says it. `A1` is 0, `B2` 7, `E5` 35."""
        return 6 * _FIGURES.index(self.credibility) + _LETTERS.index(self.reliability)

    @property
    def words(self) -> str:
        return f"{RELIABILITY_WORDS[self.reliability]}, {CREDIBILITY_WORDS[self.credibility]}"
