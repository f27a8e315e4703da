"""The guide to reviews of typed data does what it says: its blocks are run as they stand, and print what they promise."""

from pathlib import Path

from tests.e2e.guide import GUIDES, follow, needs_curl, token_function
from tests.faults.processes import FragileSystem


@needs_curl
def test_the_guide_prints_what_it_promises(whole_system: FragileSystem, tmp_path: Path) -> None:
    preamble = f"BASE={whole_system.url('gateway')}/v1\n" + token_function(whole_system)

    follow(GUIDES / "data-quality.md", preamble, tmp_path)
