"""What every test may ask for."""

import gc

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.provisions", "tests.schedule"]

# Nothing in the tests is timed: a busy machine makes examples slow, not wrong.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Thousands of tests and what they import stay to the end: nobody looks for garbage among them."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """What is left frozen at the end, libraries complain of as leaked."""
    gc.unfreeze()
