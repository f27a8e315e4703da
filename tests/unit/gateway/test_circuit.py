from gateway.domain.circuit import REST_SECONDS, Circuit


def opened(*, now: float = 100.0) -> Circuit:
    circuit = Circuit()
    for _ in range(10):
        circuit.failed(now)
    return circuit


def test_it_opens_when_ten_requests_and_half_of_all_failed() -> None:
    circuit = Circuit()
    for _ in range(9):
        assert not circuit.failed(100.0)

    assert circuit.is_closed
    assert circuit.failed(100.0)
    assert not circuit.is_closed


def test_few_failures_among_many_answers_do_not_open_it() -> None:
    circuit = Circuit()
    for _ in range(100):
        circuit.answered(100.0)
    for _ in range(50):
        circuit.failed(100.0)

    assert circuit.is_closed


def test_failures_of_long_ago_do_not_count() -> None:
    circuit = Circuit()
    for number in range(50):
        circuit.failed(100.0 + 2.0 * number)

    assert circuit.is_closed


def test_an_open_circuit_lets_nobody_pass_until_it_has_rested() -> None:
    circuit = opened(now=100.0)

    assert not circuit.may_ask(100.0 + REST_SECONDS / 2)
    assert circuit.seconds_until_probe(100.0) == REST_SECONDS
    assert circuit.may_ask(100.0 + REST_SECONDS)


def test_one_at_a_time_tries_whether_it_is_back() -> None:
    circuit = opened(now=100.0)

    assert [circuit.may_ask(101.0) for _ in range(5)] == [True, False, False, False, False]


def test_three_answers_in_a_row_close_it() -> None:
    circuit = opened(now=100.0)
    for now in (101.0, 101.1, 101.2):
        assert not circuit.is_closed
        assert circuit.may_ask(now)
        circuit.answered(now)

    assert circuit.is_closed


def test_a_probe_that_fails_doubles_the_rest_up_to_its_limit() -> None:
    circuit, now, rests = opened(now=100.0), 100.0, []
    for _ in range(7):
        rests.append(circuit.seconds_until_probe(now))
        now += rests[-1]
        circuit.may_ask(now)
        circuit.failed(now)

    assert rests == [1, 2, 4, 4, 4, 4, 4]


def test_requests_that_were_under_way_when_it_opened_say_nothing_new() -> None:
    circuit = opened(now=100.0)
    for _ in range(100):
        circuit.failed(100.5)
        circuit.answered(100.5)

    assert not circuit.is_closed
    assert circuit.may_ask(101.0)


def test_a_probe_that_is_never_heard_of_does_not_keep_it_open_for_ever() -> None:
    circuit = opened(now=100.0)
    circuit.may_ask(101.0)

    assert circuit.may_ask(101.0 + REST_SECONDS)
