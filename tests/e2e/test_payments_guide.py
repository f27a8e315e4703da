"""The guide to the receivables desk does what it says: its blocks are run as they stand, and print what they promise."""

import re
from pathlib import Path

from tests.e2e.guide import GUIDES, as_pattern, follow, needs_curl, token_function
from tests.faults.processes import FragileSystem


def test_a_promise_that_is_not_kept_is_noticed() -> None:
    assert re.fullmatch(as_pattern("a … c\n…\nd\n"), "a b c\nx\ny\nd\n")
    assert not re.fullmatch(as_pattern("a … c\n"), "a b d\n")
    assert not re.fullmatch(as_pattern("a\n"), "a\nb\n")


@needs_curl
def test_the_guide_prints_what_it_promises(whole_system: FragileSystem, tmp_path: Path) -> None:
    preamble = f"BASE={whole_system.url('gateway')}/v1\n" + token_function(
        whole_system, partners=["GD-1", "GD-2"]
    )

    follow(GUIDES / "payments.md", preamble, tmp_path)
