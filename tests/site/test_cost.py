"""What OTHA costs each device."""

from pathlib import Path

from otha.site.cost import devices
from otha.site.load import load_site
from tests.site.examples import TWO_TANKS, loaded


def test_connections_and_rates_of_the_demo_site() -> None:
    costs = {cost.path: cost for device in devices(load_site(TWO_TANKS)) for cost in device.endpoints}
    # One heartbeat every 50 ms, 27 registers; tags every 166.7 ms, 12 registers; status of 55 registers.
    assert (costs["sc_a.net_a"].connections, costs["sc_a.net_a"].reads_per_100s) == (1, 2000)
    assert costs["sc_a.net_a"].registers_per_100s == 2000 * 27
    # The first path carries the polls, and a second connection for commands that is kept warm once a second.
    assert (costs["plc.net_a"].connections, costs["plc.net_a"].reads_per_100s) == (2, 2000 + 100 + 600)
    assert costs["plc.net_a"].registers_per_100s == 2100 * 55 + 600 * 12
    assert (costs["plc.net_b"].connections, costs["plc.net_b"].reads_per_100s) == (1, 100)


def test_a_limit_of_the_device_counts_all_its_paths(tmp_path: Path) -> None:
    site = loaded(tmp_path, ("other_connections = 2", "connection_limit = 9\nother_connections = 2"))
    (plc,) = [device for device in devices(site) if device.name == "plc"]
    assert (plc.connections, plc.others, plc.limit) == (3, 2, 9)
