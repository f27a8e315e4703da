"""The guide to collections does what it says: its blocks are run as they stand, and print what they promise."""

from pathlib import Path

from tests.e2e.guide import GUIDES, follow, needs_curl, token_function
from tests.faults.processes import FragileSystem


@needs_curl
def test_the_guide_prints_what_it_promises(whole_system: FragileSystem, tmp_path: Path) -> None:
    tokens = token_function(whole_system, partners=["CG-1"])

    follow(GUIDES / "collections.md", f"BASE={whole_system.url('gateway')}/v1\n{tokens}", tmp_path)
