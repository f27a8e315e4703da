from gateway.domain.retry_budget import SAVED_MAX, RetryBudget


def spent(budget: RetryBudget) -> int:
    count = 0
    while budget.spend():
        count += 1
    return count


def test_ten_requests_pay_for_one_retry() -> None:
    budget = RetryBudget()
    spent(budget)
    for _ in range(101):
        budget.save()

    assert spent(budget) == 10


def test_a_quiet_system_may_retry_once() -> None:
    assert spent(RetryBudget()) == 1


def test_what_is_saved_has_a_limit() -> None:
    budget = RetryBudget()
    for _ in range(100_000):
        budget.save()

    assert spent(budget) <= SAVED_MAX
