from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.api_key import Grant, key_id_of, key_text
from gateway.domain.errors import GrantTooWide
from shared.errors import Forbidden, Invalid, Refusal
from shared.identity import Caller

KEY_ID = UUID("01938f00-0000-7000-8000-00000000002a")
TEXT = key_text(KEY_ID, bytes(range(32)))


def a_grant(
    *roles: str,
    scopes: frozenset[str] | None = None,
    zones: tuple[str, ...] = (),
    partner_code: str | None = None,
) -> Grant:
    return Grant(frozenset(roles), scopes, frozenset(zones), partner_code)


def a_person(role: str, *, zones: tuple[str, ...] = (), partner_code: str | None = None) -> Caller:
    return Caller("u-1", frozenset({role}), frozenset(zones), partner_code, "t")


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_a_key_names_its_id_whatever_its_secret(key_id: UUID, secret: bytes) -> None:
    text = key_text(key_id, secret)

    assert key_id_of(text) == key_id
    assert len(text) == 75


@given(st.integers(min_value=0, max_value=74), st.characters(codec="ascii"))
def test_one_wrong_character_makes_it_no_key(place: int, character: str) -> None:
    wrong = TEXT[:place] + character + TEXT[place + 1 :]

    assert key_id_of(wrong) == (KEY_ID if wrong == TEXT else None)


@pytest.mark.parametrize(
    "text", ["", "sk_", TEXT[:-1], TEXT + "0", TEXT.upper(), " " + TEXT, "ghp_" + TEXT[3:]]
)
def test_what_is_not_whole_is_no_key(text: str) -> None:
    assert key_id_of(text) is None


@pytest.mark.parametrize(
    ("grant", "pointer"),
    [
        (a_grant("admin"), "/roles"),
        (a_grant("integration", "approver"), "/roles"),
        (a_grant("coordinator"), "/roles"),
        (a_grant("nobody"), "/roles"),
        (a_grant("integration", scopes=frozenset({"unheard-of:read"})), "/scopes"),
        (a_grant("zonal_sales"), "/zones"),
        (a_grant("integration", zones=("North",)), "/zones"),
        (a_grant("partner"), "/partner_code"),
        (a_grant("integration", partner_code="CP-1"), "/partner_code"),
    ],
)
def test_what_no_key_may_be_is_refused_with_its_place(grant: Grant, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        grant.refuse_unsuitable()

    assert [problem.pointer for problem in refusal.value.problems] == [pointer]


@pytest.mark.parametrize(
    ("creator", "grant"),
    [
        (a_person("admin"), a_grant("integration")),
        (a_person("admin"), a_grant("partner", partner_code="CP-1")),
        (a_person("auditor"), a_grant("auditor")),
        (a_person("analyst"), a_grant("analyst")),
        (a_person("partner", partner_code="CP-1"), a_grant("partner", partner_code="CP-1")),
        (a_person("zonal_sales", zones=("North", "West")), a_grant("zonal_sales", zones=("West",))),
    ],
)
def test_a_key_may_open_what_its_creator_may(creator: Caller, grant: Grant) -> None:
    grant.refuse_unsuitable()
    grant.refuse_excess(creator)


@pytest.mark.parametrize(
    ("creator", "grant", "refusal"),
    [
        (a_person("auditor"), a_grant("integration"), GrantTooWide),
        (a_person("analyst"), a_grant("auditor"), GrantTooWide),
        (a_person("partner", partner_code="CP-1"), a_grant("partner", partner_code="CP-2"), GrantTooWide),
        (a_person("partner", partner_code="CP-1"), a_grant("analyst"), GrantTooWide),
        (a_person("zonal_sales", zones=("North",)), a_grant("zonal_sales", zones=("West",)), GrantTooWide),
        (Caller("key:1", frozenset({"admin"}), frozenset(), None, "t", "u-1"), a_grant("analyst"), Forbidden),
    ],
)
def test_a_key_never_opens_more_than_its_creator_may(
    creator: Caller, grant: Grant, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        grant.refuse_excess(creator)
