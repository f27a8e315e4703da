"""Looks for secrets in every version of every file that was ever committed: `python -m deploy.release.secret_scan`.

Each content is read once, however many commits have it. `known_examples.txt` names what looks like a secret and is none.
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from deploy.local.folder import CHECKOUT

KNOWN_EXAMPLES: Final = Path(__file__).with_name("known_examples.txt")
BYTES_MAX: Final = 2 * 2**20  # what is larger is no text that people write
# Bits for each character: 32 random ones of base64 have 4.3 to 5, names and sentences less than 4.
ENTROPY_MIN: Final = 4.0
# Lock files and recordings consist of hashes, and no secret is written there.
NOT_LOOKED_AT: Final = re.compile(r"(\.lock|package-lock\.json|\.svg|\.sql\.gz)$")
SHAPES: Final = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+(?P<secret>[A-Za-z0-9+/=]{40,})"),
    "private JWK": re.compile(r"\"d\"\s*:\s*\"(?P<secret>[A-Za-z0-9_-]{40,})\""),
    "access key of AWS": re.compile(r"\b(?P<secret>(?:AKIA|ASIA)[A-Z0-9]{16})\b"),
    "token of GitHub": re.compile(r"\b(?P<secret>gh[pousr]_[A-Za-z0-9]{36,})\b"),
    "token of Slack": re.compile(r"\b(?P<secret>xox[abprs]-[A-Za-z0-9-]{20,})\b"),
    "API key of Google": re.compile(r"\b(?P<secret>AIza[A-Za-z0-9_-]{35})\b"),
    "JSON Web Token": re.compile(
        r"\b(?P<secret>eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,})"
    ),
    "password in a URL": re.compile(r"\b[a-z+]{3,12}://[^\s:/@'\"{}$<]+:(?P<secret>[^\s:/@'\"{}$<]{16,})@"),
}
_NAMED: Final = re.compile(
    r"(?i)(?:password|passwd|secret|token|api_?key|pepper|credential)\w*[\"']?\s*[:=]\s*[\"']?(?P<secret>[A-Za-z0-9+/_=-]{24,})"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Shown without the secret; the mark is what `known_examples.txt` names it by."""

    path: str
    line: int
    kind: str
    secret: str

    @property
    def mark(self) -> str:
        return sha256(self.secret.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind}, mark {self.mark}"


def findings_in(path: str, text: str) -> Iterator[Finding]:
    """Everything in a text that has the shape of a secret, or is random and called one."""
    for kind, shape in SHAPES.items():
        for match in shape.finditer(text):
            yield _finding(path, text, kind, match)
    for match in _NAMED.finditer(text):
        if entropy(match["secret"]) >= ENTROPY_MIN and any(
            character.isdigit() for character in match["secret"]
        ):
            yield _finding(path, text, "random text with the name of a secret", match)


def entropy(text: str) -> float:
    """Bits for each character, by how often each occurs in the text itself. `aaaa`: 0; `abcd`: 2."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def _finding(path: str, text: str, kind: str, match: re.Match[str]) -> Finding:
    return Finding(path, text.count("\n", 0, match.start()) + 1, kind, match["secret"])


def committed_texts(checkout: Path = CHECKOUT) -> Iterator[tuple[str, str]]:
    """Path and content of all files of all commits, each content once."""
    listed = _git(checkout, "rev-list", "--objects", "--all").splitlines()
    paths = dict(line.split(" ", 1) for line in reversed(listed) if " " in line)
    wanted = [(name, path) for name, path in paths.items() if not NOT_LOOKED_AT.search(path)]
    with subprocess.Popen(
        ["git", "-C", checkout, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdin is not None and reader.stdout is not None  # noqa: PT018 - both pipes were asked for
        for name, path in wanted:
            reader.stdin.write(f"{name}\n".encode())
            reader.stdin.flush()
            if (text := _content(reader.stdout)) is not None:
                yield path, text


def _content(output: IO[bytes]) -> str | None:
    """The next answer; None for what is no text file."""
    _, kind, size = output.readline().split()
    content = output.read(int(size) + 1)[:-1]
    is_text = kind == b"blob" and len(content) <= BYTES_MAX and b"\0" not in content[:8000]
    return content.decode(errors="replace") if is_text else None


def known_marks(lines: Iterable[str]) -> dict[str, str]:
    """Mark and reason of each known example."""
    pairs = (line.split(None, 1) for line in lines if line.strip() and not line.startswith("#"))
    return {mark: reason.strip() for mark, reason in pairs}


def _git(checkout: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", checkout, *words], capture_output=True, text=True, check=True).stdout


def main() -> int:
    known = known_marks(KNOWN_EXAMPLES.read_text().splitlines())
    found: dict[str, Finding] = {}
    count = 0
    for path, text in committed_texts():
        count += 1
        for finding in findings_in(path, text):
            if finding.mark not in known:
                found.setdefault(finding.mark, finding)
    sys.stdout.writelines(f"{finding}\n" for finding in found.values())
    sys.stdout.write(f"{count} versions of files looked at, {len(found)} possible secrets\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
