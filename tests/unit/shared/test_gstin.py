"""GSTIN and PAN."""

import pytest

from shared.gstin import is_gstin, pan_of_gstin


@pytest.mark.parametrize("gstin", ["27AAPFU0939F1ZV", "29AJUFG4984A1ZE", "09YRHFJ2746Q3ZZ"])
def test_right_check_character_makes_a_gstin(gstin: str) -> None:
    assert is_gstin(gstin)


@pytest.mark.parametrize(
    "text",
    [
        "27AAPFU0939F1ZW",
        "27AAPFU0939F0ZV",
        "27aapfu0939f1zv",
        "27AAPFU0939F1Z",
        "27AAPFU0939F1ZVV",
        "",
        "A" * 15,
    ],
)
def test_other_shapes_and_check_characters_do_not(text: str) -> None:
    assert not is_gstin(text)


def test_every_single_wrong_letter_is_noticed() -> None:
    right = "27AAPFU0939F1ZV"
    wrong = [
        right[:place] + letter + right[place + 1 :]
        for place in range(15)
        for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        if letter != right[place]
    ]

    assert not [text for text in wrong if is_gstin(text)]


def test_pan_is_inside_a_gstin_of_the_right_shape() -> None:
    assert pan_of_gstin("27AAPFU0939F1ZW") == "AAPFU0939F"
    assert pan_of_gstin("27AAPFU0939") is None
