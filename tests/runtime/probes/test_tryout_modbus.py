"""A profile tried at a device that has no time now and then, or none at all."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from otha.runtime.probes.tryout_modbus import ModbusTalk
from otha.site.read import Endpoint
from otha.site.tryout import Grade

TIMEOUT_NS = 200_000_000
BUSY, GATEWAY_TARGET, ILLEGAL_ADDRESS = 6, 11, 2


@contextmanager
def device(answers: Callable[[int], int | None]) -> Iterator[ModbusTalk]:
    """A device on loopback and a talk with it. `answers`: by the number of the request, from 0, the exception that it
    gets, 0 for the register's value 7 and None for nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                number = 0
                while request := connection.recv(12):
                    code = answers(number)
                    number += 1
                    if code is not None:
                        pdu = bytes((0x83, code)) if code else bytes((3, 2, 0, 7))
                        connection.sendall(request[:4] + struct.pack(">HB", len(pdu) + 1, request[6]) + pdu)

        thread = Thread(target=serve)
        thread.start()
        talk = ModbusTalk(Endpoint(host="127.0.0.1", port=server.getsockname()[1]), 1, TIMEOUT_NS)
        try:
            yield talk
        finally:
            talk.close()
            thread.join()


@pytest.mark.parametrize("trouble", [BUSY, GATEWAY_TARGET, None], ids=["busy", "gateway", "silent"])
def test_a_device_that_has_no_time_once_is_asked_again_and_doubted(trouble: int | None) -> None:
    with device(lambda number: trouble if number == 0 else 0) as talk:
        assert talk.read(0, 1, 3).words == (7,)
        assert talk.read(0, 1, 3).words == (7,)
        (finding,) = talk.repeats()
    assert (finding.grade, finding.said) == (Grade.DOUBT, "1 reads were repeated")


def test_a_device_that_never_has_time_is_given_up() -> None:
    with device(lambda number: BUSY if number < 3 else 0) as talk:
        reply = talk.read(0, 1, 3)
        assert (reply.words, reply.wrong) == (None, "exception 6 (device busy)")
        assert talk.repeats() == (), "what was not answered has its own finding"


def test_what_does_not_pass_is_not_asked_again() -> None:
    with device(lambda number: ILLEGAL_ADDRESS if number == 0 else 0) as talk:
        assert talk.read(0, 1, 3).words is None
        assert talk.repeats() == ()
