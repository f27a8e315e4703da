import pytest

from gateway.domain.credential import Credential, Revocations
from shared.identity import Caller


def a_token(
    subject: str = "u-1", *, token_id: str | None = "t-1", issued_at: float | None = 100.0
) -> Credential:
    caller = Caller(subject, frozenset({"admin"}), frozenset(), None, "digest")
    return Credential(caller, "access_token", token_id, issued_at, 1e9)


def a_key(owner: str, *, issued_at: float) -> Credential:
    caller = Caller("key:1", frozenset({"analyst"}), frozenset(), None, "key:1", owner)
    return Credential(caller, "api_key", "1", issued_at, 1e9)


@pytest.mark.parametrize(
    ("credential", "is_revoked"),
    [
        (a_token(token_id="gone"), True),
        (a_token(token_id="other"), False),
        (a_token(token_id=None), False),
        (a_token("left", issued_at=50.0), True),
        (a_token("left", issued_at=50.5), False),
        (a_token("left", issued_at=None), True),
        (a_key("left", issued_at=49.0), True),
        (a_key("left", issued_at=51.0), False),
        (a_key("u-1", issued_at=49.0), False),
    ],
)
def test_revocations_cover_a_token_by_its_id_and_a_person_with_their_keys(
    credential: Credential, is_revoked: bool
) -> None:
    revocations = Revocations(token_ids=frozenset({"gone"}), subjects={"left": 50.0})

    assert revocations.cover(credential) is is_revoked
