"""Words of credit notes in three languages: none is missing, and amounts are spelt as people spell them."""

import pytest

from services.payments.adapters.note_documents.note_words import GROUNDS, NOTE_WORDS
from services.payments.adapters.note_documents.number_words import spelt_amount, spelt_number
from services.payments.adapters.note_documents.state_words import STATES
from services.payments.domain.indian_state import STATE_NAMES


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_each_word_is_there_in_each_language_and_in_its_script(language: str) -> None:
    words, english = NOTE_WORDS[language], NOTE_WORDS["en"]

    assert words.keys() == english.keys()
    assert [name for name in words if name != "of" and not _is_devanagari(words[name])] == []
    assert STATES[language].keys() == STATE_NAMES.keys()
    assert GROUNDS[language].keys() == GROUNDS["hi"].keys()


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_each_number_below_a_hundred_has_a_word_of_its_own(language: str) -> None:
    assert len({spelt_number(number, language) for number in range(100)}) == 100


@pytest.mark.parametrize(
    ("amount_minor", "currency", "language", "spelt"),
    [
        (412_037_16, "INR", "hi", "रुपये चार लाख बारह हज़ार सैंतीस और सोलह पैसे मात्र"),
        (412_037_16, "INR", "mr", "रुपये चार लाख बारा हजार सदतीस आणि सोळा पैसे फक्त"),
        (29_50_000_00, "INR", "hi", "रुपये उनतीस लाख पचास हज़ार मात्र"),
        (29_50_000_00, "INR", "mr", "रुपये एकोणतीस लाख पन्नास हजार फक्त"),
        (120_00_00_100_00, "INR", "hi", "रुपये एक सौ बीस करोड़ एक सौ मात्र"),
        (120_00_00_100_00, "INR", "mr", "रुपये एकशे वीस कोटी शंभर फक्त"),
        (0, "INR", "mr", "रुपये शून्य फक्त"),
        (89_99, "INR", "en", "Rupees eighty-nine and ninety-nine paise only"),
        (5_05, "USD", "hi", "USD पाँच और 5/100 मात्र"),
        (7, "JPY", "mr", "JPY सात फक्त"),
    ],
)
def test_amounts_are_spelt_by_lakh_and_crore(
    amount_minor: int, currency: str, language: str, spelt: str
) -> None:
    assert spelt_amount(amount_minor, currency, language) == spelt


def _is_devanagari(text: str) -> bool:
    return any("\u0900" <= char <= "\u097f" for char in text)
