"""Names in Indian scripts by their sound in Latin letters, so that 'महिंद्रा' and 'Mahindra' are the same word.

The nine scripts have one plan, and the Unicode Standard names every letter after its sound (DEVANAGARI LETTER MA, VOWEL SIGN
II): the names are the table, kept by the Unicode Consortium and there with Python. Long vowels and the two rows of t and d
are written alike, as people write them in Latin letters.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

# Where a consonant at the end of a word has lost its a: भारत is Bharat. Southern scripts and Odia say it.
_SILENT_AT_END: Final = frozenset({"DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI"})
_SCRIPTS: Final = "|".join([*sorted(_SILENT_AT_END), "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM"])
_NAMED: Final = re.compile(rf"({_SCRIPTS}) (LETTER|VOWEL SIGN|SIGN|DIGIT|TIPPI|ADDAK)(?: (.+))?")
_WORDS: Final = re.compile("[\u0900-\u0d7f\u200c\u200d]+")  # the last two join letters or part them
_VOWELS: Final = {
    "A": "a", "AA": "a", "I": "i", "II": "i", "U": "u", "UU": "u", "E": "e", "EE": "e", "AI": "ai", "O": "o", "OO": "o",
    "AU": "au", "VOCALIC R": "ri", "CANDRA E": "e", "CANDRA O": "o", "SHORT E": "e", "SHORT O": "o",
}  # fmt: skip
_CONSONANTS: Final = {
    "TT": "t", "TTH": "th", "DD": "d", "DDH": "dh", "NN": "n", "NG": "n", "NY": "n", "SS": "sh", "LL": "l", "RR": "r",
    "C": "ch", "CH": "chh", "DDDH": "rh", "LLL": "l", "NNN": "n",
}  # fmt: skip
_NASALS: Final = frozenset({"ANUSVARA", "CANDRABINDU", "BINDI", "ADAK BINDI"})
# After a cluster that ends on one of these the a is said: Mahendra, Krishna; in words from English it is not: Motors.
_SAID_AFTER_CLUSTER: Final = frozenset({"y", "r", "l", "v", "n", "m"})
_DOTTED: Final = {"ph": "f", "j": "z"}  # a dot below makes sounds of other languages
# English words of company names as they sound; the rest of a name is seldom English.
_SPELT_IN_ENGLISH: Final = {
    "chen": "chain", "ejansi": "agency", "ejensi": "agency", "ejensij": "agencies", "ejensiz": "agencies", "end": "and",
    "entaraprij": "enterprise", "entarapraij": "enterprise", "entarapraijej": "enterprises", "fainens": "finance",
    "fors": "force", "grup": "group", "indastri": "industry", "indastrij": "industries", "indiya": "india",
    "injan": "engine", "injans": "engines", "injiniyaring": "engineering", "injiniyars": "engineers",
    "kampani": "company", "kold": "cold", "motar": "motor", "motars": "motors", "oyal": "oil", "pavar": "power",
    "phainens": "finance", "povar": "power", "praivet": "private", "sans": "sons", "sarvisej": "services",
    "stil": "steel", "tredars": "traders", "treding": "trading", "transaport": "transport",
}  # fmt: skip


def in_latin(text: str) -> str:
    """Words of Indian scripts by their sound; everything else stays as it is.

    'महिंद्रा एंड महिंद्रा लिमिटेड' gives 'mahindra and mahindra limited'.
    """
    return text if text.isascii() else _WORDS.sub(lambda found: _word(found[0]), text)


@dataclass(slots=True)
class _Sound:
    consonant: str
    vowel: str
    is_inherent: bool = False  # the vowel is not written: every consonant has an a
    is_nasal: bool = False


def _word(text: str) -> str:
    sounds: list[_Sound] = []
    script = ""
    for char in unicodedata.normalize("NFC", text):
        named = _NAMED.fullmatch(unicodedata.name(char, ""))
        if named is not None:
            script = named[1]
            _add(sounds, named[2], named[3] or named[2], char)
        elif char not in "\u200c\u200d":
            sounds.append(_Sound(char, ""))
    if script in _SILENT_AT_END:
        _silence_end(sounds)
    word = "".join(_consonant(sounds, place) + one.vowel for place, one in enumerate(sounds))
    return _SPELT_IN_ENGLISH.get(word, word)


def _add(sounds: list[_Sound], kind: str, name: str, char: str) -> None:
    last = sounds[-1] if sounds else None
    if kind == "DIGIT":
        sounds.append(_Sound(str(unicodedata.digit(char)), ""))
    elif kind == "LETTER" and name in _VOWELS:
        sounds.append(_Sound("", _VOWELS[name]))
    elif kind == "LETTER":
        plain = name.removesuffix("A")
        sounds.append(_Sound(_CONSONANTS.get(plain, plain.lower()), "a", is_inherent=True))
    elif name in _NASALS or kind == "TIPPI":
        sounds.append(_Sound("n", "", is_nasal=True))
    elif name == "VISARGA":
        sounds.append(_Sound("h", ""))
    elif last is not None and kind == "VOWEL SIGN":
        last.vowel, last.is_inherent = _VOWELS.get(name, ""), False
    elif last is not None and name == "VIRAMA":
        last.vowel, last.is_inherent = "", False
    elif last is not None and name == "NUKTA":
        last.consonant = _DOTTED.get(last.consonant, last.consonant)


def _silence_end(sounds: list[_Sound]) -> None:
    if len(sounds) < 2 or not sounds[-1].is_inherent:
        return
    is_cluster = not sounds[-2].vowel and not sounds[-2].is_nasal
    if not is_cluster or sounds[-1].consonant not in _SAID_AFTER_CLUSTER:
        sounds[-1].vowel = ""


def _consonant(sounds: list[_Sound], place: int) -> str:
    """The sign of a nasal is an m before lips: कंपनी is kampani."""
    following = sounds[place + 1].consonant if place + 1 < len(sounds) else ""
    return "m" if sounds[place].is_nasal and following[:1] in {"p", "b", "m"} else sounds[place].consonant
