"""OPC UA's own address space, filled ahead."""

from sim import standard


def test_what_was_filled_ahead_is_had_once() -> None:
    standard.fill_ahead()
    first, second = standard.new_server(), standard.new_server()
    assert len(first.aspace.keys()) > 5_000
    assert len(second.aspace.keys()) == 0
