"""Where the system is and who calls: profiles in the user's configuration folder, or the environment.

`SALESOPS_URL` and `SALESOPS_TOKEN` win over every profile, so that scripts need no file.
"""

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import typer

from clients.command_line.endings import NotAllowed, WrongUse, unknown

DEFAULT_PROFILE: Final = "default"
_SIGN_IN: Final = "Sign in: salesops login --url ADDRESS, or set SALESOPS_URL and SALESOPS_TOKEN"


class Kind(StrEnum):
    """What a profile's secret is."""

    TOKEN = "token"  # noqa: S105 - a kind of secret, not one
    API_KEY = "api-key"
    CLIENT_CREDENTIALS = "client-credentials"


@dataclass(frozen=True, slots=True)
class Profile:
    """One system and one caller. `issued_token` is what client credentials were last exchanged for.

    `expires_at` is its end in seconds since 1970.
    """

    url: str
    kind: Kind
    secret: str
    client_id: str = ""
    token_url: str = ""
    issued_token: str = ""
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class ProfileStore:
    """The file of all profiles, readable by its owner only."""

    path: Path

    @classmethod
    def of_user(cls) -> "ProfileStore":
        return cls(Path(typer.get_app_dir("salesops")) / "profiles.json")

    def all(self) -> dict[str, Profile]:
        """Every profile by name; WrongUse if the file is damaged or others may read it."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
            raise WrongUse(f"Others may read the secrets in {self.path}.", f"chmod 600 {self.path}")
        try:
            return {name: _profile(fields) for name, fields in json.loads(text).items()}
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise WrongUse(f"{self.path} cannot be read: {error}", f"Delete it, then: {_SIGN_IN}") from error

    def keep(self, name: str, profile: Profile) -> None:
        self._write({**self.all(), name: profile})

    def forget(self, name: str) -> None:
        profiles = self.all()
        if name not in profiles:
            raise unknown("profile", name, list(profiles), "salesops profiles lists them.")
        self._write({other: profile for other, profile in profiles.items() if other != name})

    def _write(self, profiles: Mapping[str, Profile]) -> None:
        """Replace the file at once, so that a reader sees the old or the new one whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps({name: asdict(profile) for name, profile in profiles.items()}, indent=2)
        handle, draft = tempfile.mkstemp(dir=self.path.parent)  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        Path(draft).replace(self.path)


def chosen_profile(
    store: ProfileStore, name: str | None, url: str | None, environment: Mapping[str, str]
) -> Profile:
    """Who calls what: the option first, then the environment, then the profile. NotAllowed if nothing says so."""
    token = environment.get("SALESOPS_TOKEN")
    where = url or environment.get("SALESOPS_URL")
    if token and where:
        return Profile(checked_url(where), Kind.TOKEN, token)
    profiles = store.all()
    wanted = name or environment.get("SALESOPS_PROFILE") or DEFAULT_PROFILE
    if wanted not in profiles:
        if profiles:
            raise unknown(
                "profile", wanted, list(profiles), f"There are {', '.join(profiles)}: --profile NAME"
            )
        raise NotAllowed("You are not signed in.", _SIGN_IN)
    profile = profiles[wanted]
    if token:
        return Profile(profile.url, Kind.TOKEN, token)
    # A secret goes to the system it was given for and to no other.
    if where and checked_url(where) != profile.url:
        raise NotAllowed(f"The profile '{wanted}' is for {profile.url}, not for {where}.", _SIGN_IN)
    return profile


def checked_url(url: str) -> str:
    """The address without a slash at its end; WrongUse unless it is http or https."""
    if not url.startswith(("http://", "https://")) or len(url.split("//", 1)[1]) == 0:
        raise WrongUse(f"'{url}' is no address.", "Give one like https://salesops.example.com")
    return url.rstrip("/")


def _profile(fields: Mapping[str, object]) -> Profile:
    known = Profile(**fields)  # type: ignore[arg-type]  # checked by the next line and by its use
    return replace(known, kind=Kind(known.kind))
