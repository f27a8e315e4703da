"""Reads a bank's narration by the shape of its parts, whatever bank wrote it. The text is untrusted: only ever compared."""

import re
from dataclasses import dataclass

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.invoice_number import (
    InvoiceReference,
    NumberPatterns,
    ReferenceKind,
    normalised_number,
    quoted_in,
    short_references,
)
from services.payments.domain.narration_words import (
    ANNOUNCING_WORDS,
    BANK_CODES,
    BANK_NAMES,
    BOUNCE_REASONS,
    CHEQUE_RETURN,
    NO_RECEIPTS,
    NOTE_STARTS,
    NOTE_STARTS_OR_NAMES,
    RAILS,
    ROUTING_ENDS,
    ROUTING_WORDS,
    UPI_HANDLES,
)
from services.payments.domain.transaction_reference import (
    CHEQUE_SHAPE,
    IFSC_SHAPE,
    RRN_SHAPE,
    is_transfer_reference,
    strong_reference,
    with_numbers_apart,
)

_VPA = re.compile(r"\b([A-Z0-9._]{2,})@([A-Z][A-Z0-9]*)")
# MT940 has no "@": banks write a blank instead.
_VPA_WITHOUT_AT = re.compile(rf"\b([A-Z][A-Z._]*[0-9]*[A-Z._]*) ({'|'.join(sorted(UPI_HANDLES))})\b(?=-|/|$)")
_MASKED_ACCOUNT = re.compile(r"\b[X*]{2,}(\d{3,6})\b")
_WHOLE_ACCOUNT = re.compile(r"\d{9,18}")  # as Indian banks number them; a masked one names nobody
_SEPARATORS = re.compile(r"[-/*:|\\_]+")
_WORDS = re.compile(r"[^\s,;+]+")
_DIGITS = re.compile(r"\d+")
_MASK = re.compile(r"X+\d{0,6}")
_NUMBER = re.compile(r"(?:[A-Z]{1,4}\.?)?\d{3,}")
_ABBREVIATION = re.compile(r"\bM/S\.?(?=\s|\b)|\bA/C\b")
_CUT_REFERENCE_MIN = 3
_REMAINDER_MAX = 4


@dataclass(frozen=True, slots=True)
class Narration:
    """What a line says about itself. Everything is upper case; '' means not said.

    `names` are the parts that may be a payer's name or a place, in the order of the text. `bounce_code` is the clearing
    house's return code where the wording tells it. `payer_account` is the whole number, where the bank tells it.
    """

    rail: str = ""
    names: tuple[str, ...] = ()
    ifsc: str = ""
    bank_code: str = ""
    utr: str = ""
    rrn: str = ""
    cheque_number: str = ""
    vpa: str = ""
    account_suffix: str = ""
    payer_account: str = ""
    references: tuple[InvoiceReference, ...] = ()
    note: str = ""
    is_debit: bool = False
    is_bounce: bool = False
    bounce_code: str = ""
    not_receipt_reason: str = ""
    is_truncated: bool = False

    @property
    def payer_name(self) -> str:
        """The longest part that may be a name."""
        return max(self.names, key=len, default="")


class _Reading:
    """What has been found so far while the parts of one narration are read."""

    def __init__(self, line: StatementLine) -> None:
        self.reference = strong_reference(line)
        self.found: dict[str, str] = {}
        self.names: list[str] = []
        self.notes: list[str] = []
        self.numbers: list[str] = []
        self.is_announced = False
        self.is_truncated = False

    def keep(self, field: str, text: str) -> None:
        self.found.setdefault(field, text)


def parse_narration(line: StatementLine, patterns: NumberPatterns) -> Narration:
    text = _prepared(line.narration)
    rail = _rail(text)
    reading = _Reading(line)
    references, rest = quoted_in(text, patterns)
    rest = _without_addresses(rest, reading)
    for part in _SEPARATORS.split(rest):
        _read_part(part, rail, reading)
    _forget_remainder(text, rail, reading)
    references += short_references(reading.numbers, is_announced=reading.is_announced)
    references += [
        InvoiceReference(ReferenceKind.FULL, normalised_number(number)) for number in line.document_numbers
    ]
    if line.counterparty_name:
        reading.names.insert(0, _prepared(line.counterparty_name))
    if line.counterparty_account:
        reading.keep("account_suffix", re.sub(r"\D", "", line.counterparty_account)[-4:])
        if _WHOLE_ACCOUNT.fullmatch(line.counterparty_account.strip()):
            reading.keep("payer_account", line.counterparty_account.strip())
    return _narration(line, text, rail, reading, references)


