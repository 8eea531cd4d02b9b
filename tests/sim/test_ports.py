"""Ports of one's own, and a site file that names them."""

import socket
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
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))


def test_a_taken_block_is_passed_over() -> None:
    first = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first["plc"]))
        taken.listen()
        assert free_ports()["plc"] != first["plc"]


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
