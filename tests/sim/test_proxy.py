"""Networks with faults in front of a running plant, by the names of the catalogue."""

from collections.abc import Iterator

import pytest

from sim.errors import UsageError
from sim.plant import NETWORKS
from tests.sim.conftest import Running


@pytest.fixture(autouse=True)
def healed(running: Running) -> Iterator[None]:
    yield
    running.fault("heal")


def reached(running: Running, listener: str, timeout_ms: int = 300) -> bool:
    address = running.plant.status_base if listener.endswith("plc") else 0
    try:
        running.read(listener, address, 1, timeout_ms)
    except (TimeoutError, ConnectionError):
        return False
    return True


def test_a_cut_is_one_networks_and_one_nodes(running: Running) -> None:
    running.fault("cut", network="net_a", node="sc_a")
    assert not reached(running, "net_a.sc_a")
    assert reached(running, "net_a.sc_b")
    assert reached(running, "net_b.sc_a")
    running.fault("heal", network="net_a", node="sc_a")
    assert reached(running, "net_a.sc_a")


def test_an_isolated_observer_reaches_nothing_and_the_plant_goes_on(running: Running) -> None:
    running.fault("isolate_observer")
    assert not any(reached(running, f"{net}.{nodes[-1]}", 100) for net, nodes in NETWORKS.items())
    assert running.status()["state"] == 1
    assert running.block("sc_a")["data_age"] < 200
    running.fault("heal")
    assert all(reached(running, f"{net}.{node}") for net, nodes in NETWORKS.items() for node in nodes)


def test_refuse_delay_one_way_and_stalls(running: Running) -> None:
    running.fault("refuse", network="net_b", node="plc")
    with pytest.raises(ConnectionRefusedError):
        running.status("net_b.plc")
    running.fault("delay", network="net_a", node="plc", ms=150)
    assert not reached(running, "net_a.plc", 200)
    assert reached(running, "net_a.plc", 2000)
    running.fault("one_way", network="net_a", node="ref_a")
    assert not reached(running, "net_a.ref_a", 100)
    running.fault("stalls", network="net_b", node="ref_b", every_ms=1, hold_ms=150)
    assert not reached(running, "net_b.ref_b", 20)
    assert reached(running, "net_b.ref_b", 3000)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("cut", {"network": "net_c"}),
        ("cut", {"network": "net_a", "node": "ref_b"}),
        ("delay", {"network": "net_a"}),
        ("delay", {"network": "net_a", "ms": -1}),
        ("delay", {"network": "net_a", "ms": "soon"}),
        ("stalls", {"network": "net_a", "every_ms": 0}),
        ("one_way", {"network": "net_a", "lost": "both"}),
        ("replication_lag", {"node": "sc_a", "ms": -5}),
        ("set_tag", {"tag": "level_1", "value": 1}),
        ("set_tag", {"tag": "permit_switch", "value": 2}),
        ("lying_role", {"node": "sc_a", "role": "boss"}),
        ("freeze", {"node": "plc"}),
    ],
)
def test_wrong_arguments_are_refused_with_a_mend(running: Running, name: str, arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        running.fault(name, **arguments)
    assert caught.value.mend
