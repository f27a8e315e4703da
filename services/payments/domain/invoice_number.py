"""How our invoice numbers look, learned from the numbers themselves, and how payers quote them."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

_RUN = re.compile(r"[A-Z]+|\d+")
_DIGITS = re.compile(r"\d+")
_YEAR_LENGTHS = (2, 4)
_SEPARATOR = r"[\s/\\._:-]{0,3}"
_TEMPLATES_MAX = 40
_SAMPLE_MAX = 50_000
_FIXED_VALUES_MAX = 4
_BARE_DIGITS_MIN = 5
_SHORT_DIGITS = (3, 9)
_KEY_TAIL = 4


class ReferenceKind(StrEnum):
    """FULL: the whole number. SHORT: its last digits. CUT: its beginning, where the bank cut the text."""

    FULL = "full"
    SHORT = "short"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class InvoiceReference:
    """`text` has letters and digits only. `is_announced`: a word such as INV or BILL stands before it."""

    kind: ReferenceKind
    text: str
    is_announced: bool = True


@dataclass(frozen=True, slots=True)
class NumberPatterns:
    """Expressions that find our numbers in free text, with separators changed or lost."""

    whole: re.Pattern[str] | None
    cut: re.Pattern[str] | None


def normalised_number(number: str) -> str:
    return "".join(_RUN.findall(number.upper()))


def serial_of(number: str) -> str:
    """The digits by which payers shorten a number: the longest run that is no year, the last of equally long ones.
    INV/26-27/004000 → 004000, TI-0412/26-27 → 0412, 0412/2026 → 0412."""
    runs = _DIGITS.findall(number)
    longest = max(map(len, runs), default=0)
    if longest not in _YEAR_LENGTHS:
        return next((run for run in reversed(runs) if len(run) == longest), "")
    serials = [
        run for place, run in enumerate(runs) if len(run) not in _YEAR_LENGTHS or not _is_year(place, runs)
    ] or runs
    return max(reversed(serials), key=len, default="")


def _is_year(place: int, runs: list[str]) -> bool:
    """2026, 2627, or one half of 26-27 and 2026-27."""
    run = runs[place]
    if len(run) == 4 and run.startswith("20"):
        return True
    if len(run) == 4 and _follows(run[:2], run[2:]):
        return True
    before = runs[place - 1] if place else ""
    after = runs[place + 1] if place + 1 < len(runs) else ""
    return len(run) == 2 and (_follows(before[-2:], run) or (len(after) == 2 and _follows(run, after)))


def _follows(year: str, next_year: str) -> bool:
    """Financial years of these decades: 26 and 27."""
    is_told = len(year) == 2 and len(next_year) == 2 and "15" <= year <= "45"
    return is_told and int(next_year) == int(year) + 1


def number_keys(number: str) -> tuple[str, ...]:
    """What to store beside an open invoice so that a quoted number finds it: the whole number, its serial without
    leading zeros, and the last four digits of the serial."""
    serial = serial_of(number)
    keys = [normalised_number(number), "#" + serial.lstrip("0")]
    if len(serial) > _KEY_TAIL:
        keys.append("#" + serial[-_KEY_TAIL:].lstrip("0"))
    return tuple(dict.fromkeys(keys))


def reference_key(reference: InvoiceReference) -> str:
    """The key of `number_keys` that the reference asks for; '' when it names too little to be looked up alone."""
    if reference.kind is ReferenceKind.FULL:
        return reference.text
    if reference.kind is ReferenceKind.SHORT and len(reference.text) >= _KEY_TAIL:
        return "#" + reference.text.lstrip("0")
    return ""


def learn_number_patterns(numbers: Iterable[str]) -> NumberPatterns:
    """The commonest shapes win; at most 40 shapes of at most 50,000 numbers are learned."""
    shapes: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for number in islice(numbers, _SAMPLE_MAX):
        runs = tuple(_RUN.findall(number.upper()))
        if len(runs) > 1 or len(number) >= _BARE_DIGITS_MIN:
            shapes[tuple(run if run.isalpha() else str(len(run)) for run in runs)].append(runs)
    commonest = sorted(shapes.items(), key=lambda item: (-len(item[1]), item[0]))[:_TEMPLATES_MAX]
    if not commonest:
        return NumberPatterns(whole=None, cut=None)
    templates = sorted(
        (_template(samples) for _, samples in commonest), key=lambda parts: (-len(parts), parts)
    )
    whole = "|".join(_SEPARATOR.join(parts) for parts in templates)
    cut = "|".join(nested for parts in templates if (nested := _beginnings(parts)))
    return NumberPatterns(
        whole=re.compile(rf"(?<![A-Z0-9])(?:{whole})(?![0-9])"),
        cut=re.compile(rf"(?<![A-Z0-9])(?:{cut})$") if cut else None,
    )


def _template(samples: list[tuple[str, ...]]) -> tuple[str, ...]:
    """One expression per run: letters, and digits with few different values such as a year, stand for themselves; the
    serial is a count of digits, after the digits that all samples share when there is nothing else to know it by."""
    parts: list[str] = []
    for values in list(zip(*samples, strict=True))[:-1]:
        distinct = sorted(set(values))
        few = len(distinct) <= _FIXED_VALUES_MAX
        parts.append(f"(?:{'|'.join(distinct)})" if few else rf"\d{{{len(values[0])}}}")
    serials = [sample[-1] for sample in samples]
    if not serials[0].isdigit():
        return (*parts, serials[0])
    shared = _shared_beginning(serials)[: len(serials[0]) - 3] if len(samples[0]) <= 2 else ""
    return (*parts, rf"{shared}\d{{{len(serials[0]) - len(shared)}}}")


def _shared_beginning(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    length = next(
        (place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return first[:length]


def _beginnings(parts: tuple[str, ...]) -> str:
    """An expression for every beginning of the number that reaches beyond its first run."""
    if len(parts) < 2 or parts[0].startswith(r"\d"):
        return ""
    digits = re.fullmatch(r"\\d\{(\d+)\}", parts[-1])
    nested = ""
    for index in range(len(parts) - 1, 0, -1):
        here = rf"\d{{1,{digits[1]}}}" if digits and index == len(parts) - 1 else parts[index]
        nested = rf"(?:{_SEPARATOR}{here}{nested})?"
    return rf"{parts[0]}{nested}[/-]?"


def quoted_in(text: str, patterns: NumberPatterns) -> tuple[list[InvoiceReference], str]:
    """The whole and cut numbers in an upper-case text, and the text with them blanked out."""
    found: list[InvoiceReference] = []
    if patterns.whole is not None:
        found = [
            InvoiceReference(ReferenceKind.FULL, normalised_number(m[0]))
            for m in patterns.whole.finditer(text)
        ]
        text = patterns.whole.sub(" | ", text) if found else text
    if patterns.cut is not None and (match := patterns.cut.search(text)):
        beginning = normalised_number(match[0])
        text = text[: match.start()]
        if any(character.isdigit() for character in beginning):
            found.append(InvoiceReference(ReferenceKind.CUT, beginning))
    return list(dict.fromkeys(found)), text


def short_references(words: Iterable[str], *, is_announced: bool) -> list[InvoiceReference]:
    """Numbers in a note; "5275,83" means 5275 and 5283, so a shorter number continues the one before it."""
    found: list[InvoiceReference] = []
    previous = ""
    shortest, longest = _SHORT_DIGITS
    for word in words:
        if len(word) == 2 and len(previous) > 2:
            word = previous[:-2] + word  # noqa: PLW2901 — the continued number replaces its own short form
        if shortest <= len(word) <= longest:
            found.append(InvoiceReference(ReferenceKind.SHORT, word, is_announced))
            previous = word
    return found
