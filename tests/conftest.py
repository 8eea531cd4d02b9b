"""What holds for all tests."""

import gc

from hypothesis import HealthCheck, settings

# A busy machine is no failure: what is measured is measured by the benchmarks, never by a test's clock.
settings.register_profile("otha", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("otha")


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end: no later collection of garbage has to look at it."""
    gc.collect()
    gc.freeze()
