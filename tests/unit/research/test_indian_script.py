"""Names in Indian scripts meet those in Latin letters."""

import pytest

from services.research.domain.company_name import compared_words
from services.research.domain.entity import name_words, search_words
from services.research.domain.indian_script import in_latin


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("महिंद्रा एंड महिंद्रा लिमिटेड", "Mahindra & Mahindra Ltd"),
        ("टाटा मोटर्स", "Tata Motors"),
        ("किर्लोस्कर ऑयल इंजन्स प्राइवेट लिमिटेड", "Kirloskar Oil Engines Pvt. Ltd."),
        ("सह्याद्री कोल्ड चेन", "Sahyadri Cold Chain"),
        ("શાહ એજન્સી", "Shah Agency"),
        ("ગુજરાત મોટર્સ", "Gujarat Motors"),
        ("ਭਾਰਤ", "Bharat"),
        ("মহিন্দ্রা", "Mahindra"),
        ("ମହିନ୍ଦ୍ରା", "Mahindra"),
        ("மஹிந்த்ரா", "Mahintra"),
        ("మహీంద్రా", "Mahindra"),
        ("ಕಿರ್ಲೋಸ್ಕರ್", "Kirloskar"),
        ("മഹീന്ദ്ര", "Mahindra"),
    ],
)
def test_a_name_is_the_same_words_in_its_script_and_in_latin_letters(written: str, latin: str) -> None:
    assert name_words(written) == name_words(latin)
    assert compared_words(written)[0] == compared_words(latin)[0]


@pytest.mark.parametrize(
    ("written", "sound"),
    [
        ("भारत", "bharat"),
        ("महेंद्र", "mahendra"),
        ("सिंह", "sinh"),
        ("कंपनी", "company"),
        ("फ़ोर्स", "force"),
        ("Kaveri पावर १२५", "Kaveri power 125"),
        ("Société Générale", "Société Générale"),
        ("ॐ", "ॐ"),
        ("क", "ka"),
        ("दुःख", "duhkh"),
        ("क\u094d\u200dष", "ksh"),
    ],
)
def test_words_sound_as_people_write_them(written: str, sound: str) -> None:
    assert in_latin(written) == sound


def test_a_search_in_devanagari_finds_beginnings_of_latin_names() -> None:
    assert search_words("महिंद्रा") == ["mahindra"]
