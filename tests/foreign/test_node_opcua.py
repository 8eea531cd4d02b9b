"""A pair of node-opcua servers."""

import signal
from pathlib import Path

import pytest

from tests.foreign.pair import pair, why_not

pytestmark = pytest.mark.skipif(bool(why_not("node-opcua-server")), reason=why_not("node-opcua-server"))


def test_a_pair_of_node_opcua_servers_is_supervised(tmp_path: Path) -> None:
    with pair(tmp_path, "opcua_server.cjs", "opc.tcp://127.0.0.1:{port}/otha") as both:
        status = both.wait_for(sc_a="alive", sc_b="alive")
        assert [node["role"] for node in status["groups"][0]["nodes"]] == ["ACTIVE", "STANDBY"]
        both.switch_to("sc_b")
        both.peers["sc_a"].order(set={"Role": 2})
        both.peers["sc_b"].order(set={"Role": 1})
        status = both.dies_in_its_bound("sc_a", signal.SIGKILL, sc_a="dead", sc_b="alive")
        assert status["links"]["sc_a.net_a"]["trouble"] in ("connection refused", "connection lost")
        both.peers["sc_a"].end()
        both.peers["sc_a"].start()
        both.wait_for(sc_a="alive", sc_b="alive")
        both.dies_in_its_bound("sc_b", signal.SIGSTOP, sc_a="alive", sc_b="dead")
        both.peers["sc_b"].process.send_signal(signal.SIGCONT)
        both.wait_for(sc_a="alive", sc_b="alive")

        both.peers["sc_a"].order(status="BadNoCommunication")
        status = both.wait_for(sc_a="dead", sc_b="alive")
        assert status["links"]["sc_a.net_a"]["trouble"] != ""
        both.peers["sc_a"].order(status="UncertainLastUsableValue")
        both.wait_for(sc_a="alive", sc_b="alive")
        assert both.status()["loop"]["defects"] == {}
