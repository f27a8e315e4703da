"""What every command has at hand: the screen, the profiles, and a connection opened when first needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import typer

from clients.command_line.catalogue import Catalogue, CatalogueCache
from clients.command_line.connection import Connection
from clients.command_line.profiles import DEFAULT_PROFILE, Profile, ProfileStore, chosen_profile
from clients.command_line.screen import Screen
from clients.command_line.sign_in import authorization


@dataclass(slots=True)
class Desk:
    """One run of the command line."""

    screen: Screen = field(default_factory=Screen)
    store: ProfileStore = field(default_factory=ProfileStore.of_user)
    profile_name: str | None = None
    url: str | None = None

    @property
    def own_name(self) -> str:
        """The profile that is meant when none is named."""
        return self.profile_name or os.environ.get("SALESOPS_PROFILE") or DEFAULT_PROFILE

    @property
    def cache(self) -> CatalogueCache:
        return CatalogueCache(self.store.path.parent)

    def profile(self) -> Profile:
        return chosen_profile(self.store, self.profile_name, self.url, os.environ)

    @contextmanager
    def connection(self, profile: Profile | None = None) -> Iterator[Connection]:
        """Calls as the profile, the chosen one if none is given."""
        caller = profile or self.profile()
        connection = Connection(caller.url, authorization(caller, self._keep_token))
        try:
            yield connection
        finally:
            connection.close()

    def catalogue(self, connection: Connection) -> Catalogue:
        return self.cache.read(connection)

    def _keep_token(self, renewed: Profile) -> None:
        """Remember an issued token beside the credentials it came from, if those are kept."""
        known = self.store.all().get(self.own_name)
        if known is not None and (known.url, known.secret) == (renewed.url, renewed.secret):
            self.store.keep(
                self.own_name,
                replace(known, issued_token=renewed.issued_token, expires_at=renewed.expires_at),
            )


def desk_of(context: typer.Context) -> Desk:
    """The desk of this run."""
    desk = context.obj
    assert isinstance(desk, Desk)
    return desk
