"""How often somebody may try to log in."""

from otha.interface.login import FREE_FAILURES, WAIT_MAX_NS, LoginGuard

S = 1_000_000_000


def fail(guard: LoginGuard, address: str, name: str, times: int, now: int) -> None:
    for _ in range(times):
        guard.failed(address, name, now)


def test_a_few_mistakes_are_free_and_then_each_costs_twice_as_long() -> None:
    guard = LoginGuard()
    fail(guard, "10.0.0.1", "ada", FREE_FAILURES - 1, 0)
    assert guard.wait_ns("10.0.0.1", "ada", 0) == 0
    waits = []
    for _ in range(8):
        guard.failed("10.0.0.1", "ada", 0)
        waits.append(guard.wait_ns("10.0.0.1", "ada", 0) // S)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert guard.wait_ns("10.0.0.1", "ada", 59 * S) == S
    assert guard.wait_ns("10.0.0.1", "ada", WAIT_MAX_NS) == 0


def test_failures_elsewhere_do_not_lock_a_user_out() -> None:
    guard = LoginGuard()
    fail(guard, "10.0.0.66", "ada", 1000, 0)
    assert guard.wait_ns("10.0.0.66", "ada", 0) == WAIT_MAX_NS
    assert guard.wait_ns("10.0.0.1", "ada", 0) == 0


def test_an_address_that_tries_many_names_waits_for_all_of_them() -> None:
    guard = LoginGuard()
    for number in range(4 * FREE_FAILURES):
        guard.failed("10.0.0.66", f"user{number}", 0)
    assert guard.wait_ns("10.0.0.66", "never tried", 0) == S
    assert guard.wait_ns("10.0.0.1", "user1", 0) == 0


def test_a_station_with_one_wrong_password_keeps_none_out_behind_its_address() -> None:
    guard = LoginGuard()
    fail(guard, "10.0.0.1", "display", 1000, 0)
    assert guard.wait_ns("10.0.0.1", "display", 0) == WAIT_MAX_NS
    assert guard.wait_ns("10.0.0.1", "ada", 0) == 0


def test_a_success_forgives_the_name_but_not_the_address() -> None:
    guard = LoginGuard()
    for number in range(4 * FREE_FAILURES):
        guard.failed("10.0.0.1", f"user{number}", 0)
    fail(guard, "10.0.0.1", "user0", 4 * FREE_FAILURES, 0)
    guard.succeeded("10.0.0.1", "user0")
    assert guard.wait_ns("10.0.0.1", "user0", 0) == S


def test_failures_are_forgotten_after_ten_minutes() -> None:
    guard = LoginGuard()
    fail(guard, "10.0.0.1", "ada", 100, 0)
    assert guard.wait_ns("10.0.0.1", "ada", 601 * S) == 0
    guard.failed("10.0.0.1", "ada", 601 * S)
    assert guard.wait_ns("10.0.0.1", "ada", 601 * S) == 0


def test_all_logins_together_keep_a_pace() -> None:
    guard = LoginGuard()
    waits = [guard.take_turn_ns(S) for _ in range(12)]
    assert waits == [0] * 10 + [S // 20, S // 10]
    assert guard.take_turn_ns(3 * S) == 0


def test_what_is_remembered_is_bounded() -> None:
    guard = LoginGuard()
    fail(guard, "10.0.0.1", "ada", 20, 0)
    for number in range(5000):
        guard.failed(f"10.1.{number // 250}.{number % 250}", "eve", 1)
    assert guard.wait_ns("10.0.0.1", "ada", 1) == 0
    assert len(guard._failed) <= 4096
