"""The simulated pair that switches itself: its states, as the documents tell them."""

import pytest

from sim.native import M580Words, site_text
from sim.native_pair import SYNC_TICKS, CpuState, NativePair

PRIMARY, STANDBY, WAIT, STOP, OFF = CpuState.PRIMARY, CpuState.STANDBY, CpuState.WAIT, CpuState.STOP, CpuState.OFF


def ticked(pair: NativePair, ticks: int = 1) -> list[CpuState]:
    for _ in range(ticks):
        pair.tick()
    return pair.states


@pytest.mark.parametrize("what", ["stop", "power_off"])
def test_the_standby_takes_over_from_a_primary_that_is_gone(what: str) -> None:
    pair = NativePair()
    getattr(pair, what)(0)
    assert ticked(pair)[1] is PRIMARY
    pair.start(0)
    assert ticked(pair) == [WAIT, PRIMARY]
    assert ticked(pair, SYNC_TICKS) == [STANDBY, PRIMARY]


def test_a_swap_goes_by_way_of_wait() -> None:
    pair = NativePair()
    pair.swap()
    assert pair.states == [WAIT, STANDBY]
    assert ticked(pair) == [WAIT, PRIMARY]
    assert ticked(pair, SYNC_TICKS) == [STANDBY, PRIMARY]
    pair.stop(0)
    pair.swap()
    assert pair.states == [STOP, PRIMARY]


def test_both_are_primary_with_the_links_cut_and_the_second_gives_way() -> None:
    pair = NativePair()
    pair.linked = False
    assert ticked(pair) == [PRIMARY, PRIMARY]
    assert [pair.primary_as_seen(cpu) for cpu in (0, 1)] == [0, 1]
    pair.linked = True
    assert ticked(pair) == [PRIMARY, WAIT]
    assert [pair.primary_as_seen(cpu) for cpu in (0, 1)] == [0, 0]


def test_one_that_starts_alone_becomes_primary_and_of_two_the_first() -> None:
    pair = NativePair()
    pair.stop(0)
    pair.power_off(1)
    pair.start(1)
    assert ticked(pair) == [STOP, PRIMARY]
    pair = NativePair()
    pair.stop(0)
    pair.stop(1)
    pair.start(0)
    pair.start(1)
    assert ticked(pair) == [PRIMARY, WAIT]


def test_the_words_of_a_stopped_one_stand_still() -> None:
    pair = NativePair()
    bank = M580Words(pair, 0)
    pair.tick()
    shown = bank.read(100, 2)
    assert shown == [1, 1]
    pair.stop(0)
    ticked(pair, 5)
    assert bank.read(100, 2) == shown
    assert bank.read(99, 3) == [0, *shown]
    assert bank.read(101, 2) is None
    assert not bank.write(100, [2])


def test_the_site_file_names_the_ports_of_this_run() -> None:
    ports = {name: 20_000 + at for at, name in enumerate(("pac_a", "pac_b", "cpu_1", "cpu_2", "ref_a", "ref_b"))}
    text = site_text(ports)
    assert all(f"127.0.0.1:{port}" in text for port in ports.values())
    assert "127.0.0.1:151" not in text
