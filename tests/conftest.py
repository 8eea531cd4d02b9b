"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# A busy machine is no failure: what is measured is measured by the benchmarks, never by a test's clock.
settings.register_profile("otha", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("otha")
