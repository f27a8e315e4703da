"""Tells how well a name on a bank statement fits a partner's name: cut, misspelt, shortened word by word, moved blanks."""

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA, LCSseq

# The legal form, longest first; what follows the name proper.
_FORMS = (
    ("COMPANY", re.compile(r"\b(?:AND|N) ?(?:CO|COMPANY)$")),
    ("SONS", re.compile(r"\b(?:AND|N)? ?(?:SONS|SON|BROS|BROTHERS)$")),
    (
        "LIMITED",
        re.compile(r"\b(?:PRIVATE|PRIVAT|PRIVA|PRIV|PVT|P|OPC)? ?(?:LIMITED|LIMITE|LIMIT|LIMI|LTD|LT)$"),
    ),
    ("LIMITED", re.compile(r"\b(?:PRIVATE|PRIVAT|PRIVA|PRIV|PVT|PV)$")),
    ("LLP", re.compile(r"\b(?:LLP|LL)$")),
    ("COMPANY", re.compile(r"\bCO$")),
)
_GLUED_FORM = re.compile(
    r"(?<=\w\w\w)(PVT|PRIVATE|LLP|LTD|LIMITED|AND(?=SONS|CO\b))( ?LTD| ?LIMITED|SONS|CO)?$"
)
_LONG_FORMS = {"PVT": "PRIVATE", "LTD": "LIMITED", "CO": "COMPANY"}
_MISSPELT = 2.6
_PRIVATE = "PRIVATE"
_OTHER_LIMITED = 0.7
_NAME_MIN = 3
# A statement shows the same payers again and again: what was found of a name is kept for the next line.
_NAMES_KEPT = 16_384


@dataclass(frozen=True, slots=True)
class FirmName:
    """`core` has the words without the legal form, `compact` the same without blanks, `full` all without blanks."""

    core: tuple[str, ...]
    compact: str
    form: str
    full: str


@lru_cache(maxsize=_NAMES_KEPT)
def firm_name(name: str) -> FirmName:
    text = re.sub(r"[^A-Z0-9& ]", " ", name.upper()).replace("&", " AND ")
    text = " ".join(text.split())
    text = _GLUED_FORM.sub(r" \1\2", text)
    text = re.sub(r"^(?:M S|MESSRS|SHRI M S) ", "", text)
    full = "".join(_LONG_FORMS.get(word, word) for word in text.split())
    form = ""
    for _ in range(2):
        for kind, ending in _FORMS:
            shorter = ending.sub("", text).strip()
            if shorter and shorter != text:
                text, form = shorter, form or kind
                break
    words = text.split()
    while len(words) > 1 and words[-1] in ("AND", "P", "N"):
        words.pop()
    return FirmName(core=tuple(words), compact="".join(words), form=form, full=full)


@lru_cache(maxsize=_NAMES_KEPT)
def name_misfit(shown: FirmName, partner: FirmName) -> float:
    """Nats against `shown` being the partner's name: 0 for the same name, above 12 for another one.

    A legal form that both show and that differs counts, because firms of one family often share all but the form.
    """
    if len(shown.compact) < _NAME_MIN:
        return 20.0
    form = _form_misfit(shown, partner)
    if shown.compact == partner.compact:
        return form
    whole = _whole_misfit(shown, partner)
    if whole <= 1.0:
        return whole + form
    cut = _beginning_misfit(shown, partner) + (form if shown.form else 0.0)
    return min(whole + form, cut, _shortened_misfit(shown, partner) + form)


def _form_misfit(shown: FirmName, partner: FirmName) -> float:
    """Banks leave PRIVATE away at times, so it tells two firms of one name apart and says little more."""
    if shown.form == partner.form:
        is_private = _PRIVATE in shown.full
        return _OTHER_LIMITED if shown.form == "LIMITED" and is_private != (_PRIVATE in partner.full) else 0.0
    return 4.0 if shown.form and partner.form else 1.0 if partner.form else 2.0


def _whole_misfit(shown: FirmName, partner: FirmName) -> float:
    """Misspelt somewhere, the legal form included: PRIVTE LIMITED hides its form from being recognised."""
    allowed = 2 + len(partner.compact) // 12
    distance = min(
        OSA.distance(shown.compact, partner.compact, score_cutoff=allowed),
        OSA.distance(shown.full, partner.full, score_cutoff=allowed),
    )
    return 1.0 + _MISSPELT * distance if distance <= allowed else 20.0


def _beginning_misfit(shown: FirmName, partner: FirmName) -> float:
    """The name breaks off: the beginning of the partner's name, at most two letters wrong."""
    length = len(shown.compact)
    distance = OSA.distance(shown.compact, partner.compact[:length], score_cutoff=2)
    if distance > 2 or (distance and length < 8):
        return 20.0
    is_one_word = len(shown.core) == 1 < len(partner.core)
    return 1.5 + _MISSPELT * distance + (1.5 if shown.form else 0.0) + (2.0 if is_one_word else 0.0)


def _shortened_misfit(shown: FirmName, partner: FirmName) -> float:
    """Word by word the beginnings of the partner's words; else all letters of it in the partner's order."""
    if len(shown.core) <= len(partner.core):
        wrong = 0
        for word, full in zip(shown.core, partner.core, strict=False):
            if not full.startswith(word):
                wrong += max(1, OSA.distance(word, full[: len(word)]))
        if wrong <= 2:
            missing = len(partner.core) - len(shown.core)
            return 2.0 + _MISSPELT * wrong + missing
    if shown.compact[:2] != partner.compact[:2] or len(shown.compact) < 8:
        return 20.0
    astray = len(shown.full) - LCSseq.similarity(shown.full, partner.full)
    return 4.5 + _MISSPELT * astray if astray <= 2 else 20.0
