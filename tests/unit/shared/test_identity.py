import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from shared.actors import is_same_person
from shared.errors import Unauthenticated
from shared.identity import (
    INTERNAL_TOKEN_TYPE,
    Caller,
    InternalTokenIssuer,
    InternalTokenVerifier,
    bearer_token,
    caller_from_claims,
)

KEY = OKPKey.generate_key("Ed25519")
PRIVATE = json.dumps(KEY.as_dict(private=True))
PUBLIC = json.dumps(KEY.as_dict(private=False))
CALLER = Caller("u-1", frozenset({"zonal_sales"}), frozenset({"north"}), None, "outside-token")


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def signed(claims: dict[str, object], *, header: dict[str, str] | None = None, key: OKPKey = KEY) -> str:
    head = {"alg": "Ed25519", "typ": INTERNAL_TOKEN_TYPE, **(header or {})}
    return jwt.encode(head, claims, key, algorithms=["Ed25519"])


def claims_at(clock: Clock, **changes: object) -> dict[str, object]:
    claims: dict[str, object] = {
        "iss": "salesops-gateway",
        "aud": "payments",
        "sub": "u-1",
        "roles": ["admin"],
        "zones": [],
        "iat": int(clock.seconds),
        "exp": int(clock.seconds) + 60,
        "jti": "t",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def test_service_reads_the_caller_the_gateway_signed() -> None:
    token = InternalTokenIssuer(PRIVATE).token_for(CALLER, "payments")

    caller = InternalTokenVerifier(PUBLIC, service="payments").caller_of(token)

    assert (caller.subject, caller.roles, caller.zones) == ("u-1", {"zonal_sales"}, {"north"})


def test_token_is_reused_until_a_third_of_its_life_is_left() -> None:
    clock = Clock()
    issuer = InternalTokenIssuer(PRIVATE, now=clock)
    first = issuer.token_for(CALLER, "payments")

    clock.seconds += 39
    reused = issuer.token_for(CALLER, "payments")
    clock.seconds += 2
    renewed = issuer.token_for(CALLER, "payments")

    assert reused == first
    assert renewed != first


def test_token_for_one_service_is_refused_by_another() -> None:
    token = InternalTokenIssuer(PRIVATE).token_for(CALLER, "payments")

    with pytest.raises(Unauthenticated):
        InternalTokenVerifier(PUBLIC, service="partners").caller_of(token)


def test_remembered_token_is_refused_after_it_expired() -> None:
    clock = Clock()
    verifier = InternalTokenVerifier(PUBLIC, service="payments", now=clock)
    token = InternalTokenIssuer(PRIVATE, now=clock).token_for(CALLER, "payments")
    verifier.caller_of(token)

    clock.seconds += 66

    with pytest.raises(Unauthenticated):
        verifier.caller_of(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"aud": ["payments"]},
        {"exp": None},
        {"exp": 1_799_999_000},
        {"exp": "1900000000"},
        {"iat": 1_900_000_000},
        {"sub": None},
        {"roles": "admin"},
        {"partner_code": 7},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(changes: dict[str, object]) -> None:
    clock = Clock()
    verifier = InternalTokenVerifier(PUBLIC, service="payments", now=clock)

    with pytest.raises(Unauthenticated):
        verifier.caller_of(signed(claims_at(clock, **changes)))


def forged_tokens() -> dict[str, str]:
    claims = claims_at(Clock())
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    stranger = OKPKey.generate_key("Ed25519")
    public_as_secret = OctKey.import_key(PUBLIC.encode())
    return {
        "alg none": f"{unsigned}.{payload}.",
        "public key as HMAC secret": jwt.encode({"alg": "HS256"}, claims, public_as_secret),
        "other key": signed(claims, key=stranger),
        "embedded key": signed(claims, key=stranger, header={"jwk": stranger.as_dict(private=False)}),  # type: ignore[dict-item]
        "other type": signed(claims, header={"typ": "JWT"}),
        "no token": "abc",
        "huge": "a" * 100_000,
    }


@pytest.mark.parametrize("name", list(forged_tokens()))
def test_forged_tokens_are_refused(name: str) -> None:
    verifier = InternalTokenVerifier(PUBLIC, service="payments", now=Clock())

    with pytest.raises(Unauthenticated):
        verifier.caller_of(forged_tokens()[name])


@pytest.mark.parametrize(
    ("roles", "sees_own", "sees_other"),
    [
        ({"coordinator"}, True, True),
        ({"auditor", "partner"}, True, True),
        ({"partner"}, True, False),
        ({"zonal_sales"}, False, False),
        (set(), False, False),
    ],
)
def test_partner_claim_opens_rows_only_with_the_role(
    roles: set[str], *, sees_own: bool, sees_other: bool
) -> None:
    caller = Caller("u", frozenset(roles), frozenset(), "CP-1", "t")

    assert caller.sees_partner("CP-1", None) is sees_own
    assert caller.sees_partner("CP-2", None) is sees_other


def test_zonal_sales_sees_partners_of_its_zones_only() -> None:
    assert CALLER.sees_partner("CP-9", "north")
    assert not CALLER.sees_partner("CP-9", "south")
    assert not CALLER.sees_partner("CP-9", None)
    assert CALLER.sees_zone("north")


def test_unknown_roles_in_a_token_count_for_nothing() -> None:
    caller = caller_from_claims({"sub": "u", "roles": ["root", "partner"]}, token_id="t")

    assert caller.roles == {"partner"}


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer a b", "Bearer ä"])
def test_anything_but_one_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        bearer_token(header)


def test_a_services_caller_keeps_the_owner_and_the_scopes_of_a_key() -> None:
    key = Caller(
        "key:1", frozenset({"analyst"}), frozenset(), None, "key:1", "u-1", frozenset({"receipts:read"})
    )

    seen = InternalTokenVerifier(PUBLIC, service="payments").caller_of(
        InternalTokenIssuer(PRIVATE).token_for(key, "payments")
    )

    assert (seen.subject, seen.owner, seen.scopes) == ("key:1", "u-1", frozenset({"receipts:read"}))
    assert seen.actor == "key:1/u-1"


@pytest.mark.parametrize(
    ("actor", "other", "is_same"),
    [
        ("u-1", "u-1", True),
        ("u-1", "u-2", False),
        ("key:1/u-1", "u-1", True),
        ("u-1", "key:1/u-1", True),
        ("key:1/u-1", "key:2/u-1", True),
        ("key:1/u-1", "key:1/u-2", False),
        ("key:1", "key:2", False),
        ("key:1/", "", False),
        ("a/b", "b", False),
        ("key:1/a/b", "a/b", True),
    ],
)
def test_a_key_and_its_owner_are_one_person(actor: str, other: str, is_same: bool) -> None:
    assert is_same_person(actor, other) is is_same
