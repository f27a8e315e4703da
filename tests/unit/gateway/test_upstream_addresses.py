from gateway.adapters.upstream_addresses import Address, Addresses


def addresses(count: int = 2) -> tuple[Addresses, list[Address]]:
    made = Addresses("payments", [f"http://10.0.0.{number}:8001" for number in range(count)])
    return made, list(made)


def fail(made: Addresses, address: Address, *, now: float = 100.0) -> None:
    for _ in range(10):
        made.failed(address, now)


def test_one_that_fails_is_left_alone_and_asked_last() -> None:
    made, [one, other] = addresses()

    fail(made, one)

    assert (made.is_left_alone, made.is_any_left_alone) == (False, True)
    assert [made.by_turn() for _ in range(3)] == [[other, one]] * 3


def test_all_that_fail_leave_the_service_alone() -> None:
    made, [one, other] = addresses()

    fail(made, one)
    fail(made, other)

    assert made.is_left_alone


def test_one_that_refuses_is_left_alone_at_once_but_never_the_last() -> None:
    made, [one, other] = addresses()

    assert made.refused(one, 100.0)
    assert not made.refused(other, 100.0)
    assert not made.is_left_alone


def test_only_those_left_alone_are_probed_after_their_rest_and_one_probe_at_a_time() -> None:
    made, [one, _] = addresses()
    fail(made, one)

    assert [made.to_probe(now) for now in (100.5, 101.0, 101.1)] == [[], [one], []]


def test_three_answered_probes_bring_it_back() -> None:
    made, [one, other] = addresses()
    fail(made, one)
    fail(made, other)
    for now in (101.0, 101.1, 101.2):
        assert made.is_left_alone
        assert one in made.to_probe(now)
        made.probed(one, now, is_answered=True)

    assert (made.is_left_alone, made.is_any_left_alone) == (False, True)


def test_an_answer_to_who_was_asked_before_is_no_probe() -> None:
    made, [one, _] = addresses()
    fail(made, one)
    for _ in range(5):
        made.to_probe(101.0)
        made.answered(one, 101.0)

    assert not one.circuit.is_closed
