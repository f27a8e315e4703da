from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.payments.domain.line_identity import LineKey, StoredLine, narration_key, repeated_lines

DAY = date(2026, 10, 14)
UTR = "HDFCN52026101400012345"


def key(
    reference: str = UTR, *, amount_minor: int = 100, value_on: date = DAY, narration: str = "NEFT"
) -> LineKey:
    return LineKey(value_on, amount_minor, reference, narration_key(narration))


def stored(*keys: LineKey) -> list[StoredLine]:
    return [StoredLine(uuid7(), one) for one in keys]


keys = st.builds(
    key,
    st.sampled_from(["", UTR, UTR[:16], UTR[:10], "000123", "628812345678"]),
    amount_minor=st.sampled_from([100, -100]),
    value_on=st.sampled_from([DAY, date(2026, 10, 15)]),
    narration=st.sampled_from(["", "NEFT CR SHREE GANESH", "NEFT-CR/SHREE GANESH ELECTRICALS", "CASH"]),
)


@given(st.lists(keys, max_size=8))
def test_the_same_file_again_repeats_every_line(lines: list[LineKey]) -> None:
    known = stored(*lines)

    found = repeated_lines(lines, known)

    assert sorted(found) == sorted(line.id for line in known)


@given(st.lists(keys, max_size=8), st.lists(keys, max_size=8))
def test_a_stored_line_is_repeated_at_most_once_by_one_file(
    incoming: list[LineKey], earlier: list[LineKey]
) -> None:
    found = [one for one in repeated_lines(incoming, stored(*earlier)) if one is not None]

    assert len(found) == len(set(found))


@given(st.lists(keys, max_size=8), st.lists(keys, max_size=8))
def test_lines_of_another_day_or_amount_are_never_the_same(
    incoming: list[LineKey], earlier: list[LineKey]
) -> None:
    known = stored(*earlier)
    by_id = {line.id: line.key for line in known}

    for line, found in zip(incoming, repeated_lines(incoming, known), strict=True):
        if found is not None:
            assert (by_id[found].value_on, by_id[found].amount_minor) == (line.value_on, line.amount_minor)


def test_a_second_equal_line_in_a_file_is_a_second_entry() -> None:
    (known,) = stored(key())

    assert repeated_lines([key(), key()], [known]) == [known.id, None]


def test_without_a_reference_the_words_tell_whatever_their_spaces() -> None:
    (known,) = stored(key("", narration="CASH DEP - PUNE & CO"))

    assert repeated_lines([key("", narration="Cash dep-Pune  Co")], [known]) == [known.id]


@pytest.mark.parametrize("cut", [UTR[:16], UTR[:10]])
def test_a_reference_cut_by_a_format_is_the_same_line(cut: str) -> None:
    (known,) = stored(key(UTR))

    assert repeated_lines([key(cut)], [known]) == [known.id]


def test_a_reference_is_the_same_line_whichever_file_cut_it() -> None:
    (known,) = stored(key(UTR[:16]))

    assert repeated_lines([key(UTR)], [known]) == [known.id]


def test_a_prefix_that_says_too_little_is_another_line() -> None:
    assert repeated_lines([key(UTR[:9])], stored(key(UTR))) == [None]


def test_the_exact_reference_is_paired_before_one_that_is_cut() -> None:
    twin = UTR[:-1] + "6"
    first, second = stored(key(UTR), key(twin))

    assert repeated_lines([key(UTR[:16]), key(UTR)], [first, second]) == [second.id, first.id]


def test_references_that_differ_are_two_lines_however_equal_the_words() -> None:
    assert repeated_lines([key("628812345679")], stored(key("628812345678"))) == [None]


def test_a_line_without_reference_is_known_again_by_its_words_when_a_format_adds_one() -> None:
    (known,) = stored(key("", narration="NEFT CR SHREE GANESH"))

    assert repeated_lines([key(UTR, narration="NEFT CR SHREE GANESH ELECTRICALS")], [known]) == [known.id]


def test_fingerprints_tell_days_amounts_and_references_apart() -> None:
    prints = {
        one.fingerprint()
        for one in (
            key(),
            key(value_on=date(2026, 10, 15)),
            key(amount_minor=-100),
            key("628812345678"),
            key("", narration="A"),
        )
    }

    assert len(prints) == 5
    assert key().fingerprint() == key(narration="written otherwise").fingerprint()


def test_stored_lines_are_named_by_their_ids() -> None:
    (known,) = stored(key())

    assert isinstance(repeated_lines([key()], [known])[0], UUID)
