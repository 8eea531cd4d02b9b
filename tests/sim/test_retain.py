"""RETAIN memory: as a whole or not at all."""

from pathlib import Path

from sim import retain
from sim.gate import Retained

SOME = Retained(epoch=12, granted=11, boot=900, safe=True, local=False)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "retain"
    retain.save(path, SOME)
    assert retain.load(path) == SOME
    assert retain.next_boot(SOME) == 901
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_memory_is_bad_and_gets_a_boot_id_of_its_own(tmp_path: Path) -> None:
    assert retain.load(tmp_path / "retain") is None
    retain.commission(tmp_path / "retain")
    first = retain.load(tmp_path / "retain")
    assert first is not None
    assert (first.epoch, first.granted, first.safe, first.local) == (0, 0, False, False)
    assert retain.next_boot(None) >= first.boot


def test_any_flipped_bit_makes_it_bad_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "retain"
    retain.save(path, SOME)
    good = path.read_bytes()
    for at in range(len(good)):
        for bit in (1, 16):
            path.write_bytes(good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :])
            assert retain.load(path) in (None, SOME)
    path.write_bytes(good[: len(good) // 2])
    assert retain.load(path) is None
