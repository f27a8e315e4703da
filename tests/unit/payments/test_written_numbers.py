from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from services.payments.domain.written_numbers import OpenNumbers, WrittenNumbers

numbers = st.text("019AB", min_size=3, max_size=6)
FILLERS = tuple(f"ZZ{filler:04d}" for filler in range(250))


@given(st.lists(numbers, max_size=12), numbers)
def test_among_many_numbers_the_same_are_found_as_by_reading_all(texts: list[str], written: str) -> None:
    many = (*texts, *FILLERS)
    found = WrittenNumbers(many)

    assert found.equal_to(written) == positions(many, lambda text: text == written)
    assert found.beginning_with(written) == positions(many, lambda text: text.startswith(written))
    assert found.ending_with(written) == positions(many, lambda text: text.endswith(written))
    assert found.one_off(written) == positions(many, lambda text: is_near(text, written))
    assert found.ending_one_off(written) == positions(
        many, lambda text: is_near(text[-len(written) :], written)
    )


def positions(texts: Sequence[str], is_meant: Callable[[str], bool]) -> frozenset[int]:
    return frozenset(position for position, text in enumerate(texts) if is_meant(text))


def is_near(text: str, written: str) -> bool:
    return len(text) == len(written) and OSA.distance(text, written) <= 1


def test_leading_zeros_do_not_matter() -> None:
    assert WrittenNumbers(("00412", "412", "4120")).equal_but_for_zeros("0412") == {0, 1}


@given(st.lists(st.tuples(numbers, st.booleans()), max_size=12), numbers)
def test_numbers_still_open_are_found_as_if_there_were_no_others(
    texts: list[tuple[str, bool]], written: str
) -> None:
    everything = WrittenNumbers(tuple(text for text, _ in texts))
    places = [place for place, (_, is_open) in enumerate(texts) if is_open]
    alone, among = WrittenNumbers(tuple(texts[place][0] for place in places)), OpenNumbers(everything, places)

    assert among.equal_to(written) == alone.equal_to(written)
    assert among.equal_but_for_zeros(written) == alone.equal_but_for_zeros(written)
    assert among.beginning_with(written) == alone.beginning_with(written)
    assert among.ending_with(written) == alone.ending_with(written)
    assert among.one_off(written) == alone.one_off(written)
    assert among.ending_one_off(written) == alone.ending_one_off(written)
