"""Amounts in words in Hindi and Marathi, which have a word of its own for each number below a hundred."""

from typing import Final

from shared.documents.rupee_text import amount_in_words
from shared.money import currency_exponent

_HINDI: Final = (
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस"
    " बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस"
    " तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस"
    " चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास"
    " पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ"
    " साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर"
    " सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी"
    " अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी"
    " नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे"
).split()
_MARATHI: Final = (
    "शून्य एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस"
    " वीस एकवीस बावीस तेवीस चोवीस पंचवीस सव्वीस सत्तावीस अठ्ठावीस एकोणतीस"
    " तीस एकतीस बत्तीस तेहतीस चौतीस पस्तीस छत्तीस सदतीस अडतीस एकोणचाळीस"
    " चाळीस एक्केचाळीस बेचाळीस त्रेचाळीस चव्वेचाळीस पंचेचाळीस सेहेचाळीस सत्तेचाळीस अठ्ठेचाळीस एकोणपन्नास"
    " पन्नास एक्कावन्न बावन्न त्रेपन्न चोपन्न पंचावन्न छप्पन्न सत्तावन्न अठ्ठावन्न एकोणसाठ"
    " साठ एकसष्ट बासष्ट त्रेसष्ट चौसष्ट पासष्ट सहासष्ट सदुसष्ट अडुसष्ट एकोणसत्तर"
    " सत्तर एक्काहत्तर बाहत्तर त्र्याहत्तर चौऱ्याहत्तर पंच्याहत्तर शहात्तर सत्त्याहत्तर अठ्ठ्याहत्तर एकोणऐंशी"
    " ऐंशी एक्क्याऐंशी ब्याऐंशी त्र्याऐंशी चौऱ्याऐंशी पंच्याऐंशी शहाऐंशी सत्त्याऐंशी अठ्ठ्याऐंशी एकोणनव्वद"
    " नव्वद एक्क्याण्णव ब्याण्णव त्र्याण्णव चौऱ्याण्णव पंच्याण्णव शहाण्णव सत्त्याण्णव अठ्ठ्याण्णव नव्याण्णव"
).split()
_MARATHI_HUNDREDS: Final = "एकशे दोनशे तीनशे चारशे पाचशे सहाशे सातशे आठशे नऊशे".split()
_GROUPS: Final = {
    "hi": ((10_000_000, "करोड़"), (100_000, "लाख"), (1_000, "हज़ार")),
    "mr": ((10_000_000, "कोटी"), (100_000, "लाख"), (1_000, "हजार")),
}
# Rupees, and, paise, only.
_MONEY: Final = {"hi": ("रुपये", "और", "पैसे", "मात्र"), "mr": ("रुपये", "आणि", "पैसे", "फक्त")}


def spelt_amount(amount_minor: int, currency: str, language: str) -> str:
    """Of an amount that is not negative: रुपये चार लाख बारह हज़ार सैंतीस और सोलह पैसे मात्र.

    Parts of other currencies are a fraction in figures, as their names are not known here.
    """
    if language == "en":
        return amount_in_words(amount_minor, currency)
    unit = 10 ** currency_exponent(currency)
    whole, fraction = divmod(amount_minor, unit)
    rupees, joined, paise, only = _MONEY[language]
    said = [rupees if currency == "INR" else currency, spelt_number(whole, language)]
    if fraction:
        parts = f"{spelt_number(fraction, language)} {paise}" if currency == "INR" else f"{fraction}/{unit}"
        said += [joined, parts]
    return " ".join([*said, only])


def spelt_number(number: int, language: str) -> str:
    """In the Indian system, in Hindi or Marathi: 120 crore is एक सौ बीस करोड़, एकशे वीस कोटी."""
    words: list[str] = []
    for size, name in _GROUPS[language]:
        count, number = divmod(number, size)
        if count:
            words += [spelt_number(count, language), name]
    if number or not words:
        words.append(_below_thousand(number, language))
    return " ".join(words)


def _below_thousand(number: int, language: str) -> str:
    hundreds, rest = divmod(number, 100)
    ones = _HINDI if language == "hi" else _MARATHI
    if not hundreds:
        return ones[rest]
    words = [_hundred(hundreds, language, is_round=not rest), *([ones[rest]] if rest else [])]
    return " ".join(words)


def _hundred(hundreds: int, language: str, *, is_round: bool) -> str:
    """In Marathi one hundred alone is शंभर, and एकशे in front of something."""
    if language == "hi":
        return f"{_HINDI[hundreds]} सौ"
    return "शंभर" if hundreds == 1 and is_round else _MARATHI_HUNDREDS[hundreds - 1]