def _narration(
    line: StatementLine, text: str, rail: str, reading: _Reading, references: list[InvoiceReference]
) -> Narration:
    found = reading.found
    is_debit = line.amount_minor < 0
    is_bounce = is_debit and _is_cheque_return(line, text, rail)
    ifsc, utr = found.get("ifsc", ""), found.get("utr", "")
    bank_code = found.get("bank_code", "") or ifsc[:4] or (utr[:4] if utr[:4] in BANK_CODES else "")
    cheque = found.get("cheque_number", "")
    if not cheque and rail == "CHEQUE" and CHEQUE_SHAPE.fullmatch(reading.reference):
        cheque = reading.reference
    is_absent = len(reading.reference) >= 12 and reading.reference not in re.sub(r"\s", "", text)
    return Narration(
        rail=rail,
        names=tuple(dict.fromkeys(reading.names)),
        ifsc=ifsc,
        bank_code=bank_code,
        utr=utr,
        rrn=found.get("rrn", ""),
        cheque_number=cheque,
        vpa=found.get("vpa", ""),
        account_suffix=found.get("account_suffix", ""),
        payer_account=found.get("payer_account", ""),
        references=tuple(dict.fromkeys(references)),
        note=" ".join(reading.notes),
        is_debit=is_debit,
        is_bounce=is_bounce,
        bounce_code=next((code for code, wording in BOUNCE_REASONS if wording.search(text)), "")
        if is_bounce
        else "",
        not_receipt_reason="" if is_debit else _not_receipt_reason(line, text),
        is_truncated=reading.is_truncated or is_absent,
    )


def rail_of(narration: str) -> str:
    """The way money came, '' where the words do not tell."""
    return _rail(_prepared(narration))


def _rail(text: str) -> str:
    return next((name for name, wording in RAILS if wording.search(text)), "")


def _prepared(text: str) -> str:
    upper = text.upper().replace("\n", "")
    if "/" in upper:
        upper = _ABBREVIATION.sub(" ", upper)
    return with_numbers_apart(upper).strip()


def _is_cheque_return(line: StatementLine, text: str, rail: str) -> bool:
    is_about_cheque = rail == "CHEQUE" or any(wording.search(text) for _, wording in BOUNCE_REASONS)
    return (is_about_cheque and CHEQUE_RETURN.search(text) is not None) or _is_return_kind(line.kind_code)


def _is_return_kind(kind_code: str) -> bool:
    """SWIFT's NRTI and BAI2's 555 are deposited items that came back."""
    return "RTI" in kind_code.upper() or kind_code == "555"


def _not_receipt_reason(line: StatementLine, text: str) -> str:
    if not line.is_final:
        return "not_final"
    if line.is_reversal:
        return "reversal"
    for reason, held, wording in NO_RECEIPTS:
        for part in held:
            if part in text and wording.search(text):
                return reason
    return ""


def _without_addresses(text: str, reading: _Reading) -> str:
    """Takes out what would fall apart at the separators: payment addresses and masked accounts."""
    for shape in (_VPA, _VPA_WITHOUT_AT):
        if match := shape.search(text):
            reading.keep("vpa", f"{match[1]}@{match[2]}")
            text = text[: match.start()] + "|" + text[match.end() :]
            break
    if match := _MASKED_ACCOUNT.search(text):
        reading.keep("account_suffix", match[1])
        text = text[: match.start()] + "|" + text[match.end() :]
    return text


def _read_part(part: str, rail: str, reading: _Reading) -> None:
    """Words of a known shape are taken out; what remains between them is a name or a note."""
    rest: list[str] = []
    for raw in _WORDS.findall(part):
        word = raw.strip(".()#'\"")
        if not word:
            continue
        if _is_shaped(word, rail, reading):
            _read_text(rest, reading)
            rest = []
        else:
            rest.append(word)
    _read_text(rest, reading)


