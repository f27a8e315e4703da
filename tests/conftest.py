"""What every test may ask for."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.provisions", "tests.schedule"]

# Nothing in the tests is timed: a busy machine makes examples slow, not wrong.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
