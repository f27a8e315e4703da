"""The words by which a company is found."""

import pytest

from services.research.domain.entity import Entity, name_words, search_words
from services.research.domain.errors import SearchTooWide


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("M/s Om Sai Agencies Pvt. Ltd.", ["om", "sai", "agencies"]),
        ("Jai Bharat & Sons", ["jai", "bharat", "and", "sons"]),
        ("K.B.T. Motors", ["kbt", "motors"]),
        ("Société Générale", ["societe", "generale"]),
        ("AL-AMIN  TRADERS (LLP)", ["al", "amin", "traders"]),
        ("Private Limited", []),
        ("ॐ", []),
    ],
)
def test_case_accents_signs_and_legal_forms_do_not_matter(name: str, words: list[str]) -> None:
    assert name_words(name) == words


def test_company_whose_name_leaves_no_word_is_kept_under_its_key() -> None:
    entity = Entity(source_key="CP7", name="ॐ", city=None, zone=None, gstin=None, status="active", version=1)

    assert entity.name_key == "cp7"


@pytest.mark.parametrize("text", ["", "Ltd", "--", " ".join("abcdefghi")])
def test_search_that_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(SearchTooWide):
        search_words(text)
