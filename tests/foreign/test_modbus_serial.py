"""A pair of modbus-serial servers."""

import signal
from pathlib import Path

import pytest

from tests.foreign.pair import pair, why_not

pytestmark = pytest.mark.skipif(bool(why_not("modbus-serial")), reason=why_not("modbus-serial"))

REGISTERS = """
[node.NODE.registers]
heartbeat = { at = 100, type = "u32" }
role = { at = 102, codes = { "1" = "active", "2" = "standby" } }
level = { at = 103 }
session = { at = 104 }

"""


def test_a_pair_of_modbus_serial_servers_is_supervised(tmp_path: Path) -> None:
    site = {"profile": "generic_modbus", "items": "", "more": REGISTERS}
    with pair(tmp_path, "modbus_server.cjs", "127.0.0.1:{port}", **site) as both:
        status = both.wait_for(sc_a="alive", sc_b="alive")
        assert [node["role"] for node in status["groups"][0]["nodes"]] == ["ACTIVE", "STANDBY"]
        both.switch_to("sc_b")
        both.peers["sc_a"].order(set={"role": 2})
        both.peers["sc_b"].order(set={"role": 1})
        status = both.dies_in_its_bound("sc_a", signal.SIGKILL, sc_a="dead", sc_b="alive")
        assert status["links"]["sc_a.net_a"]["trouble"] == "connection refused"
        both.peers["sc_a"].end()
        both.peers["sc_a"].start()
        both.wait_for(sc_a="alive", sc_b="alive")
        both.dies_in_its_bound("sc_b", signal.SIGSTOP, sc_a="alive", sc_b="dead")
        both.peers["sc_b"].process.send_signal(signal.SIGCONT)
        both.wait_for(sc_a="alive", sc_b="alive")

        both.peers["sc_a"].order(stopped=True)
        both.wait_for(sc_a="frozen", sc_b="alive")
        both.peers["sc_a"].order(stopped=False)
        both.wait_for(sc_a="alive", sc_b="alive")
        assert both.status()["loop"]["defects"] == {}
