"""What parts one broker node from the others drops all that passes between them, and nothing else."""

from itertools import pairwise

from tests.faults.cluster.network import Peer, Rule, between, losing, of_connection, of_server

LOST, SECOND, THIRD = Peer(21, "127.0.0.11"), Peer(22, "127.0.0.12"), Peer(23, "127.0.0.13")
HOME, ANY_PORT = "127.0.0.1", 50000  # where all listen, and whence nobody is told apart


def is_dropped(rules: list[Rule], source: str, source_port: int, target: str, target_port: int) -> bool:
    seen = {"-s": source, "--sport": str(source_port), "-d": target, "--dport": str(target_port)}
    for rule in rules:
        asked = {option: value for option, value in pairwise(rule) if option in seen}
        assert asked
        if all(seen[option] == value for option, value in asked.items()):
            return True
    return False


def passes(caller: str, called: Peer) -> list[bool]:
    """Of a connection to a node: whether what is asked passes, and whether what is answered does."""
    rules = between(LOST, [SECOND, THIRD])
    there = is_dropped(rules, caller, ANY_PORT, HOME, called.port)
    back = is_dropped(rules, HOME, called.port, caller, ANY_PORT)
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


def test_of_one_connection_nothing_passes_and_of_others_to_the_same_server_all() -> None:
    rules = of_connection(ANY_PORT, served_at=5432)

    assert is_dropped(rules, HOME, ANY_PORT, HOME, 5432)
    assert is_dropped(rules, HOME, 5432, HOME, ANY_PORT)
    assert not is_dropped(rules, HOME, ANY_PORT + 1, HOME, 5432)
    assert not is_dropped(rules, HOME, 5432, HOME, ANY_PORT + 1)


def test_of_a_server_that_is_gone_nothing_comes_and_nothing_reaches_it() -> None:
    rules = of_server(5432)

    assert is_dropped(rules, HOME, ANY_PORT, HOME, 5432)
    assert is_dropped(rules, HOME, 5432, HOME, ANY_PORT)
    assert not is_dropped(rules, HOME, ANY_PORT, HOME, 5433)
    assert not is_dropped(rules, HOME, 5433, HOME, ANY_PORT)


def test_a_network_that_loses_packets_drops_that_share_of_the_same() -> None:
    chance = ["-m", "statistic", "--mode", "random", "--probability", "0.1000"]

    lossy = [rule[: rule.index("-m")] + rule[rule.index("-m") + len(chance) :] for rule in losing(5432, 0.1)]

    assert lossy == of_server(5432)
    assert all(rule[rule.index("-m") :][: len(chance)] == chance for rule in losing(5432, 0.1))
