"""What of a company's name counts when two are compared: its words, with usual abbreviations written out."""

from typing import Final

from services.research.domain.entity import LEGAL_FORMS, plain_words

# How registers, exports and people shorten what names are made of.
ABBREVIATIONS: Final = {
    "agcy": "agencies", "assoc": "associates", "assocs": "associates", "auto": "automobiles", "bros": "brothers",
    "co": "company", "constr": "construction", "const": "construction", "corp": "corporation", "dist": "distributors",
    "engg": "engineering", "engrs": "engineers", "ent": "enterprises", "entp": "enterprises", "equip": "equipment",
    "grp": "group", "ind": "industries", "inds": "industries", "infra": "infrastructure", "intl": "international",
    "mfg": "manufacturing", "mgmt": "management", "natl": "national", "svc": "services", "svcs": "services",
    "sys": "systems", "tech": "technologies", "tpt": "transport", "transp": "transport", "trvls": "travels",
}  # fmt: skip
MORE_LEGAL_FORMS: Final = LEGAL_FORMS | {"llc", "corporation", "incorporated", "company", "co", "sa", "bv"}


def compared_words(name: str) -> tuple[str, str]:
    """The words without legal forms, and all of them, each written out and parted by blanks.

    'M/s Om Sai Engg. Pvt. Ltd.' gives 'om sai engineering' and 'om sai engineering pvt ltd'. A name that is nothing but
    legal forms keeps them.
    """
    words = [ABBREVIATIONS.get(word, word) for word in plain_words(name)]
    bare = [word for word in words if word not in MORE_LEGAL_FORMS]
    return " ".join(bare or words), " ".join(words)
