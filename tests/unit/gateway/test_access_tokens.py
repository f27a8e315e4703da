import base64
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gateway.adapters.access_tokens import AccessTokens
from gateway.adapters.key_source import KeySource, keys_from_jwks
from shared.errors import Unauthenticated

KEY = RSAKey.generate_key(2048, {"kid": "k1"})
CURVE_KEY = ECKey.generate_key("P-256", {"kid": "k2"})
STRANGER = RSAKey.generate_key(2048, {"kid": "k1"})
JWKS = json.dumps({"keys": [KEY.as_dict(private=False), CURVE_KEY.as_dict(private=False)]})
NOW = int(time.time())
CLAIMS: dict[str, object] = {
    "iss": "https://issuer.test",
    "aud": "salesops",
    "sub": "u-1",
    "exp": NOW + 300,
    "roles": ["partner"],
    "partner_code": "CP-1",
}


def tokens(now: float = NOW) -> AccessTokens:
    return AccessTokens(
        KeySource(jwks=JWKS, url=None), issuer="https://issuer.test", audience="salesops", now=lambda: now
    )


def signed(*, header: dict[str, Any] | None = None, key: RSAKey | ECKey = KEY, **changes: object) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "k1", "typ": "at+jwt", **(header or {})}, claims, key)


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def by_hand(header: bytes, payload: bytes) -> str:
    """Sign bytes as they are, which no library would write."""
    signing_input = f"{encoded(header)}.{encoded(payload)}"
    signature = KEY.private_key.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signing_input}.{encoded(signature)}"


def with_public_key_as_secret() -> str:
    head = encoded(b'{"alg":"HS256","kid":"k1","typ":"JWT"}')
    signing_input = f"{head}.{encoded(json.dumps(CLAIMS).encode())}"
    digest = hmac.digest(KEY.as_pem(private=False), signing_input.encode(), "sha256")
    return f"{signing_input}.{encoded(digest)}"


def without_signature(**header: str) -> str:
    return f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(CLAIMS).encode())}."


def attacks() -> dict[str, str]:
    payload = json.dumps(CLAIMS).encode()
    head = b'{"alg":"RS256","kid":"k1","typ":"at+jwt"}'
    return {
        "alg none": without_signature(alg="none", kid="k1", typ="JWT"),
        "alg None": without_signature(alg="nOnE", kid="k1", typ="JWT"),
        "public key as HMAC secret": with_public_key_as_secret(),
        "alg of the other key": signed(header={"kid": "k2"}),
        "alg outside the list": jwt.encode(
            {"alg": "PS256", "kid": "k1", "typ": "JWT"}, dict(CLAIMS), KEY, algorithms=["PS256"]
        ),
        "signature of a stranger": signed(key=STRANGER),
        "kid that is a path": signed(header={"kid": "../../../dev/null"}),
        "kid that is a command": signed(header={"kid": "k1|/bin/true"}),
        "kid that is SQL": signed(header={"kid": "k1' OR '1'='1"}),
        "kid that is no text": by_hand(b'{"alg":"RS256","kid":["k1"],"typ":"at+jwt"}', payload),
        "no kid": by_hand(b'{"alg":"RS256","typ":"at+jwt"}', payload),
        "jku": signed(header={"jku": "https://evil.test/keys"}),
        "x5u": signed(header={"x5u": "https://evil.test/cert"}),
        "x5c": by_hand(b'{"alg":"RS256","kid":"k1","typ":"at+jwt","x5c":["MIIB"]}', payload),
        "embedded key": signed(header={"jwk": STRANGER.as_dict(private=False)}, key=STRANGER),
        "critical extension": by_hand(b'{"alg":"RS256","kid":"k1","typ":"JWT","crit":["exp"]}', payload),
        "header named twice": by_hand(b'{"alg":"none","alg":"RS256","kid":"k1","typ":"at+jwt"}', payload),
        "other type": signed(header={"typ": "dpop+jwt"}),
        "no type": by_hand(b'{"alg":"RS256","kid":"k1"}', payload),
        "audience of another": signed(aud="other"),
        "audience list of others": signed(aud=["a", "b"]),
        "no audience": signed(aud=None),
        "issuer of another": signed(iss="https://issuer.test/"),
        "no issuer": signed(iss=None),
        "expired": signed(exp=NOW - 61),
        "no expiry": signed(exp=None),
        "expiry that is text": by_hand(head, payload.replace(str(NOW + 300).encode(), b'"9999999999"')),
        "expiry that is not a number": by_hand(head, payload.replace(str(NOW + 300).encode(), b"NaN")),
        "expiry that never comes": by_hand(head, payload.replace(str(NOW + 300).encode(), b"1e999")),
        "not yet valid": signed(nbf=NOW + 120),
        "issued in the future": signed(iat=NOW + 120),
        "no subject": signed(sub=None),
        "subject of a key": signed(sub="key:0193a1b2-0000-7000-8000-000000000000"),
        "subject that is a list": by_hand(head, payload.replace(b'"u-1"', b'["u-1"]')),
        "roles that are text": signed(roles="admin"),
        "claim named twice": by_hand(head, payload[:-1] + b',"roles":["admin"]}'),
        "refresh token": signed(typ="Refresh"),
        "identity token": signed(nonce="n"),
        "identity token without nonce": signed(at_hash="h"),
        "type that is text of another kind": signed(header={"typ": "logout+jwt"}),
        "token for another use": signed(token_use="id"),
        "payload that is a list": by_hand(head, b"[]"),
        "payload nested too deeply": by_hand(head, b"[" * 3000 + b"]" * 3000),
        "changed payload": _with_changed_payload(signed()),
        "huge": "a" * 9000,
        "five parts": signed() + ".a.b",
        "garbage": "a.b.c",
    }


