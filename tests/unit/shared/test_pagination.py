import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.pagination import CursorInvalid, CursorSigner, page_of

SIGNER = CursorSigner(b"a secret of the tests")
SCOPE = "receipts|CP0001"
KEY = ("2026-10-01T09:30:00+00:00", "0192f0c1-0000-7000-8000-000000000001")

keys = st.lists(st.text(max_size=20) | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=3).map(tuple)


@given(keys, st.text(max_size=30))
def test_a_cursor_leads_back_to_its_key(key: tuple[str | int, ...], scope: str) -> None:
    assert SIGNER.decode(scope, SIGNER.encode(scope, key)) == key


@given(keys)
def test_a_cursor_travels_in_a_url_as_it_is(key: tuple[str | int, ...]) -> None:
    assert set(SIGNER.encode(SCOPE, key)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@given(st.data())
def test_a_cursor_that_was_changed_never_leads_elsewhere(data: st.DataObject) -> None:
    cursor = SIGNER.encode(SCOPE, KEY)
    position = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_!="))
    changed = cursor[:position] + letter + cursor[position + 1 :]

    try:
        assert SIGNER.decode(SCOPE, changed) == KEY
    except CursorInvalid:
        return


def test_a_cursor_cut_anywhere_is_refused() -> None:
    cursor = SIGNER.encode(SCOPE, KEY)

    for length in range(len(cursor)):
        with pytest.raises(CursorInvalid):
            SIGNER.decode(SCOPE, cursor[:length])


@pytest.mark.parametrize(
    "cursor", ["", "!", "A", "₹", "null", "\x00", "=" * 40, "A" * 500, base64.b64encode(b"[1]").decode()]
)
def test_a_cursor_we_did_not_make_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        SIGNER.decode(SCOPE, cursor)


def test_a_cursor_made_with_another_secret_is_refused() -> None:
    forged = CursorSigner(b"guessed").encode(SCOPE, KEY)

    with pytest.raises(CursorInvalid):
        SIGNER.decode(SCOPE, forged)


def test_a_cursor_of_another_list_or_other_filters_is_refused() -> None:
    cursor = SIGNER.encode(SCOPE, KEY)

    for scope in ("receipts|CP0002", "invoices|CP0001", "receipts|", ""):
        with pytest.raises(CursorInvalid):
            SIGNER.decode(scope, cursor)


def test_the_refusal_points_at_the_cursor_and_says_what_was_expected() -> None:
    with pytest.raises(CursorInvalid) as refusal:
        SIGNER.decode(SCOPE, "made up")

    assert (refusal.value.status, refusal.value.code) == (422, "cursor_invalid")
    assert [problem.pointer for problem in refusal.value.problems] == ["?cursor"]


@given(st.integers(0, 30), st.integers(1, 7))
def test_pages_that_follow_each_other_hold_every_row_once(count: int, limit: int) -> None:
    rows = list(range(count))
    seen: list[int] = []
    after = -1

    for _ in range(count + 1):
        fetched = [row for row in rows if row > after][: limit + 1]
        kept, cursor = page_of(fetched, limit=limit, key=lambda row: (row,), signer=SIGNER, scope=SCOPE)
        seen += kept
        if cursor is None:
            break
        (after,) = SIGNER.decode(SCOPE, cursor)

    assert seen == rows


def test_the_last_page_has_no_cursor_even_when_it_is_full() -> None:
    kept, cursor = page_of([1, 2], limit=2, key=lambda row: (row,), signer=SIGNER, scope=SCOPE)

    assert (list(kept), cursor) == ([1, 2], None)
