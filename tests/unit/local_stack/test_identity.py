"""The development issuer."""

import json
import stat
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local.errors import StackError
from deploy.local.identity import (
    AUDIENCE,
    development_identity,
    development_token,
    rotate_issuer_key,
)


def test_a_token_verifies_with_the_published_keys_and_says_who_it_is_for(tmp_path: Path) -> None:
    identity = development_identity(tmp_path)

    text = development_token(
        identity, "partner", partner_code="P-1001", zones=["north"], issued_at=1_700_000_000
    )
    token = jwt.decode(text, KeySet.import_key_set(json.loads(identity.key_set())), algorithms=["ES256"])

    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": identity.issuer,
        "aud": AUDIENCE,
        "sub": "partner@development",
        "iat": 1_700_000_000,
        "nbf": 1_700_000_000,
        "exp": 1_700_000_000 + 12 * 3600,
        "roles": ["partner"],
        "zones": ["north"],
        "partner_code": "P-1001",
    }


def test_the_keys_are_kept_and_private_to_their_owner(tmp_path: Path) -> None:
    first = development_identity(tmp_path)
    second = development_identity(tmp_path)

    assert first.key_set() == second.key_set()
    assert stat.S_IMODE((tmp_path / "identity.json").stat().st_mode) == 0o600


def test_published_keys_hold_no_private_part(tmp_path: Path) -> None:
    identity = development_identity(tmp_path)

    assert all("d" not in key for key in json.loads(identity.key_set())["keys"])
    assert "d" not in json.loads(identity.internal_public_key())


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="coordinator, approver"):
        development_token(development_identity(tmp_path), "boss")


def test_a_rotation_signs_anew_and_publishes_the_key_before_until_the_next(tmp_path: Path) -> None:
    first = development_identity(tmp_path)
    second = rotate_issuer_key(tmp_path)
    third = rotate_issuer_key(tmp_path)

    published = [[key["kid"] for key in json.loads(one.key_set())["keys"]] for one in (first, second, third)]
    kids = [one.issuer_key.kid for one in (first, second, third)]
    assert published == [kids[:1], [kids[1], kids[0]], [kids[2], kids[1]]]
    assert first.issuer == third.issuer
    assert development_identity(tmp_path).issuer_key.kid == kids[2]