def _with_changed_payload(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{encoded(json.dumps({**CLAIMS, 'roles': ['admin']}).encode())}.{signature}"


ATTACKS = attacks()


@pytest.mark.parametrize("name", list(ATTACKS))
async def test_attack_is_refused(name: str) -> None:
    with pytest.raises(Unauthenticated):
        await tokens().credential_of(ATTACKS[name])


@pytest.mark.parametrize(
    "changes",
    [{}, {"aud": ["x", "salesops"]}, {"exp": NOW - 50}, {"nbf": NOW + 50}, {"iat": NOW + 50}],
    ids=["nothing else", "two audiences", "expired a moment ago", "not yet valid", "issued in a moment"],
)
async def test_valid_token_within_the_skew_names_its_caller(changes: dict[str, object]) -> None:
    caller = (await tokens().credential_of(signed(**changes))).caller

    assert (caller.subject, caller.roles, caller.partner_code) == ("u-1", {"partner"}, "CP-1")


async def test_token_signed_with_the_elliptic_curve_key_is_accepted() -> None:
    token = signed(header={"alg": "ES256", "kid": "k2"}, key=CURVE_KEY)

    assert (await tokens().credential_of(token)).caller.subject == "u-1"


async def test_a_credential_names_its_token_and_ends_with_it() -> None:
    credential = await tokens().credential_of(signed(jti="t-1", iat=NOW - 10))

    assert (credential.kind, credential.id) == ("access_token", "t-1")
    assert (credential.issued_at, credential.expires_at) == (NOW - 10, NOW + 300 + 60)


async def test_claims_of_keys_mean_nothing_in_an_access_token() -> None:
    caller = (await tokens().credential_of(signed(owner="u-2", scopes=["receipts:read"]))).caller

    assert (caller.owner, caller.scopes) == (None, None)


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_keys_that_may_not_sign_access_tokens_are_left_out() -> None:
    weak = RSAKey.import_key(rsa.generate_private_key(65537, 1024).public_key())
    short = {**weak.as_dict(), "kid": "short"}
    for_encryption = {**KEY.as_dict(private=False), "kid": "enc", "use": "enc"}
    secret = {"kty": "oct", "kid": "oct", "k": "c2VjcmV0"}
    without_id = {name: value for name, value in KEY.as_dict(private=False).items() if name != "kid"}

    keys = keys_from_jwks(json.dumps({"keys": [short, for_encryption, secret, without_id, 7]}))

    assert keys == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"keys": 1}', '{"keys":[{"kty":"RSA","kid":"a","n":"!","e":"AQAB"}]}']
)
def test_text_that_is_no_key_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|Expecting"):
        keys_from_jwks(text)
