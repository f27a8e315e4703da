"""What is taken for a secret, in any commit, and what is not."""

import secrets
import subprocess
from pathlib import Path

import pytest

from deploy.release.secret_scan import committed_texts, entropy, findings_in, known_marks

# Put together here, so that this file is no finding itself.
KEY_HEAD = "-----BEGIN " + "PRIVATE KEY-----"
RANDOM = "q7" + "Zt4hW9xKp2VbN8sLr6Y1jD3fG5mC0aTe"


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY_HEAD}\n{'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj'}\n",
        '{"kty":"OKP","' + f'd":"{RANDOM}{RANDOM[:11]}"}}',
        "aws = AKIA" + "IOSFODNN7EXAMPLE",
        "gh" + "p_" + "a" * 36,
        "postgresql://payments:" + RANDOM + "@db:5432/payments",
        "DATABASE_PASSWORD=" + RANDOM,
        'client_secret: "' + RANDOM + '"',
    ],
)
def test_what_has_the_shape_of_a_secret_is_found_once_with_its_place(text: str) -> None:
    found = list(findings_in("settings.py", f"first line\n{text}"))

    assert len({one.secret for one in found}) == 1
    assert str(found[0]).startswith("settings.py:2: ")
    assert found[0].secret not in str(found[0]), "a report must not tell it again"


@pytest.mark.parametrize(
    "text",
    [
        "password = os.environ['DATABASE_PASSWORD']",
        "PAYMENTS_DATABASE_PASSWORD: ${PAYMENTS_DATABASE_PASSWORD:?}",
        "postgresql://payments:password@127.0.0.1:5432/payments",
        "token_url = 'https://login.example.com/realms/sales/token'",
        "secret: any-thirty-two-random-characters-of-your-own",
        'examples=["any 32 random characters, the same in all replicas"]',
    ],
)
def test_names_of_secrets_and_words_in_their_place_are_none(text: str) -> None:
    assert list(findings_in("settings.py", text)) == []


def test_random_text_has_more_entropy_than_words() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
    assert entropy(secrets.token_urlsafe(64)) > 4 > entropy("the-same-in-all-replicas")


def test_what_was_committed_once_and_removed_again_is_still_read(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    git("init", "-q")
    settings = tmp_path / "settings.py"
    for text in ("PASSWORD=" + RANDOM, "PASSWORD = read()"):
        settings.write_text(text)
        git("add", "-A")
        git("commit", "-qm", "change")

    texts = dict.fromkeys(text for path, text in committed_texts(tmp_path) if path == "settings.py")

    assert len(texts) == 2
    assert [one.line for text in texts for one in findings_in("settings.py", text)] == [1]


def test_a_known_example_has_a_reason() -> None:
    marks = known_marks(["# a comment", "", "0123456789abcdef the example of the guide"])

    assert marks == {"0123456789abcdef": "the example of the guide"}
