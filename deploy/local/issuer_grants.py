"""What the development issuer gave out and waits to get back: codes and refresh tokens, in memory only."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import uuid4

from joserfc.util import urlsafe_b64encode

from deploy.local.identity import Person

CODE_SECONDS: Final = 60.0
REFRESH_SECONDS: Final = 12 * 3600.0
KEPT_MAX: Final = 10_000


class GrantRefused(Exception):
    """`invalid_grant` of RFC 6749: a code or refresh token that does not count, whatever the reason."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signed in, for which client and address; `challenge` is PKCE's S256 (RFC 7636)."""

    person: Person
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None


@dataclass(frozen=True, slots=True)
class _Kept:
    sign_in: SignIn
    family: str
    until: float


class Grants:
    """Codes count once; refresh tokens are replaced by each use, and one used again ends its whole family."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._codes: OrderedDict[str, _Kept] = OrderedDict()
        self._refresh: OrderedDict[str, _Kept] = OrderedDict()
        self._replaced: OrderedDict[str, str] = OrderedDict()

    def code_for(self, sign_in: SignIn) -> str:
        return self._keep(self._codes, sign_in, str(uuid4()), CODE_SECONDS)

    def redeem_code(self, code: str, *, client_id: str, redirect_uri: str, verifier: str) -> SignIn:
        """Return who signed in. GrantRefused for another client or address, a wrong verifier, or the second time."""
        kept = self._codes.pop(code, None)
        if kept is None or kept.until <= self._now():
            raise GrantRefused
        sign_in = kept.sign_in
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode()
        is_theirs = (sign_in.client_id, sign_in.redirect_uri) == (client_id, redirect_uri)
        if not is_theirs or not secrets.compare_digest(challenge, sign_in.challenge):
            raise GrantRefused
        return sign_in

    def refresh_token_for(self, sign_in: SignIn, family: str | None = None) -> str:
        return self._keep(self._refresh, sign_in, family or str(uuid4()), REFRESH_SECONDS)

    def redeem_refresh_token(self, token: str, *, client_id: str) -> tuple[SignIn, str]:
        """Return who signed in and the token that replaces this one; GrantRefused for all that came of a stolen one."""
        family = self._replaced.get(token)
        if family is not None:
            self._refresh = OrderedDict(
                (other, kept) for other, kept in self._refresh.items() if kept.family != family
            )
            raise GrantRefused
        kept = self._refresh.pop(token, None)
        if kept is None or kept.until <= self._now() or kept.sign_in.client_id != client_id:
            raise GrantRefused
        self._replaced[token] = kept.family
        if len(self._replaced) > KEPT_MAX:
            self._replaced.popitem(last=False)
        return kept.sign_in, self.refresh_token_for(kept.sign_in, kept.family)

    def _keep(self, kept: OrderedDict[str, _Kept], sign_in: SignIn, family: str, seconds: float) -> str:
        token = secrets.token_urlsafe(32)
        kept[token] = _Kept(sign_in, family, self._now() + seconds)
        if len(kept) > KEPT_MAX:
            kept.popitem(last=False)
        return token
