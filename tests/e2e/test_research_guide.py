"""The guides to research do what they say: their blocks are run as they stand, and print what they promise."""

from pathlib import Path

from tests.e2e.guide import GUIDES, follow, needs_curl, token_function
from tests.faults.processes import FragileSystem


@needs_curl
def test_the_guide_prints_what_it_promises(whole_system: FragileSystem, tmp_path: Path) -> None:
    preamble = f"BASE={whole_system.url('gateway')}/v1\n" + token_function(whole_system)

    follow(GUIDES / "research.md", preamble, tmp_path)


@needs_curl
def test_the_guide_to_competitors_prints_what_it_promises(
    whole_system: FragileSystem, tmp_path: Path
) -> None:
    preamble = f"BASE={whole_system.url('gateway')}/v1\n" + token_function(whole_system)

    follow(GUIDES / "competitors.md", preamble, tmp_path)
