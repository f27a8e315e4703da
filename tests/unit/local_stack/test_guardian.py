"""What the guardian still watches when its starter is gone."""

from deploy.local.guardian import watched_at_end_of


def test_what_was_forgotten_is_left_alone() -> None:
    watched = watched_at_end_of(["watch 11 15\n", "watch 12 2\n", "forget 11\n"])

    assert watched == {12: 2}
