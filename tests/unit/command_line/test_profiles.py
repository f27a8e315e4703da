"""Secrets are kept for their owner alone and go to the system they were given for."""

from pathlib import Path

import pytest

from clients.command_line.endings import NotAllowed, WrongUse
from clients.command_line.profiles import Kind, Profile, ProfileStore, checked_url, chosen_profile

PRODUCTION = Profile("https://salesops.example.com", Kind.API_KEY, "sk_1")


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "salesops" / "profiles.json")


def test_a_kept_profile_is_read_again_and_is_private(store: ProfileStore) -> None:
    store.keep("default", PRODUCTION)
    store.keep("test", Profile("http://127.0.0.1:8000", Kind.TOKEN, "t"))

    assert store.all()["default"] == PRODUCTION
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_may_read_is_not_used(store: ProfileStore) -> None:
    store.keep("default", PRODUCTION)
    store.path.chmod(0o644)

    with pytest.raises(WrongUse, match="Others may read") as caught:
        store.all()
    assert caught.value.next_step == f"chmod 600 {store.path}"


@pytest.mark.parametrize("text", ["{", "[]", '{"default": {"url": "x"}}', '{"default": 7}'])
def test_a_damaged_file_says_so_instead_of_failing(store: ProfileStore, text: str) -> None:
    store.path.parent.mkdir()
    store.path.touch(mode=0o600)
    store.path.write_text(text)

    with pytest.raises(WrongUse, match="cannot be read"):
        store.all()


def test_the_environment_wins_over_every_profile(store: ProfileStore) -> None:
    store.keep("default", PRODUCTION)
    environment = {"SALESOPS_URL": "http://127.0.0.1:9/", "SALESOPS_TOKEN": "t"}

    assert chosen_profile(store, None, None, environment) == Profile("http://127.0.0.1:9", Kind.TOKEN, "t")


def test_a_token_of_the_environment_is_used_at_the_profiles_system(store: ProfileStore) -> None:
    store.keep("default", PRODUCTION)

    assert chosen_profile(store, None, None, {"SALESOPS_TOKEN": "t"}) == Profile(
        PRODUCTION.url, Kind.TOKEN, "t"
    )


def test_a_kept_secret_is_never_sent_to_another_system(store: ProfileStore) -> None:
    store.keep("default", PRODUCTION)

    with pytest.raises(NotAllowed, match="The profile 'default' is for https"):
        chosen_profile(store, None, "https://elsewhere.example.com", {})


def test_who_is_not_signed_in_is_told_how(store: ProfileStore) -> None:
    with pytest.raises(NotAllowed) as caught:
        chosen_profile(store, None, None, {})

    assert "salesops login" in caught.value.next_step


def test_a_misspelt_profile_is_answered_with_what_is_close(store: ProfileStore) -> None:
    store.keep("production", PRODUCTION)

    with pytest.raises(WrongUse) as caught:
        chosen_profile(store, "prodution", None, {})
    assert caught.value.next_step == "Did you mean production?"


def test_a_forgotten_profile_is_gone(store: ProfileStore) -> None:
    store.keep("default", PRODUCTION)

    store.forget("default")

    assert store.all() == {}
    with pytest.raises(WrongUse, match="no profile 'default'"):
        store.forget("default")


def test_an_address_needs_a_scheme() -> None:
    assert checked_url("https://a.example/") == "https://a.example"
    with pytest.raises(WrongUse):
        checked_url("salesops.example.com")
