"""Certificates that stay outside are kept beside the loop, and no flood of them keeps out another one's."""

import threading

from otha.core.errors import HostError
from otha.interface.rejected import Rejected


def test_a_flood_from_one_address_leaves_room_for_the_engineer_elsewhere() -> None:
    kept: list[bytes] = []
    there = threading.Event()

    def keep(certificate: bytes) -> None:
        kept.append(certificate)
        if certificate == b"hmi":
            there.set()

    rejected = Rejected(keep)
    taken = [rejected.offer(b"%d" % number, "10.0.0.66") for number in range(100)]
    assert taken == [True] * 4 + [False] * 96
    assert rejected.offer(b"hmi", "10.0.0.5")
    assert there.wait(30)
    assert kept == [b"0", b"1", b"2", b"3", b"hmi"]
    rejected.close()


def test_a_slow_disk_holds_up_nobody_and_gathers_no_queue() -> None:
    go = threading.Event()

    def keep(_: bytes) -> None:
        go.wait(30)
        raise HostError("the disk is full", mend="")

    rejected = Rejected(keep)
    taken = [rejected.offer(b"x", f"10.0.0.{number}") for number in range(20)]
    assert taken == [True] * 8 + [False] * 12
    go.set()
    rejected.close()
