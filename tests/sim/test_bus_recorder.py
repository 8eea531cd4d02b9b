"""The bus log: whole ADUs, however the bytes came, in the order of the wire."""

from pathlib import Path

from sim.bus_recorder import MAGIC, RECORD, BusLog
from sim.forward import Direction

ADU = bytes([0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2])


def records(directory: Path) -> list[tuple[int, int, bytes]]:
    data = (directory / "bus.bin").read_bytes()
    assert data[:8] == MAGIC
    found, at = [], 8
    while at < len(data):
        _, connection, direction, length = RECORD.unpack_from(data, at)
        at += RECORD.size
        found.append((connection, direction, data[at : at + length]))
        at += length
    return found


def test_bytes_are_cut_into_adus_per_connection_and_direction(tmp_path: Path) -> None:
    log = BusLog(tmp_path)
    log.take(1, Direction.REQUEST, ADU[:4])
    log.take(2, Direction.REQUEST, ADU + ADU[:7])
    log.take(1, Direction.REPLY, ADU)
    log.take(1, Direction.REQUEST, ADU[4:])
    log.take(2, Direction.REQUEST, ADU[7:])
    log.close()
    assert records(tmp_path) == [(2, 0, ADU), (1, 1, ADU), (1, 0, ADU), (2, 0, ADU)]


def test_a_restarted_recorder_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for _ in range(2):
        log = BusLog(tmp_path)
        log.take(1, Direction.REQUEST, ADU)
        log.flush()
        log.flush()
        log.close()
    assert len(records(tmp_path)) == 2


def test_times_grow(tmp_path: Path) -> None:
    log = BusLog(tmp_path)
    log.take(1, Direction.REQUEST, ADU)
    log.take(1, Direction.REQUEST, ADU)
    log.close()
    data = (tmp_path / "bus.bin").read_bytes()[8:]
    first, second = (RECORD.unpack_from(data, at)[0] for at in (0, RECORD.size + len(ADU)))
    assert 0 < first <= second