def _is_shaped(word: str, rail: str, reading: _Reading) -> bool:
    """IFSC before UTR, because an IFSC also is four letters and digits; the order of the rest follows certainty."""
    if IFSC_SHAPE.fullmatch(word) and word[:4] in BANK_CODES:
        reading.keep("ifsc", word)
    elif is_transfer_reference(word):
        reading.keep("utr", word)
    elif RRN_SHAPE.fullmatch(word):
        reading.keep("rrn", word)
    elif word in BANK_CODES:
        reading.keep("bank_code", word)
    elif rail == "CHEQUE" and word.isdigit() and _is_cheque_number(word, reading):
        reading.keep("cheque_number", word.lstrip("0").zfill(6))
    elif word.isdigit() and len(word) > 9:
        reading.keep("account", word)
    elif len(word) >= _CUT_REFERENCE_MIN and reading.reference.startswith(word):
        reading.is_truncated = True
    else:
        return _MASK.fullmatch(word) is not None
    return True


def _is_cheque_number(word: str, reading: _Reading) -> bool:
    if reading.reference.isdigit() and len(reading.reference) == 6:
        return word.lstrip("0").zfill(6) == reading.reference
    return 6 <= len(word) <= 8 and "cheque_number" not in reading.found


def _read_text(words: list[str], reading: _Reading) -> None:
    """A name, a note, or a name with a note behind it."""
    while words and words[0] in ROUTING_WORDS and words[0] not in NOTE_STARTS:
        words = words[1:]
    start = next((place for place, word in enumerate(words) if _opens_note(word, place)), len(words))
    name, note = words[:start], words[start:]
    if len(name) > 1 and name[-1].isdigit() and name[-2] in ROUTING_ENDS:
        name.pop()
    while name and name[-1] in ROUTING_ENDS:
        name.pop()
    bank = BANK_NAMES.get(" ".join(name).removesuffix(" LTD"))
    if bank is not None:
        reading.keep("bank_code", bank)
    elif _may_be_name(name):
        reading.names.append(" ".join(name))
    if note:
        _read_note(note, reading)
        if _may_be_name_after_all(note):
            reading.names.append(" ".join(note))


def _forget_remainder(text: str, rail: str, reading: _Reading) -> None:
    """What is left at the end of a cut text is no name beside a name or an address: the beginning of the payer's bank
    (CANA) or of its payment address."""
    last = reading.names[-1] if reading.names else ""
    is_beside = len(reading.names) > 1 or "vpa" in reading.found
    if rail not in ("UPI", "IMPS") or not last or not is_beside or not text.endswith(last):
        return
    banks = {code for bank, code in BANK_NAMES.items() if bank.startswith(last)}
    for bank in banks if len(banks) == 1 else ():
        reading.keep("bank_code", bank)
    if banks or (rail == "UPI" and last.isalpha() and len(last) <= _REMAINDER_MAX):
        reading.names.pop()


def _may_be_name(words: list[str]) -> bool:
    letters = sum(character.isalpha() for word in words for character in word)
    return letters > max(2, sum(character.isdigit() for word in words for character in word))


def _may_be_name_after_all(note: list[str]) -> bool:
    """ADVANCE ENGINEERING may be a firm; ADVANCE PAYMENT and OLD DUES are none."""
    first, second = note[0], note[1] if len(note) > 1 else ""
    is_firm_like = second.isalpha() and len(second) > 3 and second not in NOTE_STARTS
    return first in NOTE_STARTS_OR_NAMES and is_firm_like


def _opens_note(word: str, place: int) -> bool:
    return word in NOTE_STARTS or _is_number(word) or (place == 0 and word in NOTE_STARTS_OR_NAMES)


def _is_number(word: str) -> bool:
    """Digits, with at most a few letters before them: 4034, NO.3486."""
    return _NUMBER.fullmatch(word) is not None


def _read_note(words: list[str], reading: _Reading) -> None:
    reading.notes.append(" ".join(words))
    reading.is_announced = reading.is_announced or any(word in ANNOUNCING_WORDS for word in words)
    for word in words:
        reading.numbers += _DIGITS.findall(word) if not word.isalpha() else ()
