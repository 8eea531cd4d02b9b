"""Ports of one's own, and a site file that names them."""

import json
import socket
import subprocess
import sys
from importlib import resources

import pytest

from sim.errors import UsageError
from sim.plant import DEFAULT_PORTS, default_ports
from sim.ports import free_ports, substitute
from sim.whole import Scope


def test_free_ports_are_free_and_distinct() -> None:
    ports = free_ports()
    assert set(ports) == set(DEFAULT_PORTS)
    assert len(set(ports.values())) == len(ports)
    for port in ports.values():
        with socket.create_server(("127.0.0.1", port)):  # as a process of the plant does
            pass


def test_what_was_given_is_given_to_nobody_else() -> None:
    given = [set(free_ports(["a", "b", "c"]).values()) for _ in range(5)]
    assert len(set.union(*given)) == 15


_KEEPS = """
import json
from sim.ports import free_ports
print(json.dumps(sorted(free_ports(["a", "b", "c"]).values())), flush=True)
input()
"""


def test_what_another_process_keeps_can_not_be_had() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KEEPS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdout is not None
        theirs = json.loads(keeper.stdout.readline())
        for port in theirs:
            with socket.socket() as mine, pytest.raises(OSError, match="in use"):
                mine.bind(("127.0.0.1", port))
        keeper.kill()


def test_addresses_are_replaced_and_nothing_else() -> None:
    ports = {name: port + 5000 for name, port in DEFAULT_PORTS.items()}
    text = 'a = "127.0.0.1:15013" # not 15013, not 127.0.0.1:150130\nb = "10.0.0.1:15013"'
    assert substitute(text, ports) == 'a = "127.0.0.1:20013" # not 15013, not 127.0.0.1:150130\nb = "10.0.0.1:15013"'


def test_an_address_that_nobody_serves_is_refused() -> None:
    with pytest.raises(UsageError, match="15099"):
        substitute('"127.0.0.1:15099"', dict(DEFAULT_PORTS))


def test_the_shipped_site_file_fits_the_shipped_ports() -> None:
    text = resources.files("sim").joinpath("sites", "two_tanks.toml").read_text(encoding="utf-8")
    assert substitute(text, dict(DEFAULT_PORTS)) == text


def test_the_whole_plants_ports_are_distinct_and_its_site_file_fits_them() -> None:
    shipped = default_ports(Scope.WHOLE)
    assert len(set(shipped.values())) == len(shipped)
    text = resources.files("sim").joinpath("sites", "whole_plant.toml").read_text(encoding="utf-8")
    assert substitute(text, shipped) == text
    with pytest.raises(UsageError, match="nothing of this plant listens on"):
        substitute(text, dict(DEFAULT_PORTS))
    assert set(free_ports(shipped)) == set(shipped)
