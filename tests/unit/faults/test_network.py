"""What parts one broker node from the others drops all that passes between them, and nothing else."""

from tests.faults.cluster.network import Peer, rules

LOST, SECOND, THIRD = Peer(21, "127.0.0.11"), Peer(22, "127.0.0.12"), Peer(23, "127.0.0.13")
HOME, ANY_PORT = "127.0.0.1", 50000  # where all listen, and whence nobody is told apart


def is_dropped(source: str, source_port: int, target: str, target_port: int) -> bool:
    seen = {"-s": source, "--sport": str(source_port), "-d": target, "--dport": str(target_port)}
    for rule in rules(LOST, [SECOND, THIRD]):
        asked = {option: value for option, value in zip(rule, rule[1:], strict=False) if option in seen}
        assert len(asked) == 2
        if all(seen[option] == value for option, value in asked.items()):
            return True
    return False


def passes(caller: str, called: Peer) -> list[bool]:
    """Of a connection to a node: whether what is asked passes, and whether what is answered does."""
    there = is_dropped(caller, ANY_PORT, HOME, called.port)
    back = is_dropped(HOME, called.port, caller, ANY_PORT)
    return [not there, not back]


def test_nothing_passes_between_the_lost_one_and_the_others_whoever_called() -> None:
    for other in (SECOND, THIRD):
        assert passes(LOST.source, other) == [False, False]
        assert passes(other.source, LOST) == [False, False]


def test_the_others_reach_each_other_and_everybody_else_reaches_all() -> None:
    assert passes(SECOND.source, THIRD) == [True, True]
    assert passes(THIRD.source, SECOND) == [True, True]
    for node in (LOST, SECOND, THIRD):
        assert passes(HOME, node) == [True, True]
